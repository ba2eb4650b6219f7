/* outside.h: the host around an environment, read-only: does an absolute path exist, what is it, where does
 * it lead. Rooted at `/`, or at the directory given by --root (links are then resolved inside it). Tests
 * replace it. */
#ifndef VF_FS_HOST_H
#define VF_FS_HOST_H

#include "fs/tree.h"

struct vf_host;
struct vf_host_ops {
    /* What stands at the absolute path, links followed. NONE: nothing, or not to be seen: *unseen is set when
     * the reason is another than that there is nothing (ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, a NUL in the
     * path, a relative path). st and unseen are never NULL. */
    enum vf_kind (*kind)(struct vf_host *, struct vf_slice path, struct vf_stat *st, bool *unseen);
    /* Every link resolved: appends an absolute, clean path (below --root: as seen from there). False when it
     * does not exist. */
    bool (*resolve)(struct vf_host *, struct vf_slice path, struct vf_buf *out);
    /* Appends the target of the link that stands there, as stored. Links on the way there are followed. False
     * when it is no link. */
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
};
struct vf_host { /* makers embed this first */
    const struct vf_host_ops *ops;
};

/* root: "/" or the directory of --root (VF_NOT_FOUND when it is not there). */
VF_MUST_CHECK enum vf_status vf_host_open(struct vf_slice root, struct vf_host **out, struct vf_err *err);
void vf_host_free(struct vf_host *o);
/* With the answer "could not look" apart from "nothing": every caller that reports has to ask. */
enum vf_kind vf_host_look(struct vf_host *o, struct vf_slice path, struct vf_stat *st, bool *unseen);
enum vf_kind vf_host_kind(struct vf_host *o, struct vf_slice path, struct vf_stat *st /* may be NULL */);
/* With the reason as an error, when it could not be seen. VF_OK and kind NONE: there is nothing. */
VF_MUST_CHECK enum vf_status vf_host_stat(struct vf_host *o, struct vf_slice path, enum vf_kind *kind,
                                          struct vf_err *err);
bool vf_host_exists(struct vf_host *o, struct vf_slice path);
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
 * missing. */
bool vf_host_same(struct vf_host *o, struct vf_slice a, struct vf_slice b);
/* Names in a directory, sorted by bytes, in the arena; false (and none) when it cannot be listed. For
 * `home/python3*`, landmarks. */
bool vf_host_list(struct vf_host *o, struct vf_slice dir, struct vf_arena *a, struct vf_slice **names,
                  size_t *n);
/* The same with the reason: VF_NOT_FOUND when there is no such directory, else why it could not be listed. */
VF_MUST_CHECK enum vf_status vf_host_list_dir(struct vf_host *o, struct vf_slice dir, struct vf_arena *a,
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
