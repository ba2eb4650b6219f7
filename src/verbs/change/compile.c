/* compile.c: fix --compile: a compiled file has the path of its source inside, so each one is made again for
 * the path that is written for. */
#include <stdio.h>

#include "fs/spawn.h"
#include "verbs/change/change.h"

enum { TIME_LIMIT_MS = 1800 * 1000 };

/* Which optimisation levels the compiled files below a directory have: bit 1 << level. */
static unsigned levels_below(const struct vf_env *env, struct vf_slice dir)
{
    unsigned levels = 1;
    for (size_t i = 0; i < env->n_files; i++) {
        struct vf_slice path = env->files[i].path;
        if (!(env->files[i].flags & VF_FILE_PYC) || !vf_path_under(dir, path, NULL))
            continue;
        levels |= vf_slice_ends(path, VF_S(".opt-1.pyc")) ? 2u : 0;
        levels |= vf_slice_ends(path, VF_S(".opt-2.pyc")) ? 4u : 0;
    }
    return levels;
}

/* compileall cannot strip a prefix before Python 3.9; -d gives the directory as it is to be named. */
static enum vf_status compile_site(struct vf_change *c, struct vf_slice site, unsigned level, bool *ok)
{
    static const char *const flags[] = {"-B", "-OB", "-OOB"};
    struct vf_slice bin = vf_path_join(c->s.a, c->env->typed, c->env->bin);
    const char *python = vf_arena_cstr(c->s.a, vf_path_join(c->s.a, bin, VF_S("python")));
    const char *dir = vf_arena_cstr(c->s.a, vf_path_join(c->s.a, c->env->typed, site));
    const char *named = vf_arena_cstr(c->s.a, vf_path_join(c->s.a, c->to, site));
    if (!python || !dir || !named)
        return vf_err_nomem(&c->s.err);
    const char *argv[] = {python, "-I", "-S", flags[level], "-m", "compileall",
                          "-qq",  "-f", "-d", named,        dir,  NULL};
    struct vf_spawn s = {.argv = argv, .timeout_ms = TIME_LIMIT_MS};
    struct vf_spawn_result r = {0};
    enum vf_status st = vf_spawn_run(&s, &c->s.hooks, c->s.a, &r, &c->s.err);
    *ok = *ok && st == VF_OK && r.exit_code == 0 && !r.exec_errno;
    return st;
}

enum vf_status vf_change_compile(struct vf_change *c)
{
    bool ok = true;
    enum vf_status st = VF_OK;
    vf_hooks_phase(&c->s.hooks, "compile");
    for (size_t i = 0; i < c->env->n_sites && st == VF_OK; i++) {
        struct vf_slice site = c->env->sites[i];
        unsigned levels = vf_env_site_is_used(c->env, site) ? levels_below(c->env, site) : 0;
        for (unsigned level = 0; level < 3 && st == VF_OK; level++)
            if (levels & (1u << level))
                st = compile_site(c, site, level, &ok);
    }
    if (st == VF_OK && !ok) {
        vf_hooks_note(&c->s.hooks,
                      "some sources could not be compiled: what was compiled of them before is as it "
                      "was, and has the path inside that it had");
        c->r->exit = 1;
    }
    return st;
}
