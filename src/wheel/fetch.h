/* fetch.h: what is not at hand, from an index or built from source, by the host's own tools: pip of the
 * target interpreter (installed, or the wheel that came with it), pip on the search path, or uv.
 *
 * Nothing that they bring is trusted: the files go into the stock and are chosen from like all others, hashes
 * included. pip gets the hashes, too. */
#ifndef VF_WHEEL_FETCH_H
#define VF_WHEEL_FETCH_H

#include "wheel/candidates.h"

struct vf_fetch {
    const struct vf_interpreter_query *target;
    struct vf_candidates *candidates;
    const struct vf_install_reqs *reqs; /* their options: index, find-links, pre */
    struct vf_slice scratch;            /* absolute path of a directory that the caller removes */
    const char *const *environ;         /* for the tools; NULL: a plain one */
    const struct vf_slice *path;        /* directories in which programs are looked for */
    size_t n_path;
    struct vf_slice index_url; /* --index-url: instead of the list's; empty: none */
    const struct vf_slice *extra_index_urls;
    size_t n_extra_index_urls;
    const struct vf_slice *links; /* absolute directories, or URLs */
    size_t n_links;
    bool offline, build;
    bool dry_run; /* only says what it would refuse, and marks in `later` what it would fetch or build */
    bool *later;  /* dry run: one for each of `which` */
    const struct vf_hooks *hooks;
    struct vf_arena *a;
    unsigned count; /* directories made in scratch so far; begins with 0 */
};

/* Fetches the wants `which` (indices) that are named or have a URL; what has to be built is built, with
 * `build`. `made[i]` gets the stock index of what belongs to which[i] alone (a URL, a source), else VF_NPOS:
 * then it is to be chosen from the stock. VF_NOT_SUPPORTED: a source without `build`; VF_INCOMPLETE: neither
 * pip nor uv is there, or offline; VF_TOOL_FAILED with the tool's last words. */
VF_MUST_CHECK enum vf_status vf_fetch(struct vf_fetch *f, const size_t *which, size_t n, size_t *made,
                                      struct vf_err *err);

#endif
