/* recorded.c: a first look at an environment, before anything else of it is known: only to learn for which
 * path it is to be checked. The evidence that counts is gathered later (old_prefixes.c). */
#include "env/recorded.h"

#include "base/path.h"
#include "syntax/syntax.h"

enum { FILES_MAX = 256, BYTES_MAX = 64 << 10, HEAD = 8192 };
enum { WEIGHT_ROOT = 8, WEIGHT_COMMAND = 2, WEIGHT_SCRIPT = 1 }; /* activate files say it in so many words */

struct candidate {
    struct vf_slice path;
    size_t weight;
};

struct survey {
    struct vf_tree *tree;
    struct vf_arena *a;
    struct vf_arena scratch; /* of one file */
    struct vf_slice home;    /* of the base interpreter: no environment is there */
    struct vf_vec found;     /* struct candidate */
};

/* P from P/BIN/python; empty when the path has another shape. */
static struct vf_slice root_of_interpreter(const struct survey *s, struct vf_slice path)
{
    struct vf_slice bin = vf_path_dir(path), name = vf_path_base(bin);
    bool shape = vf_name_is_python(vf_path_base(path)) &&
                 (vf_slice_eq(name, VF_S("bin")) || vf_slice_eq(name, VF_S("Scripts")));
    return shape && !vf_slice_eq(bin, s->home) ? vf_path_dir(bin) : VF_S("");
}

static bool add(struct survey *s, struct vf_slice path, size_t weight)
{
    if (!vf_path_is_abs(path) || path.n < 2 || vf_slice_eq(path, VF_S("/usr")) ||
        vf_slice_eq(path, VF_S("/usr/local")))
        return true;
    struct vf_slice clean = vf_path_clean_dup(&s->scratch, path);
    for (size_t i = 0; i < s->found.n; i++) {
        struct candidate *c = VF_VEC_AT(struct candidate, &s->found, i);
        if (vf_slice_eq(c->path, clean)) {
            c->weight += weight;
            return true;
        }
    }
    struct candidate *c = clean.p ? vf_vec_push(s->a, &s->found, sizeof *c) : NULL;
    if (!c)
        return false;
    *c = (struct candidate){.path = vf_arena_dup(s->a, clean), .weight = weight};
    return c->path.p != NULL;
}

static bool add_ref(struct survey *s, const struct vf_ref *r)
{
    if (r->flags & (VF_REF_SELF | VF_REF_RELATIVE))
        return true;
    struct vf_slice value = r->raw.n ? r->raw : r->value;
    if (r->role == VF_ROLE_ENV_ROOT)
        return add(s, value, WEIGHT_ROOT);
    if (r->role == VF_ROLE_COMMAND)
        return add(s, value, WEIGHT_COMMAND);
    bool script = r->role == VF_ROLE_INTERPRETER && vf_header_is_python(r) && !vf_header_is_placeholder(r);
    return !script || add(s, root_of_interpreter(s, value), WEIGHT_SCRIPT);
}

static bool read_syntax(struct survey *s, enum vf_syntax syntax, const struct vf_source *src)
{
    struct vf_read_out out = {.a = &s->scratch};
    struct vf_err ignored;
    bool ok = true;
    vf_err_init(&ignored);
    enum vf_status st = vf_syntax_read(syntax, src, &out, &ignored);
    for (size_t i = 0; st == VF_OK && ok && i < out.refs.n; i++)
        ok = add_ref(s, VF_VEC_AT(struct vf_ref, &out.refs, i));
    vf_err_release(&ignored);
    return ok && st != VF_NO_MEMORY;
}

/* False: no memory. */
static bool read_file(struct survey *s, struct vf_slice path, bool in_bin)
{
    struct vf_err ignored;
    struct vf_source src = {.path = path};
    vf_arena_clear(&s->scratch);
    vf_err_init(&ignored);
    enum vf_status st = vf_tree_read(s->tree, path, BYTES_MAX, &s->scratch, &src.bytes, &ignored);
    vf_err_release(&ignored);
    if (st != VF_OK)
        return st != VF_NO_MEMORY;
    struct vf_slice home;
    if (!in_bin && vf_cfg_get(src.bytes, VF_S("home"), &home))
        s->home = vf_arena_dup(s->a, home);
    uint32_t set = vf_syntax_classify(path, vf_slice_sub(src.bytes, 0, HEAD), in_bin);
    bool ok = true;
    for (int i = 0; i < VF_SYN_COUNT && ok; i++)
        if (set & (1u << i))
            ok = read_syntax(s, (enum vf_syntax)i, &src);
    return ok;
}

static bool read_bin(struct survey *s, struct vf_slice bin)
{
    struct vf_err ignored;
    struct vf_dirent *v = NULL;
    size_t n = 0, files = 0;
    bool ok = true;
    vf_err_init(&ignored);
    if (vf_tree_list(s->tree, bin, s->a, &v, &n, &ignored) == VF_NO_MEMORY)
        ok = false;
    for (size_t i = 0; i < n && ok && files < FILES_MAX; i++) {
        if (v[i].st.kind != VF_KIND_FILE || v[i].st.size > BYTES_MAX)
            continue;
        struct vf_slice path = vf_path_join(s->a, bin, v[i].name);
        ok = path.p && read_file(s, path, true);
        files++;
    }
    vf_err_release(&ignored);
    return ok;
}

enum vf_status vf_env_recorded(struct vf_tree *tree, struct vf_arena *a, struct vf_slice *path,
                               struct vf_err *err)
{
    struct survey s = {.tree = tree, .a = a};
    size_t best = 0;
    vf_arena_init(&s.scratch);
    *path = VF_S("");
    bool ok = read_file(&s, VF_S("pyvenv.cfg"), false) && read_bin(&s, VF_S("bin")) &&
              read_bin(&s, VF_S("Scripts"));
    for (size_t i = 0; ok && i < s.found.n; i++) {
        const struct candidate *c = VF_VEC_AT(struct candidate, &s.found, i);
        if (c->weight > best) {
            best = c->weight;
            *path = c->path;
        }
    }
    vf_arena_release(&s.scratch);
    return ok && !a->failed ? VF_OK : vf_err_nomem(err);
}
