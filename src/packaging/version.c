/* version.c: PEP 440.
 *
 * The grammar needs no backtracking: each optional part is recognised by its first bytes, in the fixed order
 * epoch, release, pre, post, dev, local, and what is left over makes the text invalid. A separator behind a
 * letter belongs to that letter even when no number follows ("1.0.post." is 1.0.post0), as in the pattern of
 * PEP 440's appendix. */
#include "packaging/version.h"

#include <string.h>

#include "packaging/text.h"

/* A reader over the lower-cased copy of the text. */
struct reader {
    struct vf_arena *arena;
    struct vf_slice s;
    size_t i;
};

static const struct vf_slice ZERO = VF_S_INIT("0");

static int peek(const struct reader *r, size_t ahead)
{
    return r->i + ahead < r->s.n ? (unsigned char)r->s.p[r->i + ahead] : -1;
}

static bool is_sep(int c)
{
    return c == '.' || c == '_' || c == '-';
}

static struct vf_slice strip_zeros(struct vf_slice digits)
{
    while (digits.n > 1 && digits.p[0] == '0')
        digits = vf_slice_from(digits, 1);
    return digits;
}

/* The digits at the reader; "0" when there are none. */
static struct vf_slice take_number(struct reader *r)
{
    size_t from = r->i;
    while (vf_text_digit(peek(r, 0)))
        r->i++;
    return r->i == from ? ZERO : strip_zeros(vf_slice_sub(r->s, from, r->i));
}

static bool take_word(struct reader *r, struct vf_slice word, size_t skip)
{
    if (!vf_slice_starts(vf_slice_from(r->s, r->i + skip), word))
        return false;
    r->i += skip + word.n;
    return true;
}

struct word {
    struct vf_slice text;
    enum vf_version_pre pre;
};

/* `[sep] word [sep] [number]`: takes the first of the words that stands here. Returns its place or -1. */
static int take_labelled(struct reader *r, const struct word *words, size_t n, struct vf_slice *number)
{
    size_t skip = is_sep(peek(r, 0)) ? 1 : 0;
    for (size_t w = 0; w < n; w++) {
        if (take_word(r, words[w].text, skip)) {
            if (is_sep(peek(r, 0)))
                r->i++;
            *number = take_number(r);
            return (int)w;
        }
    }
    return -1;
}

static bool take_release(struct reader *r, struct vf_version *v)
{
    size_t parts = 1;
    for (size_t i = r->i; i < r->s.n && (r->s.p[i] == '.' || vf_text_digit(r->s.p[i])); i++)
        parts += r->s.p[i] == '.' ? 1 : 0;
    v->release = vf_arena_array(r->arena, parts, sizeof *v->release);
    if (!v->release)
        return false;
    v->n_release = 0;
    for (;;) {
        v->release[v->n_release++] = take_number(r);
        if (peek(r, 0) != '.' || !vf_text_digit(peek(r, 1)))
            return true;
        r->i++;
    }
}

static void take_pre(struct reader *r, struct vf_version *v)
{
    static const struct word words[] = {
        {VF_S_INIT("alpha"), VF_PRE_A}, {VF_S_INIT("a"), VF_PRE_A},        {VF_S_INIT("beta"), VF_PRE_B},
        {VF_S_INIT("b"), VF_PRE_B},     {VF_S_INIT("preview"), VF_PRE_RC}, {VF_S_INIT("pre"), VF_PRE_RC},
        {VF_S_INIT("c"), VF_PRE_RC},    {VF_S_INIT("rc"), VF_PRE_RC},
    };
    int w = take_labelled(r, words, VF_COUNT(words), &v->pre_n);
    v->pre = w < 0 ? VF_PRE_NONE : words[w].pre;
}

static void take_post(struct reader *r, struct vf_version *v)
{
    static const struct word words[] = {
        {VF_S_INIT("post"), VF_PRE_NONE}, {VF_S_INIT("rev"), VF_PRE_NONE}, {VF_S_INIT("r"), VF_PRE_NONE}};
    if (peek(r, 0) == '-' && vf_text_digit(peek(r, 1))) {
        r->i++;
        v->post_n = take_number(r);
        v->has_post = true;
        return;
    }
    v->has_post = take_labelled(r, words, VF_COUNT(words), &v->post_n) >= 0;
}

static void take_dev(struct reader *r, struct vf_version *v)
{
    static const struct word words[] = {{VF_S_INIT("dev"), VF_PRE_NONE}};
    v->has_dev = take_labelled(r, words, VF_COUNT(words), &v->dev_n) >= 0;
}

/* One part of a local version; numbers lose leading zeros. Empty when none stands here. */
static struct vf_slice take_local_part(struct reader *r)
{
    size_t from = r->i;
    while (vf_text_alpha(peek(r, 0)) || vf_text_digit(peek(r, 0)))
        r->i++;
    struct vf_slice part = vf_slice_sub(r->s, from, r->i);
    return vf_text_digits(part) ? strip_zeros(part) : part;
}

/* Behind the `+`. False: no memory. A part that is missing leaves n_local at 0 or the reader before its end.
 */
static bool take_local(struct reader *r, struct vf_version *v)
{
    v->local = vf_arena_array(r->arena, (r->s.n - r->i) / 2 + 1, sizeof *v->local);
    if (!v->local)
        return false;
    for (;;) {
        struct vf_slice part = take_local_part(r);
        if (part.n == 0) {
            v->n_local = 0;
            return true;
        }
        v->local[v->n_local++] = part;
        if (!is_sep(peek(r, 0)))
            return true;
        r->i++;
    }
}

static void take_epoch(struct reader *r, struct vf_version *v)
{
    size_t from = r->i;
    v->epoch = take_number(r);
    if (r->i > from && peek(r, 0) == '!') {
        r->i++;
        return;
    }
    v->epoch = ZERO;
    r->i = from;
}

static enum vf_status malformed(struct vf_slice text, struct vf_err *err)
{
    return vf_err_set(err, VF_MALFORMED, 0, "parse", (struct vf_slice){NULL, 0},
                      "'%s' is not a version (PEP 440)", vf_quote(text).s);
}

static bool lower_copy(struct reader *r, struct vf_slice text)
{
    char *p = vf_arena_cstr(r->arena, text);
    if (!p)
        return false;
    for (size_t i = 0; i < text.n; i++)
        p[i] = (char)vf_text_lower((unsigned char)p[i]);
    r->s = (struct vf_slice){p, text.n};
    return true;
}

enum vf_status vf_version_parse(struct vf_arena *a, struct vf_slice text, struct vf_version *out,
                                struct vf_err *err)
{
    struct reader r = {.arena = a};
    struct vf_slice stripped = vf_text_strip(text);
    memset(out, 0, sizeof *out);
    if (stripped.n > VF_VERSION_MAX)
        return malformed(text, err);
    if (!lower_copy(&r, stripped))
        return vf_err_nomem(err);
    if (peek(&r, 0) == 'v')
        r.i++;
    take_epoch(&r, out);
    if (!vf_text_digit(peek(&r, 0)))
        return malformed(text, err);
    if (!take_release(&r, out))
        return vf_err_nomem(err);
    take_pre(&r, out);
    take_post(&r, out);
    take_dev(&r, out);
    if (peek(&r, 0) == '+') {
        r.i++;
        if (!take_local(&r, out))
            return vf_err_nomem(err);
        if (out->n_local == 0)
            return malformed(text, err);
    }
    return r.i == r.s.n ? VF_OK : malformed(text, err);
}

void vf_version_public_put(struct vf_buf *out, const struct vf_version *v)
{
    static const char *const letters[] = {"", "a", "b", "rc"};
    if (!vf_slice_eq(v->epoch, ZERO)) {
        vf_buf_put(out, v->epoch);
        vf_buf_putc(out, '!');
    }
    for (size_t i = 0; i < v->n_release; i++) {
        if (i > 0)
            vf_buf_putc(out, '.');
        vf_buf_put(out, v->release[i]);
    }
    if (v->pre != VF_PRE_NONE) {
        vf_buf_puts(out, letters[v->pre]);
        vf_buf_put(out, v->pre_n);
    }
    if (v->has_post) {
        vf_buf_puts(out, ".post");
        vf_buf_put(out, v->post_n);
    }
    if (v->has_dev) {
        vf_buf_puts(out, ".dev");
        vf_buf_put(out, v->dev_n);
    }
}

void vf_version_put(struct vf_buf *out, const struct vf_version *v)
{
    vf_version_public_put(out, v);
    for (size_t i = 0; i < v->n_local; i++) {
        vf_buf_putc(out, i == 0 ? '+' : '.');
        vf_buf_put(out, v->local[i]);
    }
}

enum vf_status vf_version_canonical(struct vf_arena *a, struct vf_slice text, struct vf_slice *out,
                                    struct vf_err *err)
{
    struct vf_version v;
    enum vf_status st = vf_version_parse(a, text, &v, err);
    if (st != VF_OK)
        return st;
    struct vf_buf b;
    vf_buf_init(&b);
    vf_version_put(&b, &v);
    *out = b.failed ? (struct vf_slice){NULL, 0} : vf_arena_dup(a, vf_buf_slice(&b));
    vf_buf_release(&b);
    return out->p ? VF_OK : vf_err_nomem(err);
}

int vf_version_number_cmp(struct vf_slice a, struct vf_slice b)
{
    if (a.n != b.n)
        return a.n < b.n ? -1 : 1;
    return a.n == 0 ? 0 : memcmp(a.p, b.p, a.n);
}

int vf_version_release_cmp(const struct vf_version *a, const struct vf_version *b)
{
    int d = vf_version_number_cmp(a->epoch, b->epoch);
    size_t n = a->n_release > b->n_release ? a->n_release : b->n_release;
    for (size_t i = 0; d == 0 && i < n; i++) {
        struct vf_slice x = i < a->n_release ? a->release[i] : ZERO;
        struct vf_slice y = i < b->n_release ? b->release[i] : ZERO;
        d = vf_version_number_cmp(x, y);
    }
    return d;
}

/* Rank of what follows the release: a development release alone comes before every pre-release, and no
 * pre-release comes last. */
static int pre_rank(const struct vf_version *v)
{
    if (v->pre != VF_PRE_NONE)
        return (int)v->pre;
    return v->has_dev && !v->has_post ? 0 : (int)VF_PRE_RC + 1;
}

int vf_version_public_cmp(const struct vf_version *a, const struct vf_version *b)
{
    int d = vf_version_release_cmp(a, b);
    if (d == 0)
        d = pre_rank(a) - pre_rank(b);
    if (d == 0 && a->pre != VF_PRE_NONE)
        d = vf_version_number_cmp(a->pre_n, b->pre_n);
    if (d == 0)
        d = (int)a->has_post - (int)b->has_post;
    if (d == 0 && a->has_post)
        d = vf_version_number_cmp(a->post_n, b->post_n);
    if (d == 0)
        d = (int)b->has_dev - (int)a->has_dev;
    if (d == 0 && a->has_dev)
        d = vf_version_number_cmp(a->dev_n, b->dev_n);
    return d;
}

/* Numbers come after words; numbers by value, words by bytes. */
static int local_part_cmp(struct vf_slice a, struct vf_slice b)
{
    bool na = vf_text_digits(a);
    bool nb = vf_text_digits(b);
    if (na != nb)
        return na ? 1 : -1;
    return na ? vf_version_number_cmp(a, b) : vf_slice_cmp(a, b);
}

int vf_version_cmp(const struct vf_version *a, const struct vf_version *b)
{
    int d = vf_version_public_cmp(a, b);
    for (size_t i = 0; d == 0 && (i < a->n_local || i < b->n_local); i++) {
        if (i >= a->n_local || i >= b->n_local)
            return i >= a->n_local ? -1 : 1;
        d = local_part_cmp(a->local[i], b->local[i]);
    }
    return d;
}

bool vf_version_is_pre(const struct vf_version *v)
{
    return v->pre != VF_PRE_NONE || v->has_dev;
}
