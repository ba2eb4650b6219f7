/* install_plan.h: what an installation is going to write. For src/wheel only. */
#ifndef VF_WHEEL_INSTALL_PLAN_H
#define VF_WHEEL_INSTALL_PLAN_H

#include "base/digest.h"
#include "packaging/record.h"
#include "wheel/install.h"

/* A row of the RECORD to be written. */
struct vf_row {
    struct vf_slice path, alg, digest; /* the digest may be in `own` */
    unsigned char own[32];
    uint64_t size;
    bool has_size;
    bool is_own;
};

struct vf_unit { /* one wheel */
    const struct vf_install *in;
    struct vf_slice site;   /* directory that its dist-info goes to */
    struct vf_slice record; /* path below the root */
    struct vf_row *rows;    /* one per item, and RECORD's own */
    size_t n_rows;
};

struct vf_item { /* one file */
    struct vf_unit *unit;
    const struct vf_wheel_file *file; /* NULL: made by the installer, `bytes` */
    struct vf_slice bytes;
    struct vf_slice dest; /* below the root */
    struct vf_row *row;
    bool executable;
    bool ahead;  /* its bytes were written while they came by: installer_ahead.c */
    bool shared; /* another wheel brings the same file with the same contents, and writes it */
};

struct vf_install_plan {
    const struct vf_site *site;
    struct vf_arena arena;
    struct vf_unit *units;
    struct vf_vec items;   /* struct vf_item */
    struct vf_vec dirs;    /* struct vf_slice; parents before what is in them */
    struct vf_map claimed; /* path -> index of the item */
    struct vf_map known;   /* directories that are in dirs */
};

/* Errors of vf_install_wheels. To be released in any case. */
VF_MUST_CHECK enum vf_status vf_install_plan_make(struct vf_install_plan *p, const struct vf_site *site,
                                                  const struct vf_install *wheels, size_t n,
                                                  struct vf_err *err);
/* The same one by one. `u` stays where it is until the plan is released. */
void vf_install_plan_init(struct vf_install_plan *p, const struct vf_site *site);
VF_MUST_CHECK enum vf_status vf_install_plan_add(struct vf_install_plan *p, const struct vf_install *in,
                                                 struct vf_unit *u, struct vf_err *err);
/* Plans the directories in which `dest` lies. */
VF_MUST_CHECK enum vf_status vf_install_plan_dirs(struct vf_install_plan *p, struct vf_slice dest,
                                                  struct vf_err *err);
/* What `claimed` knows a path by: folded where the file system folds. p NULL: no memory. */
struct vf_slice vf_install_plan_key(struct vf_install_plan *p, struct vf_slice dest);
/* Writes one item, or the RECORD of one wheel. From any thread. */
VF_MUST_CHECK enum vf_status vf_install_item(const struct vf_site *site, const struct vf_item *item,
                                             struct vf_err *err);
VF_MUST_CHECK enum vf_status vf_install_record(const struct vf_site *site, const struct vf_unit *u,
                                               struct vf_err *err);
void vf_install_plan_release(struct vf_install_plan *p);
/* The row gets sha256 and size of these bytes. */
VF_MUST_CHECK enum vf_status vf_row_of_bytes(struct vf_row *row, struct vf_slice bytes, struct vf_err *err);
struct vf_record_entry vf_row_entry(const struct vf_row *row);

#endif
