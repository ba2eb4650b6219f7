/* requirement.c: PEP 508 requirements, as packaging's tokenizer and parser read them. */
#include "packaging/requirement.h"

#include "packaging/name.h"
#include "packaging/text.h"

struct parse {
    struct vf_arena *arena;
    struct vf_slice text;
    size_t i;
    struct vf_err *err;
    enum vf_status st;
};

static bool bad(struct parse *p, const char *what)
{
    if (p->st == VF_OK) {
        p->st = vf_err_set(p->err, VF_MALFORMED, 0, "parse", (struct vf_slice){NULL, 0},
                           "requirement '%s': %s at byte %zu", vf_quote(p->text).s, what, p->i + 1);
    }
    return false;
}

static int peek(const struct parse *p)
{
    return p->i < p->text.n ? (unsigned char)p->text.p[p->i] : -1;
}

static bool skip_blanks(struct parse *p)
{
    size_t from = p->i;
    while (peek(p) == ' ' || peek(p) == '\t')
        p->i++;
    return p->i > from;
}

static bool in_name(int c)
{
    return vf_text_alpha(c) || vf_text_digit(c) || c == '.' || c == '_' || c == '-';
}

/* A name begins with a letter or digit and ends with one or with `_`; what is given back stays in the text.
 */
static struct vf_slice take_name(struct parse *p)
{
    size_t from = p->i;
    if (!vf_text_alpha(peek(p)) && !vf_text_digit(peek(p)))
        return (struct vf_slice){NULL, 0};
    while (in_name(peek(p)))
        p->i++;
    while (p->text.p[p->i - 1] == '.' || p->text.p[p->i - 1] == '-')
        p->i--;
    return vf_slice_sub(p->text, from, p->i);
}

static bool take_extras(struct parse *p, struct vf_vec *extras)
{
    if (peek(p) != '[')
        return true;
    p->i++;
    skip_blanks(p);
    while (peek(p) != ']' || extras->n > 0) {
        struct vf_slice name = take_name(p);
        if (name.n == 0)
            return bad(p, "no name of an extra");
        if (extras->n >= VF_EXTRAS_MAX)
            return bad(p, "too many extras");
        struct vf_slice *kept = vf_vec_push(p->arena, extras, sizeof *kept);
        if (!kept) {
            p->st = vf_err_nomem(p->err);
            return false;
        }
        *kept = name;
        skip_blanks(p);
        if (peek(p) != ',')
            break;
        p->i++;
        skip_blanks(p);
    }
    if (peek(p) != ']')
        return bad(p, "no `]` behind the extras");
    p->i++;
    return true;
}

/* Where the specifier that starts here ends: its operator, blanks, and every byte that a version can have. A
 * version that stops earlier leaves bytes that nothing takes, so the whole would be wrong in any case. */
static size_t specifier_end(const struct parse *p)
{
    enum vf_spec_op op = VF_SPEC_EQ;
    size_t i = p->i + vf_spec_op_at(vf_slice_from(p->text, p->i), &op);
    size_t n;
    if (i == p->i)
        return i;
    while ((n = vf_text_blank(vf_slice_from(p->text, i))) > 0)
        i += n;
    for (; i < p->text.n; i++) {
        char c = p->text.p[i];
        bool version = in_name(c) || c == '!' || c == '+' || c == '*';
        bool other = c != ';' && c != ')' && vf_text_blank(vf_slice_from(p->text, i)) == 0;
        if (op == VF_SPEC_ARBITRARY ? !other : !version)
            break;
    }
    return i;
}

/* `spec, spec, ...`, a comma at the end allowed. `===` takes commas for part of its text: they separate all
 * the same. */
static bool take_specifiers(struct parse *p, struct vf_requirement *out)
{
    size_t from = p->i;
    size_t end = p->i;
    for (;;) {
        size_t next = specifier_end(p);
        if (next == p->i)
            break;
        p->i = end = next;
        skip_blanks(p);
        if (peek(p) != ',')
            break;
        end = ++p->i;
        skip_blanks(p);
    }
    struct vf_slice text = vf_slice_sub(p->text, from, end);
    p->st = vf_specifiers_parse(p->arena, text, &out->specifiers, p->err);
    return p->st == VF_OK;
}

static bool take_marker(struct parse *p, struct vf_requirement *out)
{
    if (p->i == p->text.n)
        return true;
    if (peek(p) != ';')
        return bad(p, "something that is neither version nor marker");
    out->has_marker = true;
    p->st = vf_marker_parse(p->arena, vf_slice_from(p->text, p->i + 1), &out->marker, p->err);
    return p->st == VF_OK;
}

static bool take_url(struct parse *p, struct vf_requirement *out)
{
    p->i++;
    skip_blanks(p);
    size_t from = p->i;
    while (peek(p) >= 0 && peek(p) != ' ' && peek(p) != '\t')
        p->i++;
    out->url = vf_slice_sub(p->text, from, p->i);
    if (out->url.n == 0)
        return bad(p, "no URL behind `@`");
    skip_blanks(p);
    return take_marker(p, out);
}

static bool take_versions(struct parse *p, struct vf_requirement *out)
{
    bool paren = peek(p) == '(';
    p->i += paren ? 1 : 0;
    skip_blanks(p);
    if (!take_specifiers(p, out))
        return false;
    skip_blanks(p);
    if (paren) {
        if (peek(p) != ')')
            return bad(p, "no `)` behind the versions");
        p->i++;
        skip_blanks(p);
    }
    return take_marker(p, out);
}

enum vf_status vf_requirement_parse(struct vf_arena *a, struct vf_slice text, struct vf_requirement *out,
                                    struct vf_err *err)
{
    struct parse p = {.arena = a, .text = text, .err = err, .st = VF_OK};
    struct vf_vec extras = {0};
    *out = (struct vf_requirement){.has_marker = false};
    skip_blanks(&p);
    out->name = take_name(&p);
    if (out->name.n == 0) {
        (void)bad(&p, "no name of a project");
        return p.st;
    }
    skip_blanks(&p);
    if (!take_extras(&p, &extras))
        return p.st;
    out->extras = extras.base;
    out->n_extras = extras.n;
    skip_blanks(&p);
    (void)(peek(&p) == '@' ? take_url(&p, out) : take_versions(&p, out));
    return p.st;
}

enum vf_status vf_extras_parse(struct vf_arena *a, struct vf_slice s, struct vf_slice **extras, size_t *n,
                               size_t *used, struct vf_err *err)
{
    struct parse p = {.arena = a, .text = s, .err = err, .st = VF_OK};
    struct vf_vec v = {0};
    (void)take_extras(&p, &v);
    *extras = v.base;
    *n = v.n;
    *used = p.i;
    return p.st;
}
