/* tree_planned.c: edits laid over a tree.
 *
 * Edits are sorted by path, so what is edited below a directory is one range of them; a directory that exists
 * only because something new is to stand in it follows from that range. A spliced file is read through the
 * splices: what they replace is read and dropped, as a reader cannot seek. */
#include "fs/tree_planned.h"

#include <stdlib.h>
#include <string.h>

#include "base/path.h"

enum { DROP = 16 * 1024 };

struct planned {
    struct vf_tree base;
    struct vf_tree *below;
    const struct vf_edits *edits;
};

struct edit_reader {
    struct vf_reader base;
    const struct vf_edit *edit;
    struct vf_reader *below; /* the original; NULL for WRITE */
    struct vf_stat st;
    uint64_t pos;  /* in the original, or for WRITE in the contents */
    size_t at;     /* the splice that comes next */
    uint64_t sent; /* bytes of it that were given out */
};

/* The bytes that an edit was made from. */
struct bytes_reader {
    struct vf_reader base;
    const struct vf_edit_source *source;
    size_t pos;
};

static enum vf_status bytes_read(struct vf_reader *base, void *buf, size_t n, size_t *got, struct vf_err *err)
{
    struct bytes_reader *r = (struct bytes_reader *)base;
    struct vf_slice left = vf_slice_sub(vf_slice_from(r->source->bytes, r->pos), 0, n);
    (void)err;
    if (left.n > 0)
        memcpy(buf, left.p, left.n);
    r->pos += left.n;
    *got = left.n;
    return VF_OK;
}

static enum vf_status bytes_stat(struct vf_reader *base, struct vf_stat *out, struct vf_err *err)
{
    (void)err;
    *out = ((struct bytes_reader *)base)->source->st;
    return VF_OK;
}

static void bytes_close(struct vf_reader *base)
{
    free(base);
}

static const struct vf_reader_ops bytes_ops = {.read = bytes_read, .stat = bytes_stat, .close = bytes_close};

static enum vf_status open_source(struct planned *t, const struct vf_edit *e, struct vf_reader **out,
                                  struct vf_err *err)
{
    if (!e->source.known || !e->source.bytes.p)
        return vf_tree_open(t->below, e->path, out, err);
    struct bytes_reader *r = calloc(1, sizeof *r);
    if (!r)
        return vf_err_nomem(err);
    r->base.ops = &bytes_ops;
    r->source = &e->source;
    *out = (struct vf_reader *)r;
    return VF_OK;
}

/* --- ranges of edits --- */

/* Does the path stand below dir? Every path stands below "". */
static bool is_below(struct vf_slice dir, struct vf_slice path)
{
    return dir.n == 0 || (path.n > dir.n + 1 && path.p[dir.n] == '/' && vf_slice_starts(path, dir));
}

/* Order of `path` and the text dir + '/'. */
static int compare_slashed(struct vf_slice path, struct vf_slice dir)
{
    int c = vf_slice_cmp(vf_slice_sub(path, 0, dir.n), dir);
    if (c != 0)
        return c;
    if (path.n == dir.n)
        return -1;
    return (unsigned char)path.p[dir.n] - '/';
}

/* The first edit below dir, or n. */
static size_t first_below(const struct vf_edits *e, struct vf_slice dir)
{
    size_t lo = 0, hi = e->n;
    while (dir.n > 0 && lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (compare_slashed(e->v[mid].path, dir) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static bool makes(const struct vf_edit *e)
{
    return e->kind == VF_EDIT_WRITE || e->kind == VF_EDIT_LINK;
}

/* Is dir there because something new is to stand below it? */
static bool is_implied(const struct planned *t, struct vf_slice dir)
{
    for (size_t i = first_below(t->edits, dir); i < t->edits->n && is_below(dir, t->edits->v[i].path); i++)
        if (makes(&t->edits->v[i]))
            return true;
    return false;
}

/* --- what an edit makes of a stat --- */

static void set_new(struct vf_stat *st, enum vf_kind kind, uint32_t mode, uint64_t size)
{
    bool keep = st->kind == kind; /* attributes of the original */
    *st = (struct vf_stat){.kind = kind,
                           .mode = keep ? st->mode : mode,
                           .uid = st->uid,
                           .gid = st->gid,
                           .size = size,
                           .mtime_s = INT64_MAX,
                           .nlink = 1};
}

/* A file whose splices do not fit says so when it is read. */
static uint64_t spliced_size(const struct vf_edit *e, uint64_t size)
{
    for (size_t i = 0; i < e->n; i++) {
        size -= e->splices[i].len < size ? e->splices[i].len : size;
        size += e->splices[i].bytes.n;
    }
    return size;
}

/* st: of the original, kind NONE when there is none. */
static void edit_stat(const struct vf_edit *e, struct vf_stat *st)
{
    switch (e->kind) {
    case VF_EDIT_SPLICE:
        set_new(st, VF_KIND_FILE, st->mode, spliced_size(e, st->size));
        break;
    case VF_EDIT_WRITE:
        set_new(st, VF_KIND_FILE, e->mode & 07777, e->contents.n);
        break;
    case VF_EDIT_LINK:
        set_new(st, VF_KIND_LINK, 0777, e->contents.n);
        break;
    case VF_EDIT_DELETE:
        *st = (struct vf_stat){.kind = VF_KIND_NONE};
        break;
    }
}

static enum vf_status nothing(struct vf_err *err, const char *op, struct vf_slice path)
{
    return vf_err_set(err, VF_NOT_FOUND, 0, op, path, "it is to be deleted");
}

static enum vf_status planned_stat(struct vf_tree *base, struct vf_slice path, struct vf_stat *out,
                                   struct vf_err *err)
{
    const struct planned *t = (struct planned *)base;
    const struct vf_edit *e = vf_edits_find(t->edits, path);
    struct vf_err own;
    vf_err_init(&own);
    enum vf_status st = vf_tree_stat(t->below, path, out, &own);
    if (e && e->kind == VF_EDIT_DELETE) {
        edit_stat(e, out);
        st = nothing(err, "stat", path);
    } else if (e && (st == VF_OK || (makes(e) && st == VF_NOT_FOUND))) {
        edit_stat(e, out);
        st = VF_OK;
    } else if (!e && st == VF_NOT_FOUND && is_implied(t, path)) {
        set_new(out, VF_KIND_DIR, 0755, 0);
        st = VF_OK;
    } else if (st != VF_OK) {
        st = vf_tree_stat(t->below, path, out, err);
    }
    vf_err_release(&own);
    return st;
}

static enum vf_status planned_readlink(struct vf_tree *base, struct vf_slice path, struct vf_arena *a,
                                       struct vf_slice *out, struct vf_err *err)
{
    const struct planned *t = (struct planned *)base;
    const struct vf_edit *e = vf_edits_find(t->edits, path);
    if (!e)
        return vf_tree_readlink(t->below, path, a, out, err);
    if (e->kind == VF_EDIT_DELETE)
        return nothing(err, "readlink", path);
    if (e->kind != VF_EDIT_LINK)
        return vf_err_set(err, VF_IO, 0, "readlink", path, "it is not a symbolic link");
    *out = vf_arena_dup(a, e->contents);
    return out->p ? VF_OK : vf_err_nomem(err);
}

/* --- lists --- */

struct listing {
    const struct planned *t;
    struct vf_slice dir;
    struct vf_arena *a;
    struct vf_dirent *base;
    size_t n_base;
    struct vf_dirent *v; /* being made: what stays, then what is new */
    size_t n;
    struct vf_buf path;
};

static struct vf_slice name_in(struct vf_slice dir, struct vf_slice path)
{
    struct vf_slice rest = vf_slice_from(path, dir.n == 0 ? 0 : dir.n + 1);
    size_t slash = vf_slice_find_byte(rest, '/', 0);
    return vf_slice_sub(rest, 0, slash == VF_NPOS ? rest.n : slash);
}

static bool is_direct(struct vf_slice dir, struct vf_slice path)
{
    return name_in(dir, path).n + (dir.n == 0 ? 0 : dir.n + 1) == path.n;
}

static void edit_entry(const struct vf_edit *e, struct vf_dirent *d)
{
    if (d->status != VF_OK && e->kind == VF_EDIT_SPLICE)
        return; /* what could not be looked at cannot be edited either */
    edit_stat(e, &d->st);
    d->status = VF_OK;
    d->sys = 0;
    d->target = e->kind == VF_EDIT_LINK ? e->contents : (struct vf_slice){NULL, 0};
}

static void keep_entry(struct listing *l, const struct vf_dirent *d)
{
    struct vf_dirent *to = &l->v[l->n];
    vf_buf_clear(&l->path);
    vf_path_join_buf(&l->path, l->dir, d->name);
    const struct vf_edit *e = l->path.failed ? NULL : vf_edits_find(l->t->edits, vf_buf_slice(&l->path));
    if (e && e->kind == VF_EDIT_DELETE)
        return;
    *to = *d;
    if (e)
        edit_entry(e, to);
    l->n++;
}

static int compare_entries(const void *a, const void *b)
{
    const struct vf_dirent *x = a, *y = b;
    return vf_slice_cmp(x->name, y->name);
}

static bool has_base(const struct listing *l, struct vf_slice name)
{
    struct vf_dirent key = {.name = name};
    return l->n_base > 0 && bsearch(&key, l->base, l->n_base, sizeof key, compare_entries);
}

/* New names that edits first..end bring; those of one new directory need not stand together ("a/x", "a.b",
 * "a/y" do: '/' sorts behind '.'), but sorting and dropping doubles later makes that no matter. */
static void add_new(struct listing *l, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++) {
        const struct vf_edit *e = &l->t->edits->v[i];
        struct vf_slice name = name_in(l->dir, e->path);
        if (!makes(e) || has_base(l, name) || (l->n > 0 && vf_slice_eq(l->v[l->n - 1].name, name)))
            continue;
        struct vf_dirent *d = &l->v[l->n++];
        *d = (struct vf_dirent){.name = name, .status = VF_OK};
        if (is_direct(l->dir, e->path))
            edit_entry(e, d);
        else
            set_new(&d->st, VF_KIND_DIR, 0755, 0);
    }
}

static void sort_and_drop_doubles(struct listing *l)
{
    size_t n = 0;
    if (l->n > 1)
        qsort(l->v, l->n, sizeof *l->v, compare_entries);
    for (size_t i = 0; i < l->n; i++)
        if (n == 0 || !vf_slice_eq(l->v[n - 1].name, l->v[i].name))
            l->v[n++] = l->v[i];
    l->n = n;
}

static enum vf_status list_base(struct listing *l, bool may_lack, struct vf_err *err)
{
    struct vf_err own;
    vf_err_init(&own);
    enum vf_status st = vf_tree_list(l->t->below, l->dir, l->a, &l->base, &l->n_base, may_lack ? &own : err);
    if (may_lack && st == VF_NOT_FOUND)
        st = VF_OK;
    else if (may_lack && st != VF_OK)
        st = vf_err_set(err, st, own.sys, own.op, l->dir, NULL);
    vf_err_release(&own);
    return st;
}

static enum vf_status planned_list(struct vf_tree *base, struct vf_slice dir, struct vf_arena *a,
                                   struct vf_dirent **out, size_t *n, struct vf_err *err)
{
    struct planned *t = (struct planned *)base;
    struct listing l = {.t = t, .dir = dir, .a = a};
    size_t first = first_below(t->edits, dir), end = first;
    while (end < t->edits->n && is_below(dir, t->edits->v[end].path))
        end++;
    enum vf_status st = list_base(&l, dir.n > 0 && is_implied(t, dir), err);
    if (st != VF_OK)
        return st;
    *out = l.base;
    *n = l.n_base;
    if (first == end)
        return VF_OK;
    if (l.n_base > SIZE_MAX - (end - first))
        return vf_err_nomem(err);
    l.v = vf_arena_array(a, l.n_base + (end - first), sizeof *l.v);
    for (size_t i = 0; l.v && i < l.n_base; i++)
        keep_entry(&l, &l.base[i]);
    bool failed = !l.v || l.path.failed;
    vf_buf_release(&l.path);
    if (failed)
        return vf_err_nomem(err);
    add_new(&l, first, end);
    sort_and_drop_doubles(&l);
    *out = l.v;
    *n = l.n;
    return VF_OK;
}

/* --- reading --- */

static enum vf_status no_fit(const struct edit_reader *r, struct vf_err *err)
{
    return vf_err_set(err, VF_CHANGED, 0, "read", r->edit->path, "it changed since it was read");
}

/* Reads what the splice replaces, and drops it. */
static enum vf_status drop(struct edit_reader *r, uint64_t n, struct vf_err *err)
{
    char buf[DROP];
    while (n > 0) {
        size_t got = 0;
        enum vf_status st = vf_reader_read(r->below, buf, n < DROP ? (size_t)n : DROP, &got, err);
        if (st != VF_OK)
            return st;
        if (got == 0)
            return no_fit(r, err);
        n -= got;
        r->pos += got;
    }
    return VF_OK;
}

static size_t give(struct vf_slice bytes, uint64_t from, char *to, size_t n)
{
    size_t left = bytes.n - (size_t)from, k = left < n ? left : n;
    if (k > 0)
        memcpy(to, bytes.p + from, k);
    return k;
}

static enum vf_status read_original(struct edit_reader *r, void *buf, size_t n, size_t *got,
                                    struct vf_err *err)
{
    enum vf_status st = vf_reader_read(r->below, buf, n, got, err);
    r->pos += st == VF_OK ? *got : 0;
    return st;
}

static enum vf_status splice_read(struct vf_reader *base, void *buf, size_t n, size_t *got,
                                  struct vf_err *err)
{
    struct edit_reader *r = (struct edit_reader *)base;
    while (r->at < r->edit->n) {
        const struct vf_splice *s = &r->edit->splices[r->at];
        if (s->off > r->pos) {
            uint64_t gap = s->off - r->pos;
            enum vf_status st = read_original(r, buf, gap < n ? (size_t)gap : n, got, err);
            return st == VF_OK && *got == 0 ? no_fit(r, err) : st;
        }
        *got = give(s->bytes, r->sent, buf, n);
        r->sent += *got;
        if (*got > 0)
            return VF_OK;
        enum vf_status st = drop(r, s->len, err);
        if (st != VF_OK)
            return st;
        r->at++;
        r->sent = 0;
    }
    return read_original(r, buf, n, got, err);
}

static enum vf_status write_read(struct vf_reader *base, void *buf, size_t n, size_t *got, struct vf_err *err)
{
    struct edit_reader *r = (struct edit_reader *)base;
    (void)err;
    *got = give(r->edit->contents, r->pos, buf, n);
    r->pos += *got;
    return VF_OK;
}

static enum vf_status edited_stat(struct vf_reader *base, struct vf_stat *out, struct vf_err *err)
{
    const struct edit_reader *r = (struct edit_reader *)base;
    (void)err;
    *out = r->st;
    return VF_OK;
}

static void edited_close(struct vf_reader *base)
{
    struct edit_reader *r = (struct edit_reader *)base;
    vf_reader_close(r->below);
    free(r);
}

static const struct vf_reader_ops splice_ops = {
    .read = splice_read, .stat = edited_stat, .close = edited_close};
static const struct vf_reader_ops write_ops = {
    .read = write_read, .stat = edited_stat, .close = edited_close};

static enum vf_status open_edited(struct planned *t, const struct vf_edit *e, struct vf_reader **out,
                                  struct vf_err *err)
{
    struct edit_reader *r = calloc(1, sizeof *r);
    if (!r)
        return vf_err_nomem(err);
    r->edit = e;
    r->base.ops = e->kind == VF_EDIT_SPLICE ? &splice_ops : &write_ops;
    enum vf_status st = VF_OK;
    if (e->kind == VF_EDIT_SPLICE) {
        st = open_source(t, e, &r->below, err);
        if (st == VF_OK)
            st = vf_reader_stat(r->below, &r->st, err);
        edit_stat(e, &r->st);
    } else {
        st = planned_stat(&t->base, e->path, &r->st, err);
    }
    if (st != VF_OK) {
        vf_reader_close(r->below);
        free(r);
        return st;
    }
    *out = (struct vf_reader *)r;
    return VF_OK;
}

static enum vf_status planned_open(struct vf_tree *base, struct vf_slice path, struct vf_reader **out,
                                   struct vf_err *err)
{
    struct planned *t = (struct planned *)base;
    const struct vf_edit *e = vf_edits_find(t->edits, path);
    if (!e)
        return vf_tree_open(t->below, path, out, err);
    switch (e->kind) {
    case VF_EDIT_SPLICE:
    case VF_EDIT_WRITE:
        return open_edited(t, e, out, err);
    case VF_EDIT_LINK:
        return vf_err_set(err, VF_UNREADABLE, 0, "open", path, "it is not a regular file");
    case VF_EDIT_DELETE:
        break;
    }
    return nothing(err, "open", path);
}

static void planned_free(struct vf_tree *t)
{
    free(t);
}

static const struct vf_tree_ops planned_ops = {.list = planned_list,
                                               .stat = planned_stat,
                                               .readlink = planned_readlink,
                                               .open = planned_open,
                                               .free = planned_free};

enum vf_status vf_tree_planned(struct vf_tree *base, const struct vf_edits *edits, struct vf_tree **out,
                               struct vf_err *err)
{
    struct planned *t = malloc(sizeof *t);
    *out = NULL;
    if (!t)
        return vf_err_nomem(err);
    *t = (struct planned){.base.ops = &planned_ops, .below = base, .edits = edits};
    *out = (struct vf_tree *)t;
    return VF_OK;
}
