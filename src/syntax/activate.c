/* The engine behind all activate syntaxes: finds the statements of a shell's table, reads each literal twice
 * (as the shell does and as its writer meant it), and writes a literal back in the shape it had. No
 * recursion, one pass. */
#include "syntax/activate.h"

#include <string.h>

#include "syntax/shell_words.h"

enum { REACH = 10 * 1024 }; /* bytes a single literal may span: the longest path, every byte of it escaped */
enum { GLUED_TRIES = 8 };

/* Only scripts that look for their own place have it (virtualenv >= 20.36). */
static const char mover_line[] = "echo \"Virtual environment directory";

struct reading {
    const struct act_shell *sh;
    const struct vf_source *src;
    struct vf_slice file;
    struct vf_read_out *out;
    struct vf_err *err;
    struct vf_buf actual, posix, scratch;
    uint32_t line;
    size_t line_at; /* offset up to which `line` has counted */
    size_t first;   /* index of this file's first reference */
    bool mover, found_root, no_memory;
    unsigned style[3];  /* of a literal found bare, in '', in "" */
    bool at_start[256]; /* bytes that begin a form at the start of a line, or anywhere */
    bool anywhere[256];
};

/* What one literal turned out to be. */
struct literal {
    size_t from, to;       /* the bytes of the reference */
    struct vf_slice value; /* in the arena */
    struct vf_slice meant; /* in the arena; empty when the same */
    bool broken;           /* the shell does not read what the writer meant */
};

/* Empties a buffer; that it could not grow is remembered. */
static void reuse(struct reading *r, struct vf_buf *b)
{
    r->no_memory = r->no_memory || b->failed;
    vf_buf_clear(b);
}

static uint32_t line_of(struct reading *r, size_t at)
{
    for (; r->line_at < at; r->line_at++)
        r->line += r->file.p[r->line_at] == '\n';
    return r->line;
}

/* Does the statement end at `at`? With `loose` a comment, `;` or blanks may stand there. */
static bool statement_ends(struct vf_slice file, size_t at, bool loose)
{
    size_t i = at;
    while (loose && i < file.n && (file.p[i] == ' ' || file.p[i] == '\t'))
        i++;
    if (i >= file.n || file.p[i] == '\n')
        return true;
    if (file.p[i] == '\r')
        return i + 1 == file.n || file.p[i + 1] == '\n';
    return loose && (file.p[i] == ';' || file.p[i] == '&' || (file.p[i] == '#' && i > at));
}

static bool tail_at(struct vf_slice file, size_t at, const char *tail, bool loose)
{
    struct vf_slice t = vf_slice_of(tail);
    bool ends = vf_slice_ends(t, VF_S("\n"));
    if (ends)
        t.n--;
    if (!vf_slice_starts(vf_slice_from(file, at), t))
        return false;
    return !ends || statement_ends(file, at + t.n, loose);
}

/* First place in [from, limit] where `tail` stands and `before`, its byte or bytes before it (may be "").
 * VF_NPOS when none. */
static size_t find_tail(struct vf_slice file, size_t from, size_t limit, const char *tail,
                        struct vf_slice before)
{
    struct vf_slice text = vf_slice_of(tail);
    if (vf_slice_ends(text, VF_S("\n")))
        text.n--;
    struct vf_slice needle = before.n > 0 ? before : text;
    struct vf_slice within = vf_slice_sub(file, 0, limit + needle.n);
    for (size_t i = from; (i = vf_slice_find(within, needle, i)) != VF_NPOS; i++)
        if (tail_at(file, i + before.n, tail, false))
            return i + before.n;
    return VF_NPOS;
}

/* --- the values of a literal --- */

/* What is escaped once more, because a prompt variable holds it or `call` reads it again. */
static void undo_outer(struct vf_buf *b, unsigned shape)
{
    if ((shape & (ACT_TCSH_PROMPT | ACT_CSH_PROMPT | ACT_CALL)) == 0 || b->failed)
        return;
    size_t n = 0;
    for (size_t i = 0; i < b->n; i++) {
        bool pair = i + 1 < b->n;
        bool tcsh = (shape & ACT_TCSH_PROMPT) != 0;
        bool percent = tcsh || (shape & ACT_CALL) != 0;
        if (pair && b->p[i] == '\\' && (b->p[i + 1] == '!' || (tcsh && strchr("\\^", b->p[i + 1]))))
            i++;
        else if (pair && percent && b->p[i] == '%' && b->p[i + 1] == '%')
            i++;
        b->p[n++] = b->p[i];
    }
    b->n = n;
}

static void put_outer(struct vf_buf *out, struct vf_slice value, unsigned shape)
{
    bool tcsh = (shape & ACT_TCSH_PROMPT) != 0;
    bool call = (shape & ACT_CALL) != 0;
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        if (!call && (c == '!' || (tcsh && (c == '\\' || c == '^'))))
            vf_buf_putc(out, '\\');
        if ((tcsh || call) && c == '%')
            vf_buf_putc(out, '%');
        vf_buf_putc(out, c);
    }
}

static void encode(const struct act_shell *sh, struct vf_buf *out, struct vf_slice value, unsigned shape)
{
    if ((shape & (ACT_TCSH_PROMPT | ACT_CSH_PROMPT | ACT_CALL)) == 0) {
        sh->encode(out, value, shape);
        return;
    }
    struct vf_buf escaped = {0};
    put_outer(&escaped, value, shape);
    sh->encode(out, vf_buf_slice(&escaped), shape);
    out->failed = out->failed || escaped.failed;
    vf_buf_release(&escaped);
}

/* Is `text` what a correct writer would have written for `value`? */
static bool is_correct(struct reading *r, struct vf_slice text, struct vf_slice value, unsigned shape)
{
    for (const uint16_t *s = r->sh->correct; *s != ACT_BARE; s++) {
        unsigned quote = shape & ACT_INNER ? shape & ACT_QUOTE_MASK : *s & ACT_QUOTE_MASK;
        reuse(r, &r->scratch);
        unsigned rest = shape & ~(unsigned)(ACT_QUOTE_MASK | ACT_PIECES | ACT_BACKSLASH);
        encode(r->sh, &r->scratch, value, rest | quote | (*s & (ACT_PIECES | ACT_BACKSLASH)));
        if (!r->scratch.failed && vf_slice_eq(vf_buf_slice(&r->scratch), text))
            return true;
    }
    return false;
}

/* The delimiter that stands around an inner literal, "" when there is none to speak of. */
static const char *outer_quote(unsigned shape)
{
    unsigned quote = shape & ACT_INNER ? shape & ACT_QUOTE_MASK : ACT_BARE;
    return quote == ACT_SQ ? "'" : quote == ACT_DQ ? "\"" : "";
}

/* What is shown in double quotes is a shell word again. */
static bool undo_nested(struct reading *r)
{
    reuse(r, &r->scratch);
    struct act_word w = act_posix_word(&r->scratch, vf_buf_slice(&r->actual));
    if (w.used == 0 || w.used != r->actual.n)
        return false;
    reuse(r, &r->actual);
    vf_buf_put(&r->actual, vf_buf_slice(&r->scratch));
    return true;
}

/* Decodes the text as the shell does; false when that is no single complete word. */
static bool decode_whole(struct reading *r, struct vf_slice text, unsigned shape, bool *dynamic)
{
    struct vf_buf quoted = {0};
    vf_buf_puts(&quoted, outer_quote(shape));
    vf_buf_put(&quoted, text);
    vf_buf_puts(&quoted, outer_quote(shape));
    reuse(r, &r->actual);
    struct act_word w = r->sh->decode(&r->actual, vf_buf_slice(&quoted));
    *dynamic = w.dynamic;
    undo_outer(&r->actual, shape);
    bool ok = w.used > 0 && w.used == quoted.n;
    r->no_memory = r->no_memory || quoted.failed;
    vf_buf_release(&quoted);
    return ok && (!(shape & ACT_NESTED) || undo_nested(r));
}

/* The inside of a literal that begins and ends with the same quote, as a raw writer inserted it. */
static bool raw_of(struct vf_slice text, unsigned shape, struct vf_slice *raw)
{
    *raw = text;
    if (shape & ACT_INNER)
        return true;
    char q = text.n > 0 ? text.p[0] : '\0';
    if (text.n < 2 || (q != '\'' && q != '"' && q != '`') || text.p[text.n - 1] != q)
        return false;
    *raw = vf_slice_sub(text, 1, text.n - 1);
    return true;
}

/* The text read as a POSIX shell word, when it is what shlex.quote writes. Many writers use that for every
 * shell. */
static bool posix_of(struct reading *r, struct vf_slice text, unsigned shape)
{
    reuse(r, &r->posix);
    reuse(r, &r->scratch);
    if ((shape & ACT_INNER) && !(shape & ACT_NESTED))
        return false;
    struct act_word w = act_posix_word(&r->posix, text);
    if (w.used == 0 || w.used != text.n || w.dynamic)
        return false;
    struct vf_slice value = vf_buf_slice(&r->posix);
    if ((shape & ACT_NESTED) && vf_slice_eq(value, text))
        return true;
    vf_shell_put_single(&r->scratch, value);
    return vf_slice_eq(vf_buf_slice(&r->scratch), text);
}

/* What the writer meant where the shell's own reading is not it (docs/formats.md 3.4). False: no evidence of
 * that. */
static bool meant_of(struct reading *r, struct vf_slice text, unsigned shape, struct vf_slice *meant)
{
    struct vf_slice raw;
    bool have_raw = !(shape & ACT_NESTED) && raw_of(text, shape, &raw);
    bool have_posix = posix_of(r, text, shape);
    if (have_raw && r->src->root.n > 0 && vf_slice_eq(raw, r->src->root))
        have_posix = false;
    *meant = have_posix ? vf_buf_slice(&r->posix) : have_raw ? raw : text;
    return have_posix || have_raw;
}

static bool is_root(const struct reading *r, struct vf_slice value)
{
    return r->src->root.n > 0 && vf_slice_eq(value, r->src->root);
}

/* Does the shell read something else than the writer meant? `actual` is what it reads when `sound`. */
static bool is_misquoted(struct reading *r, struct vf_slice text, unsigned shape, bool sound, bool name,
                         struct vf_slice *meant)
{
    struct vf_slice actual = vf_buf_slice(&r->actual);
    bool quoted =
        (shape & ACT_INNER) || (text.n > 0 && (text.p[0] == '\'' || text.p[0] == '"' || text.p[0] == '`'));
    if (sound && (!quoted || (shape & (ACT_TCSH_PROMPT | ACT_CSH_PROMPT)) || is_root(r, actual)))
        return false;
    if (!meant_of(r, text, shape, meant) || (sound && vf_slice_eq(*meant, actual)))
        return false;
    if (!sound || is_root(r, *meant))
        return true;
    return (name || act_is_absolute(*meant, r->sh->windows)) && !is_correct(r, text, actual, shape);
}

/* Fills value and meaning of the literal [from, to). False only when memory is short. */
static bool evaluate(struct reading *r, struct literal *lit, unsigned shape, bool name)
{
    struct vf_slice text = vf_slice_sub(r->file, lit->from, lit->to);
    struct vf_slice meant = text;
    bool dynamic;
    bool sound = decode_whole(r, text, shape, &dynamic) && !dynamic;
    bool misquoted = is_misquoted(r, text, shape, sound, name, &meant);
    lit->broken = misquoted || !sound;
    lit->value = vf_arena_dup(r->out->a, sound ? vf_buf_slice(&r->actual) : meant);
    if (misquoted && sound)
        lit->meant = vf_arena_dup(r->out->a, meant);
    return lit->value.p && (lit->meant.n == 0 || lit->meant.p);
}

/* --- finding --- */

static bool one_line(struct vf_slice file, size_t from, size_t to)
{
    return vf_slice_find_byte(vf_slice_sub(file, from, to), '\n', 0) == VF_NPOS;
}

/* The literal is glued to quoted text behind it, so the shell's word is longer: it ends at the first tail up
 * to which the text is a word. */
static bool glued_extent(struct reading *r, const struct act_form *f, size_t from, size_t *to)
{
    bool dynamic;
    unsigned tries = 0;
    size_t limit = r->file.n - from > REACH ? from + REACH : r->file.n;
    for (size_t i = from + 1; i < limit && tries < GLUED_TRIES; i++) {
        if (r->file.p[i] != f->tail[0] || !tail_at(r->file, i, f->tail, false))
            continue;
        *to = i;
        tries++;
        if (decode_whole(r, vf_slice_sub(r->file, from, i), 0, &dynamic))
            return true;
    }
    return false;
}

/* Does a form begin at text.p[at]? */
static bool form_begins(const struct reading *r, struct vf_slice text, size_t at, bool anywhere)
{
    for (size_t i = 0; i < r->sh->n_forms; i++) {
        const struct act_form *f = &r->sh->forms[i];
        if (((f->options & ACT_ANYWHERE) || !anywhere) && !(f->options & ACT_PEEK) &&
            vf_slice_starts(vf_slice_from(text, at), vf_slice_of(f->lead)))
            return true;
    }
    return false;
}

/* Does the text hold another statement? Then a quote is missing and the end found for the literal is not its
 * end. */
static bool holds_statement(const struct reading *r, const struct act_form *f, size_t from, size_t to)
{
    struct vf_slice text = vf_slice_sub(r->file, 0, to);
    if (act_contains(vf_slice_from(text, from), mover_line))
        return true;
    for (size_t i = from; f->role == VF_ROLE_PROMPT && i < to; i++)
        if (r->anywhere[(unsigned char)text.p[i]] && form_begins(r, text, i, true))
            return true;
    for (size_t i = from; (i = vf_slice_find_byte(text, '\n', i)) != VF_NPOS;) {
        for (i++; i < text.n && (text.p[i] == ' ' || text.p[i] == '\t');)
            i++;
        if (form_begins(r, text, i, false))
            return true;
    }
    return false;
}

static bool is_one_line(const struct act_form *f)
{
    return f->role == VF_ROLE_PROMPT || ((f->shape & ACT_INNER) && !(f->shape & ACT_NESTED));
}

/* How far a literal may reach: names stay on their line, paths may hold line feeds. */
static size_t reach(const struct reading *r, const struct act_form *f, size_t from)
{
    size_t limit = r->file.n - from > REACH ? from + REACH : r->file.n;
    size_t end = is_one_line(f) ? vf_slice_find_byte(vf_slice_sub(r->file, 0, limit), '\n', from) : VF_NPOS;
    return end == VF_NPOS ? limit : end;
}

/* Where the literal at `from` ends. False: this is not the form. */
static bool extent(struct reading *r, const struct act_form *f, size_t from, size_t *to)
{
    size_t limit = reach(r, f, from);
    if (f->shape & ACT_INNER) {
        *to = find_tail(r->file, from, limit, f->tail, VF_S(""));
        bool cmd = (f->shape & ACT_QUOTE_MASK) == ACT_CMD; /* where a quote cannot be part of a value */
        return *to != VF_NPOS && !(cmd && act_contains(vf_slice_sub(r->file, from, *to), "\""));
    }
    if ((f->tail[0] == '"' || f->tail[0] == '\'') && glued_extent(r, f, from, to))
        return true;
    struct vf_slice first = vf_slice_sub(r->file, from, from + 1);
    bool quoted = first.n > 0 && (first.p[0] == '\'' || first.p[0] == '"' || first.p[0] == '`');
    size_t raw = quoted ? find_tail(r->file, from + 1, limit, f->tail, first) : VF_NPOS;
    struct vf_slice rest = vf_slice_sub(r->file, from, limit);
    reuse(r, &r->actual);
    struct act_word w = r->sh->decode(&r->actual, rest);
    *to = from + w.used;
    bool fits = w.used > 0 && tail_at(r->file, *to, f->tail, true);
    if (raw == VF_NPOS || (fits && raw >= *to))
        return fits;
    undo_outer(&r->actual, f->shape);
    rest.n = w.used;
    bool near = f->role == VF_ROLE_PROMPT || (w.used > 0 && one_line(r->file, from, *to));
    if (near && !one_line(r->file, from, raw))
        return fits; /* that was another statement, further down */
    bool apart = raw < *to || !one_line(r->file, *to, raw);
    if (w.used > 0 && !w.dynamic && apart && is_correct(r, rest, vf_buf_slice(&r->actual), f->shape))
        return fits;
    *to = raw;
    return true;
}

/* Is the text, quotes aside, one expansion of a variable in capitals? */
static bool is_variable(struct vf_slice text)
{
    static const char also[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_{}()'\":-q ";
    size_t i = 0;
    while (i < text.n && (text.p[i] == '\'' || text.p[i] == '"' || text.p[i] == '('))
        i++;
    if (i == text.n || text.p[i] != '$')
        return false;
    for (i++; i < text.n; i++)
        if (text.p[i] == '\0' || !strchr(also, text.p[i]))
            return false;
    return true;
}

/* Code of the writers' own templates where a prompt could stand. */
static bool is_template_text(struct vf_slice text)
{
    static const char *const own[] = {"$VIRTUAL_ENV", "${VIRTUAL_ENV",    "%VIRTUAL_ENV",
                                      "$env_name",    "$_virtualenv",     "basename ",
                                      "%%~",          "$PKG_CONFIG_PATH", "${_VIRTUAL_PROMPT"};
    for (size_t i = 0; i < VF_COUNT(own); i++)
        if (act_contains(text, own[i]))
            return true;
    return is_variable(text);
}

static unsigned shape_found(const struct reading *r, const struct act_form *f, struct vf_slice text)
{
    if (f->shape & (ACT_INNER | ACT_NESTED | ACT_QUOTE_MASK))
        return f->shape;
    char c = text.n > 0 ? text.p[0] : '\0';
    unsigned quote = c == '\'' ? ACT_SQ : c == '"' ? ACT_DQ : ACT_BARE;
    return r->style[quote] | f->shape;
}

static enum vf_status add_flaw(struct reading *r, const struct act_form *f, const struct literal *lit,
                               unsigned shape)
{
    struct vf_flaw *flaw = vf_out_flaw(r->out);
    struct vf_slice meant = lit->meant.n > 0 ? lit->meant : lit->value;
    if (!flaw)
        return vf_err_nomem(r->err);
    flaw->kind = f->role == VF_ROLE_PROMPT ? VF_FLAW_ACTIVATE_PROMPT_QUOTING : VF_FLAW_ACTIVATE_QUOTING;
    flaw->line = line_of(r, lit->from);
    flaw->off = lit->from;
    flaw->len = lit->to - lit->from;
    flaw->value = meant;
    if (r->sh->refuses(meant, shape))
        return VF_OK;
    reuse(r, &r->scratch);
    encode(r->sh, &r->scratch, meant, shape);
    flaw->repair = vf_arena_dup(r->out->a, vf_buf_slice(&r->scratch));
    flaw->has_repair = true;
    return r->scratch.failed || !flaw->repair.p ? vf_err_nomem(r->err) : VF_OK;
}

static enum vf_status add_ref(struct reading *r, const struct act_form *f, const struct literal *lit,
                              unsigned shape)
{
    struct vf_ref *ref = vf_out_ref(r->out);
    if (!ref)
        return vf_err_nomem(r->err);
    ref->syntax = r->sh->syntax;
    ref->role = (enum vf_role)f->role;
    ref->form = (uint16_t)(shape | (is_one_line(f) ? ACT_ONE_LINE : 0U));
    ref->line = line_of(r, lit->from);
    ref->off = lit->from;
    ref->len = lit->to - lit->from;
    ref->value_off = lit->from;
    for (size_t i = lit->from; i < lit->to && !(shape & ACT_INNER) && strchr("r#'\"`", r->file.p[i]); i++)
        ref->value_off = i + 1;
    ref->value = lit->value;
    ref->raw = lit->meant;
    ref->key = f->key;
    if (f->options & ACT_TO_LINE_END)
        ref->flags = VF_REF_SELF;
    if (r->mover && f->role == VF_ROLE_ENV_ROOT)
        ref->flags |= VF_REF_DEFAULT_OK;
    if ((f->options & ACT_GUESS_ROLE) && act_is_absolute(lit->value, r->sh->windows))
        ref->role = VF_ROLE_HOST_LIB;
    r->found_root = r->found_root || f->role == VF_ROLE_ENV_ROOT;
    return VF_OK;
}

static enum vf_status add_self(struct reading *r, const struct act_form *f, size_t from, size_t *next)
{
    struct literal lit = {.from = from, .to = from};
    while (!statement_ends(r->file, lit.to, false))
        lit.to++;
    *next = lit.to;
    enum vf_status st = add_ref(r, f, &lit, ACT_BARE);
    if (st == VF_OK && r->sh->syntax == VF_SYN_ACTIVATE_SH)
        st = vf_out_note(r->out, VF_FLAW_ACTIVATE_RELATIVE_SH, line_of(r, from), from, lit.to - from,
                         vf_slice_sub(r->file, lit.from, lit.to), r->err);
    return st;
}

/* Tries one form behind its lead. *next is moved when it was this form, also when there is nothing to refer
 * to. */
static enum vf_status try_form(struct reading *r, const struct act_form *f, size_t lead_at, size_t *next)
{
    struct literal lit = {.from = lead_at + (f->options & ACT_PEEK ? 0 : strlen(f->lead))};
    if (f->options & ACT_TO_LINE_END)
        return add_self(r, f, lead_at, next);
    if (!extent(r, f, lit.from, &lit.to) || holds_statement(r, f, lit.from, lit.to))
        return VF_OK;
    struct vf_slice text = vf_slice_sub(r->file, lit.from, lit.to);
    unsigned shape = shape_found(r, f, text);
    if (f->role == VF_ROLE_PROMPT && is_template_text(text))
        return VF_OK;
    bool name = f->role == VF_ROLE_PROMPT;
    if (!evaluate(r, &lit, shape, name))
        return vf_err_nomem(r->err);
    struct vf_slice path = lit.meant.n > 0 ? lit.meant : lit.value;
    if (path.n == 0)
        *next = lit.to;
    if (path.n == 0 || (!name && !act_is_absolute(path, r->sh->windows)))
        return VF_OK;
    const struct vf_ref *last =
        r->out->refs.n > r->first ? VF_VEC_AT(struct vf_ref, &r->out->refs, r->out->refs.n - 1) : NULL;
    if ((f->options & ACT_REPEAT) && (!last || !vf_slice_eq(last->value, lit.value)))
        return VF_OK;
    *next = lit.to;
    enum vf_status st = add_ref(r, f, &lit, shape);
    return st == VF_OK && lit.broken ? add_flaw(r, f, &lit, shape) : st;
}

/* All forms at one place; *next stays where it is when none fits. */
static enum vf_status try_forms(struct reading *r, size_t at, bool line_start, size_t *next)
{
    struct vf_slice rest = vf_slice_from(r->file, at);
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < r->sh->n_forms && st == VF_OK && *next == at; i++) {
        const struct act_form *f = &r->sh->forms[i];
        if (f->lead[0] != rest.p[0] || (!line_start && !(f->options & ACT_ANYWHERE)))
            continue;
        if ((f->options & ACT_ONLY_MOVER) && !r->mover)
            continue;
        if (vf_slice_starts(rest, vf_slice_of(f->lead)))
            st = try_form(r, f, at, next);
    }
    return st;
}

static enum vf_status scan(struct reading *r)
{
    bool line_start = true;
    for (size_t at = vf_slice_starts(r->file, VF_S("\xEF\xBB\xBF")) ? 3 : 0; at < r->file.n;) {
        size_t next = at;
        char c = r->file.p[at];
        const bool *begins = line_start ? r->at_start : r->anywhere;
        enum vf_status st = begins[(unsigned char)c] ? try_forms(r, at, line_start, &next) : VF_OK;
        if (st != VF_OK)
            return st;
        line_start = next == at && (c == '\n' || (line_start && (c == ' ' || c == '\t')));
        at = next == at ? at + 1 : next;
    }
    return VF_OK;
}

/* What is asked of the whole file is asked once. */
static void prepare(struct reading *r)
{
    r->mover = act_contains(r->file, mover_line);
    for (unsigned quote = ACT_BARE; quote <= ACT_DQ; quote++)
        r->style[quote] = r->sh->style(r->file, quote);
    for (size_t i = 0; i < r->sh->n_forms; i++) {
        const struct act_form *f = &r->sh->forms[i];
        unsigned char c = (unsigned char)f->lead[0];
        r->at_start[c] = true;
        r->anywhere[c] = r->anywhere[c] || (f->options & ACT_ANYWHERE);
    }
}

enum vf_status act_read(const struct act_shell *sh, const struct vf_source *src, struct vf_read_out *out,
                        struct vf_err *err)
{
    struct reading r = {
        .sh = sh, .src = src, .file = src->bytes, .out = out, .err = err, .line = 1, .first = out->refs.n};
    prepare(&r);
    enum vf_status st = scan(&r);
    if (st == VF_OK && !r.found_root && !sh->may_lack)
        st = vf_out_note(out, VF_FLAW_ACTIVATE_UNKNOWN, 1, 0, 0, VF_S(""), err);
    bool failed = r.no_memory || r.actual.failed || r.posix.failed || r.scratch.failed;
    vf_buf_release(&r.actual);
    vf_buf_release(&r.posix);
    vf_buf_release(&r.scratch);
    return failed ? vf_err_nomem(err) : st;
}

enum vf_status act_write(const struct act_shell *sh, const struct vf_ref *ref, struct vf_slice value,
                         struct vf_buf *out, struct vf_err *err)
{
    if (ref->flags & VF_REF_SELF)
        return vf_unwritable(err, value, "the script locates itself: there is no path in it to replace");
    const char *why = sh->refuses(value, ref->form);
    if (why)
        return vf_err_set(err, VF_UNWRITABLE, 0, "write", value, "%s cannot hold %s",
                          vf_syntax_name(sh->syntax), why);
    if ((ref->form & ACT_ONE_LINE) && vf_slice_find_byte(value, '\n', 0) != VF_NPOS)
        return vf_unwritable(err, value, "a line feed cannot stand inside this text");
    encode(sh, out, value, ref->form);
    return out->failed ? vf_err_nomem(err) : VF_OK;
}
