/* maps.c: --map OLD=NEW. */
#include "verbs/change/change.h"

/* ENV is BUILDROOT + PATH for --at PATH: what else is below BUILDROOT loses it as well. */
static bool build_root(const struct vf_change *c, struct vf_slice *root)
{
    if (c->o->verb != VENVFIX_FIX || !c->o->at || !vf_slice_ends(c->from, c->to) || c->from.n == c->to.n)
        return false;
    *root = vf_slice_sub(c->from, 0, c->from.n - c->to.n);
    return true;
}

enum vf_status vf_change_read_maps(struct vf_change *c, struct vf_env_params *p)
{
    struct vf_dir_map *maps = vf_arena_array(c->s.a, c->o->n_map + 2, sizeof *maps);
    if (!maps)
        return vf_err_nomem(&c->s.err);
    for (size_t i = 0; i < c->o->n_map; i++) {
        struct vf_slice text = vf_slice_of(c->o->map[i]);
        size_t eq = vf_slice_find_byte(text, '=', 0);
        if (eq == VF_NPOS || !eq || eq + 1 == text.n)
            return vf_err_set(&c->s.err, VF_USAGE, 0, "read", text, "--map takes OLD=NEW, two directories");
        char *from = vf_arena_cstr(c->s.a, vf_slice_sub(text, 0, eq));
        char *to = vf_arena_cstr(c->s.a, vf_slice_from(text, eq + 1));
        if (!from || !to)
            return vf_err_nomem(&c->s.err);
        maps[i] = (struct vf_dir_map){vf_session_abs(&c->s, from), vf_session_abs(&c->s, to)};
        if (!maps[i].from.p || !maps[i].to.p)
            return vf_err_nomem(&c->s.err);
        enum vf_kind kind;
        enum vf_status st = vf_host_stat(c->s.host, maps[i].to, &kind, &c->s.err);
        if (st != VF_OK)
            return st;
        if (kind == VF_KIND_NONE)
            return vf_err_set(&c->s.err, VF_USAGE, 0, "open", maps[i].to,
                              "--map: there is nothing at the new path of the directory");
    }
    p->maps = maps;
    p->n_maps = c->o->n_map;
    struct vf_slice root;
    if (build_root(c, &root))
        maps[p->n_maps++] = (struct vf_dir_map){root, VF_S("/")};
    return VF_OK;
}
