/* loader.c: the order in which a loader goes through needed libraries, and the check of their versions. Where
 * a name is looked for is in loader_search.c. */
#include "env/loader.h"

#include <string.h>

#include "env/loader_search.h"

void vf_loader_init(struct vf_loader *l, const struct vf_env *env, struct vf_slice root, struct vf_arena *a)
{
    *l = (struct vf_loader){.env = env, .root = root, .a = a};
    vf_arena_init(&l->scratch);
    vf_map_init(&l->by_path, a);
    vf_map_init(&l->system, a);
    vf_map_init(&l->cache, a);
    vf_map_init(&l->base, a);
    vf_map_init(&l->names, a);
}

void vf_loader_release(struct vf_loader *l)
{
    vf_arena_release(&l->scratch);
}

/* --- what one round has loaded --- */

static bool known_name(const struct vf_loader *l, struct vf_slice name, const struct vf_library **out)
{
    size_t i;
    if (vf_map_get(&l->names, name, &i)) {
        *out = VF_VEC_AT(struct vf_loaded, &l->loaded, i)->lib;
        return true;
    }
    if (!vf_map_get(&l->base, name, &i))
        return false;
    *out = *VF_VEC_AT(struct vf_library *, &l->libraries, i - 1);
    return true;
}

static void add_name(struct vf_loader *l, struct vf_slice name, size_t index)
{
    if (name.n && !vf_map_get(&l->names, name, NULL) && !vf_map_put(&l->names, name, index))
        l->failed = true;
}

static void add_loaded(struct vf_loader *l, const struct vf_library *lib, struct vf_slice name, size_t parent)
{
    struct vf_library *known = (struct vf_library *)(uintptr_t)lib;
    if (known->round != l->round) {
        struct vf_loaded *one = vf_vec_push(&l->scratch, &l->loaded, sizeof *one);
        if (!one) {
            l->failed = true;
            return;
        }
        *one = (struct vf_loaded){lib, parent};
        known->round = l->round;
        add_name(l, lib->elf->soname, l->loaded.n - 1);
    }
    for (size_t i = l->loaded.n; name.n && i-- > 0;)
        if (VF_VEC_AT(struct vf_loaded, &l->loaded, i)->lib == lib) {
            add_name(l, name, i);
            return;
        }
}

static void add_problem(struct vf_loader *l, const struct vf_load_problem *p)
{
    struct vf_load_problem *one = vf_vec_push(&l->scratch, &l->problems, sizeof *one);
    if (one)
        *one = *p;
    else
        l->failed = true;
}

/* musl is its own libpthread, libm and so on, under any of their names. */
static bool is_musl_itself(const struct vf_loader *l, struct vf_slice name)
{
    static const char *const own[] = {"libc.",  "libpthread.", "librt.",  "libm.",
                                      "libdl.", "libutil.",    "libxnet."};
    for (size_t i = 0; l->musl && i < VF_COUNT(own); i++)
        if (vf_slice_starts(name, vf_slice_of(own[i])))
            return true;
    return false;
}

static void load_needed(struct vf_loader *l, size_t at)
{
    const struct vf_library *lib = VF_VEC_AT(struct vf_loaded, &l->loaded, at)->lib;
    for (size_t i = 0; i < lib->elf->n_needed && !l->failed; i++) {
        struct vf_slice name = lib->elf->needed[i];
        const struct vf_library *found = NULL;
        if (is_musl_itself(l, name) || known_name(l, name, &found))
            continue;
        found = vf_loader_search(l, at, i);
        if (found)
            add_loaded(l, found, name, at);
        else
            add_problem(l, &(struct vf_load_problem){.kind = l->other ? VF_LOAD_MACHINE : VF_LOAD_NO_LIBRARY,
                                                     .by = lib,
                                                     .name = name,
                                                     .found = l->other});
    }
}

static bool defines(struct vf_loader *l, const struct vf_library *lib, struct vf_slice version)
{
    struct vf_library *known = (struct vf_library *)(uintptr_t)lib;
    if (!lib->elf->has_definitions)
        return true; /* the loader only warns */
    if (!known->defines.arena) {
        vf_map_init(&known->defines, l->a);
        for (size_t i = 0; i < lib->elf->n_defines; i++)
            if (!vf_map_put(&known->defines, lib->elf->defines[i], 1))
                l->failed = true;
    }
    return vf_map_get(&known->defines, version, NULL);
}

static void check_versions(struct vf_loader *l, size_t at)
{
    const struct vf_library *lib = VF_VEC_AT(struct vf_loaded, &l->loaded, at)->lib;
    for (size_t i = 0; i < lib->elf->n_requires && !l->musl && !l->failed; i++) {
        const struct vf_elf_version *v = &lib->elf->requires[i];
        const struct vf_library *found;
        if (v->weak || !known_name(l, v->library, &found) || defines(l, found, v->name))
            continue;
        add_problem(
            l,
            &(struct vf_load_problem){
                .kind = VF_LOAD_VERSION, .by = lib, .name = v->library, .version = v->name, .found = found});
    }
}

static void load_all(struct vf_loader *l, const struct vf_library *first)
{
    vf_arena_clear(&l->scratch);
    l->loaded = (struct vf_vec){0};
    l->problems = (struct vf_vec){0};
    vf_map_init(&l->names, &l->scratch);
    l->round++;
    add_loaded(l, first, VF_S(""), VF_NPOS);
    for (size_t i = 0; i < l->loaded.n && !l->failed; i++)
        load_needed(l, i);
    for (size_t i = 0; i < l->loaded.n && !l->failed; i++)
        check_versions(l, i);
    l->failed = l->failed || l->scratch.failed || l->a->failed;
}

void vf_loader_load(struct vf_loader *l, const struct vf_library *lib)
{
    load_all(l, lib);
}

const struct vf_library *vf_loader_loaded(const struct vf_loader *l, size_t i)
{
    return i < l->loaded.n ? VF_VEC_AT(struct vf_loaded, &l->loaded, i)->lib : NULL;
}

/* --- the program --- */

static void keep_base(struct vf_loader *l, struct vf_slice name, const struct vf_library *lib)
{
    for (size_t i = 0; name.n && i < l->libraries.n; i++)
        if (*VF_VEC_AT(struct vf_library *, &l->libraries, i) == lib && !vf_map_put(&l->base, name, i + 1))
            l->failed = true;
}

void vf_loader_start(struct vf_loader *l, const struct vf_library *program)
{
    struct vf_slice interp = program->elf->interp;
    l->program = program;
    l->machine = program->elf->machine;
    l->musl = vf_slice_starts(vf_path_base(interp), VF_S("ld-musl"));
    l->interp = interp.n ? vf_loader_file(l, interp) : NULL;
    if (l->interp) { /* it is loaded before all others, and has two names */
        keep_base(l, vf_path_base(interp), l->interp);
        keep_base(l, l->interp->elf->soname, l->interp);
    }
    load_all(l, program);
    struct vf_map names = l->names;
    for (size_t i = 0; i < l->loaded.n && !l->failed; i++) {
        const struct vf_library *lib = VF_VEC_AT(struct vf_loaded, &l->loaded, i)->lib;
        keep_base(l, lib->elf->soname, lib);
        for (size_t k = 0; k < lib->elf->n_needed; k++) {
            size_t to;
            if (vf_map_get(&names, lib->elf->needed[k], &to))
                keep_base(l, lib->elf->needed[k], VF_VEC_AT(struct vf_loaded, &l->loaded, to)->lib);
        }
    }
}
