/* install.h: installs wheels into an environment that is being built (binary distribution format;
 * docs/formats.md 7.3, 2.4).
 *
 * All wheels of a call are planned before the first byte is written: tags, Requires-Python, and that no two
 * of them, and nothing that is there, wants the same path. Then their files are written, each proven against
 * RECORD on the way, by as many workers as the hooks allow. Nothing is replaced and nothing is removed when
 * it fails: the caller drops the staging directory. */
#ifndef VF_WHEEL_INSTALL_H
#define VF_WHEEL_INSTALL_H

#include "archive/zip_follow.h"
#include "base/blocks.h"
#include "base/hooks.h"
#include "wheel/wheel.h"

/* The environment. Paths are relative to its root, clean. */
struct vf_site {
    int root;                         /* descriptor of its directory; borrowed */
    struct vf_slice prefix;           /* where it will stand: absolute, clean; for the headers of scripts */
    struct vf_slice purelib, platlib; /* "lib/python3.12/site-packages"; mostly the same */
    struct vf_slice headers;          /* "include/site/python3.12" */
    struct vf_slice bin;              /* "bin" */
    struct vf_slice interpreter;      /* name in BIN that headers get; empty: "python" */
    const struct vf_slice *bin_names; /* what is in BIN: python, python3, ... */
    size_t n_bin_names;
    struct vf_slice python; /* full version, "3.12.1"; empty: Requires-Python is not asked */
    unsigned py_major, py_minor;
    const struct vf_tags *tags; /* what it takes; NULL: not asked */
    bool env_s, relocatable;    /* as in struct vf_write_ctx of syntax.h */
    unsigned line_limit;
    bool lib64_is_lib; /* lib64 is a link to lib: data files for the one go to the other */
    bool fold_case;    /* its file system takes A and a for the same */
};

struct vf_install {
    const struct vf_wheel *wheel;
    bool requested;             /* the user asked for it: REQUESTED */
    struct vf_slice direct_url; /* bytes of direct_url.json; empty: none */
};

struct vf_installed {
    uint64_t files, bytes; /* with scripts and metadata */
};

/* `out`: one for each wheel; may be NULL. VF_INCOMPATIBLE, VF_EXISTS (two wheels are named, or what is
 * there), VF_BAD_ARCHIVE (a member is not what RECORD says), VF_UNWRITABLE (no header can name the
 * interpreter), VF_NO_SPACE, VF_INTERRUPTED and the like. */
VF_MUST_CHECK enum vf_status vf_install_wheels(const struct vf_site *site, const struct vf_install *wheels,
                                               size_t n, const struct vf_hooks *hooks,
                                               struct vf_installed *out, struct vf_err *err);

/* The same, wheel by wheel, while others are still being read: vf_installer_new -> vf_installer_add... ->
 * vf_installer_finish -> vf_installer_free. Files are written by workers in the background from the first
 * `add` on; what they find is told by a later `add` or by `finish`. `site`, the wheels and the bytes in `in`
 * stay until vf_installer_free. All calls from one thread. */
struct vf_installer;
VF_MUST_CHECK enum vf_status vf_installer_new(const struct vf_site *site, const struct vf_hooks *hooks,
                                              struct vf_installer **out, struct vf_err *err);
VF_MUST_CHECK enum vf_status vf_installer_add(struct vf_installer *i, const struct vf_install *in,
                                              struct vf_err *err);
/* Before a wheel is added, while its bytes come by: a member is announced, and *taken says whether it is
 * wanted now. Then its bytes, all of them, go to vf_installer_data: `block` keeps them, and is released here.
 * They are written at once, and judged when the wheel is there; who adds it need not have them any more. */
VF_MUST_CHECK enum vf_status vf_installer_ahead(struct vf_installer *i, const struct vf_zip_ahead *m,
                                                bool *taken, struct vf_err *err);
VF_MUST_CHECK enum vf_status vf_installer_data(struct vf_installer *i, struct vf_slice bytes,
                                               struct vf_block *block, struct vf_err *err);
VF_MUST_CHECK enum vf_status vf_installer_finish(struct vf_installer *i, struct vf_err *err);
void vf_installer_free(struct vf_installer *i); /* waits for the workers; NULL is fine */

/* Compiles what is installed, by the target's own interpreter, at most `jobs` of the hooks at a time. The
 * compiled files name the files at their final place. `interpreter` and `root`: absolute paths to start and
 * to read now. Files that do not compile are passed over, as pip does. VF_TOOL_FAILED. */
VF_MUST_CHECK enum vf_status vf_install_compile(const struct vf_site *site, struct vf_slice interpreter,
                                                struct vf_slice root, const struct vf_hooks *hooks,
                                                struct vf_err *err);

#endif
