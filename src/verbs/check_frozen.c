/* check_frozen.c: reads the list or lock file of `check --frozen`. */
#include "verbs/check_frozen.h"

#include "packaging/source_name.h"

struct reading {
    struct vf_session *s;
    const struct venvfix_check_options *o;
};

static bool variable(void *ctx, struct vf_slice name, struct vf_slice *value)
{
    const struct reading *r = ctx;
    for (size_t i = 0; r->o->environ && r->o->environ[i]; i++) {
        struct vf_slice s = vf_slice_of(r->o->environ[i]);
        if (s.n > name.n + 1 && s.p[name.n] == '=' && vf_slice_starts(s, name)) {
            *value = vf_slice_from(s, name.n + 1);
            return true;
        }
    }
    return false;
}

static enum vf_status read_file(void *ctx, struct vf_slice path, struct vf_arena *a, struct vf_slice *bytes,
                                struct vf_err *err)
{
    struct vf_session *s = ((struct reading *)ctx)->s;
    struct vf_slice joined = vf_path_join(a, s->cwd, path);
    struct vf_slice abs = joined.p ? vf_path_clean_dup(a, joined) : joined;
    return abs.p ? vf_host_read(s->host, abs, VF_LIST_MAX, a, bytes, err) : vf_err_nomem(err);
}

static enum vf_status read_text(struct reading *r, struct vf_slice *text)
{
    struct vf_slice given = {r->o->frozen_text.p, r->o->frozen_text.n}, name = vf_slice_of(r->o->frozen);
    *text = given;
    if (given.p)
        return VF_OK;
    enum vf_status st = read_file(r, name, r->s->a, text, &r->s->err);
    return st == VF_OK ? vf_source_name_check(name, text->n, &r->s->err) : st;
}

/* A lock file by its name, or by its first key where there is no name. */
static bool is_lock(const struct venvfix_check_options *o, struct vf_slice text)
{
    struct vf_slice line;
    if (!o->frozen_text.p)
        return vf_slice_ends(vf_slice_of(o->frozen), VF_S(".toml"));
    while (vf_slice_next_line(&text, &line)) {
        line = vf_slice_trim(line);
        if (vf_slice_starts(line, VF_S("lock-version")) || vf_slice_starts(line, VF_S("[[packages]]")))
            return true;
        if (line.n && line.p[0] != '#')
            return false;
    }
    return false;
}

enum vf_status vf_check_read_frozen(struct vf_session *s, const struct venvfix_check_options *o,
                                    struct vf_expected *out)
{
    struct reading r = {.s = s, .o = o};
    struct vf_list_reader reader = {
        .ctx = &r, .read = read_file, .variable = variable, .allow_outside = true};
    struct vf_slice text, name = vf_slice_of(o->frozen);
    struct vf_reqlist list;
    struct vf_pylock lock;
    enum vf_status st = read_text(&r, &text);
    if (st != VF_OK)
        return st;
    if (o->frozen_text.p)
        name = VF_S("<stdin>");
    if (is_lock(o, text)) {
        st = vf_pylock_parse(s->a, text, &lock, &s->err);
        vf_err_below(&s->err, name);
        return st == VF_OK ? vf_expected_from_lock(s->a, &lock, name, s->cwd, out, &s->err) : st;
    }
    st = vf_reqlist_parse(s->a, name, text, &reader, &list, &s->err);
    return st == VF_OK ? vf_expected_from_list(s->a, &list, name, s->cwd, out, &s->err) : st;
}
