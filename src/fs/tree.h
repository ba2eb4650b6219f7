/* tree.h: a tree of files below one root, seen through a few operations: list, stat, readlink, read in
 * chunks.
 *
 * Makers: a directory (tree_dir.h), an archive (src/archive), and the planned tree (tree_planned.h: a tree
 * with edits laid over it, which is what a move proves). Everything above src/fs sees an environment only
 * through this and `outside`.
 *
 * Paths are relative to the root, clean, '/' separated, without leading "./"; the root itself is "" (empty).
 * No operation follows a symbolic link, not even in the middle of a path. All operations but vf_tree_free may
 * be called from several threads. */
#ifndef VF_FS_TREE_H
#define VF_FS_TREE_H

#include "base/arena.h"
#include "base/err.h"

enum vf_kind {
    VF_KIND_NONE,
    VF_KIND_FILE,
    VF_KIND_DIR,
    VF_KIND_LINK,
    VF_KIND_FIFO,
    VF_KIND_SOCKET,
    VF_KIND_DEVICE
};

/* A FIFO, socket or device: to open it may wait for ever, or do something. */
bool vf_kind_is_special(enum vf_kind k);

struct vf_stat {
    enum vf_kind kind;
    uint32_t mode; /* permission bits with setuid, setgid, sticky (07777) */
    uint32_t uid, gid;
    uint64_t size; /* bytes; of a link: of its target */
    int64_t mtime_s, ctime_s;
    uint32_t mtime_ns, ctime_ns; /* of the last change of contents, and of contents or attributes */
    uint64_t dev, ino, nlink;    /* 0 where the maker has none (archives: nlink 1) */
};

/* Is it the same file, unchanged: kind, device, inode, size, owner, mode and both times. Any write, also one
 * that puts the modification time back, moves the time of change; so does making or renaming another name of
 * the file, which is why that time is not compared of files with several names. */
bool vf_stat_same(const struct vf_stat *a, const struct vf_stat *b);

struct vf_dirent {
    struct vf_slice name; /* one component, raw bytes */
    struct vf_stat st;
    enum vf_status status;  /* VF_OK, or why stat (or readlink) of this entry failed: then st.kind is NONE */
    int sys;                /* errno of that */
    struct vf_slice target; /* link: its target as stored; else empty */
};

struct vf_tree;
struct vf_reader; /* an open file */

/* Where one worker opened its last file, so that the next one in the same directory costs a single call. One
 * for each worker and tree; zero-initialise, leave when done. */
struct vf_tree_near {
    bool open;
    int fd;            /* the directory, when open */
    struct vf_buf dir; /* its path */
};
void vf_tree_near_leave(struct vf_tree_near *near); /* ready for use again */

struct vf_tree_ops {
    enum vf_status (*list)(struct vf_tree *, struct vf_slice dir, struct vf_arena *, struct vf_dirent **,
                           size_t *, struct vf_err *);
    enum vf_status (*stat)(struct vf_tree *, struct vf_slice path, struct vf_stat *, struct vf_err *);
    enum vf_status (*readlink)(struct vf_tree *, struct vf_slice path, struct vf_arena *, struct vf_slice *,
                               struct vf_err *);
    enum vf_status (*open)(struct vf_tree *, struct vf_slice path, struct vf_reader **, struct vf_err *);
    enum vf_status (*open_near)(struct vf_tree *, struct vf_tree_near *, struct vf_slice path,
                                const struct vf_stat *, struct vf_reader **,
                                struct vf_err *); /* NULL: open does */
    void (*free)(struct vf_tree *);
};
struct vf_tree { /* makers embed this first */
    const struct vf_tree_ops *ops;
};
struct vf_reader_ops {
    enum vf_status (*read)(struct vf_reader *, void *buf, size_t n, size_t *got, struct vf_err *);
    enum vf_status (*stat)(struct vf_reader *, struct vf_stat *, struct vf_err *);
    void (*close)(struct vf_reader *);
    /* Up to n bytes from an offset; where read stands does not change. May be NULL: there is no such way. */
    enum vf_status (*read_at)(struct vf_reader *, uint64_t off, void *buf, size_t n, size_t *got,
                              struct vf_err *);
    uint64_t (*skip_hole)(struct vf_reader *);  /* NULL: it does not know of holes */
    bool (*has_capability)(struct vf_reader *); /* NULL: it does not know of capabilities */
};
struct vf_reader { /* makers embed this first */
    const struct vf_reader_ops *ops;
};

/* The entries of a directory, sorted by bytes, each with its stat, in the arena. A directory that cannot be
 * opened: VF_UNREADABLE. */
VF_MUST_CHECK enum vf_status vf_tree_list(struct vf_tree *t, struct vf_slice dir, struct vf_arena *a,
                                          struct vf_dirent **out, size_t *n, struct vf_err *err);
/* VF_NOT_FOUND when there is nothing, also when the way there leads through a link. */
VF_MUST_CHECK enum vf_status vf_tree_stat(struct vf_tree *t, struct vf_slice path, struct vf_stat *out,
                                          struct vf_err *err);
VF_MUST_CHECK enum vf_status vf_tree_readlink(struct vf_tree *t, struct vf_slice path, struct vf_arena *a,
                                              struct vf_slice *out, struct vf_err *err);
/* Regular files only (VF_UNREADABLE for anything else). */
VF_MUST_CHECK enum vf_status vf_tree_open(struct vf_tree *t, struct vf_slice path, struct vf_reader **out,
                                          struct vf_err *err);
/* The same for a path that list or stat has just called a regular file, `seen`: it is looked at again, by
 * descriptor, only if reading gives anything but the bytes that `seen` promised; VF_CHANGED when it is no
 * regular file then. Until then vf_reader_stat gives `seen`. A path that has become a link: VF_NOT_FOUND. */
VF_MUST_CHECK enum vf_status vf_tree_open_near(struct vf_tree *t, struct vf_tree_near *near,
                                               struct vf_slice path, const struct vf_stat *seen,
                                               struct vf_reader **out, struct vf_err *err);
/* Up to n bytes; *got 0 at the end. Short reads are possible. */
VF_MUST_CHECK enum vf_status vf_reader_read(struct vf_reader *r, void *buf, size_t n, size_t *got,
                                            struct vf_err *err);
/* Up to n bytes from `off`, short only at the end of the file. VF_NOT_SUPPORTED: this kind of tree can only
 * be read from the beginning. */
VF_MUST_CHECK enum vf_status vf_reader_read_at(struct vf_reader *r, uint64_t off, void *buf, size_t n,
                                               size_t *got, struct vf_err *err);
/* Goes over a hole that begins where the next read would, and says how many bytes, all of them zero, were
 * left out. 0: there is none. */
uint64_t vf_reader_skip_hole(struct vf_reader *r);
/* Has the open file capabilities (capabilities(7), "File capabilities")? False also where this kind of tree
 * or system has none. */
bool vf_reader_has_capability(struct vf_reader *r);
/* Stat of the open file (by descriptor), as it was when it was opened. */
VF_MUST_CHECK enum vf_status vf_reader_stat(struct vf_reader *r, struct vf_stat *out, struct vf_err *err);
void vf_reader_close(struct vf_reader *r); /* NULL is fine */
/* The whole file into the arena. More than `cap` bytes: VF_LIMIT. A NUL stands behind the bytes. */
VF_MUST_CHECK enum vf_status vf_tree_read(struct vf_tree *t, struct vf_slice path, uint64_t cap,
                                          struct vf_arena *a, struct vf_slice *out, struct vf_err *err);
/* The same for an open file, from where it stands; `path` is for the error only. */
VF_MUST_CHECK enum vf_status vf_reader_read_all(struct vf_reader *r, struct vf_slice path, uint64_t cap,
                                                struct vf_arena *a, struct vf_slice *out, struct vf_err *err);
/* kind without an error value: NONE when absent or not to be had. */
enum vf_kind vf_tree_kind(struct vf_tree *t, struct vf_slice path);
/* What is at `path` (relative) once symbolic links *inside the tree* are followed, at most 40: the kernel's
 * answer, so `..` behind a link goes up from where the link leads. NONE: nothing there, a dangling link, a
 * loop, or not to be had. LINK: the way leaves the tree. `resolved` (may be NULL) gets appended where it
 * ends: the clean path below the root ("" for the root itself), or for LINK what is outside: an absolute
 * path, or one relative to the root that begins with "..", the rest of the way included; nothing for NONE. An
 * absolute target is never taken to be inside: the tree does not know where it stands. */
enum vf_kind vf_tree_resolve(struct vf_tree *t, struct vf_slice path, struct vf_arena *scratch,
                             struct vf_buf *resolved);
void vf_tree_free(struct vf_tree *t); /* NULL is fine */

#endif
