/* copied.c: the list of what was copied: written, compared with what is there, and removed by it.
 *
 * Most of the time nothing has changed, and then the two lists are the same bytes; only if they differ are
 * they taken apart. */
#include "fs/copied.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "fs/edit_write.h"
#include "fs/kill_point.h"
#include "fs/sys.h"
#include "fs/txn.h"

/* --- writing --- */

static char kind_letter(enum vf_kind kind)
{
    switch (kind) {
    case VF_KIND_FILE:
        return 'f';
    case VF_KIND_LINK:
        return 'l';
    case VF_KIND_DIR:
        return 'd';
    case VF_KIND_NONE:
    case VF_KIND_FIFO:
    case VF_KIND_SOCKET:
    case VF_KIND_DEVICE:
        break;
    }
    return 's';
}

static uint64_t nanoseconds(int64_t s, uint32_t ns)
{
    return (uint64_t)s * 1000000000u + ns;
}

enum { N_INODE, N_NAMES, N_SIZE, N_MTIME, N_CTIME, N_NUMBERS };

static void numbers_of(const struct vf_stat *st, bool root, uint64_t out[N_NUMBERS])
{
    bool dir = st->kind == VF_KIND_DIR;
    out[N_INODE] = st->ino;
    out[N_NAMES] = dir ? 0 : st->nlink;
    out[N_SIZE] = dir ? st->mode : st->size;
    out[N_MTIME] = root ? 0 : nanoseconds(st->mtime_s, st->mtime_ns);
    out[N_CTIME] = root ? 0 : nanoseconds(st->ctime_s, st->ctime_ns);
}

static void put_record(struct vf_buf *out, const struct vf_stat *st, struct vf_slice dir, const char *name)
{
    uint64_t v[N_NUMBERS];
    numbers_of(st, dir.n == 0 && !name, v);
    vf_buf_putc(out, kind_letter(st->kind));
    for (size_t i = 0; i < N_NUMBERS; i++) {
        vf_buf_putc(out, ' ');
        vf_buf_put_u64(out, v[i]);
    }
    vf_buf_putc(out, ' ');
    vf_buf_put(out, dir);
    if (name && dir.n > 0)
        vf_buf_putc(out, '/');
    if (name)
        vf_buf_puts(out, name);
    vf_buf_putc(out, 0);
}

void vf_copied_put(struct vf_buf *out, const struct vf_copy_list *l)
{
    for (size_t d = 0; d < l->n; d++) {
        const struct vf_copy_dir *dir = &l->dirs[d];
        put_record(out, &dir->st, dir->path, NULL);
        for (size_t i = 0; i < dir->n; i++)
            put_record(out, &dir->v[i].st, dir->path, dir->v[i].name);
    }
}

enum vf_status vf_copied_list(int root, const struct vf_hooks *hooks, struct vf_copy_list *l,
                              struct vf_err *err)
{
    static const struct vf_copy_opts none = {0};
    *l = (struct vf_copy_list){.src = root, .dst = -1, .opts = &none, .hooks = hooks};
    return vf_copy_list_make(l, err);
}

/* --- comparing --- */

struct record {
    char kind;
    uint64_t v[N_NUMBERS];
    struct vf_slice path;
    bool found;
};

static bool read_record(struct vf_slice *rest, struct record *r)
{
    size_t end = vf_slice_find_byte(*rest, 0, 0);
    if (end == VF_NPOS || end < 2 || rest->p[1] != ' ')
        return false;
    struct vf_slice line = vf_slice_sub(*rest, 0, end);
    *rest = vf_slice_from(*rest, end + 1);
    *r = (struct record){.kind = line.p[0]};
    line = vf_slice_from(line, 2);
    for (size_t i = 0; i < N_NUMBERS; i++) {
        size_t space = vf_slice_find_byte(line, ' ', 0);
        if (space == VF_NPOS || !vf_slice_to_u64(vf_slice_sub(line, 0, space), &r->v[i]))
            return false;
        line = vf_slice_from(line, space + 1);
    }
    r->path = line;
    return true;
}

struct comparison {
    struct vf_vec records; /* of struct record */
    struct vf_map by_path;
    bool begun;
    struct vf_arena *a;
    struct vf_vec *changed;
};

static enum vf_status read_records(struct comparison *c, struct vf_slice was, struct vf_err *err)
{
    while (was.n > 0) {
        struct record *r = vf_vec_push(c->a, &c->records, sizeof *r);
        if (!r)
            return vf_err_nomem(err);
        if (!read_record(&was, r))
            return vf_err_set(err, VF_MALFORMED, 0, "read", VF_S(VF_TXN_DIR "/copied"),
                              "the list of what was copied is malformed");
        if (!vf_map_put(&c->by_path, r->path, c->records.n - 1))
            return vf_err_nomem(err);
    }
    return VF_OK;
}

/* A file with several names gets a new change time when one of them goes, which a removal does itself. */
static bool same_entry(const struct comparison *c, const struct record *r, const struct vf_stat *st)
{
    uint64_t now[N_NUMBERS];
    numbers_of(st, r->path.n == 0, now);
    if (r->kind != kind_letter(st->kind) || r->v[N_INODE] != now[N_INODE])
        return false;
    if (!c->begun)
        return memcmp(r->v, now, sizeof now) == 0;
    if (r->kind == 'd')
        return true;
    return r->v[N_SIZE] == now[N_SIZE] && r->v[N_MTIME] == now[N_MTIME] &&
           (r->v[N_NAMES] > 1 || r->v[N_CTIME] == now[N_CTIME]);
}

static enum vf_status note_changed(struct vf_arena *a, struct vf_vec *changed, struct vf_slice path,
                                   struct vf_err *err)
{
    struct vf_slice *v = vf_vec_push(a, changed, sizeof *v);
    if (!v)
        return vf_err_nomem(err);
    *v = vf_arena_dup(a, path);
    return v->p ? VF_OK : vf_err_nomem(err);
}

/* One entry of what is there now. *keep: it is not what was copied. */
static enum vf_status compare_one(struct comparison *c, struct vf_slice path, const struct vf_stat *st,
                                  bool *keep, struct vf_err *err)
{
    size_t at = 0;
    struct record *r = vf_map_get(&c->by_path, path, &at) ? VF_VEC_AT(struct record, &c->records, at) : NULL;
    if (r)
        r->found = true;
    *keep = *keep || !r || !same_entry(c, r, st);
    return *keep ? note_changed(c->a, c->changed, path, err) : VF_OK;
}

static enum vf_status compare_all(struct comparison *c, struct vf_copy_list *now, struct vf_err *err)
{
    struct vf_buf path = {0};
    enum vf_status st = VF_OK;
    for (size_t d = 0; d < now->n && st == VF_OK; d++) {
        struct vf_copy_dir *dir = &now->dirs[d];
        bool keep = dir->mount;
        st = compare_one(c, dir->path, &dir->st, &keep, err);
        for (size_t i = 0; i < dir->n && st == VF_OK; i++)
            st =
                compare_one(c, vf_copy_path(&path, dir, dir->v[i].name), &dir->v[i].st, &dir->v[i].keep, err);
    }
    for (size_t i = 0; i < c->records.n && st == VF_OK && !c->begun; i++) {
        const struct record *r = VF_VEC_AT(struct record, &c->records, i);
        if (!r->found)
            st = note_changed(c->a, c->changed, r->path, err);
    }
    vf_buf_release(&path);
    return st;
}

static bool is_unchanged(struct vf_slice was, const struct vf_copy_list *now)
{
    struct vf_buf b = {0};
    vf_copied_put(&b, now);
    bool same = !b.failed && vf_slice_eq(vf_buf_slice(&b), was);
    vf_buf_release(&b);
    for (size_t d = 0; d < now->n && same; d++)
        same = !now->dirs[d].mount;
    return same;
}

enum vf_status vf_copied_compare(struct vf_slice was, struct vf_copy_list *now, bool begun,
                                 struct vf_arena *a, struct vf_vec *changed, struct vf_err *err)
{
    struct comparison c = {.begun = begun, .a = a, .changed = changed};
    if (is_unchanged(was, now))
        return VF_OK;
    vf_map_init(&c.by_path, a);
    enum vf_status st = read_records(&c, was, err);
    return st == VF_OK ? compare_all(&c, now, err) : st;
}

/* --- removing --- */

struct remover {
    const struct vf_copy_list *l;
    struct vf_buf path;
    enum vf_status first;
    struct vf_err *err;
};

static void note_error(struct remover *r, int sys, const char *op, struct vf_slice path)
{
    if (r->first == VF_OK)
        r->first = vf_err_write(r->err, sys, op, path);
}

static bool still_the_same(const struct vf_stat *was, const struct vf_stat *now)
{
    return was->kind == now->kind && was->dev == now->dev && was->ino == now->ino && was->size == now->size &&
           was->mtime_s == now->mtime_s && was->mtime_ns == now->mtime_ns &&
           (was->nlink > 1 || (was->ctime_s == now->ctime_s && was->ctime_ns == now->ctime_ns));
}

static void remove_entry(struct remover *r, int dir, const struct vf_copy_dir *d,
                         const struct vf_copy_entry *e)
{
    struct vf_stat now;
    if (vf_sys_stat_at(dir, e->name, &now) < 0) {
        if (errno != ENOENT)
            note_error(r, errno, "stat", vf_copy_path(&r->path, d, e->name));
        return;
    }
    if (!still_the_same(&e->st, &now))
        return;
    VF_KILL_POINT();
    if (unlinkat(dir, e->name, 0) < 0 && errno != ENOENT)
        note_error(r, errno, "remove", vf_copy_path(&r->path, d, e->name));
}

/* The directory that was listed, opened for removing from it; without owner permissions nothing can be
 * removed from it, and it is ours and about to go. -1: it is another one by now, or it cannot be opened. */
static int open_listed(struct remover *r, const struct vf_copy_dir *d)
{
    struct stat st;
    int fd = vf_sys_open_staying(r->l->src, d->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        if (errno != ENOENT)
            note_error(r, errno, "open", d->path);
        return -1;
    }
    if (fstat(fd, &st) == 0 && (uint64_t)st.st_ino == d->st.ino &&
        (uint64_t)st.st_dev == r->l->dirs[0].st.dev) {
        VF_KILL_POINT();
        if (st.st_uid == geteuid() && (st.st_mode & 0700) != 0700)
            (void)fchmod(fd, (st.st_mode & 07777) | 0700);
        return fd;
    }
    (void)close(fd);
    return -1;
}

static void remove_dir_itself(struct remover *r, const struct vf_copy_dir *d)
{
    char name[VF_SYS_NAME];
    struct vf_slice base;
    int parent = vf_sys_open_parent(r->l->src, d->path, &base);
    if (parent < 0)
        return;
    VF_KILL_POINT();
    if (vf_sys_name(base, name) == 0 && unlinkat(parent, name, AT_REMOVEDIR) < 0 && errno != ENOENT &&
        errno != ENOTEMPTY && errno != EEXIST)
        note_error(r, errno, "remove", d->path);
    (void)close(parent);
}

/* A directory that is not empty then holds what was kept, or what came meanwhile: the last listing says so.
 */
static void remove_dir(struct remover *r, const struct vf_copy_dir *d)
{
    int fd = d->mount ? -1 : open_listed(r, d);
    if (fd < 0)
        return;
    for (size_t i = 0; i < d->n; i++)
        if (!d->v[i].keep)
            remove_entry(r, fd, d, &d->v[i]);
    (void)close(fd);
    if (d->path.n > 0)
        remove_dir_itself(r, d);
}

enum vf_status vf_copied_remove(const struct vf_copy_list *now, struct vf_err *err)
{
    struct remover r = {.l = now, .first = VF_OK, .err = err};
    for (size_t d = now->n; d-- > 0;)
        remove_dir(&r, &now->dirs[d]);
    vf_buf_release(&r.path);
    return r.first;
}

enum vf_status vf_copied_rest(const struct vf_copy_list *now, struct vf_arena *a, struct vf_vec *left,
                              struct vf_err *err)
{
    struct vf_buf path = {0};
    enum vf_status st = VF_OK;
    for (size_t d = 0; d < now->n && st == VF_OK; d++) {
        const struct vf_copy_dir *dir = &now->dirs[d];
        if (d > 0 && dir->n == 0 && dir->n_below == 0)
            st = note_changed(a, left, dir->path, err);
        for (size_t i = 0; i < dir->n && st == VF_OK; i++)
            st = note_changed(a, left, vf_copy_path(&path, dir, dir->v[i].name), err);
    }
    vf_buf_release(&path);
    return st;
}
