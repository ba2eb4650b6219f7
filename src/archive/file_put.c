/* file_put.c: where a member goes, by its name alone: nothing of the disk is looked at. */
#include "archive/file_put.h"

#include <string.h>

#include "base/path.h"

#define EVERY_LAYER (UINT16_MAX + 1u)

/* The OCI image specification, layer.md: names that remove. */
#define WHITEOUT ".wh."
#define OPAQUE   ".wh..wh..opq"

struct way {
    struct vf_file_tree *t;
    const struct vf_put *e;
    struct vf_slice name; /* clean */
    uint32_t dir;         /* that the member is in */
    struct vf_slice base;
};

/* The clean relative path of a name; empty: it is the root. False: it cannot be one, and was counted. */
static bool clean_name(struct vf_file_tree *t, struct vf_slice name, struct vf_buf *out)
{
    size_t depth = 0;
    if (!name.p || name.n == 0 || name.n > VF_FILE_TREE_PATH) {
        vf_file_tree_flaw(t, VF_MEMBER_NAME, name);
        return false;
    }
    for (struct vf_slice rest = name; rest.n > 0;) {
        size_t slash = vf_slice_find_byte(rest, '/', 0);
        struct vf_slice part = vf_slice_sub(rest, 0, slash);
        rest = slash == VF_NPOS ? (struct vf_slice){NULL, 0} : vf_slice_from(rest, slash + 1);
        if (part.n == 0 || vf_slice_eq(part, VF_S(".")))
            continue;
        if (vf_slice_eq(part, VF_S(".."))) {
            vf_file_tree_flaw(t, VF_MEMBER_ESCAPES, name);
            return false;
        }
        if (++depth > VF_FILE_TREE_DEPTH) {
            vf_file_tree_flaw(t, VF_MEMBER_NAME, name);
            return false;
        }
        if (out->n > 0)
            vf_buf_putc(out, '/');
        vf_buf_put(out, part);
    }
    return true;
}

/* Where a link in the way of a member of an image leads; VF_NODE_NONE: not to a directory. */
static uint32_t behind_link(const struct way *w, uint32_t link)
{
    struct vf_buf path = {0};
    vf_file_tree_path(w->t, link, &path);
    uint32_t node = path.failed ? VF_NODE_NONE : vf_file_tree_follow(w->t, vf_buf_slice(&path));
    vf_buf_release(&path);
    return node;
}

static void make_implied(struct vf_file_tree *t, uint32_t node, unsigned layer)
{
    struct vf_node *n = vf_file_tree_edit(t, node);
    n->kind = VF_KIND_DIR;
    n->mode = 0755;
    n->implied = true;
    n->layer = (uint16_t)layer;
    n->size = 0;
}

/* Enters a directory on the way, which is made where it is not there. *dir VF_NODE_NONE: there is no way. */
static enum vf_status enter(struct way *w, struct vf_slice name, uint32_t *dir, struct vf_err *err)
{
    uint32_t node;
    enum vf_status st = vf_file_tree_entry(w->t, *dir, name, &node, err);
    if (st != VF_OK)
        return st;
    const struct vf_node *n = vf_file_tree_node(w->t, node);
    if (n->kind == VF_KIND_LINK && w->e->follow) {
        node = behind_link(w, node);
        n = node == VF_NODE_NONE ? NULL : vf_file_tree_node(w->t, node);
    }
    if (n && n->kind == VF_KIND_NONE)
        make_implied(w->t, node, w->e->layer);
    else if (!n || n->kind != VF_KIND_DIR)
        node = VF_NODE_NONE;
    *dir = node;
    return VF_OK;
}

static enum vf_status find_parent(struct way *w, struct vf_err *err)
{
    size_t slash = vf_slice_rfind_byte(w->name, '/');
    struct vf_slice rest = vf_slice_sub(w->name, 0, slash == VF_NPOS ? 0 : slash);
    enum vf_status st = VF_OK;
    w->base = slash == VF_NPOS ? w->name : vf_slice_from(w->name, slash + 1);
    w->dir = VF_NODE_ROOT;
    while (rest.n > 0 && st == VF_OK && w->dir != VF_NODE_NONE) {
        struct vf_slice part = vf_slice_sub(rest, 0, vf_slice_find_byte(rest, '/', 0));
        rest = part.n < rest.n ? vf_slice_from(rest, part.n + 1) : VF_S("");
        st = enter(w, part, &w->dir, err);
    }
    if (st == VF_OK && w->dir == VF_NODE_NONE)
        vf_file_tree_flaw(w->t, VF_MEMBER_BELOW_LINK, w->e->name);
    return st;
}

static enum vf_status too_long(struct vf_err *err)
{
    return vf_err_set(err, VF_BAD_ARCHIVE, 0, "read", VF_S(""), "its layers remove too much");
}

/* A name that removes what lower layers have. *is false: it is an ordinary one. */
static enum vf_status white_out(struct way *w, bool *is, struct vf_err *err)
{
    *is = w->e->layer > 0 && vf_slice_starts(w->base, VF_S(WHITEOUT));
    if (!*is)
        return VF_OK;
    struct vf_node *dir = vf_file_tree_edit(w->t, w->dir);
    if (vf_slice_eq(w->base, VF_S(OPAQUE))) {
        if (dir->opaque == w->e->layer)
            return VF_OK;
        dir->opaque = (uint16_t)w->e->layer;
        return vf_file_tree_prune(w->t, w->dir, w->e->layer, true) ? VF_OK : too_long(err);
    }
    struct vf_slice name = vf_slice_from(w->base, sizeof(WHITEOUT) - 1);
    uint32_t node = name.n > 0 ? vf_file_tree_child(w->t, w->dir, name) : VF_NODE_NONE;
    return node == VF_NODE_NONE || vf_file_tree_prune(w->t, node, w->e->layer, false) ? VF_OK : too_long(err);
}

/* Hard links share bytes, mode and time with the member that they name. */
static bool take_hard(struct way *w, struct vf_node *n)
{
    struct vf_buf clean = {0};
    bool named = clean_name(w->t, w->e->hard, &clean) && !clean.failed;
    uint32_t node = named ? vf_file_tree_find(w->t, VF_NODE_ROOT, vf_buf_slice(&clean)) : VF_NODE_NONE;
    vf_buf_release(&clean);
    const struct vf_node *to = node == VF_NODE_NONE ? NULL : vf_file_tree_node(w->t, node);
    if (!to || to->kind == VF_KIND_DIR) {
        if (named)
            vf_file_tree_flaw(w->t, VF_MEMBER_NO_TARGET, w->e->name);
        return false;
    }
    if (to != n) {
        n->kind = to->kind;
        n->at = to->at;
        n->size = to->size;
        n->store = to->store;
        n->mode = to->mode;
        n->uid = to->uid;
        n->gid = to->gid;
        n->mtime_s = to->mtime_s;
        n->mtime_ns = to->mtime_ns;
        n->ino = to->ino;
    }
    return true;
}

static void take_own(struct vf_node *n, const struct vf_put *e, uint32_t node)
{
    n->kind = (uint8_t)e->kind;
    n->size = e->kind == VF_KIND_DIR ? 0 : e->size;
    n->at.off = e->off;
    n->store = e->store;
    n->mode = e->mode;
    n->uid = e->uid;
    n->gid = e->gid;
    n->mtime_s = e->mtime_s;
    n->mtime_ns = e->mtime_ns;
    n->ino = node + 1;
}

static bool take_target(struct vf_file_tree *t, struct vf_node *n, struct vf_slice target)
{
    struct vf_slice kept = vf_file_tree_keep(t, target);
    n->at.target = kept.p ? kept.p : "";
    n->size = kept.n;
    return kept.p != NULL;
}

/* What is there by that name makes room. */
static enum vf_status make_room(struct way *w, uint32_t node, struct vf_err *err)
{
    const struct vf_node *n = vf_file_tree_node(w->t, node);
    bool again = n->kind != VF_KIND_NONE && n->layer == w->e->layer;
    bool merges = n->kind == VF_KIND_DIR && w->e->kind == VF_KIND_DIR;
    if (again && !merges)
        vf_file_tree_flaw(w->t, VF_MEMBER_TWICE, w->e->name);
    if (n->kind != VF_KIND_DIR || merges)
        return VF_OK;
    return vf_file_tree_prune(w->t, node, EVERY_LAYER, true) ? VF_OK : too_long(err);
}

static enum vf_status put_entry(struct way *w, struct vf_err *err)
{
    uint32_t node = VF_NODE_ROOT;
    enum vf_status st = VF_OK;
    if (w->name.n > 0)
        st = vf_file_tree_entry(w->t, w->dir, w->base, &node, err);
    else if (w->e->kind != VF_KIND_DIR)
        vf_file_tree_flaw(w->t, VF_MEMBER_NAME, w->e->name);
    if (st != VF_OK || (w->name.n == 0 && w->e->kind != VF_KIND_DIR))
        return st;
    st = make_room(w, node, err);
    if (st != VF_OK)
        return st;
    struct vf_node *n = vf_file_tree_edit(w->t, node);
    if (w->e->is_hard && !take_hard(w, n))
        return VF_OK;
    if (!w->e->is_hard)
        take_own(n, w->e, node);
    n->layer = (uint16_t)w->e->layer;
    n->implied = false;
    bool ok = w->e->kind != VF_KIND_LINK || take_target(w->t, n, w->e->target);
    return ok ? VF_OK : vf_err_nomem(err);
}

enum vf_status vf_file_put(struct vf_file_tree *t, const struct vf_put *e, struct vf_err *err)
{
    struct way w = {.t = t, .e = e};
    struct vf_buf clean = {0};
    bool removes = false;
    if (!clean_name(t, e->name, &clean)) {
        vf_buf_release(&clean);
        return VF_OK;
    }
    if (vf_path_is_abs(e->name))
        vf_file_tree_flaw(t, VF_MEMBER_ABSOLUTE, e->name);
    w.name = vf_buf_slice(&clean);
    enum vf_status st = clean.failed ? vf_err_nomem(err) : find_parent(&w, err);
    if (st == VF_OK && w.dir != VF_NODE_NONE)
        st = white_out(&w, &removes, err);
    if (st == VF_OK && w.dir != VF_NODE_NONE && !removes)
        st = put_entry(&w, err);
    vf_buf_release(&clean);
    return st;
}
