/* wheel.h: a wheel that was opened and proven to be one (PEP 427, 491; binary distribution format;
 * docs/formats.md 7.3): its name, its metadata, where each member belongs, and a hash for each from RECORD.
 *
 *   vf_wheel_open -> vf_wheel_check_target -> installed (install.h), or compared with what is installed
 *   -> vf_wheel_free */
#ifndef VF_WHEEL_WHEEL_H
#define VF_WHEEL_WHEEL_H

#include "archive/zip.h"
#include "packaging/entry_points.h"

struct vf_tags; /* packaging/tags.h */

/* Where a member goes. */
enum vf_wheel_part {
    VF_PART_ROOT, /* purelib or platlib, by Root-Is-Purelib; also its dist-info */
    VF_PART_PURELIB,
    VF_PART_PLATLIB,
    VF_PART_HEADERS,
    VF_PART_SCRIPTS,
    VF_PART_DATA
};

struct vf_wheel_file {
    size_t member; /* of the zip */
    enum vf_wheel_part part;
    struct vf_slice rest;        /* path below that part's directory */
    struct vf_slice alg, digest; /* of RECORD: sha256, sha384 or sha512; empty for signatures of RECORD */
    uint64_t size;
    bool executable;
};

/* Slices live in the arena, or in the zip's. */
struct vf_wheel {
    struct vf_arena arena;
    struct vf_zip *zip;
    struct vf_slice file_name;             /* "x-1.0-py3-none-any.whl" */
    struct vf_slice name;                  /* METADATA's, as written */
    struct vf_slice canonical;             /* PEP 503 */
    struct vf_slice version;               /* METADATA's, as written */
    struct vf_slice build;                 /* "" none */
    struct vf_slice python, abi, platform; /* compressed tags of the file name */
    struct vf_slice info;                  /* "x-1.0.dist-info" */
    struct vf_slice metadata, wheel, requires_python;
    bool root_is_purelib;
    struct vf_entry_points entry_points;
    struct vf_wheel_file *files; /* without RECORD and what an installer writes */
    size_t n_files;
    uint64_t bytes; /* of the files */
};

/* `source->label` is the file's name; a directory before it does not count. Errors of vf_zip_open;
 * VF_BAD_ARCHIVE (not a wheel, or one that contradicts itself), VF_NOT_SUPPORTED (a Wheel-Version of the
 * future). */
VF_MUST_CHECK enum vf_status vf_wheel_open(const struct vf_zip_source *source,
                                           const struct vf_zip_limits *limits, struct vf_wheel **out,
                                           struct vf_err *err);
void vf_wheel_free(struct vf_wheel *w); /* NULL is fine */
/* VF_INCOMPATIBLE: the target takes none of its tags, or its Python is not one that Requires-Python allows.
 * `tags` NULL or `python` (full version) empty: that is not asked. */
VF_MUST_CHECK enum vf_status vf_wheel_check_target(const struct vf_wheel *w, const struct vf_tags *tags,
                                                   struct vf_slice python, struct vf_err *err);

#endif
