/* scripts.c: headers and bodies of scripts (docs/formats.md 2.2 to 2.4, 7.3). */
#include "wheel/scripts.h"

#include "base/path.h"
#include "syntax/syntax.h"

#define PLACEHOLDER "#!python"

bool vf_script_is_placeholder(struct vf_slice bytes)
{
    return vf_slice_starts(bytes, VF_S(PLACEHOLDER));
}

static enum vf_status put_header(const struct vf_site *site, const struct vf_source *src,
                                 const struct vf_ref *ref, struct vf_arena *a, struct vf_buf *out,
                                 struct vf_err *err)
{
    struct vf_write_ctx target = {.root = site->prefix,
                                  .bin = site->bin_names,
                                  .n_bin = site->n_bin_names,
                                  .env_s = site->env_s,
                                  .line_limit = site->line_limit,
                                  .py_major = site->py_major,
                                  .py_minor = site->py_minor,
                                  .relocatable = site->relocatable};
    struct vf_slice dir = vf_path_join(a, site->prefix, site->bin);
    struct vf_slice name = site->interpreter.n > 0 ? site->interpreter : VF_S("python");
    struct vf_slice path = dir.p ? vf_path_join(a, dir, name) : dir;
    return path.p ? vf_syntax_write(ref, src, path, &target, out, err) : vf_err_nomem(err);
}

enum vf_status vf_script_put(const struct vf_site *site, struct vf_slice name, struct vf_slice bytes,
                             struct vf_buf *out, struct vf_err *err)
{
    struct vf_arena a;
    vf_arena_init(&a);
    struct vf_source src = {.path = name, .bytes = bytes, .root = site->prefix, .py_minor = site->py_minor};
    struct vf_read_out refs = {.a = &a};
    size_t at = 0;
    enum vf_status st = vf_syntax_read(VF_SYN_HEADER, &src, &refs, err);
    const struct vf_ref *ref = refs.refs.n > 0 ? VF_VEC_AT(const struct vf_ref, &refs.refs, 0) : NULL;
    if (st == VF_OK && ref && vf_header_is_placeholder(ref)) {
        st = put_header(site, &src, ref, &a, out, err);
        if (st == VF_UNWRITABLE)
            vf_err_context(err, "%.*s", (int)(name.n < 200 ? name.n : 200), name.p);
        at = (size_t)(ref->off + ref->len);
    }
    vf_buf_put(out, vf_slice_from(bytes, at));
    vf_arena_release(&a);
    return st == VF_OK && out->failed ? vf_err_nomem(err) : st;
}

/* Dotted names that Python can read: the words come from the wheel, and become code. */
static bool dotted_ok(struct vf_slice s)
{
    bool start = true;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool digit = c >= '0' && c <= '9';
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
        if (c == '.' ? start : !letter && (!digit || start))
            return false;
        start = c == '.';
    }
    return !start;
}

enum vf_status vf_script_put_entry(const struct vf_site *site, const struct vf_entry_point *e,
                                   struct vf_buf *out, struct vf_err *err)
{
    struct vf_buf body = {0};
    if (!dotted_ok(e->module) || !dotted_ok(e->attr))
        return vf_err_set(err, VF_BAD_ARCHIVE, 0, "install", e->name,
                          "the entry point names no module and attribute that Python can have");
    vf_buf_put(&body, VF_S(PLACEHOLDER "\nimport sys\n\nfrom "));
    vf_buf_put(&body, e->module);
    vf_buf_put(&body, VF_S(" import "));
    vf_buf_put(&body, vf_slice_sub(e->attr, 0, vf_slice_find_byte(e->attr, '.', 0)));
    vf_buf_put(&body, VF_S("\n\nif __name__ == \"__main__\":\n    sys.exit("));
    vf_buf_put(&body, e->attr);
    vf_buf_put(&body, VF_S("())\n"));
    enum vf_status st =
        body.failed ? vf_err_nomem(err) : vf_script_put(site, e->name, vf_buf_slice(&body), out, err);
    vf_buf_release(&body);
    return st;
}

/* --- which scripts --- */

/* "3", "3.12", "" behind a stem that has versioned names. */
static bool version_like(struct vf_slice s, bool dotted_only)
{
    size_t dots = 0;
    bool digit = false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '.' && digit && dots == 0)
            dots++, digit = false;
        else if (s.p[i] >= '0' && s.p[i] <= '9')
            digit = true;
        else
            return false;
    }
    return digit && (dots == 1 || !dotted_only);
}

static bool is_pip_variant(struct vf_slice name)
{
    return vf_slice_starts(name, VF_S("pip")) && version_like(vf_slice_from(name, 3), false);
}

static bool is_easy_install_variant(struct vf_slice name)
{
    return vf_slice_starts(name, VF_S("easy_install-")) && version_like(vf_slice_from(name, 13), true);
}

static const struct vf_entry_point *console(const struct vf_entry_points *e, struct vf_slice name)
{
    const struct vf_entry_point *s = vf_entry_points_script(e, name);
    return s && s->kind == VF_ENTRY_CONSOLE ? s : NULL;
}

static bool add(struct vf_arena *a, struct vf_vec *out, struct vf_slice name, const struct vf_entry_point *e)
{
    struct vf_script *s = name.p ? vf_vec_push(a, out, sizeof *s) : NULL;
    if (s)
        *s = (struct vf_script){name, e};
    return s != NULL;
}

static struct vf_slice versioned(struct vf_arena *a, const char *stem, unsigned major, unsigned minor,
                                 bool with_minor)
{
    struct vf_buf b = {0};
    vf_buf_puts(&b, stem);
    vf_buf_put_u64(&b, major);
    if (with_minor) {
        vf_buf_putc(&b, '.');
        vf_buf_put_u64(&b, minor);
    }
    struct vf_slice s = b.failed ? (struct vf_slice){NULL, 0} : vf_arena_dup(a, vf_buf_slice(&b));
    vf_buf_release(&b);
    return s;
}

enum vf_status vf_scripts_of(const struct vf_entry_points *e, unsigned major, unsigned minor,
                             struct vf_arena *a, struct vf_vec *out, struct vf_err *err)
{
    const struct vf_entry_point *pip = console(e, VF_S("pip"));
    const struct vf_entry_point *easy = console(e, VF_S("easy_install"));
    bool ok = true;
    for (size_t i = 0; i < e->n && ok; i++) {
        const struct vf_entry_point *p = &e->entries[i];
        bool variant = p->kind == VF_ENTRY_CONSOLE &&
                       ((pip && is_pip_variant(p->name)) || (easy && is_easy_install_variant(p->name)));
        if (p->kind != VF_ENTRY_OTHER && !variant)
            ok = add(a, out, p->name, p);
    }
    if (ok && pip && major)
        ok = add(a, out, versioned(a, "pip", major, minor, false), pip) &&
             add(a, out, versioned(a, "pip", major, minor, true), pip);
    if (ok && easy && major)
        ok = add(a, out, versioned(a, "easy_install-", major, minor, true), easy);
    return ok ? VF_OK : vf_err_nomem(err);
}

bool vf_script_is_generated(const struct vf_entry_points *e, struct vf_slice name)
{
    return vf_entry_points_script(e, name) || (console(e, VF_S("pip")) && is_pip_variant(name)) ||
           (console(e, VF_S("easy_install")) && is_easy_install_variant(name));
}
