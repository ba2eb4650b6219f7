/* pack_list.c: pack of a list: requirements.txt or pylock.toml, for a target that is named. */
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/path.h"
#include "packaging/source_name.h"
#include "packaging/target.h"
#include "verbs/pack.h"

/* A `.venv` that is a file names an environment in one line. */
static bool stands_for_an_environment(struct vf_packing *p, struct vf_slice path)
{
    struct vf_slice text;
    struct vf_err err = {0};
    enum { LINE_MAX_BYTES = 4096 };
    bool is = vf_host_read(p->s->host, path, LINE_MAX_BYTES, p->s->a, &text, &err) == VF_OK;
    vf_err_release(&err);
    return is && vf_env_is_named_by(p->s->host, path, text, p->s->a);
}

bool vf_packing_is_list(struct vf_packing *p)
{
    struct vf_slice path = vf_session_abs(p->s, p->o->path);
    return path.p && vf_host_kind(p->s->host, path, NULL) == VF_KIND_FILE &&
           !stands_for_an_environment(p, path);
}

/* --- the target --- */

/* glibc 2.N of this host; 0: none, or not known. */
static unsigned host_glibc(void)
{
    unsigned minor = 0;
#ifdef _CS_GNU_LIBC_VERSION
    char text[64];
    size_t n = confstr(_CS_GNU_LIBC_VERSION, text, sizeof text); /* "glibc 2.36" */
    struct vf_slice s = n > 7 && n <= sizeof text ? vf_slice_of(text + 6) : VF_S("");
    if (!vf_target_parse_glibc(s, &minor))
        minor = 0;
#endif
    return minor;
}

/* "linux_x86_64"; empty: a C library that no tag of that form is for. p NULL: no memory. */
struct vf_slice vf_packing_host_platform(struct vf_arena *a)
{
    struct utsname u;
    bool known = host_glibc() > 0 && uname(&u) == 0;
    return known ? vf_arena_concat(a, VF_S("linux_"), vf_slice_of(u.machine), VF_S("")) : VF_S("");
}

static enum vf_status take_target(struct vf_packing *p, struct vf_interpreter_query *out,
                                  struct vf_slice *platform)
{
    struct vf_target g;
    struct utsname u;
    struct vf_target_spec spec = {.python = vf_slice_of(p->o->python),
                                  .platform = vf_slice_of(p->o->platform)};
    *out = (struct vf_interpreter_query){0};
    if (!p->o->python)
        return vf_err_set(&p->s->err, VF_USAGE, 0, "pack", vf_slice_of(p->o->path),
                          "--python says which Python the list is for, --find-links where its wheels lie");
    if (!p->o->platform) {
        struct vf_slice arch = uname(&u) == 0 ? vf_slice_of(u.machine) : VF_S("x86_64");
        spec.platform = vf_arena_concat(p->s->a, VF_S("linux_"), arch, VF_S(""));
        spec.glibc_minor = host_glibc();
        if (!spec.platform.p)
            return vf_err_nomem(&p->s->err);
    }
    *platform = spec.platform;
    enum vf_status st = vf_target_make(p->s->a, &spec, &g, &p->s->err);
    if (st == VF_OK)
        *out = (struct vf_interpreter_query){.python = g.python,
                                             .short_version = g.markers.value[VF_MARKER_PYTHON_VERSION],
                                             .markers = g.markers,
                                             .target = g.target,
                                             .tags = g.tags};
    return st;
}

/* --- the list --- */

static enum vf_status read_included(void *ctx, struct vf_slice path, struct vf_arena *a,
                                    struct vf_slice *bytes, struct vf_err *err)
{
    struct vf_packing *p = ctx;
    struct vf_slice joined = vf_path_join(a, p->s->cwd, path);
    struct vf_slice abs = joined.p ? vf_path_clean_dup(a, joined) : joined;
    return abs.p ? vf_host_read(p->s->host, abs, VF_LIST_MAX, a, bytes, err) : vf_err_nomem(err);
}

static enum vf_status read_wants(struct vf_packing *p, const struct vf_interpreter_query *t,
                                 struct vf_install_reqs *reqs)
{
    struct vf_arena *a = p->s->a;
    struct vf_err *err = &p->s->err;
    struct vf_slice path = vf_session_abs(p->s, p->o->path), typed = vf_slice_of(p->o->path), bytes;
    struct vf_list_reader reader = {.ctx = p, .read = read_included};
    struct vf_reqlist list;
    struct vf_pylock lock;
    enum vf_status st =
        path.p ? vf_host_read(p->s->host, path, VF_LIST_MAX, a, &bytes, err) : vf_err_nomem(err);
    if (st == VF_OK)
        st = vf_source_name_check(typed, bytes.n, err);
    if (st != VF_OK)
        return st;
    if (vf_slice_ends(path, VF_S(".toml"))) {
        st = vf_pylock_parse(a, bytes, &lock, err);
        if (st == VF_OK)
            st = vf_install_reqs_from_lock(a, &lock, path, &t->markers, &t->tags, reqs, err);
        vf_err_below(err, typed);
        return st;
    }
    st = vf_reqlist_parse(a, typed, bytes, &reader, &list, err);
    if (st == VF_OK && !vf_reqlist_requires(&list))
        vf_hooks_note(&p->s->hooks, "the list is empty: the bundle has no packages");
    return st == VF_OK ? vf_install_reqs_from_list(a, &list, &t->markers, p->s->cwd, reqs, err) : st;
}

/* Directories of --find-links, and those that the list names. */
static enum vf_status fill_stock(struct vf_packing *p, const struct vf_install_reqs *reqs,
                                 struct vf_candidates *candidates)
{
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < p->o->n_links + reqs->find_links.n && st == VF_OK; i++) {
        size_t k = i - p->o->n_links;
        struct vf_slice joined =
            i < p->o->n_links
                ? vf_session_abs(p->s, p->o->links[i])
                : vf_path_join(p->s->a, p->s->cwd, *VF_VEC_AT(const struct vf_slice, &reqs->find_links, k));
        struct vf_slice dir = joined.p ? vf_path_clean_dup(p->s->a, joined) : joined;
        if (!dir.p)
            return vf_err_nomem(&p->s->err);
        if (i >= p->o->n_links && vf_slice_find(dir, VF_S("://"), 0) != VF_NPOS)
            continue; /* the net is not asked */
        st = vf_candidates_add_dir(candidates, dir, VF_ORIGIN_LINKS, &p->s->err);
    }
    return st;
}

/* What says something of installed files has no use here. */
static enum vf_status no_use(struct vf_packing *p)
{
    const struct venvfix_pack_options *o = p->o;
    const char *option = o->n_exclude        ? "--exclude"
                         : o->allow_modified ? "--allow-modified"
                         : o->pycache        ? "--pycache"
                         : o->n_from         ? "--from"
                                             : NULL;
    if (!option)
        return VF_OK;
    return vf_err_set(&p->s->err, VF_USAGE, 0, "pack", vf_slice_of(o->path), "%s is for an environment",
                      option);
}

enum vf_status vf_packing_plan_list(struct vf_packing *p)
{
    struct vf_interpreter_query target;
    struct vf_install_reqs reqs = {0};
    struct vf_candidates candidates;
    struct vf_slice platform = {NULL, 0};
    vf_candidates_init(&candidates, p->s->a, p->s->host);
    enum vf_status st = no_use(p);
    if (st == VF_OK)
        st = take_target(p, &target, &platform);
    if (st == VF_OK)
        st = read_wants(p, &target, &reqs);
    if (st == VF_OK)
        st = fill_stock(p, &reqs, &candidates);
    struct vf_pack_list list = {
        .reqs = &reqs, .target = &target, .candidates = &candidates, .platform = platform};
    return st == VF_OK ? vf_pack_plan_list(&list, p->o->epoch, &p->pack, &p->s->err) : st;
}
