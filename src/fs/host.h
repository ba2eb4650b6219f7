/* host.h: the host around an environment, read-only: does an absolute path exist, what is it, where does it
 * lead. Rooted at `/`, or at the directory given by --root (links are then resolved inside it). Tests replace
 * it.
 *
 * A path that cannot be examined (EACCES on the way, EIO, no descriptor left) is not missing. Every question
 * below that ends so is remembered, with the path and the errno value, so that a judge can report it, and a
 * caller that would act on "missing" asks vf_host_presence. Questions may be asked by several threads. */
#ifndef VF_FS_HOST_H
#define VF_FS_HOST_H

#include <stdatomic.h>

#include "fs/tree.h"

struct vf_host;
struct vf_host_ops {
    /* What is at the absolute path, links followed. NONE with *why 0: nothing (ENOENT, ENOTDIR, ELOOP,
     * ENAMETOOLONG, a NUL in the path, a relative path); else *why is the errno value that kept it from being
     * examined. st and why are never NULL. */
    enum vf_kind (*kind)(struct vf_host *, struct vf_slice path, struct vf_stat *st, int *why);
    /* Every link resolved: appends an absolute, clean path (below --root: as seen from there). False when it
     * does not exist, or, with errno, cannot be examined. */
    bool (*resolve)(struct vf_host *, struct vf_slice path, struct vf_buf *out);
    /* Appends the target of the link at the path, as stored. Links on the way there are followed. False when
     * it is no link, or, with errno, cannot be examined. */
    bool (*readlink)(struct vf_host *, struct vf_slice path, struct vf_buf *out);
    /* The whole of a regular file, links followed; VF_LIMIT above cap bytes, VF_UNREADABLE when it is
     * something else. */
    enum vf_status (*read)(struct vf_host *, struct vf_slice path, uint64_t cap, struct vf_arena *,
                           struct vf_slice *, struct vf_err *);
    void (*free)(struct vf_host *);
    /* The same file, open; for what needs only a few of its bytes. May be NULL: nothing can be opened. */
    enum vf_status (*open)(struct vf_host *, struct vf_slice path, struct vf_reader **, struct vf_err *);
    /* Names in a directory, sorted by bytes, in the arena. May be NULL: nothing is found. */
    enum vf_status (*list)(struct vf_host *, struct vf_slice dir, struct vf_arena *, struct vf_slice **names,
                           size_t *n, struct vf_err *);
    /* Names in a directory, in the order in which it is read. May be NULL: not known. */
    bool (*order)(struct vf_host *, struct vf_slice dir, struct vf_arena *, struct vf_map *ranks);
    /* The tree of a directory, where this host is none of the kernel's (an archive). NULL: it is. */
    enum vf_status (*tree)(struct vf_host *, struct vf_slice dir, struct vf_tree **, struct vf_err *);
};
/* A path that could not be examined. */
struct vf_host_unseen {
    const struct vf_host_unseen *next; /* the one that was remembered before */
    struct vf_slice path;
    int why; /* errno value */
};
struct vf_host { /* makers embed this first, zeroed but for ops */
    const struct vf_host_ops *ops;
    _Atomic(const struct vf_host_unseen *) unseen;
    atomic_size_t n_unseen;
};
enum vf_presence { VF_MISSING, VF_PRESENT, VF_NOT_EXAMINED };

/* root: "/" or the directory of --root (VF_NOT_FOUND when it is not there). */
VF_MUST_CHECK enum vf_status vf_host_open(struct vf_slice root, struct vf_host **out, struct vf_err *err);
void vf_host_free(struct vf_host *o);

/* How many questions could not be answered so far. When the number has not changed, "no" was an answer. */
size_t vf_host_unseen_count(const struct vf_host *o);
/* The paths of these questions, each once, the last one first; at most VF_HOST_UNSEEN_MAX. They live as long
 * as the host. NULL with a count above 0: no memory. */
enum { VF_HOST_UNSEEN_MAX = 64 };
const struct vf_host_unseen *vf_host_unseen(const struct vf_host *o);
/* For a caller that reads a file that vf_host_open_file opened, and cannot. */
void vf_host_add_unseen(struct vf_host *o, struct vf_slice path, int why);

/* *why: 0, or the errno value that kept the path from being examined. st and why may be NULL. */
enum vf_kind vf_host_look(struct vf_host *o, struct vf_slice path, struct vf_stat *st, int *why);
enum vf_presence vf_host_presence(struct vf_host *o, struct vf_slice path);
/* Known not to be there: what may be reported as missing. */
bool vf_host_is_missing(struct vf_host *o, struct vf_slice path);
enum vf_kind vf_host_kind(struct vf_host *o, struct vf_slice path, struct vf_stat *st /* may be NULL */);
/* With the reason as an error, when it could not be seen. VF_OK and kind NONE: there is nothing. */
VF_MUST_CHECK enum vf_status vf_host_stat(struct vf_host *o, struct vf_slice path, enum vf_kind *kind,
                                          struct vf_err *err);
bool vf_host_exists(struct vf_host *o, struct vf_slice path); /* and could be examined */
bool vf_host_executable(struct vf_host *o,
                        struct vf_slice path); /* a regular file with an x bit, links followed */
bool vf_host_resolve(struct vf_host *o, struct vf_slice path, struct vf_buf *out);
/* The same, with the reason when it could not be found out; VF_NOT_FOUND when nothing is there. */
VF_MUST_CHECK enum vf_status vf_host_resolve_path(struct vf_host *o, struct vf_slice path, struct vf_buf *out,
                                                  struct vf_err *err);
bool vf_host_readlink(struct vf_host *o, struct vf_slice path, struct vf_buf *out);
VF_MUST_CHECK enum vf_status vf_host_read(struct vf_host *o, struct vf_slice path, uint64_t cap,
                                          struct vf_arena *a, struct vf_slice *out, struct vf_err *err);
/* A regular file, links followed, to be read at any offset. VF_NOT_FOUND, VF_UNREADABLE. */
VF_MUST_CHECK enum vf_status vf_host_open_file(struct vf_host *o, struct vf_slice path,
                                               struct vf_reader **out, struct vf_err *err);
/* The same directory or file (dev, ino; where there are none, the resolved path)? False when either is
 * missing or could not be examined. */
bool vf_host_same(struct vf_host *o, struct vf_slice a, struct vf_slice b);
/* Names in a directory, sorted by bytes, in the arena; false (and none) when it cannot be listed. For
 * `home/python3*`, landmarks. */
bool vf_host_list(struct vf_host *o, struct vf_slice dir, struct vf_arena *a, struct vf_slice **names,
                  size_t *n);
/* The same with the reason: VF_NOT_FOUND when there is no such directory, else why it could not be listed. */
VF_MUST_CHECK enum vf_status vf_host_list_dir(struct vf_host *o, struct vf_slice dir, struct vf_arena *a,
                                              struct vf_slice **names, size_t *n, struct vf_err *err);
/* The same where a directory that is missing has no names: VF_OK and none. */
VF_MUST_CHECK enum vf_status vf_host_list_any(struct vf_host *o, struct vf_slice dir, struct vf_arena *a,
                                              struct vf_slice **names, size_t *n, struct vf_err *err);
/* In which order the file system gives the names of a directory: name -> its place, in a map of this arena.
 * Where two entries have the same meaning, Python takes the one that comes first. False: not known, or no
 * memory. */
bool vf_host_order(struct vf_host *o, struct vf_slice dir, struct vf_arena *a, struct vf_map *ranks);
/* Does `/usr/bin/env -S` work there? Not that of busybox. */
bool vf_host_env_splits(struct vf_host *o);
/* The current directory of this process. */
VF_MUST_CHECK enum vf_status vf_host_cwd(struct vf_arena *a, struct vf_slice *out, struct vf_err *err);

#endif
