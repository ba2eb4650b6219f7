/* find.c: the environments below a directory, each once. Nothing is read but names, and no link is followed,
 * so that a link to an environment is not another one. */
#include <stdlib.h>
#include <string.h>

#include "fs/tree_dir.h"
#include "verbs/result.h"

struct finding {
    const struct venvfix_find_options *o;
    struct vf_session s;
    struct vf_slice top; /* the directory that was given */
    struct vf_tree *tree;
    struct vf_arena scratch; /* of one directory */
    struct vf_buf stack;     /* directories still to be listed, relative to `top`, a NUL behind each */
    bool stopped;            /* the caller wants no more */
};

static bool push(struct finding *z, struct vf_slice rel)
{
    vf_buf_put(&z->stack, rel);
    vf_buf_putc(&z->stack, '\0');
    return !z->stack.failed;
}

/* The last one that was pushed; a copy, in the scratch arena. */
static struct vf_slice pop(struct finding *z)
{
    size_t end = z->stack.n - 1, from = end;
    while (from > 0 && z->stack.p[from - 1])
        from--;
    struct vf_slice rel = vf_arena_dup(&z->scratch, (struct vf_slice){z->stack.p + from, end - from});
    z->stack.n = from;
    return rel;
}

static const struct vf_dirent *entry_of(const struct vf_dirent *ents, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (vf_slice_eq(ents[i].name, vf_slice_of(name)))
            return &ents[i];
    return NULL;
}

static bool has_dir(const struct vf_dirent *ents, size_t n, const char *name)
{
    const struct vf_dirent *e = entry_of(ents, n, name);
    return e && e->st.kind == VF_KIND_DIR;
}

/* lib/X/site-packages below `rel`. */
static bool has_site(struct finding *z, struct vf_slice rel)
{
    struct vf_dirent *ents;
    size_t n = 0;
    struct vf_err why;
    bool found = false;
    vf_err_init(&why);
    struct vf_slice lib = vf_path_join(&z->scratch, rel, VF_S("lib"));
    if (lib.p && vf_tree_list(z->tree, lib, &z->scratch, &ents, &n, &why) != VF_OK)
        n = 0;
    for (size_t i = 0; i < n && !found; i++) {
        struct vf_slice dir = vf_path_join(&z->scratch, lib, ents[i].name);
        struct vf_slice site = dir.p ? vf_path_join(&z->scratch, dir, VF_S("site-packages")) : dir;
        found = site.p && vf_tree_kind(z->tree, site) == VF_KIND_DIR;
    }
    vf_err_release(&why);
    return found;
}

/* pyvenv.cfg; or what is left of an environment that lost it. */
static bool is_environment(struct finding *z, struct vf_slice rel, const struct vf_dirent *ents, size_t n)
{
    if (entry_of(ents, n, "pyvenv.cfg"))
        return true;
    if (!has_dir(ents, n, "bin") || !has_dir(ents, n, "lib") || has_dir(ents, n, "conda-meta"))
        return false;
    struct vf_slice activate = vf_path_join(&z->scratch, rel, VF_S("bin/activate"));
    return activate.p && vf_tree_kind(z->tree, activate) == VF_KIND_FILE && has_site(z, rel);
}

/* Directories that belong to the environment around them. Other ones may hold environments: PlatformIO keeps
 * some in its own one. */
static bool belongs_to_environment(struct vf_slice name)
{
    static const char *const names[] = {"bin",     "lib",     "lib64", "include", "share",        "etc",
                                        "Scripts", "Include", "Lib",   "man",     "pip-selfcheck"};
    for (size_t i = 0; i < VF_COUNT(names); i++)
        if (vf_slice_eq(name, vf_slice_of(names[i])))
            return true;
    return false;
}

/* File systems that hold no files. */
static bool is_left_out(const struct finding *z, struct vf_slice rel, struct vf_slice name)
{
    bool root = vf_slice_eq(z->top, VF_S("/")) && !rel.n;
    return (root && (vf_slice_eq(name, VF_S("proc")) || vf_slice_eq(name, VF_S("sys")) ||
                     vf_slice_eq(name, VF_S("dev")))) ||
           vf_slice_starts(name, VF_S(".venvfix"));
}

static enum vf_status give(struct finding *z, struct vf_slice rel)
{
    struct vf_slice path = rel.n ? vf_path_join(&z->scratch, z->top, rel) : z->top;
    const char *text = path.p ? vf_arena_cstr(&z->scratch, path) : NULL;
    if (!text)
        return vf_err_nomem(&z->s.err);
    z->stopped = !z->o->found(z->o->ctx, text);
    return VF_OK;
}

static enum vf_status visit(struct finding *z, struct vf_slice rel)
{
    struct vf_dirent *ents;
    struct vf_err why;
    size_t n = 0;
    vf_err_init(&why);
    enum vf_status st = vf_tree_list(z->tree, rel, &z->scratch, &ents, &n, &why);
    vf_err_release(&why);
    if (st == VF_NO_MEMORY)
        return vf_err_nomem(&z->s.err);
    if (st == VF_NOT_FOUND)
        return VF_OK; /* removed meanwhile */
    if (st != VF_OK)
        return give(z, rel); /* nobody knows what is in it: its check says so */
    bool env = is_environment(z, rel, ents, n);
    st = env ? give(z, rel) : VF_OK;
    for (size_t i = n; i-- > 0 && st == VF_OK && !z->stopped;) {
        if (ents[i].st.kind != VF_KIND_DIR || is_left_out(z, rel, ents[i].name) ||
            (env && belongs_to_environment(ents[i].name)))
            continue;
        struct vf_slice sub = vf_path_join(&z->scratch, rel, ents[i].name);
        if (!sub.p || !push(z, sub))
            return vf_err_nomem(&z->s.err);
    }
    return st;
}

static enum vf_status walk(struct finding *z)
{
    enum vf_status st = push(z, VF_S("")) ? VF_OK : vf_err_nomem(&z->s.err);
    while (st == VF_OK && z->stack.n && !z->stopped) {
        struct vf_slice rel = pop(z);
        if (!rel.p)
            st = vf_err_nomem(&z->s.err);
        else if (vf_hooks_cancelled(&z->s.hooks))
            st = vf_err_set(&z->s.err, VF_INTERRUPTED, 0, "find", z->top, "stopped on request");
        else
            st = visit(z, rel);
        vf_arena_release(&z->scratch);
        vf_arena_init(&z->scratch);
    }
    return st;
}

int venvfix_find(const struct venvfix_find_options *options, struct venvfix_find_result *result)
{
    struct finding z = {.o = options};
    *result = (struct venvfix_find_result){0};
    vf_arena_init(&z.scratch);
    vf_buf_init(&z.stack);
    enum vf_status st = vf_session_open(&z.s, &options->hooks);
    if (st == VF_OK) {
        z.top = vf_session_abs(&z.s, options->path);
        st = z.top.p ? vf_tree_dir_open(z.top, &z.tree, &z.s.err) : vf_err_nomem(&z.s.err);
    }
    if (st == VF_OK)
        st = walk(&z);
    vf_buf_release(&z.stack);
    vf_tree_free(z.tree);
    vf_arena_release(&z.scratch);
    vf_session_close(&z.s, &result->error, &result->own);
    return st == VF_OK ? 0 : 2;
}

void venvfix_find_free(struct venvfix_find_result *result)
{
    vf_session_free_own(result->own);
    *result = (struct venvfix_find_result){0};
}
