/* pack_original.c: wheels that lie on the host already: those that an environment was installed from, and
 * pip.
 */
#include <unistd.h>

#include "base/path.h"
#include "bundle/pack_parts.h"
#include "fs/host.h"
#include "fs/spool.h"
#include "packaging/name.h"
#include "packaging/tags.h"
#include "wheel/wheel.h"

static enum vf_status open_file(struct vf_arena *a, struct vf_slice dir, struct vf_slice name,
                                struct vf_zip_source *out, struct vf_err *err)
{
    struct vf_slice path = vf_path_join(a, dir, name);
    *out = (struct vf_zip_source){.fd = -1, .label = vf_arena_dup(a, name)};
    if (!path.p || !out->label.p)
        return vf_err_nomem(err);
    return vf_file_open(path, &out->fd, &out->size, err);
}

/* --- the same contents --- */

/* What went to purelib or platlib lies at the root of a rebuilt wheel. */
static bool has_member(const struct vf_wheel *w, const struct vf_map *names, const struct vf_rebuild *r,
                       const struct vf_wheel_file *f)
{
    size_t i;
    bool root = f->part == VF_PART_ROOT || f->part == VF_PART_PURELIB || f->part == VF_PART_PLATLIB;
    struct vf_slice name = root ? f->rest : w->zip->members[f->member].name;
    if (!vf_map_get(names, name, &i))
        return false;
    struct vf_slice sum = (struct vf_slice){(const char *)r->members[i].sha256, sizeof r->members[i].sha256};
    return vf_slice_eq(f->alg, VF_S("sha256")) && vf_slice_eq(f->digest, sum) &&
           f->size == r->members[i].size;
}

/* Every file of the wheel is installed as it is in there, and nothing else is. RECORD, the last of the
 * rebuilt members, follows from the others. */
static enum vf_status same_contents(const struct vf_wheel *w, const struct vf_rebuild *r, struct vf_arena *a,
                                    bool *same, struct vf_err *err)
{
    struct vf_map names;
    vf_map_init(&names, a);
    *same = w->n_files == r->n - 1;
    for (size_t i = 0; i + 1 < r->n && *same; i++)
        if (!vf_map_put(&names, r->members[i].name, i))
            return vf_err_nomem(err);
    for (size_t i = 0; i < w->n_files && *same; i++)
        *same = has_member(w, &names, r, &w->files[i]);
    return VF_OK;
}

/* Does the file hold what is installed? One that is broken or another does not: that is no error. */
static enum vf_status compare(const struct vf_zip_source *s, const struct vf_rebuild *r, bool *same,
                              struct vf_err *err)
{
    struct vf_wheel *w = NULL;
    struct vf_err why = {0};
    struct vf_arena scratch;
    *same = false;
    enum vf_status st = vf_wheel_open(s, NULL, &w, &why);
    bool memory = st == VF_NO_MEMORY;
    vf_err_release(&why);
    if (st != VF_OK)
        return memory ? vf_err_nomem(err) : VF_OK;
    vf_arena_init(&scratch);
    st = same_contents(w, r, &scratch, same, err);
    vf_arena_release(&scratch);
    vf_wheel_free(w);
    return st;
}

/* --- candidates --- */

struct candidate {
    struct vf_slice dir, name;
    struct vf_version version;
};

static bool is_wheel_of(struct vf_arena *a, struct vf_slice file, struct vf_slice canonical,
                        struct vf_version *version)
{
    struct vf_wheel_name n;
    struct vf_err err = {0};
    bool is = vf_slice_ends(file, VF_S(".whl")) && vf_wheel_name_parse(a, file, &n, &err) == VF_OK &&
              vf_name_same(n.name, canonical);
    vf_err_release(&err);
    if (is)
        *version = n.version;
    return is;
}

/* The wheels of this project in a directory, in the order of their names. */
static enum vf_status list(struct vf_host *host, struct vf_slice dir, struct vf_slice canonical,
                           struct vf_arena *a, struct vf_vec *out, struct vf_err *err)
{
    struct vf_slice *names;
    struct vf_version v;
    size_t n;
    enum vf_status st = vf_host_list_any(host, dir, a, &names, &n, err);
    if (st != VF_OK)
        return st;
    for (size_t i = 0; i < n; i++) {
        if (!is_wheel_of(a, names[i], canonical, &v))
            continue;
        struct candidate *c = vf_vec_push(a, out, sizeof *c);
        if (!c)
            return vf_err_nomem(err);
        *c = (struct candidate){dir, names[i], v};
    }
    return a->failed ? vf_err_nomem(err) : VF_OK;
}

static bool same_version(struct vf_arena *a, const struct candidate *c, const struct vf_env_dist *d)
{
    struct vf_version v;
    struct vf_err err = {0};
    struct vf_slice text = d->header_version.n > 0 ? d->header_version : d->version;
    bool same = vf_version_parse(a, text, &v, &err) == VF_OK && vf_version_cmp(&v, &c->version) == 0;
    vf_err_release(&err);
    return same;
}

/* The first of them that holds it. */
static enum vf_status first_same(const struct vf_vec *v, const struct vf_env_dist *d,
                                 const struct vf_rebuild *r, struct vf_arena *a, struct vf_zip_source *out,
                                 bool *found, struct vf_err *err)
{
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < v->n && st == VF_OK && !*found; i++) {
        const struct candidate *c = VF_VEC_AT(const struct candidate, v, i);
        if (!same_version(a, c, d))
            continue;
        st = open_file(a, c->dir, c->name, out, err);
        if (st == VF_OK)
            st = compare(out, r, found, err);
        if (!*found && out->fd >= 0)
            (void)close(out->fd);
    }
    return st;
}

enum vf_status vf_pack_find_original(const struct vf_pack_opts *o, const struct vf_env_dist *d,
                                     const struct vf_rebuild *r, struct vf_arena *a,
                                     struct vf_zip_source *out, bool *found, struct vf_err *err)
{
    struct vf_vec v = {0};
    enum vf_status st = VF_OK;
    *found = false;
    for (size_t i = 0; i < o->n_links && st == VF_OK; i++)
        st = list(r->env->params.host, o->links[i], d->canonical, a, &v, err);
    return st == VF_OK ? first_same(&v, d, r, a, out, found, err) : st;
}

/* --- pip --- */

/* The newest of them that this Python takes. */
static enum vf_status newest_pip(const struct vf_env *env, const struct vf_vec *v, struct vf_arena *a,
                                 struct vf_zip_source *out, bool *found, struct vf_err *err)
{
    const struct candidate *best = NULL;
    struct vf_version version = {0};
    for (size_t i = 0; i < v->n; i++) {
        const struct candidate *c = VF_VEC_AT(const struct candidate, v, i);
        struct vf_zip_source s;
        struct vf_wheel *w = NULL;
        struct vf_err why = {0};
        if (best && vf_version_cmp(&c->version, &version) <= 0)
            continue;
        bool good = open_file(a, c->dir, c->name, &s, &why) == VF_OK &&
                    vf_wheel_open(&s, NULL, &w, &why) == VF_OK &&
                    vf_wheel_check_target(w, NULL, env->py.version, &why) == VF_OK;
        vf_wheel_free(w);
        vf_err_release(&why);
        if (*found && good)
            (void)close(out->fd);
        if (good) {
            best = c;
            version = c->version;
            *out = s;
            *found = true;
        } else if (s.fd >= 0) {
            (void)close(s.fd);
        }
    }
    return a->failed ? vf_err_nomem(err) : VF_OK;
}

/* Where the base interpreter's ensurepip keeps its wheel: Debian has it apart. */
static enum vf_status base_dirs(const struct vf_env *env, struct vf_arena *a, struct vf_slice dirs[2],
                                struct vf_err *err)
{
    struct vf_buf real = {0};
    if (!vf_host_resolve(env->params.host, env->py.base, &real))
        vf_buf_clear(&real);
    struct vf_slice prefix = vf_path_dir(vf_path_dir(vf_buf_slice(&real)));
    struct vf_buf b = {0};
    vf_buf_put(&b, vf_slice_eq(prefix, VF_S("/")) ? VF_S("") : prefix);
    vf_buf_printf(&b, "/lib/%s%u/ensurepip/_bundled", env->py.pypy ? "pypy3." : "python3.", env->py.minor);
    dirs[0] = vf_arena_dup(a, vf_buf_slice(&b));
    dirs[1] = vf_slice_eq(prefix, VF_S("/usr")) ? VF_S("/usr/share/python-wheels") : VF_S("");
    bool ok = !b.failed && !real.failed && dirs[0].p;
    vf_buf_release(&real);
    vf_buf_release(&b);
    return ok ? VF_OK : vf_err_nomem(err);
}

enum vf_status vf_pack_find_pip(const struct vf_env *env, const struct vf_pack_opts *o, struct vf_arena *a,
                                struct vf_zip_source *out, bool *found, struct vf_err *err)
{
    struct vf_vec links = {0}, base = {0};
    struct vf_slice dirs[2];
    enum vf_status st = VF_OK;
    *found = false;
    for (size_t i = 0; i < o->n_links && st == VF_OK; i++)
        st = list(env->params.host, o->links[i], VF_S("pip"), a, &links, err);
    if (st == VF_OK)
        st = newest_pip(env, &links, a, out, found, err);
    if (st != VF_OK || *found || env->py.base.n == 0)
        return st;
    st = base_dirs(env, a, dirs, err);
    for (size_t i = 0; i < VF_COUNT(dirs) && st == VF_OK; i++)
        if (dirs[i].n > 0)
            st = list(env->params.host, dirs[i], VF_S("pip"), a, &base, err);
    return st == VF_OK ? newest_pip(env, &base, a, out, found, err) : st;
}
