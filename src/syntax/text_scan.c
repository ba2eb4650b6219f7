/* Where in a text a byte stands: in which quotes of a shell script, in which literal of Python code, where in
 * its line.
 *
 * The shell's scanner follows quotes, comments, here-documents and command substitutions with a stack of its
 * own. What it cannot tell is VF_SHELL_UNKNOWN, where only a path without special bytes is written. A `)` of
 * a case pattern inside `$( )` is taken for the end of the substitution.
 *
 * Offsets of one text are asked for in ascending order, nearly always; each scanner goes on where the
 * question before ended, so that a text with many references is gone over once. An offset before the last one
 * begins again. */
#include "syntax/text.h"

#include <string.h>

enum frame { CODE, PAREN, BACKTICK, DOUBLE, BRACE };

static bool one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static void push(struct vf_shell_scan *sc, enum frame f)
{
    if (sc->depth + 1 == VF_SHELL_DEPTH)
        sc->lost = true;
    else
        sc->stack[++sc->depth] = (unsigned char)f;
}

static void pop(struct vf_shell_scan *sc)
{
    sc->depth -= sc->depth > 0 ? 1 : 0;
}

/* Goes to `end`, behind something that reads as one. */
static void jump(struct vf_shell_scan *sc, size_t end, enum vf_shell_context at)
{
    sc->region_end = end;
    sc->region = at;
    sc->i = end;
}

static void skip_single(struct vf_shell_scan *sc)
{
    size_t end = vf_slice_find_byte(sc->s, '\'', sc->i + 1);
    jump(sc, end == VF_NPOS ? sc->s.n : end + 1, VF_SHELL_SINGLE);
}

static void skip_ansi(struct vf_shell_scan *sc)
{
    size_t end = sc->i + 2;
    while (end < sc->s.n && sc->s.p[end] != '\'')
        end += sc->s.p[end] == '\\' ? 2 : 1;
    jump(sc, end < sc->s.n ? end + 1 : sc->s.n, VF_SHELL_ANSI);
}

static void skip_comment(struct vf_shell_scan *sc)
{
    size_t end = vf_slice_find_byte(sc->s, '\n', sc->i);
    jump(sc, end == VF_NPOS ? sc->s.n : end, VF_SHELL_COMMENT);
}

/* `<<` at i: remembers the delimiter; the body starts behind the line. */
static void read_here_operator(struct vf_shell_scan *sc)
{
    struct vf_shell_here h = {0};
    size_t i = sc->i + 2;
    if (i < sc->s.n && sc->s.p[i] == '<') {
        sc->i = i + 1;
        return;
    }
    if (i < sc->s.n && sc->s.p[i] == '-') {
        h.strip_tabs = true;
        i++;
    }
    while (i < sc->s.n && one_of(sc->s.p[i], " \t"))
        i++;
    char quote = i < sc->s.n && one_of(sc->s.p[i], "'\"\\") ? sc->s.p[i++] : '\0';
    size_t end = i;
    while (end < sc->s.n && (quote == '\'' || quote == '"' ? sc->s.p[end] != quote && sc->s.p[end] != '\n'
                                                           : !one_of(sc->s.p[end], " \t\n;&|<>()")))
        end++;
    h.raw = quote != '\0';
    h.end = vf_slice_sub(sc->s, i, end);
    if (h.end.n > 0 && sc->n_here < VF_SHELL_PENDING)
        sc->here[sc->n_here++] = h;
    sc->i = end + (end < sc->s.n && (quote == '\'' || quote == '"') ? 1 : 0);
}

/* The next of the here-documents that a line with `<<` announced. */
static void skip_here_document(struct vf_shell_scan *sc)
{
    const struct vf_shell_here *h = &sc->here[sc->here_at];
    struct vf_slice rest = vf_slice_from(sc->s, sc->i), line;
    size_t end = sc->s.n;
    while (vf_slice_next_line(&rest, &line)) {
        struct vf_slice text = line;
        while (h->strip_tabs && text.n > 0 && text.p[0] == '\t')
            text = vf_slice_from(text, 1);
        if (vf_slice_eq(text, h->end)) {
            end = (size_t)(line.p - sc->s.p) + line.n;
            break;
        }
    }
    jump(sc, end, h->raw ? VF_SHELL_HERE_RAW : VF_SHELL_HERE);
    sc->i += sc->i < sc->s.n ? 1 : 0;
    if (++sc->here_at < sc->n_here)
        return;
    sc->n_here = sc->here_at = 0;
    sc->in_here = false;
}

/* `$` at i. */
static void step_dollar(struct vf_shell_scan *sc, bool quoted)
{
    char next = sc->i + 1 < sc->s.n ? sc->s.p[sc->i + 1] : '\0';
    if (next == '\'' && !quoted) {
        skip_ansi(sc);
        return;
    }
    sc->i += next == '(' || next == '{' ? 2 : 1;
    if (next == '(')
        push(sc, PAREN);
    else if (next == '{')
        push(sc, BRACE);
}

static void step_backtick(struct vf_shell_scan *sc)
{
    if (sc->stack[sc->depth] == BACKTICK)
        pop(sc);
    else
        push(sc, BACKTICK);
    sc->i++;
}

static void step_double(struct vf_shell_scan *sc, char c)
{
    if (c == '\\') {
        sc->i += 2;
    } else if (c == '$') {
        step_dollar(sc, true);
    } else if (c == '`') {
        step_backtick(sc);
    } else {
        if (c == '"')
            pop(sc);
        sc->i++;
    }
}

static bool starts_comment(const struct vf_shell_scan *sc)
{
    return sc->stack[sc->depth] != BRACE && (sc->i == 0 || one_of(sc->s.p[sc->i - 1], " \t\n;&|()`"));
}

static void step_code(struct vf_shell_scan *sc, char c)
{
    if (c == '\\') {
        sc->i += 2;
    } else if (c == '\'') {
        skip_single(sc);
    } else if (c == '$') {
        step_dollar(sc, false);
    } else if (c == '`') {
        step_backtick(sc);
    } else if (c == '#' && starts_comment(sc)) {
        skip_comment(sc);
    } else if (c == '<' && sc->i + 1 < sc->s.n && sc->s.p[sc->i + 1] == '<') {
        read_here_operator(sc);
    } else {
        sc->i++;
        if (c == '"')
            push(sc, DOUBLE);
        else if (c == '(')
            push(sc, PAREN);
        else if ((c == ')' && sc->stack[sc->depth] == PAREN) || (c == '}' && sc->stack[sc->depth] == BRACE))
            pop(sc);
        else if (c == '\n')
            sc->in_here = sc->n_here > 0;
    }
}

static void step(struct vf_shell_scan *sc)
{
    if (sc->in_here)
        skip_here_document(sc);
    else if (sc->stack[sc->depth] == DOUBLE)
        step_double(sc, sc->s.p[sc->i]);
    else
        step_code(sc, sc->s.p[sc->i]);
}

enum vf_shell_context vf_shell_context_at(struct vf_shell_scan *sc, struct vf_slice script, size_t off)
{
    if (!sc->s.p || off < sc->off)
        *sc = (struct vf_shell_scan){.s = script};
    sc->off = off;
    while (!sc->lost && off >= sc->region_end && (sc->in_here || (sc->i < off && sc->i < script.n)))
        step(sc);
    if (sc->lost)
        return VF_SHELL_UNKNOWN;
    if (off < sc->region_end)
        return sc->region;
    bool quoted = false;
    for (size_t k = 0; k <= sc->depth; k++) {
        if (sc->stack[k] == BACKTICK || (sc->stack[k] == BRACE && quoted))
            return VF_SHELL_UNKNOWN;
        quoted = quoted || sc->stack[k] == DOUBLE;
    }
    if (sc->i > off)
        return VF_SHELL_UNKNOWN;
    return sc->stack[sc->depth] == DOUBLE ? VF_SHELL_DOUBLE : VF_SHELL_BARE;
}

static void simple_quote(struct vf_shell_scan *sc, enum vf_text_lang lang)
{
    char c = sc->s.p[sc->i];
    size_t end = sc->i + 1;
    while (end < sc->s.n && sc->s.p[end] != c)
        end += lang == VF_LANG_FISH && sc->s.p[end] == '\\' ? 2 : 1;
    jump(sc, end + 1, c == '\'' ? VF_SHELL_SINGLE : VF_SHELL_DOUBLE);
}

static void simple_comment(struct vf_shell_scan *sc)
{
    size_t end = vf_slice_find_byte(sc->s, '\n', sc->i);
    jump(sc, end == VF_NPOS ? SIZE_MAX : end + 1, VF_SHELL_COMMENT);
    sc->i = end == VF_NPOS ? sc->s.n : end;
}

enum vf_shell_context vf_simple_context_at(struct vf_shell_scan *sc, struct vf_slice script, size_t off,
                                           enum vf_text_lang lang)
{
    if (!sc->s.p || off < sc->off)
        *sc = (struct vf_shell_scan){.s = script};
    sc->off = off;
    while (sc->i < off && sc->i < script.n && off >= sc->region_end) {
        char c = script.p[sc->i];
        if (c == '#' && (sc->i == 0 || one_of(script.p[sc->i - 1], " \t\n;&|()")))
            simple_comment(sc);
        else if (c == '\'' || c == '"')
            simple_quote(sc, lang);
        else
            sc->i += c == '\\' ? 2 : 1;
    }
    return off < sc->region_end ? sc->region : VF_SHELL_BARE;
}

/* ---- Python ---- */

const struct vf_py_string *vf_py_string_at(struct vf_py_scan *sc, struct vf_slice code, size_t off)
{
    if (!sc->begun || off < sc->off) {
        *sc = (struct vf_py_scan){.begun = true};
        sc->more = vf_py_next_string(code, 0, &sc->next);
    }
    sc->off = off;
    while (sc->more && off >= sc->next.end)
        sc->more = vf_py_next_string(code, sc->next.end, &sc->next);
    return sc->more && off >= sc->next.body && off < sc->next.body_end ? &sc->next : NULL;
}

/* ---- lines ---- */

void vf_line_scan_to(struct vf_line_scan *sc, struct vf_slice text, size_t off)
{
    if (off < sc->off)
        *sc = (struct vf_line_scan){0};
    struct vf_slice fresh = vf_slice_sub(text, sc->off, off);
    size_t lf = vf_slice_rfind_byte(fresh, '\n');
    if (lf != VF_NPOS) {
        size_t start = sc->off + lf + 1;
        *sc = (struct vf_line_scan){.start = start, .i = start, .hash_from = start};
    }
    sc->off = off;
    for (; sc->i < off; sc->i++) {
        char c = text.p[sc->i];
        if (c == '\\')
            sc->i++;
        else if (sc->quote ? c == sc->quote : c == '"' || c == '\'')
            sc->quote = sc->quote ? '\0' : c;
    }
    sc->hash = sc->hash || vf_slice_find_byte(vf_slice_sub(text, sc->hash_from, off), '#', 0) != VF_NPOS;
    sc->hash_from = off;
}
