/* diff.c: edits as a unified diff that `git apply` and `patch -p1` take at the root of the environment, made
 * from the splices: lines that a splice touches are taken out and put in, three lines around. */
#include "relocate/plan.h"

#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/escape.h"

#define CONTEXT 3u

struct lines {
    struct vf_slice all;
    struct vf_vec starts; /* size_t: offset of each line; one more at the end */
};

struct change { /* old lines [a, b) become `text` */
    size_t a, b;
    struct vf_slice text;
    size_t new_lines;
};

static bool split(struct vf_arena *a, struct vf_slice s, struct lines *out)
{
    out->all = s;
    out->starts = (struct vf_vec){0};
    size_t at = 0;
    while (at <= s.n) {
        size_t *p = vf_vec_push(a, &out->starts, sizeof *p);
        if (!p)
            return false;
        *p = at;
        if (at == s.n)
            break;
        size_t lf = vf_slice_find_byte(s, '\n', at);
        at = lf == VF_NPOS ? s.n : lf + 1;
    }
    return true;
}

static size_t count_lines(const struct lines *l)
{
    return l->starts.n - 1;
}

static size_t start_of(const struct lines *l, size_t line)
{
    return *VF_VEC_AT(size_t, &l->starts, line);
}

static size_t line_at(const struct lines *l, uint64_t off)
{
    size_t lo = 0, hi = count_lines(l);
    while (lo + 1 < hi) {
        size_t mid = (lo + hi) / 2;
        if (start_of(l, mid) <= off)
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}

/* Old lines that the splices from i on touch together; their new text. Returns the first splice behind them.
 */
static size_t next_change(struct vf_arena *a, const struct vf_edit *e, size_t i, const struct lines *l,
                          struct change *c)
{
    struct vf_buf text;
    vf_buf_init(&text);
    c->a = line_at(l, e->splices[i].off);
    uint64_t at = start_of(l, c->a);
    size_t end_line = c->a + 1;
    for (; i < e->n; i++) {
        const struct vf_splice *s = &e->splices[i];
        if (s->off > start_of(l, end_line < count_lines(l) ? end_line : count_lines(l)) ||
            (s->off == start_of(l, end_line < count_lines(l) ? end_line : count_lines(l)) &&
             s->off < l->all.n))
            break;
        vf_buf_put(&text, vf_slice_sub(l->all, at, s->off));
        vf_buf_put(&text, s->bytes);
        at = s->off + s->len;
        size_t last = line_at(l, at > s->off && at > 0 ? at - 1 : at) + 1;
        if (last > end_line)
            end_line = last;
    }
    if (end_line > count_lines(l))
        end_line = count_lines(l);
    c->b = end_line;
    vf_buf_put(&text, vf_slice_sub(l->all, at, start_of(l, end_line)));
    c->text = text.failed ? (struct vf_slice){NULL, 0} : vf_arena_dup(a, vf_buf_slice(&text));
    vf_buf_release(&text);
    c->new_lines = 0;
    for (size_t k = 0; k < c->text.n; k++)
        c->new_lines += c->text.p[k] == '\n' || k + 1 == c->text.n;
    return i;
}

static void put_lines(struct vf_buf *out, char mark, struct vf_slice text)
{
    while (text.n) {
        size_t lf = vf_slice_find_byte(text, '\n', 0);
        size_t n = lf == VF_NPOS ? text.n : lf + 1;
        vf_buf_putc(out, mark);
        vf_buf_put(out, vf_slice_sub(text, 0, n));
        if (lf == VF_NPOS)
            vf_buf_puts(out, "\n\\ No newline at end of file\n");
        text = vf_slice_from(text, n);
    }
}

static void put_range(struct vf_buf *out, char mark, size_t from, size_t n)
{
    vf_buf_printf(out, "%c%zu,%zu", mark, n ? from + 1 : from, n);
}

static void put_hunk(struct vf_buf *out, const struct lines *l, const struct change *c, size_t first,
                     size_t last, long shift)
{
    size_t from = c[first].a > CONTEXT ? c[first].a - CONTEXT : 0;
    size_t to = c[last].b + CONTEXT < count_lines(l) ? c[last].b + CONTEXT : count_lines(l);
    size_t old_n = to - from, new_n = old_n;
    for (size_t i = first; i <= last; i++)
        new_n = new_n - (c[i].b - c[i].a) + c[i].new_lines;
    vf_buf_puts(out, "@@ ");
    put_range(out, '-', from, old_n);
    vf_buf_putc(out, ' ');
    put_range(out, '+', (size_t)((long)from + shift), new_n);
    vf_buf_puts(out, " @@\n");
    size_t at = from;
    for (size_t i = first; i <= last; i++) {
        put_lines(out, ' ', vf_slice_sub(l->all, start_of(l, at), start_of(l, c[i].a)));
        put_lines(out, '-', vf_slice_sub(l->all, start_of(l, c[i].a), start_of(l, c[i].b)));
        put_lines(out, '+', c[i].text);
        at = c[i].b;
    }
    put_lines(out, ' ', vf_slice_sub(l->all, start_of(l, at), start_of(l, to)));
}

/* A file without lines is in no diff: a tool that applies one passes over these. */
static void put_splices(struct vf_buf *out, struct vf_slice bytes, const struct vf_edit *e)
{
    for (size_t i = 0; i < e->n; i++) {
        const struct vf_splice *s = &e->splices[i];
        vf_term_put(out, e->path);
        vf_buf_puts(out, ": byte ");
        vf_buf_put_u64(out, s->off);
        vf_buf_puts(out, ": ");
        vf_term_put(out, vf_slice_sub(bytes, (size_t)s->off, (size_t)(s->off + s->len)));
        vf_buf_puts(out, " becomes ");
        vf_term_put(out, s->bytes);
        vf_buf_putc(out, '\n');
    }
}

static bool has_no_lines(const struct vf_plan *p, const struct vf_edit *e)
{
    uint32_t f = vf_env_find(p->env, e->path);
    return f != VF_NONE && p->env->files[f].syntaxes & (UINT32_C(1) << VF_SYN_RPATH);
}

/* "a/NAME", quoted as git does where the name needs it. */
static void put_name(struct vf_buf *out, const char *prefix, struct vf_slice name)
{
    bool quoted = false;
    for (size_t i = 0; i < name.n && !quoted; i++)
        quoted = (unsigned char)name.p[i] < ' ' || strchr("\"\\\x7f", name.p[i]);
    vf_buf_puts(out, quoted ? "\"" : "");
    vf_buf_puts(out, prefix);
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.p[i];
        if (quoted && (c == '"' || c == '\\'))
            vf_buf_putc(out, '\\');
        if (c < ' ' || c == 0x7f)
            vf_buf_printf(out, "\\%03o", c);
        else
            vf_buf_putc(out, (char)c);
    }
    vf_buf_puts(out, quoted ? "\"" : "");
}

/* The two names; a blank in one needs a tab behind it, so that `patch` sees where it ends. */
static void put_heads(struct vf_buf *out, struct vf_slice path)
{
    const char *end = vf_slice_find_byte(path, ' ', 0) == VF_NPOS ? "\n" : "\t\n";
    vf_buf_puts(out, "--- ");
    put_name(out, "a/", path);
    vf_buf_puts(out, end);
    vf_buf_puts(out, "+++ ");
    put_name(out, "b/", path);
    vf_buf_puts(out, end);
}

static void put_git_head(struct vf_buf *out, struct vf_slice path)
{
    vf_buf_puts(out, "diff --git ");
    put_name(out, "a/", path);
    vf_buf_putc(out, ' ');
    put_name(out, "b/", path);
    vf_buf_putc(out, '\n');
}

static enum vf_status diff_file(const struct vf_plan *p, const struct vf_edit *e, struct vf_buf *out,
                                struct vf_err *err)
{
    struct vf_arena a;
    struct vf_slice bytes;
    struct lines l;
    struct vf_vec changes = {0};
    vf_arena_init(&a);
    enum vf_status st = vf_edit_original(e, p->env->tree, &a, &bytes, err);
    if (st != VF_OK)
        goto out;
    if (has_no_lines(p, e)) {
        put_splices(out, bytes, e);
        goto out;
    }
    put_git_head(out, e->path);
    put_heads(out, e->path);
    if (!split(&a, bytes, &l)) {
        st = vf_err_nomem(err);
        goto out;
    }
    for (size_t i = 0; i < e->n;) {
        struct change *c = vf_vec_push(&a, &changes, sizeof *c);
        if (!c) {
            st = vf_err_nomem(err);
            goto out;
        }
        i = next_change(&a, e, i, &l, c);
    }
    struct change *c = changes.base;
    long shift = 0;
    for (size_t first = 0; first < changes.n;) {
        size_t last = first;
        while (last + 1 < changes.n && c[last + 1].a <= c[last].b + 2 * CONTEXT)
            last++;
        put_hunk(out, &l, c, first, last, shift);
        for (; first <= last; first++)
            shift += (long)c[first].new_lines - (long)(c[first].b - c[first].a);
    }
out:
    vf_arena_release(&a);
    return st;
}

/* The name that git gives to these contents. */
static void put_blob(struct vf_buf *out, struct vf_slice contents)
{
    struct vf_hasher *h = NULL;
    unsigned char sum[VF_DIGEST_MAX];
    char head[40];
    if (vf_hasher_new(VF_S("sha1"), &h, NULL) != VF_OK) {
        out->failed = true;
        return;
    }
    int n = snprintf(head, sizeof head, "blob %zu", contents.n);
    vf_hasher_update(h, (struct vf_slice){head, (size_t)n + 1});
    if (contents.n)
        vf_hasher_update(h, contents);
    vf_hex_put(out, (struct vf_slice){(const char *)sum, vf_hasher_final(h, sum)});
    vf_hasher_free(h);
}

/* As git shows a link: a file of mode 120000 with one line, which has no end. */
static void put_link(const struct vf_plan *p, const struct vf_edit *e, struct vf_buf *out)
{
    uint32_t f = vf_env_find(p->env, e->path);
    if (f == VF_NONE) {
        vf_term_put(out, e->path);
        vf_buf_puts(out, ": new link to ");
        vf_term_put(out, e->contents);
        vf_buf_putc(out, '\n');
        return;
    }
    put_git_head(out, e->path);
    vf_buf_puts(out, "index ");
    put_blob(out, p->env->files[f].target);
    vf_buf_puts(out, "..");
    put_blob(out, e->contents);
    vf_buf_puts(out, " 120000\n");
    put_heads(out, e->path);
    vf_buf_puts(out, "@@ -1 +1 @@\n");
    put_lines(out, '-', p->env->files[f].target);
    put_lines(out, '+', e->contents);
}

enum vf_status vf_plan_diff(const struct vf_plan *p, struct vf_buf *out, struct vf_err *err)
{
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < p->edits.n && st == VF_OK; i++) {
        const struct vf_edit *e = &p->edits.v[i];
        if (e->kind == VF_EDIT_DELETE) {
            vf_buf_puts(out, "would remove the outdated compiled file ");
            vf_term_put(out, e->path);
            vf_buf_putc(out, '\n');
        } else if (e->kind == VF_EDIT_SPLICE) {
            st = diff_file(p, e, out, err);
        } else {
            put_link(p, e, out);
        }
    }
    return st == VF_OK && out->failed ? vf_err_nomem(err) : st;
}
