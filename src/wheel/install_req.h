/* want.h: what a list asks for on a target: one want for each project, with everything that bounds the
 * choice.
 *
 *   requirements.txt (vf_reqlist) or pylock.toml (vf_pylock) -> markers evaluated for the target, constraints
 *   and repeated lines merged -> vf_install_reqs
 *
 * Nothing is resolved: a list is taken as complete, and the closure check says who lacks what. */
#ifndef VF_WHEEL_INSTALL_REQ_H
#define VF_WHEEL_INSTALL_REQ_H

#include "fs/host.h"
#include "packaging/pylock.h"
#include "packaging/reqlist.h"

enum vf_install_req_kind {
    VF_INSTALL_REQ_NAMED, /* by name and versions */
    VF_INSTALL_REQ_WHEEL, /* this wheel: a local path or a URL */
    VF_INSTALL_REQ_SOURCE /* a directory, a source archive, a version control checkout: has to be built */
};

struct vf_install_req {
    enum vf_install_req_kind kind;
    struct vf_slice name; /* canonical; empty where only the file can tell it */
    struct vf_slice line; /* as the list has it, but for the secret of a URL */
    struct vf_slice file; /* the list it stands in; empty for what an environment asks for */
    uint32_t at;          /* 1-based line in it; 0 unknown */
    struct vf_slice *extras;
    size_t n_extras;
    struct vf_specifiers versions; /* all of them must hold */
    struct vf_direct_hash *hashes; /* the file must have one of these */
    size_t n_hashes;
    bool hashed; /* hashes count: with none left (two lines that agree on no hash) nothing fits */
    struct vf_slice
        location; /* WHEEL, SOURCE: absolute path or URL; NAMED: where a lock says that it is, or empty */
    bool local;   /* location is a path */
    bool has_url; /* direct_url.json is to be written from `url` */
    struct vf_direct_url url;             /* of archives the hash is still open */
    struct vf_slice direct_url;           /* the bytes of it, where they are known already; else empty */
    const struct vf_lock_package *locked; /* the entry of the lock file; NULL: it comes from elsewhere */
    bool not_requested;                   /* somebody else's dependency: no REQUESTED */
};

struct vf_install_reqs {
    struct vf_vec v;       /* struct vf_install_req */
    struct vf_vec skipped; /* struct vf_slice: lines whose markers do not hold */
    /* Options of the list, struct vf_slice. */
    struct vf_vec find_links, extra_index_urls, trusted_hosts, no_binary;
    struct vf_slice index_url; /* empty: none */
    bool no_index, pre, require_hashes;
};
#define VF_INSTALL_REQ_AT(w, i) VF_VEC_AT(struct vf_install_req, &(w)->v, i)

/* `cwd`: relative paths of requirements start there, as with pip. VF_BAD_LIST, VF_NOT_SUPPORTED (an
 * editable), VF_NO_MEMORY; the path is the list, the detail names the line. */
VF_MUST_CHECK enum vf_status vf_install_reqs_from_list(struct vf_arena *a, const struct vf_reqlist *list,
                                                       const struct vf_marker_env *env, struct vf_slice cwd,
                                                       struct vf_install_reqs *out, struct vf_err *err);
/* `path`: of the lock file; relative paths in it start at its directory. Also VF_INCOMPATIBLE. */
VF_MUST_CHECK enum vf_status vf_install_reqs_from_lock(struct vf_arena *a, const struct vf_pylock *lock,
                                                       struct vf_slice path, const struct vf_marker_env *env,
                                                       const struct vf_tags *tags,
                                                       struct vf_install_reqs *out, struct vf_err *err);
/* name==version, with an optional direct_url.json (bytes): what an environment or a bundle asks for. */
VF_MUST_CHECK enum vf_status vf_install_reqs_pin(struct vf_arena *a, struct vf_install_reqs *w,
                                                 struct vf_slice name, struct vf_slice version,
                                                 struct vf_slice direct_url, struct vf_install_req **out,
                                                 struct vf_err *err);
/* Sets an error about the requirement: the path is its list, the detail begins with line and requirement. One
 * that is in no list is the path itself. Returns `code`. */
enum vf_status vf_install_req_error(struct vf_err *err, enum vf_status code, const char *op,
                                    const struct vf_install_req *req, const char *fmt, ...) VF_PRINTF(5, 6);
/* A requirement by a path of this host that is not there, as lists of other machines have them (`six @
 * file:///croot/...` of conda): VF_BAD_LIST says what to write instead. Also why it could not be looked at.
 */
VF_MUST_CHECK enum vf_status vf_install_req_check_local(struct vf_host *host,
                                                        const struct vf_install_req *req, struct vf_err *err);
/* Appends "flask==3.0 (requirements.txt:3)" for messages. */
void vf_install_req_put(struct vf_buf *out, const struct vf_install_req *w);

#endif
