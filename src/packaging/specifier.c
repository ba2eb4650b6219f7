/* specifier.c: PEP 440 specifiers.
 *
 * Each operator is a range on the line of versions, V < V+local < V.post0: a specifier without local version
 * takes V+local for V, `>` leaves out the post-releases of V and `<` its pre-releases. The wildcard and `~=`
 * compare the leading parts of the release only. */
#include "packaging/specifier.h"

#include <stdlib.h>

#include "packaging/text.h"

static const struct {
    struct vf_slice text;
    enum vf_spec_op op;
} operators[] = {
    /* longest first */
    {VF_S_INIT("==="), VF_SPEC_ARBITRARY}, {VF_S_INIT("~="), VF_SPEC_COMPATIBLE},
    {VF_S_INIT("=="), VF_SPEC_EQ},         {VF_S_INIT("!="), VF_SPEC_NE},
    {VF_S_INIT("<="), VF_SPEC_LE},         {VF_S_INIT(">="), VF_SPEC_GE},
    {VF_S_INIT("<"), VF_SPEC_LT},          {VF_S_INIT(">"), VF_SPEC_GT},
};

const char *vf_spec_op_text(enum vf_spec_op op)
{
    for (size_t i = 0; i < VF_COUNT(operators); i++)
        if (operators[i].op == op)
            return operators[i].text.p;
    return "";
}

size_t vf_spec_op_at(struct vf_slice s, enum vf_spec_op *op)
{
    for (size_t i = 0; i < VF_COUNT(operators); i++) {
        if (vf_slice_starts(s, operators[i].text)) {
            *op = operators[i].op;
            return operators[i].text.n;
        }
    }
    return 0;
}

static enum vf_status malformed(struct vf_slice text, struct vf_err *err)
{
    return vf_err_set(err, VF_MALFORMED, 0, "parse", (struct vf_slice){NULL, 0},
                      "'%s' is not a version specifier (PEP 440)", vf_quote(text).s);
}

/* What may stand behind `===`: anything but blanks, `;` and `)`. */
static bool arbitrary_ok(struct vf_slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == ';' || s.p[i] == ')' || vf_text_blank(vf_slice_from(s, i)) > 0)
            return false;
    return true;
}

static bool release_only(const struct vf_version *v)
{
    return v->pre == VF_PRE_NONE && !v->has_post && !v->has_dev && v->n_local == 0;
}

/* Which forms an operator takes. */
static bool form_ok(const struct vf_specifier *s)
{
    switch (s->op) {
    case VF_SPEC_EQ:
    case VF_SPEC_NE:
        return !s->wildcard || release_only(&s->version);
    case VF_SPEC_COMPATIBLE:
        return !s->wildcard && s->version.n_local == 0 && s->version.n_release >= 2;
    case VF_SPEC_LE:
    case VF_SPEC_GE:
    case VF_SPEC_LT:
    case VF_SPEC_GT:
        return !s->wildcard && s->version.n_local == 0;
    case VF_SPEC_ARBITRARY:
        return true;
    }
    return false;
}

enum vf_status vf_specifier_parse(struct vf_arena *a, struct vf_slice text, struct vf_specifier *out,
                                  struct vf_err *err)
{
    struct vf_slice s = vf_text_strip(text);
    struct vf_err inner;
    *out = (struct vf_specifier){.op = VF_SPEC_ARBITRARY};
    size_t used = vf_spec_op_at(s, &out->op);
    if (used == 0)
        return malformed(text, err);
    out->text = vf_text_strip(vf_slice_from(s, used));
    bool arbitrary = out->op == VF_SPEC_ARBITRARY;
    struct vf_slice version = out->text;
    if (!arbitrary && vf_slice_ends(version, VF_S(".*"))) {
        out->wildcard = true;
        version.n -= 2;
    }
    vf_err_init(&inner);
    enum vf_status st = vf_version_parse(a, version, &out->version, &inner);
    vf_err_release(&inner);
    if (st == VF_NO_MEMORY)
        return vf_err_nomem(err);
    out->asks_pre = st == VF_OK && out->op != VF_SPEC_NE && vf_version_is_pre(&out->version);
    if (arbitrary)
        return arbitrary_ok(out->text) ? VF_OK : malformed(text, err);
    /* A blank before `.*` was taken for one at the end of the version. */
    bool blank = out->wildcard && version.n > 0 && vf_text_strip(version).n != version.n;
    return st == VF_OK && !blank && form_ok(out) ? VF_OK : malformed(text, err);
}

enum vf_status vf_specifiers_parse(struct vf_arena *a, struct vf_slice text, struct vf_specifiers *out,
                                   struct vf_err *err)
{
    struct vf_vec v = {0};
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < text.n && st == VF_OK;) {
        size_t comma = vf_slice_find_byte(text, ',', i);
        size_t end = comma == VF_NPOS ? text.n : comma;
        struct vf_slice part = vf_text_strip(vf_slice_sub(text, i, end));
        i = end + 1;
        if (part.n == 0)
            continue;
        struct vf_specifier *s = vf_vec_push(a, &v, sizeof *s);
        if (!s)
            st = vf_err_nomem(err);
        else if (v.n > VF_SPECIFIERS_MAX)
            st = malformed(text, err);
        else
            st = vf_specifier_parse(a, part, s, err);
    }
    *out = (struct vf_specifiers){v.base, v.n};
    return st;
}

/* The first n parts of both releases compared, missing ones being 0. Epochs first. */
static int prefix_cmp(const struct vf_version *v, const struct vf_version *spec, size_t n)
{
    const struct vf_slice zero = VF_S("0");
    int d = vf_version_number_cmp(v->epoch, spec->epoch);
    for (size_t i = 0; d == 0 && i < n; i++)
        d = vf_version_number_cmp(i < v->n_release ? v->release[i] : zero, spec->release[i]);
    return d;
}

static bool equal(const struct vf_specifier *s, const struct vf_version *v)
{
    if (s->wildcard)
        return prefix_cmp(v, &s->version, s->version.n_release) == 0;
    return (s->version.n_local > 0 ? vf_version_cmp(v, &s->version)
                                   : vf_version_public_cmp(v, &s->version)) == 0;
}

/* `>V`: not V's post-releases, unless V is one itself (or a development release, which has none). */
static bool greater(const struct vf_version *v, const struct vf_version *spec)
{
    if (vf_version_public_cmp(v, spec) <= 0)
        return false;
    if (spec->has_dev || spec->has_post)
        return true;
    bool same_pre = v->pre == spec->pre && (v->pre == VF_PRE_NONE || vf_slice_eq(v->pre_n, spec->pre_n));
    return vf_version_release_cmp(v, spec) != 0 || !same_pre;
}

/* `<V`: not V's pre-releases, unless V is one itself. */
static bool less(const struct vf_version *v, const struct vf_version *spec)
{
    struct vf_version bound = *spec;
    if (!vf_version_is_pre(spec)) {
        bound.has_dev = true;
        bound.dev_n = VF_S("0");
    }
    return vf_version_cmp(v, &bound) < 0;
}

bool vf_specifier_contains(const struct vf_specifier *s, const struct vf_candidate *c)
{
    const struct vf_version *v = c->version;
    if (s->op == VF_SPEC_ARBITRARY)
        return vf_slice_eq_nocase(s->text, c->text);
    if (!v)
        return false;
    switch (s->op) {
    case VF_SPEC_EQ:
        return equal(s, v);
    case VF_SPEC_NE:
        return !equal(s, v);
    case VF_SPEC_LE:
        return vf_version_public_cmp(v, &s->version) <= 0;
    case VF_SPEC_GE:
        return vf_version_cmp(v, &s->version) >= 0;
    case VF_SPEC_LT:
        return less(v, &s->version);
    case VF_SPEC_GT:
        return greater(v, &s->version);
    case VF_SPEC_COMPATIBLE:
        return vf_version_cmp(v, &s->version) >= 0 &&
               prefix_cmp(v, &s->version, s->version.n_release - 1) <= 0;
    case VF_SPEC_ARBITRARY:
        break;
    }
    return false;
}

bool vf_specifiers_contains(const struct vf_specifiers *set, const struct vf_candidate *c)
{
    for (size_t i = 0; i < set->n; i++)
        if (!vf_specifier_contains(&set->v[i], c))
            return false;
    return true;
}

enum vf_status vf_specifiers_contains_text(struct vf_arena *a, const struct vf_specifiers *set,
                                           struct vf_slice version, bool *in, struct vf_err *err)
{
    struct vf_version v;
    struct vf_err inner;
    vf_err_init(&inner);
    enum vf_status st = vf_version_parse(a, version, &v, &inner);
    vf_err_release(&inner);
    if (st == VF_NO_MEMORY)
        return vf_err_nomem(err);
    struct vf_candidate c = {st == VF_OK ? &v : NULL, version};
    *in = vf_specifiers_contains(set, &c);
    return VF_OK;
}

bool vf_specifiers_ask_pre(const struct vf_specifiers *set)
{
    for (size_t i = 0; i < set->n; i++)
        if (set->v[i].asks_pre)
            return true;
    return false;
}

void vf_specifiers_filter(const struct vf_specifiers *set, const struct vf_candidate *c, size_t n, bool pre,
                          bool *keep)
{
    bool any_final = false;
    pre = pre || vf_specifiers_ask_pre(set);
    for (size_t i = 0; i < n; i++) {
        keep[i] = vf_specifiers_contains(set, &c[i]);
        any_final = any_final || (keep[i] && c[i].version && !vf_version_is_pre(c[i].version));
    }
    for (size_t i = 0; i < n && !pre && any_final; i++)
        keep[i] = keep[i] && !(c[i].version && vf_version_is_pre(c[i].version));
}

/* The byte at i of the operator with its text; -1 behind the end. */
static int byte_at(const struct vf_specifier *s, size_t i)
{
    struct vf_slice op = vf_slice_of(vf_spec_op_text(s->op));
    if (i < op.n)
        return (unsigned char)op.p[i];
    return i - op.n < s->text.n ? (unsigned char)s->text.p[i - op.n] : -1;
}

static int by_text(const void *x, const void *y)
{
    for (size_t i = 0;; i++) {
        int a = byte_at(x, i);
        int b = byte_at(y, i);
        if (a != b || a < 0)
            return a - b;
    }
}

static bool same(const struct vf_specifier *a, const struct vf_specifier *b)
{
    if (a->op != b->op || a->wildcard != b->wildcard)
        return false;
    if (a->op == VF_SPEC_ARBITRARY || a->wildcard)
        return vf_slice_eq(a->text, b->text);
    return vf_version_cmp(&a->version, &b->version) == 0 &&
           (a->op != VF_SPEC_COMPATIBLE || a->version.n_release == b->version.n_release);
}

static bool came_before(const struct vf_specifier *v, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (same(&v[k], &v[i]))
            return true;
    return false;
}

enum vf_status vf_specifiers_put(struct vf_arena *a, struct vf_buf *out, const struct vf_specifiers *set,
                                 struct vf_err *err)
{
    if (set->n == 0)
        return VF_OK;
    struct vf_specifier *v = vf_arena_array(a, set->n, sizeof *v);
    if (!v)
        return vf_err_nomem(err);
    for (size_t i = 0; i < set->n; i++)
        v[i] = set->v[i];
    qsort(v, set->n, sizeof *v, by_text);
    for (size_t i = 0; i < set->n; i++) {
        if (came_before(v, i))
            continue;
        if (i > 0)
            vf_buf_putc(out, ',');
        vf_buf_puts(out, vf_spec_op_text(v[i].op));
        vf_buf_put(out, v[i].text);
    }
    return out->failed ? vf_err_nomem(err) : VF_OK;
}

const struct vf_specifier *vf_specifiers_pin(const struct vf_specifiers *set)
{
    for (size_t i = 0; i < set->n; i++) {
        const struct vf_specifier *s = &set->v[i];
        if (s->op == VF_SPEC_ARBITRARY || (s->op == VF_SPEC_EQ && !s->wildcard))
            return s;
    }
    return NULL;
}
