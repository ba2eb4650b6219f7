/* manifest.h: what a lock bundle holds, and the texts that say so: venvfix.json, pylock.toml,
 * requirements.txt, SHA256SUMS. */
#ifndef VF_BUNDLE_MANIFEST_H
#define VF_BUNDLE_MANIFEST_H

#include "packaging/direct_url.h"

#define VF_BUNDLE_SCHEMA       1
#define VF_BUNDLE_MANIFEST     "venvfix.json"
#define VF_BUNDLE_LOCK         "pylock.toml"
#define VF_BUNDLE_REQUIREMENTS "requirements.txt"
#define VF_BUNDLE_PYCACHE      "pycache.zip"
#define VF_BUNDLE_SUMS         "SHA256SUMS"
#define VF_BUNDLE_MANIFEST_MAX (32u << 20) /* bytes of the manifest */

struct vf_bundle_sum {
    uint64_t size;
    unsigned char sha256[32];
};

/* A distribution and its wheel. */
struct vf_bundle_dist {
    struct vf_slice name;            /* canonical */
    struct vf_slice version;         /* as METADATA has it */
    struct vf_slice wheel;           /* file name, in wheels/ */
    struct vf_slice tags;            /* of it, compressed: "py3-none-any" */
    struct vf_slice requires_python; /* valid specifiers, or empty */
    const struct vf_direct_url *url; /* where it was installed from, without secrets; or NULL */
    const struct vf_slice *modified; /* paths in the environment that differ from RECORD */
    size_t n_modified;
    const struct vf_slice *yields; /* scripts of its entry points that another distribution makes, sorted */
    size_t n_yields;
    bool listed;    /* false: not in the two lists (pip, which hosts have) */
    bool requested; /* it has REQUESTED: somebody asked for it by name */
    bool tags_exact;
    bool converted; /* it was installed by `setup.py install`: there were no hashes, the metadata became a
                       wheel's */
    struct vf_bundle_sum sum;
};

/* What carried files name in a bundle instead of the environment's place. */
#define VF_BUNDLE_PREFIX "/venvfix/environment"

/* Where a carried file goes: below BIN, below the site-packages directory, below the root. */
enum vf_bundle_into { VF_INTO_ROOT, VF_INTO_SCRIPTS, VF_INTO_SITE };

struct vf_bundle_extra {
    struct vf_slice member; /* "extra/..." */
    struct vf_slice path;   /* in the environment */
    struct vf_slice rest;   /* below `into` */
    enum vf_bundle_into into;
    bool executable;
    bool placed; /* it names VF_BUNDLE_PREFIX, which becomes the new environment's place */
    struct vf_bundle_sum sum;
};

/* Compiled files of all wheels: one zip of stored members, named as below the site-packages directory. */
struct vf_bundle_pycache {
    struct vf_slice member; /* VF_BUNDLE_PYCACHE; empty: there are none */
    struct vf_slice magic;  /* the first four bytes of each, as hexadecimal digits */
    struct vf_bundle_sum sum;
};

struct vf_bundle {
    const char *implementation;      /* "cpython", "pypy" */
    struct vf_slice python;          /* "3.11"; empty: not known */
    struct vf_slice requires_python; /* "==3.11.*" or ">=3.11"; empty with it */
    struct vf_slice platform; /* of the environment, or that a list was packed for: "linux_x86_64"; empty: not
                                 known */
    bool system_site;         /* it used the packages of its base, too */
    struct vf_slice glibc;    /* the newest that the tags of a wheel ask for, "2.17"; empty: none */
    struct vf_bundle_dist *dists; /* sorted by name */
    size_t n_dists;
    struct vf_bundle_extra *extras; /* sorted by member */
    size_t n_extras;
    const struct vf_slice *left_out; /* links that no RECORD lists, sorted */
    size_t n_left_out;
    struct vf_bundle_pycache pycache;
};

/* Reads the manifest: the opposite of vf_bundle_put_manifest. Everything is in the arena and of the kind and
 * form that the manifest's schema asks for (docs/bundle.md); paths of extras are their `rest`. The sums are
 * those of `files`: every wheel, extra and so on has one, every one of `files` has an owner, and the order is
 * that of `files`. VF_BAD_ARCHIVE, VF_NOT_SUPPORTED (a newer schema), VF_NO_MEMORY. */
struct vf_bundle_member {
    struct vf_slice name;
    const struct vf_bundle_sum *sum;
};
struct vf_bundle_manifest {
    struct vf_bundle bundle;
    struct vf_bundle_member *files;
    size_t n_files;
    struct vf_bundle_sum lock, requirements;
};
VF_MUST_CHECK enum vf_status vf_bundle_read_manifest(struct vf_arena *a, struct vf_slice json,
                                                     struct vf_bundle_manifest *out, struct vf_err *err);

/* The wheels in the order of the archive, by file name: indices of dists; room for n_dists. */
void vf_bundle_wheel_order(const struct vf_bundle *b, size_t *order);

/* Each appends its text. VF_UNWRITABLE: something in it is not UTF-8. */
VF_MUST_CHECK enum vf_status vf_bundle_put_requirements(const struct vf_bundle *b, struct vf_buf *out,
                                                        struct vf_err *err);
VF_MUST_CHECK enum vf_status vf_bundle_put_lock(const struct vf_bundle *b, struct vf_buf *out,
                                                struct vf_err *err);
/* `lock` and `requirements` are the other two texts. */
VF_MUST_CHECK enum vf_status vf_bundle_put_manifest(const struct vf_bundle *b, struct vf_slice lock,
                                                    struct vf_slice requirements, struct vf_buf *out,
                                                    struct vf_err *err);
/* SHA256SUMS, the last member: a line for each member before it, the manifest included, as sha256sum writes
 * it. */
VF_MUST_CHECK enum vf_status vf_bundle_put_sums(const struct vf_bundle *b, struct vf_slice manifest,
                                                struct vf_slice lock, struct vf_slice requirements,
                                                struct vf_buf *out, struct vf_err *err);
/* One line of it. */
void vf_bundle_put_sum(struct vf_buf *out, const unsigned char sha256[32], struct vf_slice name);

#endif
