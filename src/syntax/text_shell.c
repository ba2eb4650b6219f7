/* Where in a shell script a text stands, and how a path is written there.
 *
 * The scanner follows quotes, comments, here-documents and command substitutions with a stack of its own.
 * What it cannot tell is VF_SHELL_UNKNOWN, where only a path without special bytes is written. A `)` of a
 * case pattern inside `$( )` is taken for the end of the substitution. */
#include "syntax/text.h"

#include <string.h>

#include "syntax/shell_words.h"

enum { DEPTH = 64, PENDING = 8 };
enum frame { CODE, PAREN, BACKTICK, DOUBLE, BRACE };

struct here {
    struct vf_slice end;
    bool raw, strip_tabs;
};

struct scan {
    struct vf_slice s;
    size_t off; /* that is asked for */
    size_t i;
    enum frame stack[DEPTH];
    size_t depth;
    struct here here[PENDING];
    size_t n_here;
    bool found;
    enum vf_shell_context at;
};

static bool one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static void answer(struct scan *sc, enum vf_shell_context at)
{
    sc->found = true;
    sc->at = at;
}

static void push(struct scan *sc, enum frame f)
{
    if (sc->depth + 1 == DEPTH)
        answer(sc, VF_SHELL_UNKNOWN);
    else
        sc->stack[++sc->depth] = f;
}

static void pop(struct scan *sc)
{
    sc->depth -= sc->depth > 0 ? 1 : 0;
}

/* Goes to `end` (behind something that reads as one); the answer when the offset lies before it. */
static void jump(struct scan *sc, size_t end, enum vf_shell_context at)
{
    if (sc->off < end)
        answer(sc, at);
    sc->i = end;
}

static void skip_single(struct scan *sc)
{
    size_t end = vf_slice_find_byte(sc->s, '\'', sc->i + 1);
    jump(sc, end == VF_NPOS ? sc->s.n : end + 1, VF_SHELL_SINGLE);
}

static void skip_ansi(struct scan *sc)
{
    size_t end = sc->i + 2;
    while (end < sc->s.n && sc->s.p[end] != '\'')
        end += sc->s.p[end] == '\\' ? 2 : 1;
    jump(sc, end < sc->s.n ? end + 1 : sc->s.n, VF_SHELL_ANSI);
}

static void skip_comment(struct scan *sc)
{
    size_t end = vf_slice_find_byte(sc->s, '\n', sc->i);
    jump(sc, end == VF_NPOS ? sc->s.n : end, VF_SHELL_COMMENT);
}

/* `<<` at i: remembers the delimiter; the body starts behind the line. */
static void read_here_operator(struct scan *sc)
{
    struct here h = {0};
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
    if (h.end.n > 0 && sc->n_here < PENDING)
        sc->here[sc->n_here++] = h;
    sc->i = end + (end < sc->s.n && (quote == '\'' || quote == '"') ? 1 : 0);
}

/* Behind the LF of a line with `<<`. */
static void skip_here_documents(struct scan *sc)
{
    for (size_t k = 0; k < sc->n_here && !sc->found; k++) {
        const struct here *h = &sc->here[k];
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
    }
    sc->n_here = 0;
}

/* `$` at i. */
static void step_dollar(struct scan *sc, bool quoted)
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

static void step_backtick(struct scan *sc)
{
    if (sc->stack[sc->depth] == BACKTICK)
        pop(sc);
    else
        push(sc, BACKTICK);
    sc->i++;
}

static void step_double(struct scan *sc, char c)
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

static bool starts_comment(const struct scan *sc)
{
    return sc->stack[sc->depth] != BRACE && (sc->i == 0 || one_of(sc->s.p[sc->i - 1], " \t\n;&|()`"));
}

static void step_code(struct scan *sc, char c)
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
            skip_here_documents(sc);
    }
}

enum vf_shell_context vf_shell_context_at(struct vf_slice script, size_t off)
{
    struct scan sc = {.s = script, .off = off, .stack = {CODE}};
    while (!sc.found && sc.i < off && sc.i < script.n) {
        char c = script.p[sc.i];
        if (sc.stack[sc.depth] == DOUBLE)
            step_double(&sc, c);
        else
            step_code(&sc, c);
    }
    if (sc.found)
        return sc.at;
    bool quoted = false;
    for (size_t k = 0; k <= sc.depth; k++) {
        if (sc.stack[k] == BACKTICK || (sc.stack[k] == BRACE && quoted))
            return VF_SHELL_UNKNOWN;
        quoted = quoted || sc.stack[k] == DOUBLE;
    }
    return sc.i > off ? VF_SHELL_UNKNOWN : sc.stack[sc.depth] == DOUBLE ? VF_SHELL_DOUBLE : VF_SHELL_BARE;
}

enum vf_shell_context vf_simple_context_at(struct vf_slice script, size_t off, enum vf_text_lang lang)
{
    for (size_t i = 0; i < off;) {
        char c = script.p[i];
        if (c == '#' && (i == 0 || one_of(script.p[i - 1], " \t\n;&|()"))) {
            size_t end = vf_slice_find_byte(script, '\n', i);
            if (end == VF_NPOS || end >= off)
                return VF_SHELL_COMMENT;
            i = end;
        } else if (c == '\'' || c == '"') {
            bool escapes = lang == VF_LANG_FISH;
            size_t end = i + 1;
            while (end < off && script.p[end] != c)
                end += escapes && script.p[end] == '\\' ? 2 : 1;
            if (end >= off)
                return c == '\'' ? VF_SHELL_SINGLE : VF_SHELL_DOUBLE;
            i = end + 1;
        } else {
            i += c == '\\' ? 2 : 1;
        }
    }
    return VF_SHELL_BARE;
}

/* --- writing --- */

static bool has_any(struct vf_slice s, const char *set)
{
    for (size_t i = 0; i < s.n; i++)
        if (one_of(s.p[i], set))
            return true;
    return false;
}

static void put_escaped(struct vf_buf *out, struct vf_slice path, const char *set)
{
    for (size_t i = 0; i < path.n; i++) {
        if (one_of(path.p[i], set))
            vf_buf_putc(out, '\\');
        vf_buf_putc(out, path.p[i]);
    }
}

static void put_bare(struct vf_buf *out, struct vf_slice path)
{
    for (size_t i = 0; i < path.n; i++) {
        struct vf_slice byte = vf_slice_sub(path, i, i + 1);
        if (path.p[i] == '\n') {
            vf_buf_put(out, VF_S("'\n'"));
            continue;
        }
        if (!vf_shell_is_plain(byte) && (path.p[i] & 0x80) == 0)
            vf_buf_putc(out, '\\');
        vf_buf_put(out, byte);
    }
}

static void put_single(struct vf_buf *out, struct vf_slice path, struct vf_slice original)
{
    bool long_quote = vf_slice_find(original, VF_S("'\"'\"'"), 0) != VF_NPOS;
    for (size_t i = 0; i < path.n; i++) {
        if (path.p[i] == '\'')
            vf_buf_put(out, long_quote ? VF_S("'\"'\"'") : VF_S("'\\''"));
        else
            vf_buf_putc(out, path.p[i]);
    }
}

static bool put_ansi(struct vf_buf *out, struct vf_slice path)
{
    for (size_t i = 0; i < path.n; i++) {
        if (path.p[i] == '\n') {
            vf_buf_put(out, VF_S("\\n"));
            continue;
        }
        if (path.p[i] == '\\' || path.p[i] == '\'')
            vf_buf_putc(out, '\\');
        vf_buf_putc(out, path.p[i]);
    }
    return true;
}

/* Bytes that stand for something else there in csh (no escape helps in double quotes) and in fish. */
static bool refuses(enum vf_text_lang lang, enum vf_shell_context at, struct vf_slice path)
{
    if (lang != VF_LANG_CSH)
        return false;
    return at == VF_SHELL_DOUBLE ? has_any(path, "\"$`!\\\n") : has_any(path, "\n");
}

bool vf_shell_context_put(struct vf_buf *out, struct vf_slice path, enum vf_shell_context at,
                          enum vf_text_lang lang, struct vf_slice original)
{
    if (vf_slice_find_byte(path, '\0', 0) != VF_NPOS || refuses(lang, at, path))
        return false;
    switch (at) {
    case VF_SHELL_BARE:
        put_bare(out, path);
        return true;
    case VF_SHELL_DOUBLE:
        put_escaped(out, path, lang == VF_LANG_FISH ? "\"$\\" : "\"$`\\");
        return true;
    case VF_SHELL_SINGLE:
        if (lang == VF_LANG_FISH)
            put_escaped(out, path, "'\\");
        else if (lang == VF_LANG_CSH && has_any(path, "!"))
            return false;
        else
            put_single(out, path, original);
        return true;
    case VF_SHELL_ANSI:
        return put_ansi(out, path);
    case VF_SHELL_COMMENT:
    case VF_SHELL_HERE_RAW:
        vf_buf_put(out, path);
        return !has_any(path, "\n\r");
    case VF_SHELL_HERE:
        put_escaped(out, path, "$`\\");
        return !has_any(path, "\n\r");
    case VF_SHELL_UNKNOWN:
        vf_buf_put(out, path);
        return vf_shell_is_plain(path);
    }
    return false;
}
