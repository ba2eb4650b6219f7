/* stock.h: the wheels that are at hand, and which of them a want gets.
 *
 *   vf_candidates_init -> add (directories, single files, what a bundle or a cache holds)... ->
 * vf_candidates_choose for each want -> vf_candidates_open -> install -> vf_open_wheel_close ->
 * vf_candidates_release
 *
 * The choice: the wheels of that name whose tags the target takes, whose version all specifiers allow
 * (pre-releases as PEP 440 has it), whose hash is one that is asked for, and whose Requires-Python takes the
 * target; of these the newest, then the best tag, then the highest build number, then the one that was added
 * first. */
#ifndef VF_WHEEL_CANDIDATES_H
#define VF_WHEEL_CANDIDATES_H

#include "base/hooks.h"
#include "fs/host.h"
#include "wheel/install_req.h"
#include "wheel/interpreter_query.h"
#include "wheel/wheel.h"

enum vf_origin {
    VF_ORIGIN_LINKS,  /* --find-links */
    VF_ORIGIN_BUNDLE, /* a lock bundle */
    VF_ORIGIN_CACHE,  /* of pip or uv */
    VF_ORIGIN_INDEX,  /* fetched just now */
    VF_ORIGIN_BUILT,  /* made from a source just now */
    VF_ORIGIN_DIRECT, /* the list names the file */
    VF_ORIGIN_ENV     /* rebuilt from the environment that is recreated */
};

/* Which file it was when it was first opened. */
struct vf_candidate_identity {
    bool set;
    uint64_t dev, ino, size;
    int64_t ctime_s, ctime_ns; /* of the last change, which nobody can set back */
};
struct vf_candidate_wheel {
    struct vf_slice path;      /* absolute, of the file; empty: `held` */
    struct vf_zip_source held; /* bytes that somebody else holds open */
    struct vf_slice file_name;
    struct vf_slice canonical;
    struct vf_wheel_name name;
    enum vf_origin origin;
    bool has_sha256;
    unsigned char sha256[32];
    struct vf_candidate_identity mark;
    bool unhashed; /* repacked from an unpacked one: no list's hash can be held against it */
    bool proven;   /* the tool that brought or built it has held the list's hashes against what it fetched */
    size_t next;   /* of the same name; VF_NPOS */
};
struct vf_candidate_source { /* a source archive */
    struct vf_slice path, canonical, version;
};

struct vf_candidates {
    struct vf_arena *a; /* borrowed */
    struct vf_host *host;
    struct vf_vec wheels;      /* struct vf_candidate_wheel */
    struct vf_vec sources;     /* struct vf_candidate_source */
    struct vf_map first, last; /* canonical name -> index of the first and the last wheel */
};

void vf_candidates_init(struct vf_candidates *s, struct vf_arena *a, struct vf_host *host);
/* Every wheel and source archive that lies directly in the directory; other names are passed over.
 * VF_NOT_FOUND when it cannot be listed. */
VF_MUST_CHECK enum vf_status vf_candidates_add_dir(struct vf_candidates *s, struct vf_slice dir,
                                                   enum vf_origin origin, struct vf_err *err);
/* One wheel by its file name. *index may be NULL. VF_BAD_ARCHIVE: the name is not that of a wheel. */
VF_MUST_CHECK enum vf_status vf_candidates_add(struct vf_candidates *s,
                                               const struct vf_candidate_wheel *wheel, size_t *index,
                                               struct vf_err *err);

struct vf_chooser {
    struct vf_candidates *candidates;
    const struct vf_interpreter_query *target;
    bool pre;            /* pre-releases are welcome */
    bool require_hashes; /* a want without hashes gets nothing */
};
/* *index VF_NPOS: there is none, and `why` (may be NULL) gets words about those that do not fit. The error is
 * for what could not be done. */
VF_MUST_CHECK enum vf_status vf_candidates_choose(const struct vf_chooser *c,
                                                  const struct vf_install_req *req, size_t *index,
                                                  struct vf_buf *why, struct vf_err *err);
/* Is the size of the chosen wheel the one that the lock file says? VF_BAD_LIST names both. VF_OK where the
 * lock says none, and where the wheel is no file of the lock (built from its source, repacked). */
VF_MUST_CHECK enum vf_status vf_candidates_check_size(struct vf_candidates *s, size_t index,
                                                      const struct vf_install_req *req, struct vf_err *err);
/* The source archive that the want would be built from: the newest allowed one; NULL when there is none. */
const struct vf_candidate_source *vf_candidates_source_for(const struct vf_candidates *s,
                                                           const struct vf_install_req *req,
                                                           struct vf_arena *scratch);

struct vf_open_wheel {
    struct vf_wheel *wheel;
    int fd; /* to be closed with it; -1 */
};
/* Opened and proven to be a wheel. Errors of vf_wheel_open and of opening the file; VF_CHANGED: it is not the
 * file any more that it was when it was hashed or opened before. */
VF_MUST_CHECK enum vf_status vf_candidates_open(struct vf_candidates *s, size_t index,
                                                struct vf_open_wheel *out, struct vf_err *err);
void vf_open_wheel_close(struct vf_open_wheel *w);
/* sha256 of the whole file, computed once. */
VF_MUST_CHECK enum vf_status vf_candidates_sha256(struct vf_candidates *s, size_t index, struct vf_err *err);
/* Does the file have one of these hashes? */
VF_MUST_CHECK enum vf_status vf_candidates_has_hash(struct vf_candidates *s, size_t index,
                                                    const struct vf_direct_hash *hashes, size_t n, bool *yes,
                                                    struct vf_err *err);
/* The same for any file. */
VF_MUST_CHECK enum vf_status vf_candidates_path_has_hash(struct vf_slice path,
                                                         const struct vf_direct_hash *hashes, size_t n,
                                                         bool *yes, struct vf_err *err);

#endif
