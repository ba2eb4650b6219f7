/* start_modules.c: which modules the started interpreter has to find: for each site-packages directory one
 * written in Python and one compiled for this Python, as RECORD lists them. */
#include "relocate/start_modules.h"

#include <stdio.h>

enum { PURE, PLATFORM, KINDS };

static bool is_identifier(struct vf_slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && !(i && c >= '0' && c <= '9'))
            return false;
    }
    return s.n > 0;
}

/* Written into a Python literal as it is. */
static bool is_plain(struct vf_slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < ' ' || (unsigned char)s.p[i] > '~' || s.p[i] == '\'' || s.p[i] == '\\')
            return false;
    return true;
}

/* The module that a file is, and the directory that it is found in; false when it is none of this kind. */
static bool module_of(struct vf_slice path, unsigned minor, int kind, struct vf_slice *dir,
                      struct vf_slice *name)
{
    struct vf_slice base = vf_path_base(path), stem = vf_slice_sub(base, 0, vf_slice_find_byte(base, '.', 0));
    *dir = vf_path_dir(path);
    *name = stem;
    if (kind == PURE) {
        if (vf_slice_eq(base, VF_S("__init__.py"))) {
            *name = vf_path_base(*dir);
            *dir = vf_path_dir(*dir);
        } else if (!vf_slice_ends(base, VF_S(".py")) || base.n != stem.n + 3) {
            return false;
        }
        return true;
    }
    struct vf_slice tag = vf_slice_from(base, stem.n);
    char cpython[32];
    int n = snprintf(cpython, sizeof cpython, ".cpython-3%u-", minor);
    return vf_slice_ends(base, VF_S(".so")) && (vf_slice_eq(tag, VF_S(".abi3.so")) ||
                                                vf_slice_starts(tag, (struct vf_slice){cpython, (size_t)n}));
}

/* Is it the directory of the minor that bin/python is said to be? `venv --upgrade` leaves that of the one
 * before. */
static bool is_of_this_minor(const struct vf_env *env, struct vf_slice site)
{
    struct vf_slice base = vf_path_base(vf_path_dir(site));
    char req[32];
    int n = snprintf(req, sizeof req, "3.%u", env->py.minor);
    return vf_slice_ends(base, (struct vf_slice){req, (size_t)n});
}

static void put_module(struct vf_buf *out, struct vf_slice site, struct vf_slice dir, struct vf_slice name)
{
    const struct vf_slice words[] = {site, dir, name};
    for (size_t i = 0; i < VF_COUNT(words); i++) {
        vf_buf_puts(out, i ? ", '" : "    ('");
        vf_buf_put(out, words[i]);
        vf_buf_putc(out, '\'');
    }
    vf_buf_puts(out, "),\n");
}

static bool put_first(const struct vf_env *env, struct vf_slice site, int kind, struct vf_buf *out)
{
    for (size_t i = 0; i < env->n_files; i++) {
        const struct vf_file *f = &env->files[i];
        struct vf_slice rest, dir, name;
        if (f->st.kind != VF_KIND_FILE || f->dist == VF_NONE || !(f->flags & VF_FILE_IN_SITE) ||
            !vf_path_under(site, f->path, &rest) || !module_of(f->path, env->py.minor, kind, &dir, &name))
            continue;
        bool top = vf_slice_eq(dir, site);
        if (!is_identifier(name) || !is_plain(dir) || (kind == PURE && !top))
            continue;
        put_module(out, site, dir, name);
        return true;
    }
    return false;
}

size_t vf_put_start_modules(const struct vf_env *env, struct vf_buf *out)
{
    size_t n = 0;
    for (size_t i = 0; i < env->n_sites && i < 8; i++)
        for (int kind = 0; kind < KINDS; kind++)
            if (is_of_this_minor(env, env->sites[i]) && is_plain(env->sites[i]))
                n += put_first(env, env->sites[i], kind, out);
    return n;
}
