/* txn_times.c: directories whose time of change a run that was cut off could not put back.
 *
 * Each rename in a directory moves its time, which is put back right afterwards; a kill between the two
 * leaves the new one. What it was is written nowhere, but it was before the run began. */
#include <time.h>

#include "base/path.h"
#include "fs/txn_edit.h"

static uint64_t to_ns(int64_t s, uint32_t ns)
{
    return s < 0 ? 0 : (uint64_t)s * 1000000000u + ns;
}

/* Nanoseconds since 1970; 0: not known. The journal directory is the first thing that a run makes. Where the
 * file system notes no births, its lock file comes within a tick of the clock of times. */
static uint64_t begun_at(const struct vf_jdir *d)
{
    enum { TICK_NS = 10 * 1000 * 1000 };
    struct vf_file_id id;
    if (d->dir < 0 || vf_sys_file_id(d->dir, &id) < 0)
        return 0;
    if (id.born_ns != 0)
        return id.born_ns;
    struct vf_stat lock = vf_stat_at(d->dir, "lock");
    uint64_t at = lock.kind == VF_KIND_FILE ? to_ns(lock.ctime_s, lock.ctime_ns) : 0;
    return at > TICK_NS ? at - TICK_NS : 0;
}

/* A time that lies ahead is somebody's own. */
static bool is_retimed(int fd, uint64_t begun)
{
    struct vf_stat st;
    struct timespec now;
    vf_times_keep(fd, &st);
    uint64_t at = to_ns(st.mtime_s, st.mtime_ns);
    return clock_gettime(CLOCK_REALTIME, &now) == 0 && at >= begun &&
           at <= to_ns(now.tv_sec, (uint32_t)now.tv_nsec);
}

static enum vf_status add_retimed(struct vf_arena *a, struct vf_vec *out, struct vf_slice dir,
                                  struct vf_err *err)
{
    struct vf_slice *one = vf_vec_push(a, out, sizeof *one);
    if (!one)
        return vf_err_nomem(err);
    *one = vf_arena_dup(a, dir.n > 0 ? dir : VF_S("."));
    return one->p ? VF_OK : vf_err_nomem(err);
}

enum vf_status vf_txn_retimed(struct vf_txn *t, struct vf_arena *a, struct vf_vec *out, struct vf_err *err)
{
    const struct vf_journal *j = &t->d.journal;
    uint64_t begun = begun_at(&t->d);
    struct vf_map seen;
    if (begun == 0)
        return VF_OK;
    vf_map_init(&seen, &t->d.arena);
    enum vf_status st = is_retimed(t->d.root, begun) ? add_retimed(a, out, VF_S(""), err) : VF_OK;
    for (size_t i = 0; t->d.verified && i < j->n && st == VF_OK; i++) {
        struct vf_slice dir = vf_path_dir(j->v[i].path);
        if (dir.n == 0 || vf_map_get(&seen, dir, NULL))
            continue;
        if (!vf_map_put(&seen, dir, i))
            return vf_err_nomem(err);
        int fd = vf_txn_parent(t, dir);
        if (fd >= 0 && is_retimed(fd, begun))
            st = add_retimed(a, out, dir, err);
    }
    return st;
}
