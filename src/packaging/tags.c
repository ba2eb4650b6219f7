/* tags.c: names of wheels and the tags in them. */
#include "packaging/tags.h"

#include <stdlib.h>
#include <string.h>

#include "packaging/text.h"

bool vf_tag_next(struct vf_slice *set, struct vf_slice *value)
{
    if (!set->p)
        return false;
    size_t dot = vf_slice_find_byte(*set, '.', 0);
    *value = vf_slice_sub(*set, 0, dot == VF_NPOS ? set->n : dot);
    *set = dot == VF_NPOS ? (struct vf_slice){NULL, 0} : vf_slice_from(*set, dot + 1);
    return true;
}

static bool is_word(char c)
{
    return vf_text_alpha(c) || vf_text_digit(c) || c == '_' || (unsigned char)c >= 0x80;
}

/* No empty value; of the interpreters each must be an identifier. */
static bool set_ok(struct vf_slice set, bool identifiers)
{
    struct vf_slice value;
    while (vf_tag_next(&set, &value)) {
        if (value.n == 0 || (identifiers && vf_text_digit(value.p[0])))
            return false;
        for (size_t i = 0; identifiers && i < value.n; i++)
            if (!is_word(value.p[i]))
                return false;
    }
    return true;
}

bool vf_tag_parse(struct vf_slice text, struct vf_tag *out)
{
    size_t first = vf_slice_find_byte(text, '-', 0);
    size_t second = first == VF_NPOS ? VF_NPOS : vf_slice_find_byte(text, '-', first + 1);
    if (second == VF_NPOS || vf_slice_find_byte(text, '-', second + 1) != VF_NPOS)
        return false;
    out->python = vf_slice_sub(text, 0, first);
    out->abi = vf_slice_sub(text, first + 1, second);
    out->platform = vf_slice_from(text, second + 1);
    return out->python.n > 0 && out->abi.n > 0 && out->platform.n > 0 && set_ok(out->python, true) &&
           set_ok(out->abi, false) && set_ok(out->platform, false);
}

static bool name_ok(struct vf_slice name)
{
    for (size_t i = 0; i < name.n; i++)
        if ((!is_word(name.p[i]) && name.p[i] != '.') || (i > 0 && name.p[i] == '_' && name.p[i - 1] == '_'))
            return false;
    return name.n > 0;
}

static enum vf_status malformed(struct vf_slice base, const char *what, struct vf_err *err)
{
    return vf_err_set(err, VF_MALFORMED, 0, "parse", (struct vf_slice){NULL, 0},
                      "'%s' is no name of a wheel: %s", vf_quote(base).s, what);
}

enum vf_status vf_wheel_name_parse(struct vf_arena *a, struct vf_slice base, struct vf_wheel_name *out,
                                   struct vf_err *err)
{
    size_t dash[5];
    size_t n = 0;
    struct vf_err inner;
    memset(out, 0, sizeof *out);
    if (!vf_slice_ends(base, VF_S(".whl")) || base.n > VF_WHEEL_NAME_MAX)
        return malformed(base, "not *.whl", err);
    struct vf_slice stem = vf_slice_sub(base, 0, base.n - 4);
    for (size_t i = 0; i < stem.n; i++) {
        if (stem.p[i] == '-') {
            if (n == VF_COUNT(dash))
                return malformed(base, "too many parts", err);
            dash[n++] = i;
        }
    }
    if (n < 4)
        return malformed(base, "too few parts", err);
    out->name = vf_slice_sub(stem, 0, dash[0]);
    if (!name_ok(out->name))
        return malformed(base, "the project's name", err);
    if (n == 5) {
        out->build = vf_slice_sub(stem, dash[1] + 1, dash[2]);
        if (out->build.n == 0 || !vf_text_digit(out->build.p[0]))
            return malformed(base, "a build tag without number", err);
    }
    if (!vf_tag_parse(vf_slice_from(stem, dash[n - 3] + 1), &out->tags))
        return malformed(base, "the tags", err);
    vf_err_init(&inner);
    enum vf_status st = vf_version_parse(a, vf_slice_sub(stem, dash[0] + 1, dash[1]), &out->version, &inner);
    vf_err_release(&inner);
    return st == VF_MALFORMED ? malformed(base, "the version", err) : st == VF_OK ? st : vf_err_nomem(err);
}

/* The digits at the start without leading zeros; *rest gets what follows. */
static struct vf_slice build_number(struct vf_slice s, struct vf_slice *rest)
{
    size_t n = 0;
    while (n < s.n && vf_text_digit(s.p[n]))
        n++;
    *rest = vf_slice_from(s, n);
    s.n = n;
    while (s.n > 1 && s.p[0] == '0')
        s = vf_slice_from(s, 1);
    return s;
}

int vf_wheel_build_cmp(struct vf_slice a, struct vf_slice b)
{
    struct vf_slice more_a, more_b;
    struct vf_slice x = build_number(a, &more_a);
    struct vf_slice y = build_number(b, &more_b);
    int d = vf_version_number_cmp(x, y);
    return d != 0 ? d : vf_slice_cmp(more_a, more_b);
}

/* --- compressing --- */

static struct vf_slice part_of(const struct vf_tag *tag, size_t part)
{
    return part == 0 ? tag->python : part == 1 ? tag->abi : tag->platform;
}

static bool in_set(struct vf_slice set, struct vf_slice value)
{
    struct vf_slice one;
    while (vf_tag_next(&set, &one))
        if (vf_slice_eq_nocase(one, value))
            return true;
    return false;
}

static int by_bytes(const void *a, const void *b)
{
    return vf_slice_cmp(*(const struct vf_slice *)a, *(const struct vf_slice *)b);
}

static bool push_lower(struct vf_arena *a, struct vf_vec *values, struct vf_slice value)
{
    char *p = vf_arena_cstr(a, value);
    struct vf_slice *kept = p ? vf_vec_push(a, values, sizeof *kept) : NULL;
    if (!kept)
        return false;
    for (size_t i = 0; i < value.n; i++)
        p[i] = (char)vf_text_lower((unsigned char)p[i]);
    *kept = (struct vf_slice){p, value.n};
    return true;
}

/* All values of one part, once each, sorted, joined. *count gets their number. */
static bool join_part(struct vf_arena *a, const struct vf_tag *tags, size_t n, size_t part,
                      struct vf_slice *out, size_t *count)
{
    struct vf_vec values = {0};
    struct vf_buf b;
    for (size_t i = 0; i < n; i++) {
        struct vf_slice set = part_of(&tags[i], part);
        struct vf_slice value;
        while (vf_tag_next(&set, &value))
            if (!push_lower(a, &values, value))
                return false;
    }
    struct vf_slice *v = values.base;
    if (values.n > 1)
        qsort(v, values.n, sizeof *v, by_bytes);
    *count = 0;
    vf_buf_init(&b);
    for (size_t i = 0; i < values.n; i++) {
        if (i > 0 && vf_slice_eq(v[i], v[i - 1]))
            continue;
        vf_buf_puts(&b, i > 0 ? "." : "");
        vf_buf_put(&b, v[i]);
        (*count)++;
    }
    *out = b.failed ? (struct vf_slice){NULL, 0} : vf_arena_dup(a, vf_buf_slice(&b));
    vf_buf_release(&b);
    return out->p != NULL;
}

/* Is there a line with this tag? */
static bool has_tag(const struct vf_tag *tags, size_t n, const struct vf_tag *one)
{
    size_t i = 0;
    while (i < n && !(in_set(tags[i].python, one->python) && in_set(tags[i].abi, one->abi) &&
                      in_set(tags[i].platform, one->platform)))
        i++;
    return i < n;
}

/* The same for each platform of a compressed set. */
static bool has_tags(const struct vf_tag *tags, size_t n, struct vf_tag one, struct vf_slice platforms)
{
    while (vf_tag_next(&platforms, &one.platform))
        if (!has_tag(tags, n, &one))
            return false;
    return true;
}

/* Is every tag of the product on some line? */
static bool covered(const struct vf_tag *all, const struct vf_tag *tags, size_t n)
{
    struct vf_tag one = {0};
    for (struct vf_slice p = all->python; vf_tag_next(&p, &one.python);) {
        for (struct vf_slice q = all->abi; vf_tag_next(&q, &one.abi);)
            if (!has_tags(tags, n, one, all->platform))
                return false;
    }
    return true;
}

/* More than this many tags are not looked through: such a wheel is named after its first line. */
#define PRODUCT_MAX 4096

enum vf_status vf_tags_compress(struct vf_arena *a, const struct vf_slice *lines, size_t n,
                                struct vf_tag *out, bool *exact, struct vf_err *err)
{
    struct vf_tag all, first;
    size_t count[3], ignored;
    if (n == 0)
        return vf_err_set(err, VF_MALFORMED, 0, "parse", (struct vf_slice){NULL, 0}, "a wheel without tag");
    struct vf_tag *tags = vf_arena_array(a, n, sizeof *tags);
    if (!tags)
        return vf_err_nomem(err);
    for (size_t i = 0; i < n; i++) {
        if (!vf_tag_parse(lines[i], &tags[i])) {
            return vf_err_set(err, VF_MALFORMED, 0, "parse", (struct vf_slice){NULL, 0},
                              "'%s' is no tag of a wheel", vf_quote(lines[i]).s);
        }
    }
    bool ok =
        join_part(a, tags, n, 0, &all.python, &count[0]) && join_part(a, tags, n, 1, &all.abi, &count[1]) &&
        join_part(a, tags, n, 2, &all.platform, &count[2]) &&
        join_part(a, tags, 1, 0, &first.python, &ignored) && join_part(a, tags, 1, 1, &first.abi, &ignored) &&
        join_part(a, tags, 1, 2, &first.platform, &ignored);
    if (!ok)
        return vf_err_nomem(err);
    bool small = count[0] <= PRODUCT_MAX && count[1] <= PRODUCT_MAX && count[2] <= PRODUCT_MAX &&
                 count[0] * count[1] * count[2] <= PRODUCT_MAX;
    *exact = small && covered(&all, tags, n);
    *out = *exact ? all : first;
    return VF_OK;
}

size_t vf_tags_rank(const struct vf_tags *tags, const struct vf_tag *wheel)
{
    for (size_t i = 0; i < tags->n; i++) {
        const struct vf_tag *t = &tags->v[i];
        if (in_set(wheel->python, t->python) && in_set(wheel->abi, t->abi) &&
            in_set(wheel->platform, t->platform))
            return i;
    }
    return VF_NPOS;
}
