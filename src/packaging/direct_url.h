/* direct_url.h: direct_url.json, where an installed distribution came from (PEP 610;
 * docs/formats.md 4.4, 6.1).
 *
 * Valid and invalid as the newest pip judges (packaging.direct_url); pip takes an invalid file for an absent
 * one and warns. */
#ifndef VF_PACKAGING_DIRECT_URL_H
#define VF_PACKAGING_DIRECT_URL_H

#include "base/arena.h"
#include "base/err.h"

#define VF_DIRECT_URL_MAX    (1u << 20) /* bytes of the file */
#define VF_DIRECT_HASHES_MAX 64         /* more are malformed */

enum vf_direct_kind { VF_DIRECT_ARCHIVE, VF_DIRECT_VCS, VF_DIRECT_DIR };

struct vf_direct_hash {
    struct vf_slice alg, value; /* as written: "sha256", hexadecimal digits */
};

/* Texts are UTF-8 in the arena; empty when absent. */
struct vf_direct_url {
    enum vf_direct_kind kind;
    struct vf_slice url;
    struct vf_slice subdirectory;
    struct vf_slice vcs, commit_id, requested_revision; /* VF_DIRECT_VCS: "git", ... */
    struct vf_direct_hash *hashes; /* VF_DIRECT_ARCHIVE, in the order of the file; one from `hash` when there
                                      is no `hashes` */
    size_t n_hashes;
    bool editable; /* VF_DIRECT_DIR */
};

/* VF_MALFORMED with words for people when pip would not take it: no JSON, wrong types, not exactly one
 * *_info, `hash` and `hashes` at odds, a directory whose url is not an absolute file: URL. VF_LIMIT,
 * VF_NO_MEMORY. */
VF_MUST_CHECK enum vf_status vf_direct_url_parse(struct vf_arena *a, struct vf_slice json,
                                                 struct vf_direct_url *out, struct vf_err *err);
/* Appends the JSON that pip writes: one line, sorted keys, ASCII, with the legacy `hash` beside `hashes`, no
 * line end. The url is written as it is, credentials included: url.h can take them out before. */
void vf_direct_url_put(struct vf_buf *out, const struct vf_direct_url *d);

#endif
