/* copy.c: a tree copied by several writers.
 *
 * The list comes first, and with it every directory, empty and 0700; then batches of neighbouring files, each
 * batch with its two directories opened once; then further names of hard-linked files, what the edits add,
 * and at last the attributes of the directories, since nothing may be made in them afterwards. Creating files
 * is bound by the kernel: what is saved here are calls per file, and the flush is one for all. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/path.h"
#include "fs/copied.h"
#include "fs/edit_write.h"
#include "fs/kill_point.h"
#include "fs/sys.h"
#include "fs/txn_dir.h"

enum { BATCH_FILES = 48, SMALL = 64 * 1024 };
static const uint64_t BATCH_BYTES = (uint64_t)16 << 20;

struct batch {
    size_t dir, from, n;
};

struct worker {
    char *small; /* SMALL bytes */
    struct vf_buf path, not_kept;
    struct vf_copy_result res;
};

struct copier {
    struct vf_copy_list list;
    const struct vf_edits *edits;
    atomic_uchar *used; /* one per edit: it met its file */
    const struct vf_copy_opts *opts;
    const struct vf_hooks *hooks;
    struct batch *batches;
    size_t n_batches, n_again;
    struct worker *workers;
    unsigned n_workers;
    atomic_int no_clone;       /* this file system said that it cannot */
    atomic_uint_fast64_t done; /* files, for the progress */
    uint64_t total;
};

/* One batch, with its two directories open. */
struct job {
    struct copier *c;
    struct worker *w;
    const struct vf_copy_dir *d;
    int src, dst;
};

static const struct vf_edit *edit_of(struct job *j, const char *name)
{
    if (!j->c->edits || j->c->edits->n == 0)
        return NULL;
    const struct vf_edit *e = vf_edits_find(j->c->edits, vf_copy_path(&j->w->path, j->d, name));
    if (e)
        atomic_store(&j->c->used[e - j->c->edits->v], 1);
    return e;
}

static struct vf_slice path_of(struct job *j, const char *name)
{
    return vf_copy_path(&j->w->path, j->d, name);
}

/* --- one file --- */

static int read_write(struct job *j, int src, int dst, uint64_t size)
{
    uint64_t left = size;
    while (left > 0) {
        ssize_t r = read(src, j->w->small, left < SMALL ? (size_t)left : SMALL);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return -1;
        if (r == 0)
            return errno = ESTALE, -1; /* shorter than it was: told apart by the comparison that follows */
        if (vf_fd_write_all(dst, (struct vf_slice){j->w->small, (size_t)r}) < 0)
            return -1;
        left -= (uint64_t)r;
    }
    return 0;
}

static enum vf_status clone_or_copy(struct job *j, int src, int dst, const struct vf_copy_entry *e,
                                    struct vf_err *err)
{
    if (e->st.size == 0)
        return VF_OK;
    if (j->c->opts->mode != VF_LINK_COPY && !atomic_load_explicit(&j->c->no_clone, memory_order_relaxed)) {
        VF_KILL_POINT();
        if (vf_sys_clone(src, dst) == 0) {
            j->w->res.cloned++;
            return VF_OK;
        }
        if (j->c->opts->mode == VF_LINK_REFLINK)
            return vf_err_set(err, VF_NOT_SUPPORTED, errno, "reflink", path_of(j, e->name),
                              "the file system cannot share blocks between files");
        atomic_store(&j->c->no_clone, 1);
    }
    VF_KILL_POINT();
    int r = e->st.size <= SMALL ? read_write(j, src, dst, e->st.size)
                                : vf_sys_copy_bytes(src, dst, e->st.size, false, j->c->hooks);
    if (r == 0)
        return VF_OK;
    if (errno == ECANCELED)
        return vf_err_set(err, VF_INTERRUPTED, 0, NULL, VF_S(""), "stopped on request");
    return errno == ESTALE
               ? vf_err_set(err, VF_CHANGED, 0, "copy", path_of(j, e->name), "it changed while it was copied")
               : vf_err_write(err, errno, "copy", path_of(j, e->name));
}

/* The open original is still the one that was listed. */
static enum vf_status check_same(struct job *j, int fd, const struct vf_copy_entry *e, struct vf_err *err)
{
    struct stat native;
    struct vf_stat st;
    if (fstat(fd, &native) < 0)
        return vf_err_sys(err, errno, "stat", path_of(j, e->name));
    vf_sys_to_stat(&native, &st);
    if (!vf_stat_same(&st, &e->st))
        return vf_err_set(err, VF_CHANGED, 0, "copy", path_of(j, e->name), "it changed while it was copied");
    return VF_OK;
}

/* An edited file is read to its end, and has to be the one that the edit was made from. */
static enum vf_status copy_edited(const struct vf_copy_entry *e, const struct vf_edit *edit, int src, int dst,
                                  struct vf_err *err)
{
    struct vf_edit_sums sums = {0};
    enum vf_status st = vf_edit_check_stat(edit, &e->st, err);
    if (st == VF_OK)
        st = vf_edit_write(edit, src, e->st.size, dst, edit->source.has_sum ? &sums : NULL, err);
    return st == VF_OK && edit->source.has_sum ? vf_edit_check_sum(edit, sums.old_sum, err) : st;
}

static void note_lost(struct job *j, const struct vf_copy_entry *e, const char *what)
{
    if (!j->c->opts->not_kept)
        return;
    vf_buf_put(&j->w->not_kept, path_of(j, e->name));
    vf_buf_putc(&j->w->not_kept, '\0');
    vf_buf_puts(&j->w->not_kept, what);
    vf_buf_putc(&j->w->not_kept, '\0');
}

static enum vf_status fill(struct job *j, const struct vf_copy_entry *e, const struct vf_edit *edit, int src,
                           int dst, struct vf_err *err)
{
    struct timespec t[2] = {{.tv_nsec = UTIME_OMIT}, {(time_t)e->st.mtime_s, (long)e->st.mtime_ns}};
    enum vf_status st = edit ? copy_edited(e, edit, src, dst, err) : clone_or_copy(j, src, dst, e, err);
    if (st != VF_OK)
        return st;
    VF_KILL_POINT();
    struct vf_attrs_kept kept = {.same_bytes = !edit};
    if (vf_sys_copy_attrs_kept(src, dst, &e->st, &kept) < 0)
        return vf_err_write(err, errno, "chmod", path_of(j, e->name));
    if (kept.lost_xattr)
        note_lost(j, e, "xattr");
    if (kept.lost_capability)
        note_lost(j, e, "capability");
    VF_KILL_POINT();
    if ((edit ? vf_edit_set_time(dst, &e->st) : futimens(dst, t)) < 0)
        return vf_err_write(err, errno, "utime", path_of(j, e->name));
    j->w->res.files++;
    j->w->res.bytes += e->st.size;
    return check_same(j, src, e, err);
}

static enum vf_status copy_file(struct job *j, const struct vf_copy_entry *e, const struct vf_edit *edit,
                                struct vf_err *err)
{
    int src = openat(j->src, e->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (src < 0)
        return vf_err_sys(err, errno, "open", path_of(j, e->name));
    enum vf_status st = check_same(j, src, e, err);
    VF_KILL_POINT();
    int dst = st == VF_OK ? vf_file_make(j->dst, e->name) : -1;
    if (st == VF_OK && dst < 0)
        st = vf_err_write(err, errno, "create", path_of(j, e->name));
    if (st == VF_OK)
        st = fill(j, e, edit, src, dst, err);
    if (dst >= 0 && close(dst) < 0 && st == VF_OK)
        st = vf_err_write(err, errno, "close", path_of(j, e->name));
    (void)close(src);
    return st;
}

static enum vf_status copy_link(struct job *j, const struct vf_copy_entry *e, const struct vf_edit *edit,
                                struct vf_err *err)
{
    struct timespec t[2] = {{.tv_nsec = UTIME_OMIT}, {(time_t)e->st.mtime_s, (long)e->st.mtime_ns}};
    const char *target =
        edit ? vf_arena_cstr(&j->c->list.arenas[j->w - j->c->workers], edit->contents) : e->target;
    if (!target)
        return vf_err_nomem(err);
    VF_KILL_POINT();
    if (symlinkat(target, j->dst, e->name) < 0)
        return vf_err_write(err, errno, "symlink", path_of(j, e->name));
    VF_KILL_POINT();
    if (geteuid() == 0 && (e->st.uid != 0 || e->st.gid != 0) &&
        fchownat(j->dst, e->name, e->st.uid, e->st.gid, AT_SYMLINK_NOFOLLOW) < 0 && errno != EPERM &&
        errno != EINVAL)
        return vf_err_write(err, errno, "chown", path_of(j, e->name));
    VF_KILL_POINT();
    if (!edit)
        (void)utimensat(j->dst, e->name, t, AT_SYMLINK_NOFOLLOW);
    j->w->res.links++;
    return VF_OK;
}

/* A file where a link stood; or a file or link that is new: nothing of an original is kept. */
static enum vf_status make_file(struct job *j, const char *name, const struct vf_edit *edit,
                                struct vf_err *err)
{
    VF_KILL_POINT();
    int dst = vf_file_make(j->dst, name);
    if (dst < 0)
        return vf_err_write(err, errno, "create", edit->path);
    enum vf_status st = vf_edit_write(edit, -1, 0, dst, NULL, err);
    VF_KILL_POINT();
    if (st == VF_OK && fchmod(dst, (mode_t)(edit->mode & 07777)) < 0)
        st = vf_err_write(err, errno, "chmod", edit->path);
    if (close(dst) < 0 && st == VF_OK)
        st = vf_err_write(err, errno, "close", edit->path);
    j->w->res.files++;
    return st;
}

static enum vf_status copy_entry(struct job *j, const struct vf_copy_entry *e, struct vf_err *err)
{
    const struct vf_edit *edit = edit_of(j, e->name);
    if (e->again || (e->st.kind != VF_KIND_FILE && e->st.kind != VF_KIND_LINK))
        return VF_OK;
    if (!edit)
        return e->st.kind == VF_KIND_FILE ? copy_file(j, e, NULL, err) : copy_link(j, e, NULL, err);
    enum vf_status st = vf_edit_check_stat(edit, &e->st, err);
    if (st != VF_OK)
        return st;
    switch (edit->kind) {
    case VF_EDIT_DELETE:
        return VF_OK;
    case VF_EDIT_LINK:
        return copy_link(j, e, edit, err);
    case VF_EDIT_WRITE:
        return e->st.kind == VF_KIND_FILE ? copy_file(j, e, edit, err) : make_file(j, e->name, edit, err);
    case VF_EDIT_SPLICE:
        break;
    }
    if (e->st.kind != VF_KIND_FILE)
        return vf_err_set(err, VF_CHANGED, 0, "copy", edit->path,
                          "it is another kind of file than when it was read");
    return copy_file(j, e, edit, err);
}

/* --- batches --- */

static enum vf_status open_job(struct job *j, struct vf_err *err)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    j->src = vf_sys_open_beneath(j->c->list.src, j->d->path, flags, 0);
    if (j->src < 0)
        return vf_err_sys(err, errno, "open", j->d->path);
    j->dst = vf_sys_open_beneath(j->c->list.dst, j->d->path, flags, 0);
    return j->dst < 0 ? vf_err_write(err, errno, "open", j->d->path) : VF_OK;
}

static void close_job(struct job *j)
{
    if (j->src >= 0)
        (void)close(j->src);
    if (j->dst >= 0)
        (void)close(j->dst);
}

static enum vf_status copy_batch(void *ctx, size_t item, unsigned worker, struct vf_err *err)
{
    struct copier *c = ctx;
    const struct batch *b = &c->batches[item];
    struct job j = {.c = c, .w = &c->workers[worker], .d = &c->list.dirs[b->dir], .src = -1, .dst = -1};
    enum vf_status st = open_job(&j, err);
    for (size_t i = 0; i < b->n && st == VF_OK; i++)
        st = copy_entry(&j, &j.d->v[b->from + i], err);
    close_job(&j);
    uint64_t done = atomic_fetch_add_explicit(&c->done, b->n, memory_order_relaxed) + b->n;
    if (worker == 0)
        vf_hooks_progress(c->hooks, "copy", done, c->total);
    return st;
}

static bool push_batch(struct copier *c, size_t *cap, size_t dir, size_t from)
{
    if (c->n_batches == *cap) {
        size_t more = *cap ? *cap * 2 : 256;
        struct batch *v = realloc(c->batches, more * sizeof *v);
        if (!v)
            return false;
        c->batches = v;
        *cap = more;
    }
    c->batches[c->n_batches++] = (struct batch){.dir = dir, .from = from};
    return true;
}

static enum vf_status make_batches(struct copier *c, struct vf_err *err)
{
    size_t cap = 0;
    for (size_t d = 0; d < c->list.n; d++) {
        uint64_t bytes = 0;
        const struct vf_copy_dir *dir = &c->list.dirs[d];
        for (size_t i = 0; i < dir->n; i++) {
            bool full = i == 0 || c->batches[c->n_batches - 1].n == BATCH_FILES || bytes > BATCH_BYTES;
            if (full && !push_batch(c, &cap, d, i))
                return vf_err_nomem(err);
            bytes = (full ? 0 : bytes) + dir->v[i].st.size;
            c->batches[c->n_batches - 1].n++;
        }
        c->total += dir->n;
    }
    return VF_OK;
}

/* --- hard links inside the tree --- */

struct first {
    size_t dir, entry;
};

struct seen {
    struct vf_map by_id;  /* (device, inode, edit) -> index into firsts */
    struct vf_map files;  /* (device, inode) */
    struct vf_vec firsts; /* of struct first */
    struct vf_arena *a;
};

/* Which file it is, and what becomes of it: names that are edited differently are different files then. */
static struct vf_slice file_key(struct vf_arena *a, const struct vf_copy_entry *e, const struct vf_edit *edit)
{
    uint64_t id[3] = {e->st.dev, e->st.ino, edit ? edit->kind + 1u : 0};
    struct vf_buf b = {0};
    vf_buf_put(&b, (struct vf_slice){(const char *)id, sizeof id});
    for (size_t i = 0; edit && i < edit->n; i++) {
        const struct vf_splice *sp = &edit->splices[i];
        uint64_t prefix[3] = {sp->off, sp->len, sp->bytes.n};
        vf_buf_put(&b, (struct vf_slice){(const char *)prefix, sizeof prefix});
        vf_buf_put(&b, sp->bytes);
    }
    if (edit && edit->kind == VF_EDIT_WRITE)
        vf_buf_put(&b, edit->contents);
    struct vf_slice key = b.failed ? (struct vf_slice){NULL, 0} : vf_arena_dup(a, vf_buf_slice(&b));
    vf_buf_release(&b);
    return key;
}

/* Another name of the same file was seen, and is edited in another way. */
static enum vf_status is_split(struct seen *s, const struct vf_copy_entry *e, bool *split, struct vf_err *err)
{
    uint64_t id[2] = {e->st.dev, e->st.ino};
    struct vf_slice key = {(const char *)id, sizeof id};
    *split = vf_map_get(&s->files, key, NULL);
    if (*split)
        return VF_OK;
    key = vf_arena_dup(s->a, key);
    return key.p && vf_map_put(&s->files, key, 0) ? VF_OK : vf_err_nomem(err);
}

/* The first name of a file is remembered, every further one points to it. */
static enum vf_status see_name(struct seen *s, struct vf_copy_entry *e, const struct vf_edit *edit,
                               struct first here, bool *split, struct vf_err *err)
{
    struct vf_slice key = file_key(s->a, e, edit);
    size_t at = 0;
    if (!key.p)
        return vf_err_nomem(err);
    if (vf_map_get(&s->by_id, key, &at) && at < s->firsts.n) {
        const struct first *f = VF_VEC_AT(struct first, &s->firsts, at);
        e->again = true;
        e->first_dir = f->dir;
        e->first_entry = f->entry;
        return VF_OK;
    }
    struct first *f = vf_vec_push(s->a, &s->firsts, sizeof *f);
    if (!f || !vf_map_put(&s->by_id, key, s->firsts.n - 1))
        return vf_err_nomem(err);
    *f = here;
    return is_split(s, e, split, err);
}

static enum vf_status see_entry(struct copier *c, struct seen *s, struct first at, struct vf_err *err)
{
    struct job j = {.c = c, .w = &c->workers[0], .d = &c->list.dirs[at.dir], .src = -1, .dst = -1};
    struct vf_copy_entry *e = &c->list.dirs[at.dir].v[at.entry];
    const struct vf_edit *edit = vf_edits_find(c->edits, path_of(&j, e->name));
    bool split = false;
    if (edit && edit->kind != VF_EDIT_SPLICE && edit->kind != VF_EDIT_WRITE)
        return VF_OK;
    enum vf_status st = see_name(s, e, edit, at, &split, err);
    c->n_again += e->again;
    if (split)
        note_lost(&j, e, "hardlink");
    return st;
}

/* Only names in the tree count: a further name elsewhere (a package manager's cache) is not the
 * environment's. */
static enum vf_status find_again(struct copier *c, struct vf_err *err)
{
    struct seen s = {.a = &c->list.arenas[0]};
    enum vf_status st = VF_OK;
    vf_map_init(&s.by_id, s.a);
    vf_map_init(&s.files, s.a);
    for (size_t d = 0; d < c->list.n; d++) {
        struct vf_copy_dir *dir = &c->list.dirs[d];
        for (size_t i = 0; i < dir->n && st == VF_OK; i++) {
            struct vf_copy_entry *e = &dir->v[i];
            if (e->st.kind != VF_KIND_FILE || e->st.nlink < 2)
                continue;
            st = see_entry(c, &s, (struct first){d, i}, err);
        }
    }
    return st;
}

static enum vf_status link_again(struct job *j, const struct vf_copy_entry *e, struct vf_err *err)
{
    const struct vf_copy_dir *d = &j->c->list.dirs[e->first_dir];
    int from =
        vf_sys_open_beneath(j->c->list.dst, d->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    if (from < 0)
        return vf_err_sys(err, errno, "open", d->path);
    VF_KILL_POINT();
    bool linked = linkat(from, d->v[e->first_entry].name, j->dst, e->name, 0) == 0;
    (void)close(from);
    if (linked) {
        j->w->res.files++;
        return VF_OK;
    }
    note_lost(j, e, "hardlink"); /* too many links, or a file system without them */
    return copy_file(j, e, edit_of(j, e->name), err);
}

static enum vf_status link_all(struct copier *c, struct vf_err *err)
{
    enum vf_status st = VF_OK;
    for (size_t d = 0; d < c->list.n && c->n_again > 0 && st == VF_OK; d++) {
        struct job j = {.c = c, .w = &c->workers[0], .d = &c->list.dirs[d], .src = -1, .dst = -1};
        for (size_t i = 0; i < j.d->n && st == VF_OK; i++) {
            if (!j.d->v[i].again)
                continue;
            if (vf_hooks_cancelled(c->hooks))
                st = vf_err_set(err, VF_INTERRUPTED, 0, NULL, VF_S(""), "stopped on request");
            else if (j.src < 0)
                st = open_job(&j, err);
            if (st == VF_OK)
                st = link_again(&j, &j.d->v[i], err);
        }
        close_job(&j);
    }
    return st;
}

/* --- what the edits add --- */

static enum vf_status make_new(struct copier *c, const struct vf_edit *e, struct vf_err *err)
{
    struct vf_copy_dir d = {.path = vf_path_dir(e->path)};
    struct job j = {.c = c, .w = &c->workers[0], .d = &d, .src = -1, .dst = -1};
    struct vf_copy_entry entry = {.name = vf_arena_cstr(&c->list.arenas[0], vf_path_base(e->path))};
    if (!entry.name)
        return vf_err_nomem(err);
    j.dst = vf_sys_open_beneath(c->list.dst, d.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    if (j.dst < 0)
        return vf_err_write(err, errno, "open", d.path);
    enum vf_status st =
        e->kind == VF_EDIT_LINK ? copy_link(&j, &entry, e, err) : make_file(&j, entry.name, e, err);
    close_job(&j);
    return st;
}

static enum vf_status make_all_new(struct copier *c, struct vf_err *err)
{
    enum vf_status st = VF_OK;
    for (size_t i = 0; c->edits && i < c->edits->n && st == VF_OK; i++) {
        const struct vf_edit *e = &c->edits->v[i];
        if (atomic_load(&c->used[i]))
            continue;
        if (e->kind == VF_EDIT_SPLICE || e->kind == VF_EDIT_DELETE)
            st = vf_err_set(err, VF_CHANGED, 0, "copy", e->path, "it is gone");
        else
            st = make_new(c, e, err);
    }
    return st;
}

/* --- directories --- */

static enum vf_status finish_dir(void *ctx, size_t item, unsigned worker, struct vf_err *err)
{
    struct copier *c = ctx;
    struct job j = {
        .c = c, .w = &c->workers[worker], .d = &c->list.dirs[c->list.n - 1 - item], .src = -1, .dst = -1};
    struct timespec t[2] = {{.tv_nsec = UTIME_OMIT}, {(time_t)j.d->st.mtime_s, (long)j.d->st.mtime_ns}};
    enum vf_status st = open_job(&j, err);
    VF_KILL_POINT();
    if (st == VF_OK && vf_sys_copy_attrs(j.src, j.dst, &j.d->st) < 0)
        st = vf_err_write(err, errno, "chmod", j.d->path);
    VF_KILL_POINT();
    if (st == VF_OK && futimens(j.dst, t) < 0)
        st = vf_err_write(err, errno, "utime", j.d->path);
    close_job(&j);
    return st;
}

/* --- all together --- */

static enum vf_status init(struct copier *c, struct vf_err *err)
{
    c->n_workers = vf_hooks_jobs(c->hooks);
    c->workers = calloc(c->n_workers, sizeof *c->workers);
    c->used = calloc(c->edits && c->edits->n > 0 ? c->edits->n : 1, sizeof *c->used);
    if (!c->workers || !c->used)
        return vf_err_nomem(err);
    for (unsigned i = 0; i < c->n_workers; i++) {
        c->workers[i].small = malloc(SMALL);
        if (!c->workers[i].small)
            return vf_err_nomem(err);
    }
    return VF_OK;
}

static void add_up(const struct copier *c, struct vf_copy_result *res)
{
    *res = (struct vf_copy_result){.dirs = c->list.n};
    for (size_t d = 0; d < c->list.n; d++)
        res->skipped += c->list.dirs[d].skipped;
    for (unsigned i = 0; c->workers && i < c->n_workers; i++) {
        const struct vf_copy_result *r = &c->workers[i].res;
        res->files += r->files;
        res->bytes += r->bytes;
        res->links += r->links;
        res->cloned += r->cloned;
    }
}

static enum vf_status copy_all(struct copier *c, struct vf_err *err)
{
    enum vf_status st = init(c, err);
    if (st == VF_OK)
        st = vf_copy_list_make(&c->list, err);
    if (st == VF_OK)
        st = find_again(c, err);
    if (st == VF_OK)
        st = make_batches(c, err);
    if (st == VF_OK)
        st = vf_parallel(c->hooks, c->n_batches, copy_batch, c, err);
    if (st == VF_OK)
        st = link_all(c, err);
    if (st == VF_OK)
        st = make_all_new(c, err);
    /* Last to first: children before their parents, as far as it matters. */
    if (st == VF_OK)
        st = vf_parallel(c->hooks, c->list.n, finish_dir, c, err);
    VF_KILL_POINT();
    if (st == VF_OK && c->opts->sync && vf_sys_syncfs(c->list.dst) < 0)
        st = vf_err_write(err, errno, "sync", VF_S(""));
    if (st == VF_OK && c->opts->copied) {
        vf_copied_put(c->opts->copied, &c->list);
        if (c->opts->copied->failed)
            st = vf_err_nomem(err);
    }
    return st;
}

enum vf_status vf_copy_tree(int src_root, int dst_root, const struct vf_edits *edits,
                            const struct vf_copy_opts *opts, const struct vf_hooks *hooks,
                            struct vf_copy_result *res, struct vf_err *err)
{
    static const struct vf_copy_opts plain = {0};
    struct copier c = {.edits = edits, .opts = opts ? opts : &plain, .hooks = hooks};
    c.list = (struct vf_copy_list){.src = src_root, .dst = dst_root, .opts = c.opts, .hooks = hooks};
    enum vf_status st = copy_all(&c, err);
    if (res)
        add_up(&c, res);
    for (unsigned i = 0; c.workers && i < c.n_workers; i++) {
        if (c.opts->not_kept)
            vf_buf_put(c.opts->not_kept, vf_buf_slice(&c.workers[i].not_kept));
        if (c.workers[i].not_kept.failed && st == VF_OK)
            st = vf_err_nomem(err);
        free(c.workers[i].small);
        vf_buf_release(&c.workers[i].path);
        vf_buf_release(&c.workers[i].not_kept);
    }
    free(c.workers);
    free(c.used);
    free(c.batches);
    vf_copy_list_release(&c.list);
    return st;
}
