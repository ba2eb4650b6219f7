/* undo.c: what `fix` keeps so that `fix --undo` can take it back, and the taking back.
 *
 * One file for each environment in the directory of the user's secret, by the device and inode number of the
 * root: the originals of the last run that changed something, whole, each with the SHA-256 of what it was
 * replaced by. Outside of the environment it is in no archive, copy or bundle, and nothing in those can bring
 * one. It is complete before the first edit is applied. Undoing is a transaction as any other. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/escape.h"
#include "fs/atomic_file.h"
#include "fs/sys.h"
#include "fs/tree_dir.h"
#include "fs/txn.h"
#include "verbs/change/change.h"

#define HEAD "venvfix-undo 1\n"

enum { FIELDS = 6, SUM = 32 };
#define UNDO_CAP ((uint64_t)2 << 30)

/* One file as it was. */
struct kept {
    enum vf_kind kind; /* NONE: it was not there */
    uint32_t mode;
    uint64_t mtime_s, mtime_ns;
    struct vf_slice path, rule, bytes; /* contents, or the target of the link */
    struct vf_slice sum;               /* of what it became; empty: it was removed */
};

static struct vf_slice undo_path(struct vf_change *c)
{
    struct vf_buf b = {0};
    struct stat st;
    unsigned char sum[SUM];
    struct vf_slice out = {NULL, 0};
    if (!c->o->state_dir || fstat(vf_tree_dir_fd(c->env->tree), &st) < 0)
        return out;
    vf_buf_put_u64(&b, (uint64_t)st.st_dev);
    vf_buf_putc(&b, ':');
    vf_buf_put_u64(&b, (uint64_t)st.st_ino);
    bool ok = !b.failed && vf_sha256(vf_buf_slice(&b), sum);
    vf_buf_clear(&b);
    vf_buf_puts(&b, "undo-");
    vf_hex_put(&b, (struct vf_slice){(const char *)sum, 8});
    if (ok && !b.failed)
        out = vf_path_join(c->s.a, vf_slice_of(c->o->state_dir), vf_buf_slice(&b));
    vf_buf_release(&b);
    return out;
}

/* ---- keeping ---- */

static void put_bytes(struct vf_buf *b, struct vf_slice s)
{
    vf_buf_put_u64(b, s.n);
    vf_buf_putc(b, '\n');
    vf_buf_put(b, s);
}

static enum vf_status sum_after(struct vf_change *c, const struct vf_edit *e, struct vf_slice old,
                                unsigned char sum[SUM])
{
    struct vf_buf now = {0};
    enum vf_status st = VF_OK;
    if (e->kind == VF_EDIT_LINK)
        vf_buf_put(&now, e->contents);
    else
        st = vf_edit_apply(e, old, &now, &c->s.err);
    bool ok = !now.failed && vf_sha256(vf_buf_slice(&now), sum);
    vf_buf_release(&now);
    return st == VF_OK && !ok ? vf_err_nomem(&c->s.err) : st;
}

static enum vf_status keep_one(struct vf_change *c, const struct vf_edit *e, struct vf_buf *b)
{
    const struct vf_stat *was = &e->source.st;
    struct vf_slice old = {"", 0}, sum_bytes = {"", 0};
    unsigned char sum[SUM];
    enum vf_status st = VF_OK;
    if (was->kind == VF_KIND_LINK)
        old = e->source.bytes;
    else if (was->kind == VF_KIND_FILE)
        st = e->source.bytes.p ? VF_OK
                               : vf_tree_read(c->env->tree, e->path, UNDO_CAP, c->s.a, &old, &c->s.err);
    if (st == VF_OK && was->kind == VF_KIND_FILE && e->source.bytes.p)
        old = e->source.bytes;
    if (st == VF_OK && e->kind != VF_EDIT_DELETE) {
        st = sum_after(c, e, old, sum);
        sum_bytes = (struct vf_slice){(const char *)sum, SUM};
    }
    const uint64_t numbers[] = {(uint64_t)was->kind, was->mode, (uint64_t)was->mtime_s, was->mtime_ns};
    for (size_t i = 0; i < VF_COUNT(numbers); i++) {
        vf_buf_put_u64(b, numbers[i]);
        vf_buf_putc(b, '\n');
    }
    put_bytes(b, e->path);
    put_bytes(b, vf_slice_of(e->rule));
    put_bytes(b, sum_bytes);
    put_bytes(b, old);
    return st == VF_OK && b->failed ? vf_err_nomem(&c->s.err) : st;
}

/* Where nothing can be kept, nothing is: fix does not depend on a home directory. */
static bool is_no_place(enum vf_status st)
{
    return st == VF_NO_PARENT || st == VF_NOT_WRITABLE || st == VF_NOT_FOUND || st == VF_UNREADABLE;
}

enum vf_status vf_change_keep_undo(struct vf_change *c)
{
    struct vf_buf b = {0};
    struct vf_atomic_file file = {0};
    struct vf_slice path = undo_path(c);
    if (c->o->no_undo || !path.p || !c->s.key.known)
        return VF_OK;
    vf_buf_puts(&b, HEAD);
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < c->plan.edits.n && st == VF_OK; i++)
        st = keep_one(c, &c->plan.edits.v[i], &b);
    if (st == VF_OK) {
        st = vf_atomic_file_open_to_replace(path, &file, &c->s.err);
        if (is_no_place(st)) {
            vf_err_clear(&c->s.err);
            vf_buf_release(&b);
            return VF_OK;
        }
    }
    if (st == VF_OK)
        st = vf_atomic_file_write(&file, vf_buf_slice(&b), &c->s.err);
    if (st == VF_OK)
        st = vf_atomic_file_commit(&file, &c->s.err);
    else
        vf_atomic_file_abandon(&file);
    vf_buf_release(&b);
    return st;
}

/* ---- reading it ---- */

static bool get_number(struct vf_slice *s, uint64_t *n)
{
    size_t lf = vf_slice_find_byte(*s, '\n', 0);
    bool ok = lf != VF_NPOS && vf_slice_to_u64(vf_slice_sub(*s, 0, lf), n);
    *s = ok ? vf_slice_from(*s, lf + 1) : *s;
    return ok;
}

static bool get_bytes(struct vf_slice *s, struct vf_slice *out)
{
    uint64_t n;
    if (!get_number(s, &n) || n > s->n)
        return false;
    *out = vf_slice_sub(*s, 0, (size_t)n);
    *s = vf_slice_from(*s, (size_t)n);
    return true;
}

static bool get_kept(struct vf_slice *s, struct kept *k)
{
    uint64_t kind, mode;
    if (!get_number(s, &kind) || !get_number(s, &mode) || !get_number(s, &k->mtime_s) ||
        !get_number(s, &k->mtime_ns) || !get_bytes(s, &k->path) || !get_bytes(s, &k->rule) ||
        !get_bytes(s, &k->sum) || !get_bytes(s, &k->bytes))
        return false;
    k->kind = (enum vf_kind)kind;
    k->mode = (uint32_t)(mode & 07777);
    return (kind == VF_KIND_NONE || kind == VF_KIND_FILE || kind == VF_KIND_LINK) &&
           (k->sum.n == 0 || k->sum.n == SUM);
}

static enum vf_status read_kept(struct vf_change *c, struct vf_slice path, struct vf_vec *all)
{
    struct vf_slice s = {NULL, 0};
    enum vf_status st =
        path.p && vf_host_exists(c->s.host, path)
            ? vf_host_read(c->s.host, path, UNDO_CAP, c->s.a, &s, &c->s.err)
            : vf_err_set(&c->s.err, VF_NOT_FOUND, 0, "undo", c->from,
                         "there is nothing to undo: no run of fix here kept what it replaced, or "
                         "it was undone already");
    if (st != VF_OK)
        return st;
    bool ok = vf_slice_starts(s, VF_S(HEAD));
    for (s = vf_slice_from(s, strlen(HEAD)); ok && s.n;) {
        struct kept *k = vf_vec_push(c->s.a, all, sizeof *k);
        if (!k)
            return vf_err_nomem(&c->s.err);
        ok = get_kept(&s, k);
    }
    return ok ? VF_OK : vf_err_set(&c->s.err, VF_MALFORMED, 0, "undo", path, "it cannot be read: remove it");
}

/* ---- taking it back ---- */

static bool has_sum(struct vf_slice bytes, struct vf_slice sum)
{
    unsigned char now[SUM];
    return vf_sha256(bytes, now) && sum.n == SUM && memcmp(now, sum.p, SUM) == 0;
}

/* Is the file still what fix made of it? Its contents are read; *st: as it is listed now. */
static bool is_unchanged(struct vf_change *c, const struct kept *k, struct vf_edit_source *now)
{
    uint32_t i = vf_env_find(c->env, k->path);
    struct vf_slice bytes = {"", 0};
    *now = (struct vf_edit_source){.known = true};
    if (i == VF_NONE)
        return k->sum.n == 0;
    now->st = c->env->files[i].st;
    if (k->sum.n == 0) /* a compiled file that Python made again is no work of anybody */
        return c->env->files[i].flags & VF_FILE_PYC && now->st.kind == VF_KIND_FILE;
    if (now->st.kind == VF_KIND_LINK)
        return has_sum(c->env->files[i].target, k->sum);
    return now->st.kind == VF_KIND_FILE &&
           vf_tree_read(c->env->tree, k->path, UNDO_CAP, c->s.a, &bytes, &c->s.err) == VF_OK &&
           has_sum(bytes, k->sum);
}

/* A run that was cut off put it back already. */
static bool is_as_before(struct vf_change *c, const struct kept *k)
{
    uint32_t i = vf_env_find(c->env, k->path);
    struct vf_slice bytes = {"", 0};
    if (i == VF_NONE || c->env->files[i].st.kind != k->kind)
        return i == VF_NONE && k->kind == VF_KIND_NONE;
    if (k->kind == VF_KIND_LINK)
        return vf_slice_eq(c->env->files[i].target, k->bytes);
    return vf_tree_read(c->env->tree, k->path, UNDO_CAP, c->s.a, &bytes, &c->s.err) == VF_OK &&
           vf_slice_eq(bytes, k->bytes);
}

static void note_changed(struct vf_change *c, const struct kept *k)
{
    struct vf_buf b = {0};
    vf_buf_puts(&b, "changed since it was fixed, and left as it is: ");
    vf_term_put(&b, k->path);
    const char *text = vf_buf_cstr(&b);
    vf_hooks_note(&c->s.hooks, text ? text : "a file was changed since it was fixed");
    vf_buf_release(&b);
    c->r->exit = 1;
}

static enum vf_status plan_undo(struct vf_change *c, const struct vf_vec *all)
{
    struct vf_edits *edits = &c->plan.edits;
    edits->v = vf_arena_array(c->s.a, all->n + 1, sizeof *edits->v);
    if (!edits->v)
        return vf_err_nomem(&c->s.err);
    for (size_t i = 0; i < all->n; i++) {
        const struct kept *k = VF_VEC_AT(struct kept, all, i);
        struct vf_edit_source now;
        enum vf_rule rule = VF_RULE_COUNT;
        if (is_as_before(c, k))
            continue;
        if (!is_unchanged(c, k, &now)) {
            vf_err_clear(&c->s.err);
            note_changed(c, k);
            continue;
        }
        if (!vf_rule_find(k->rule, &rule))
            return vf_err_set(&c->s.err, VF_MALFORMED, 0, "undo", k->path, "it was kept by another version");
        enum vf_edit_kind kind = k->kind == VF_KIND_NONE   ? VF_EDIT_DELETE
                                 : k->kind == VF_KIND_LINK ? VF_EDIT_LINK
                                                           : VF_EDIT_WRITE;
        edits->v[edits->n++] = (struct vf_edit){.path = k->path,
                                                .kind = kind,
                                                .contents = k->bytes,
                                                .source = now,
                                                .mode = k->mode,
                                                .rule = vf_rule_info(rule)->id,
                                                .count = 1};
    }
    return vf_edits_finish(edits, &c->s.err);
}

static void restore_times(struct vf_change *c, const struct vf_vec *all)
{
    int root = vf_tree_dir_fd(c->env->tree);
    for (size_t i = 0; i < all->n; i++) {
        const struct kept *k = VF_VEC_AT(struct kept, all, i);
        struct vf_slice base;
        struct timespec t[2] = {{.tv_nsec = UTIME_OMIT},
                                {.tv_sec = (time_t)k->mtime_s, .tv_nsec = (long)k->mtime_ns}};
        if (k->kind == VF_KIND_NONE || !vf_edits_find(&c->plan.edits, k->path))
            continue;
        int dir = vf_sys_open_parent(root, k->path, &base);
        const char *name = vf_arena_cstr(c->s.a, base);
        if (dir >= 0 && name)
            (void)utimensat(dir, name, t, AT_SYMLINK_NOFOLLOW);
        if (dir >= 0)
            (void)close(dir);
    }
}

static enum vf_status take_back(struct vf_change *c, const struct vf_vec *all)
{
    struct vf_txn *t = NULL;
    enum vf_status st = vf_txn_begin_in(&c->s.key, vf_tree_dir_fd(c->env->tree), "fix", c->env->resolved,
                                        c->env->resolved, &t, &c->s.err);
    if (st != VF_OK)
        return st;
    for (size_t i = 0; i < c->plan.edits.n && st == VF_OK; i++)
        st = vf_txn_stage(t, &c->plan.edits.v[i], &c->s.err);
    if (st == VF_OK)
        st = vf_txn_write_commit_record(t, &c->s.err);
    if (st == VF_OK)
        st = vf_txn_apply(t, &c->s.hooks, &c->s.err);
    if (st == VF_OK)
        st = vf_txn_verify(t, &c->s.err);
    vf_err_below(&c->s.err, c->env->resolved);
    if (st == VF_OK) {
        restore_times(c, all);
        return vf_change_finish(c, t, c->env->resolved);
    }
    struct vf_err second;
    vf_err_init(&second);
    if (vf_txn_roll_back(t, &second) != VF_OK)
        vf_err_context(&c->s.err, "taking it back failed as well; give the command again. First");
    vf_err_release(&second);
    return st;
}

enum vf_status vf_change_undo(struct vf_change *c)
{
    struct vf_env_params p = {
        .path = c->from, .cwd = c->s.cwd, .settle = true, .host = c->s.host, .hooks = &c->s.hooks};
    struct vf_vec all = {0};
    c->r->undone = true;
    enum vf_status st = vf_env_open(&p, &c->env, &c->s.err);
    if (st != VF_OK)
        return st;
    struct vf_slice path = undo_path(c);
    st = read_kept(c, path, &all);
    if (st == VF_OK)
        st = plan_undo(c, &all);
    if (st == VF_OK && c->plan.edits.n && !c->o->dry_run)
        st = take_back(c, &all);
    const char *name = st == VF_OK && !c->o->dry_run ? vf_arena_cstr(c->s.a, path) : NULL;
    if (name)
        (void)unlink(name);
    return st;
}
