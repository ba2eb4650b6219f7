/* modules.h: which files `import` would take for extension modules, and for which Python their names say they
 * are. Sources: PEP 3149 (tags in names), PEP 384 (abi3), PEP 703 (free-threaded builds take no abi3),
 * importlib.machinery.EXTENSION_SUFFIXES. */
#ifndef VF_RULES_MODULES_H
#define VF_RULES_MODULES_H

#include "rules/judge.h"

enum vf_module_fit {
    VF_MODULE_NONE,   /* no extension module of any Python */
    VF_MODULE_FITS,   /* the interpreter takes it by its name */
    VF_MODULE_FOREIGN /* another Python, or another system, would */
};
struct vf_module {
    enum vf_module_fit fit;
    bool on_path;         /* it lies where an import statement reaches it */
    bool tests;           /* in a directory of tests, or a module for tests by its name */
    struct vf_slice name; /* without its suffix */
    struct vf_slice tag;  /* "cpython-311", "abi3"; "" of a bare .so */
};
struct vf_module vf_module_of(const struct vf_judge *j, const struct vf_file *f);
/* Is there something else in the same directory that `import NAME` would take? */
bool vf_module_has_other(const struct vf_judge *j, const struct vf_file *f, const struct vf_module *m);

#endif
