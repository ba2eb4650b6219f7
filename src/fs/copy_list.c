/* copy_list.c: names, stat and link targets of a tree, level by level, one directory an item of work.
 *
 * The directory at the other side is made while its parent is being listed, so each directory is opened once
 * on each side and no long path is walked for a single name. */
#include "fs/copy_list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/edit_write.h"
#include "fs/kill_point.h"
#include "fs/sys.h"
#include "fs/txn.h"

enum { DEPTH_MAX = 1000 };

struct lister {
    struct vf_copy_list *l;
    struct vf_copy_dir *d;
    struct vf_arena *a;
    struct vf_vec files, dirs;
    struct vf_buf tmp;
    int src, dst;
};

struct vf_slice vf_copy_path(struct vf_buf *tmp, const struct vf_copy_dir *d, const char *name)
{
    vf_buf_clear(tmp);
    if (d->path.n > 0) {
        vf_buf_put(tmp, d->path);
        vf_buf_putc(tmp, '/');
    }
    vf_buf_puts(tmp, name);
    return vf_buf_slice(tmp);
}

static bool omitted(struct lister *w, const char *name)
{
    const struct vf_copy_opts *o = w->l->opts;
    if (w->d->path.n == 0 && strcmp(name, VF_TXN_DIR) == 0)
        return true;
    for (size_t i = 0; i < o->n_omit; i++)
        if (vf_slice_eq(o->omit[i], vf_copy_path(&w->tmp, w->d, name)))
            return true;
    return false;
}

static enum vf_status add_dir(struct lister *w, const char *name, const struct vf_stat *st,
                              struct vf_err *err)
{
    struct vf_copy_dir *d = vf_vec_push(w->a, &w->dirs, sizeof *d);
    if (!d)
        return vf_err_nomem(err);
    d->st = *st;
    d->path = vf_arena_dup(w->a, vf_copy_path(&w->tmp, w->d, name));
    if (!d->path.p)
        return vf_err_nomem(err);
    VF_KILL_POINT();
    if (w->l->dst >= 0 && mkdirat(w->dst, name, 0700) < 0)
        return vf_err_write(err, errno, "mkdir", d->path);
    return VF_OK;
}

static enum vf_status add_file(struct lister *w, const char *name, const struct vf_stat *st,
                               struct vf_err *err)
{
    struct vf_copy_entry *e = vf_vec_push(w->a, &w->files, sizeof *e);
    if (!e)
        return vf_err_nomem(err);
    e->st = *st;
    e->name = vf_arena_cstr(w->a, vf_slice_of(name));
    if (!e->name)
        return vf_err_nomem(err);
    if (st->kind != VF_KIND_LINK)
        return VF_OK;
    char *target = vf_arena_alloc(w->a, (size_t)st->size + 2);
    if (!target)
        return vf_err_nomem(err);
    ssize_t n = readlinkat(w->src, name, target, (size_t)st->size + 1);
    if (n < 0)
        return vf_err_sys(err, errno, "readlink", vf_copy_path(&w->tmp, w->d, name));
    if ((uint64_t)n > st->size && st->size > 0)
        return vf_err_set(err, VF_CHANGED, 0, "readlink", vf_copy_path(&w->tmp, w->d, name),
                          "it changed while it was read");
    e->target = target;
    return VF_OK;
}

static enum vf_status add(struct lister *w, const char *name, struct vf_err *err)
{
    struct stat native;
    struct vf_stat st;
    if (fstatat(w->src, name, &native, AT_SYMLINK_NOFOLLOW) < 0)
        return vf_err_sys(err, errno, "stat", vf_copy_path(&w->tmp, w->d, name));
    vf_sys_to_stat(&native, &st);
    switch (st.kind) {
    case VF_KIND_DIR:
        return add_dir(w, name, &st, err);
    case VF_KIND_FILE:
    case VF_KIND_LINK:
        return add_file(w, name, &st, err);
    case VF_KIND_NONE:
    case VF_KIND_FIFO:
    case VF_KIND_SOCKET:
    case VF_KIND_DEVICE:
        break;
    }
    w->d->skipped++;
    return add_file(w, name, &st, err);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct vf_copy_entry *)a)->name, ((const struct vf_copy_entry *)b)->name);
}

static int by_path(const void *a, const void *b)
{
    return vf_slice_cmp(((const struct vf_copy_dir *)a)->path, ((const struct vf_copy_dir *)b)->path);
}

static enum vf_status read_names(struct lister *w, struct vf_err *err)
{
    int fd = openat(w->src, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    if (!list) {
        int e = errno;
        if (fd >= 0)
            (void)close(fd);
        return vf_err_sys(err, e, "list", w->d->path);
    }
    enum vf_status st = VF_OK;
    errno = 0;
    for (struct dirent *e = readdir(list); e && st == VF_OK; e = st == VF_OK ? readdir(list) : NULL) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 && !omitted(w, e->d_name))
            st = add(w, e->d_name, err);
        errno = 0;
    }
    if (st == VF_OK && errno)
        st = vf_err_sys(err, errno, "list", w->d->path);
    (void)closedir(list);
    return st;
}

/* Another file system, or a part of this one that is mounted there. */
static bool is_mount(const struct lister *w, const struct stat *st, int sys)
{
    if (w->l->dst >= 0 || w->d->path.n == 0)
        return false;
    return w->src >= 0 ? (uint64_t)st->st_dev != w->l->dirs[0].st.dev : sys == EXDEV;
}

static enum vf_status open_from(struct lister *w, struct vf_err *err)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    struct stat st = {0};
    w->src = w->l->dst >= 0 ? vf_sys_open_beneath(w->l->src, w->d->path, flags, 0)
                            : vf_sys_open_staying(w->l->src, w->d->path, flags);
    int e = errno;
    if (w->src >= 0 && fstat(w->src, &st) < 0)
        return vf_err_sys(err, errno, "stat", w->d->path);
    w->d->mount = is_mount(w, &st, e);
    if (w->d->mount)
        return VF_OK;
    if (w->src < 0)
        return vf_err_sys(err, e, "open", w->d->path);
    if (w->d->path.n == 0)
        vf_sys_to_stat(&st, &w->d->st);
    else if ((uint64_t)st.st_ino != w->d->st.ino)
        return vf_err_set(err, VF_CHANGED, 0, "open", w->d->path, "it changed while it was read");
    return VF_OK;
}

static enum vf_status open_both(struct lister *w, struct vf_err *err)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    enum vf_status st = open_from(w, err);
    if (st != VF_OK || w->l->dst < 0)
        return st;
    w->dst = vf_sys_open_beneath(w->l->dst, w->d->path, flags, 0);
    return w->dst < 0 ? vf_err_write(err, errno, "open", w->d->path) : VF_OK;
}

struct level {
    struct vf_copy_list *l;
    size_t from;
};

static enum vf_status list_one(void *ctx, size_t item, unsigned worker, struct vf_err *err)
{
    struct level *lv = ctx;
    struct lister w = {
        .l = lv->l, .d = &lv->l->dirs[lv->from + item], .a = &lv->l->arenas[worker], .src = -1, .dst = -1};
    enum vf_status st = open_both(&w, err);
    if (st == VF_OK && !w.d->mount)
        st = read_names(&w, err);
    if (w.src >= 0)
        (void)close(w.src);
    if (w.dst >= 0)
        (void)close(w.dst);
    w.d->v = w.files.base;
    w.d->n = w.files.n;
    w.d->below = w.dirs.base;
    w.d->n_below = w.dirs.n;
    if (w.files.n > 1)
        qsort(w.d->v, w.files.n, sizeof *w.d->v, by_name);
    if (w.dirs.n > 1)
        qsort(w.d->below, w.dirs.n, sizeof *w.d->below, by_path);
    vf_buf_release(&w.tmp);
    return st;
}

/* Appends the directories that the level [from, to) found. */
static enum vf_status next_level(struct vf_copy_list *l, size_t from, size_t to, struct vf_err *err)
{
    size_t more = 0;
    for (size_t i = from; i < to; i++)
        more += l->dirs[i].n_below;
    struct vf_copy_dir *all = realloc(l->dirs, (l->n + more) * sizeof *all);
    if (!all)
        return vf_err_nomem(err);
    l->dirs = all;
    for (size_t i = from; i < to; i++) {
        if (all[i].n_below > 0)
            memcpy(&all[l->n], all[i].below, all[i].n_below * sizeof *all);
        l->n += all[i].n_below;
    }
    return VF_OK;
}

enum vf_status vf_copy_list_make(struct vf_copy_list *l, struct vf_err *err)
{
    l->n_arenas = vf_hooks_jobs(l->hooks);
    l->arenas = calloc(l->n_arenas, sizeof *l->arenas);
    l->dirs = calloc(1, sizeof *l->dirs);
    if (!l->arenas || !l->dirs)
        return vf_err_nomem(err);
    for (unsigned i = 0; i < l->n_arenas; i++)
        vf_arena_init(&l->arenas[i]);
    l->dirs[0].path = VF_S("");
    l->n = 1;
    for (size_t from = 0, depth = 0; from < l->n; depth++) {
        size_t to = l->n;
        struct level lv = {l, from};
        if (depth > DEPTH_MAX)
            return vf_err_set(err, VF_LIMIT, 0, "list", l->dirs[from].path,
                              "directories are nested too deeply");
        enum vf_status st = vf_parallel(l->hooks, to - from, list_one, &lv, err);
        if (st == VF_OK)
            st = next_level(l, from, to, err);
        if (st != VF_OK)
            return st;
        from = to;
    }
    return VF_OK;
}

void vf_copy_list_release(struct vf_copy_list *l)
{
    for (unsigned i = 0; l->arenas && i < l->n_arenas; i++)
        vf_arena_release(&l->arenas[i]);
    free(l->arenas);
    free(l->dirs);
    l->arenas = NULL;
    l->dirs = NULL;
    l->n = 0;
}
