/* wheel_box.h: wheels in memory and small environments for the tests of src/wheel. Every function fails the
 * test itself when something goes wrong. */
#ifndef TESTS_UNIT_WHEEL_BOX_H
#define TESTS_UNIT_WHEEL_BOX_H

#include "wheel/install.h"

struct box_file {
    const char *name, *data; /* in the wheel; data NULL ends a list */
    bool executable;
};

/* A wheel of these files with METADATA, WHEEL and RECORD (the files' own come first, where they are named
 * so). `extra`: more lines of METADATA. Members sorted as a rebuilt wheel has them. */
void box_wheel(struct vf_buf *out, const char *name, const char *tag, const char *extra,
               const struct box_file *files);
/* The same, but for one row of RECORD: it has a hash of this kind, which is (`lie`) that of other bytes. */
void box_wheel_odd(struct vf_buf *out, const char *name, const struct box_file *files, const char *odd,
                   const char *alg, bool lie);
/* Opens it; `file_name` "x-1.0-py3-none-any.whl". */
enum vf_status box_open(struct vf_slice bytes, const char *file_name, struct vf_wheel **w,
                        struct vf_err *err);

/* An environment below a new directory: pyvenv.cfg, bin/python, site-packages. */
struct box_env {
    char *root;
    struct vf_site site;
    struct vf_slice names[2];
};
void box_env_make(struct box_env *e);
void box_env_remove(struct box_env *e);

#endif
