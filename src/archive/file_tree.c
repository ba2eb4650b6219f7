/* file_tree.c: the entries of an archive as one array, and a hash table of (directory, name).
 *
 * An entry that is removed stays in the table, with kind NONE: a later one of the same name takes it again.
 */
#include "archive/file_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"

enum { STORES_MAX = 250, LINKS_MAX = 40, PRUNE_MAX = 64 };

struct vf_file_tree {
    struct vf_node *v;
    uint32_t n, cap;
    uint32_t *slots; /* node + 1; 0: free */
    uint32_t n_slots;
    struct vf_arena a; /* names and targets */
    int fds[STORES_MAX];
    bool owned[STORES_MAX];
    uint8_t n_stores;
    uint64_t bytes, pruned;
    struct vf_member_flaws flaws[VF_MEMBER_FLAWS];
};

/* --- the table --- */

static uint32_t hash_of(uint32_t dir, struct vf_slice name)
{
    uint64_t h = 0xcbf29ce484222325u ^ dir;
    h *= 0x100000001b3u;
    for (size_t i = 0; i < name.n; i++)
        h = (h ^ (unsigned char)name.p[i]) * 0x100000001b3u;
    return (uint32_t)(h ^ (h >> 32));
}

struct vf_slice vf_node_name(const struct vf_node *n)
{
    return (struct vf_slice){n->name, n->name_n};
}

struct vf_slice vf_node_target(const struct vf_node *n)
{
    return (struct vf_slice){n->at.target, (size_t)n->size};
}

/* The slot of an entry, or the free one where it belongs. */
static uint32_t slot_of(const struct vf_file_tree *t, uint32_t dir, struct vf_slice name)
{
    uint32_t i = hash_of(dir, name) & (t->n_slots - 1);
    while (t->slots[i] != 0) {
        const struct vf_node *n = &t->v[t->slots[i] - 1];
        if (n->parent == dir && vf_slice_eq(vf_node_name(n), name))
            break;
        i = (i + 1) & (t->n_slots - 1);
    }
    return i;
}

static bool grow_slots(struct vf_file_tree *t)
{
    uint32_t n = t->n_slots * 2;
    uint32_t *slots = calloc(n, sizeof *slots);
    if (!slots)
        return false;
    free(t->slots);
    t->slots = slots;
    t->n_slots = n;
    for (uint32_t i = 1; i < t->n; i++)
        t->slots[slot_of(t, t->v[i].parent, vf_node_name(&t->v[i]))] = i + 1;
    return true;
}

static bool grow_nodes(struct vf_file_tree *t)
{
    uint32_t cap = t->cap ? t->cap + t->cap / 2 : 256;
    struct vf_node *v = realloc(t->v, cap * sizeof *v);
    if (!v)
        return false;
    t->v = v;
    t->cap = cap;
    return true;
}

enum vf_status vf_file_tree_new(struct vf_file_tree **out, struct vf_err *err)
{
    struct vf_file_tree *t = calloc(1, sizeof *t);
    *out = NULL;
    if (!t)
        return vf_err_nomem(err);
    vf_arena_init(&t->a);
    t->n_slots = 1024;
    t->slots = calloc(t->n_slots, sizeof *t->slots);
    if (!t->slots || !grow_nodes(t)) {
        vf_file_tree_free(t);
        return vf_err_nomem(err);
    }
    t->v[t->n++] = (struct vf_node){.parent = VF_NODE_NONE,
                                    .child = VF_NODE_NONE,
                                    .next = VF_NODE_NONE,
                                    .name = "",
                                    .mode = 0755,
                                    .ino = 1,
                                    .kind = VF_KIND_DIR,
                                    .implied = true};
    *out = t;
    return VF_OK;
}

void vf_file_tree_free(struct vf_file_tree *t)
{
    if (!t)
        return;
    for (uint8_t i = 0; i < t->n_stores; i++)
        if (t->owned[i])
            (void)close(t->fds[i]);
    free(t->v);
    free(t->slots);
    vf_arena_release(&t->a);
    free(t);
}

/* --- filling --- */

enum vf_status vf_file_tree_store(struct vf_file_tree *t, int fd, bool owned, uint8_t *store,
                                  struct vf_err *err)
{
    if (t->n_stores == STORES_MAX) {
        if (owned)
            (void)close(fd);
        return vf_err_set(err, VF_BAD_ARCHIVE, 0, "read", VF_S(""), "it has more than %d layers",
                          STORES_MAX / 2);
    }
    *store = t->n_stores++;
    t->fds[*store] = fd;
    t->owned[*store] = owned;
    return VF_OK;
}

static void link_child(struct vf_file_tree *t, uint32_t dir, uint32_t node)
{
    t->v[node].next = t->v[dir].child;
    t->v[dir].child = node;
    t->v[node].linked = true;
}

enum vf_status vf_file_tree_entry(struct vf_file_tree *t, uint32_t dir, struct vf_slice name, uint32_t *node,
                                  struct vf_err *err)
{
    uint32_t slot = slot_of(t, dir, name);
    if (t->slots[slot] != 0) {
        *node = t->slots[slot] - 1;
        if (!t->v[*node].linked)
            link_child(t, dir, *node);
        return VF_OK;
    }
    if (t->n >= VF_FILE_TREE_NODES)
        return vf_err_set(err, VF_BAD_ARCHIVE, 0, "read", VF_S(""), "it has more than %u entries",
                          VF_FILE_TREE_NODES);
    struct vf_slice kept = vf_arena_dup(&t->a, name);
    if (!kept.p || (t->n == t->cap && !grow_nodes(t)))
        return vf_err_nomem(err);
    *node = t->n;
    t->v[t->n] = (struct vf_node){
        .parent = dir, .child = VF_NODE_NONE, .name = kept.p, .name_n = (uint32_t)kept.n, .ino = t->n + 1};
    t->n++;
    t->slots[slot] = t->n;
    link_child(t, dir, *node);
    return t->n * 2 < t->n_slots || grow_slots(t) ? VF_OK : vf_err_nomem(err);
}

struct vf_node *vf_file_tree_edit(struct vf_file_tree *t, uint32_t node)
{
    return &t->v[node];
}

struct vf_slice vf_file_tree_keep(struct vf_file_tree *t, struct vf_slice s)
{
    return vf_arena_dup(&t->a, s);
}

void vf_file_tree_flaw(struct vf_file_tree *t, enum vf_member_flaw flaw, struct vf_slice name)
{
    if (t->flaws[flaw].count++ == 0)
        t->flaws[flaw].first = vf_arena_dup(&t->a, vf_slice_sub(name, 0, 400));
}

enum vf_status vf_file_tree_grow(struct vf_file_tree *t, uint64_t bytes, struct vf_slice label,
                                 struct vf_err *err)
{
    if (bytes > VF_FILE_TREE_BYTES - t->bytes)
        return vf_err_set(err, VF_BAD_ARCHIVE, 0, "read", label, "unpacked it has more than %llu GiB",
                          VF_FILE_TREE_BYTES >> 30);
    t->bytes += bytes;
    return VF_OK;
}

/* Takes the removed children of a directory out of its list. True: none is left. */
static bool drop_removed(struct vf_file_tree *t, uint32_t dir)
{
    uint32_t *to = &t->v[dir].child;
    while (*to != VF_NODE_NONE) {
        struct vf_node *n = &t->v[*to];
        if (n->kind == VF_KIND_NONE) {
            n->linked = false;
            *to = n->next;
        } else {
            to = &n->next;
        }
    }
    return t->v[dir].child == VF_NODE_NONE;
}

/* All below `node` is pruned: what of itself? A directory with something in it stays. */
static void prune_one(struct vf_file_tree *t, uint32_t node, unsigned layer)
{
    struct vf_node *n = &t->v[node];
    bool empty = drop_removed(t, node);
    if (n->layer >= layer)
        return;
    if (empty)
        n->kind = VF_KIND_NONE;
    else
        *n = (struct vf_node){.parent = n->parent,
                              .child = n->child,
                              .next = n->next,
                              .name_n = n->name_n,
                              .name = n->name,
                              .ino = n->ino,
                              .mode = 0755,
                              .layer = (uint16_t)layer,
                              .kind = VF_KIND_DIR,
                              .linked = n->linked,
                              .implied = true};
}

bool vf_file_tree_prune(struct vf_file_tree *t, uint32_t node, unsigned layer, bool only_below)
{
    uint32_t at = node;
    for (;;) { /* children first */
        if (++t->pruned > (uint64_t)PRUNE_MAX * VF_FILE_TREE_NODES)
            return false;
        if (t->v[at].child != VF_NODE_NONE) {
            at = t->v[at].child;
            continue;
        }
        uint32_t next = VF_NODE_NONE;
        while (at != node && next == VF_NODE_NONE) {
            uint32_t parent = t->v[at].parent;
            next = t->v[at].next;
            prune_one(t, at, layer);
            if (next == VF_NODE_NONE)
                at = parent;
        }
        if (next == VF_NODE_NONE)
            break;
        at = next;
    }
    if (only_below)
        (void)drop_removed(t, node);
    else
        prune_one(t, node, layer);
    return true;
}

/* --- reading --- */

uint32_t vf_file_tree_count(const struct vf_file_tree *t)
{
    return t->n;
}

const struct vf_node *vf_file_tree_node(const struct vf_file_tree *t, uint32_t node)
{
    return &t->v[node];
}

uint64_t vf_file_tree_size(const struct vf_file_tree *t)
{
    return t->bytes;
}

const struct vf_member_flaws *vf_file_tree_flaws(const struct vf_file_tree *t)
{
    return t->flaws;
}

uint32_t vf_file_tree_child(const struct vf_file_tree *t, uint32_t dir, struct vf_slice name)
{
    uint32_t slot = t->v[dir].kind == VF_KIND_DIR ? t->slots[slot_of(t, dir, name)] : 0;
    return slot == 0 || t->v[slot - 1].kind == VF_KIND_NONE ? VF_NODE_NONE : slot - 1;
}

/* The next component; empty: there is none. */
static struct vf_slice take_component(struct vf_slice *rest)
{
    while (rest->n > 0 && rest->p[0] == '/')
        *rest = vf_slice_from(*rest, 1);
    struct vf_slice name = vf_slice_sub(*rest, 0, vf_slice_find_byte(*rest, '/', 0));
    *rest = vf_slice_from(*rest, name.n);
    return name;
}

uint32_t vf_file_tree_find(const struct vf_file_tree *t, uint32_t dir, struct vf_slice path)
{
    for (struct vf_slice name; dir != VF_NODE_NONE && (name = take_component(&path)).n > 0;)
        dir = vf_file_tree_child(t, dir, name);
    return dir;
}

/* One component. A link: its target comes before the rest, in `todo`. */
static uint32_t step(const struct vf_file_tree *t, uint32_t dir, struct vf_slice name, struct vf_slice *rest,
                     struct vf_arena *scratch)
{
    if (vf_slice_eq(name, VF_S(".")))
        return dir;
    if (vf_slice_eq(name, VF_S("..")))
        return dir == VF_NODE_ROOT ? dir : t->v[dir].parent;
    uint32_t node = vf_file_tree_child(t, dir, name);
    if (node == VF_NODE_NONE || t->v[node].kind != VF_KIND_LINK)
        return node;
    struct vf_slice target = vf_node_target(&t->v[node]);
    *rest = vf_arena_concat(scratch, target, VF_S("/"), *rest);
    if (!rest->p || target.n == 0)
        return VF_NODE_NONE;
    return vf_path_is_abs(target) ? VF_NODE_ROOT : dir;
}

uint32_t vf_file_tree_follow(const struct vf_file_tree *t, struct vf_slice path)
{
    struct vf_arena scratch;
    struct vf_slice name;
    uint32_t at = VF_NODE_ROOT;
    unsigned links = 0;
    vf_arena_init(&scratch);
    while (at != VF_NODE_NONE && (name = take_component(&path)).n > 0) {
        const char *was = path.p;
        at = t->v[at].kind == VF_KIND_DIR ? step(t, at, name, &path, &scratch) : VF_NODE_NONE;
        if (path.p != was && ++links > LINKS_MAX)
            at = VF_NODE_NONE;
    }
    vf_arena_release(&scratch);
    return at;
}

void vf_file_tree_path(const struct vf_file_tree *t, uint32_t node, struct vf_buf *out)
{
    uint32_t way[VF_FILE_TREE_DEPTH + 2];
    size_t n = 0;
    for (; node != VF_NODE_ROOT && n < VF_COUNT(way); node = t->v[node].parent)
        way[n++] = node;
    for (size_t i = n; i-- > 0;) {
        vf_buf_put(out, vf_node_name(&t->v[way[i]]));
        if (i > 0)
            vf_buf_putc(out, '/');
    }
}

void vf_file_tree_stat(const struct vf_file_tree *t, uint32_t node, struct vf_stat *out)
{
    const struct vf_node *n = &t->v[node];
    *out = (struct vf_stat){.kind = (enum vf_kind)n->kind,
                            .mode = n->mode,
                            .uid = n->uid,
                            .gid = n->gid,
                            .size = n->kind == VF_KIND_DIR ? 0 : n->size,
                            .mtime_s = n->mtime_s,
                            .ctime_s = n->mtime_s,
                            .mtime_ns = n->mtime_ns,
                            .ctime_ns = n->mtime_ns,
                            .dev = (uint64_t)(uintptr_t)t, /* another one than any other tree's */
                            .ino = n->ino,
                            .nlink = 1};
}

void vf_file_tree_bytes(const struct vf_file_tree *t, uint32_t node, int *fd, uint64_t *off)
{
    *fd = t->fds[t->v[node].store];
    *off = t->v[node].at.off;
}
