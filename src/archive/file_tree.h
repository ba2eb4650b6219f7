/* file_tree.h: the files of an archive, in memory: names, kinds, modes and links, and where the bytes of each
 * file are. Nothing is unpacked as files: contents stay in the archive where it stores them, else they are in
 * one file without a name (fs/spool.h), at an offset.
 *
 *   vf_file_tree_new -> vf_file_tree_read (file_read.h)... -> trees and hosts of it -> vf_file_tree_free
 *
 * While it is filled it has one user; then it is read-only, and any thread may read. A node is named by its
 * number; a later entry with the same path replaces the earlier one. No link is followed unless a function
 * says so, and then inside of the tree. */
#ifndef VF_ARCHIVE_FILE_TREE_H
#define VF_ARCHIVE_FILE_TREE_H

#include "base/hooks.h"
#include "fs/host.h"
#include "fs/tree.h"

#define VF_NODE_ROOT 0u
#define VF_NODE_NONE UINT32_MAX

/* Above a limit: VF_BAD_ARCHIVE. */
#define VF_FILE_TREE_NODES 500000u       /* entries of all layers, directories on the way included */
#define VF_FILE_TREE_BYTES (64ull << 30) /* contents, holes included */
#define VF_FILE_TREE_PATH  4095u         /* bytes of a path */
#define VF_FILE_TREE_DEPTH 500u          /* directories below each other */

/* What is wrong with members of the archive. */
enum vf_member_flaw {
    VF_MEMBER_ESCAPES,    /* a name with `..` */
    VF_MEMBER_ABSOLUTE,   /* a name that begins with a slash: taken as below the root of the archive */
    VF_MEMBER_TWICE,      /* another member, no directory, has the same name */
    VF_MEMBER_BELOW_LINK, /* the way to it leads through a link, or through a file */
    VF_MEMBER_NO_TARGET,  /* a hard link to what is not in the archive before it */
    VF_MEMBER_NAME,       /* no name, or one that is too long or too deep */
    VF_MEMBER_FLAWS
};
struct vf_member_flaws {
    uint64_t count;
    struct vf_slice first; /* name of the first one, as it is in the archive */
};

struct vf_node {
    uint32_t parent, child, next; /* child: the first one; no order */
    uint32_t name_n;
    const char *name;
    union {
        uint64_t off;       /* FILE: of its bytes in the store */
        const char *target; /* LINK: size bytes */
    } at;
    uint64_t size;
    int64_t mtime_s;
    uint32_t mtime_ns, uid, gid, ino; /* ino: the same for hard links of one file */
    uint16_t mode, layer;
    uint8_t kind;    /* enum vf_kind; NONE: it was removed */
    uint8_t store;   /* FILE: whose bytes */
    bool linked;     /* in the list of its parent */
    bool implied;    /* a directory that no member made */
    uint16_t opaque; /* DIR: 1 + the layer that hid what lower layers had below it */
};

struct vf_file_tree; /* opaque */

VF_MUST_CHECK enum vf_status vf_file_tree_new(struct vf_file_tree **out, struct vf_err *err);
void vf_file_tree_free(struct vf_file_tree *t); /* NULL is fine */

/* --- reading it --- */

uint32_t vf_file_tree_count(const struct vf_file_tree *t); /* nodes, removed ones included */
const struct vf_node *vf_file_tree_node(const struct vf_file_tree *t, uint32_t node);
struct vf_slice vf_node_name(const struct vf_node *n);
struct vf_slice vf_node_target(const struct vf_node *n); /* of a link */
/* The entry of a directory; VF_NODE_NONE. */
uint32_t vf_file_tree_child(const struct vf_file_tree *t, uint32_t dir, struct vf_slice name);
/* The same for a relative path of several components; no link is followed. */
uint32_t vf_file_tree_find(const struct vf_file_tree *t, uint32_t dir, struct vf_slice path);
/* The same with links followed, as a chroot to the root of the tree would. */
uint32_t vf_file_tree_follow(const struct vf_file_tree *t, struct vf_slice path);
/* Appends the path of a node, relative to the root; "" for the root itself. */
void vf_file_tree_path(const struct vf_file_tree *t, uint32_t node, struct vf_buf *out);
void vf_file_tree_stat(const struct vf_file_tree *t, uint32_t node, struct vf_stat *out);
/* The descriptor (borrowed) and the offset of a file's bytes. */
void vf_file_tree_bytes(const struct vf_file_tree *t, uint32_t node, int *fd, uint64_t *off);
VF_MUST_CHECK enum vf_status vf_file_tree_open(const struct vf_file_tree *t, uint32_t node,
                                               struct vf_slice path, struct vf_reader **out,
                                               struct vf_err *err);
/* The whole of a file, its links followed; VF_NOT_FOUND, VF_UNREADABLE, VF_LIMIT. */
VF_MUST_CHECK enum vf_status vf_file_tree_load(const struct vf_file_tree *t, struct vf_slice path,
                                               uint64_t cap, struct vf_arena *a, struct vf_slice *out,
                                               struct vf_err *err);
const struct vf_member_flaws *vf_file_tree_flaws(const struct vf_file_tree *t); /* VF_MEMBER_FLAWS of them */
uint64_t vf_file_tree_size(const struct vf_file_tree *t); /* bytes of contents that were read */

/* The tree (fs/tree.h) of what is below a directory; `t` is borrowed. */
VF_MUST_CHECK enum vf_status vf_tree_of_files(const struct vf_file_tree *t, uint32_t dir,
                                              struct vf_tree **out, struct vf_err *err);

/* Where the files are in the world that paths mean. */
struct vf_file_mount {
    const struct vf_file_tree *files; /* borrowed */
    uint32_t dir;
    struct vf_slice at;    /* absolute, clean: the path of `dir` */
    struct vf_slice alone; /* at and below this path nothing but `files` is asked; empty: nowhere */
    struct vf_host *below; /* asked for what `files` has not; borrowed; NULL: there is nothing else */
};
/* The host (fs/host.h) that has them. Links are followed as if `dir` were at that path. */
VF_MUST_CHECK enum vf_status vf_host_of_files(const struct vf_file_mount *mount, struct vf_host **out,
                                              struct vf_err *err);

/* --- filling it, for src/archive --- */

/* A place for contents: a descriptor that lives as long as the tree; `owned` is closed with it, also when
 * this fails. */
VF_MUST_CHECK enum vf_status vf_file_tree_store(struct vf_file_tree *t, int fd, bool owned, uint8_t *store,
                                                struct vf_err *err);
/* The entry of that name, made when it is not there: with kind NONE. */
VF_MUST_CHECK enum vf_status vf_file_tree_entry(struct vf_file_tree *t, uint32_t dir, struct vf_slice name,
                                                uint32_t *node, struct vf_err *err);
struct vf_node *vf_file_tree_edit(struct vf_file_tree *t, uint32_t node); /* until the next entry is made */
/* A copy that lives as long as the tree; p NULL: no memory. */
struct vf_slice vf_file_tree_keep(struct vf_file_tree *t, struct vf_slice s);
void vf_file_tree_flaw(struct vf_file_tree *t, enum vf_member_flaw flaw, struct vf_slice name);
/* Removes the node and all below it that is of a lower layer than `layer`; false: too often, somebody wants
 * it to take for ever. `only_below`: the node itself stays. */
VF_MUST_CHECK bool vf_file_tree_prune(struct vf_file_tree *t, uint32_t node, unsigned layer, bool only_below);
/* Counts bytes of contents. VF_BAD_ARCHIVE above the limit. */
VF_MUST_CHECK enum vf_status vf_file_tree_grow(struct vf_file_tree *t, uint64_t bytes, struct vf_slice label,
                                               struct vf_err *err);

#endif
