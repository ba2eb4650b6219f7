/* Taking a header apart (docs/formats.md 2.3): what the kernel sees in line 1, and what `/bin/sh` and Python
 * see in the lines of a trampoline. */
#include "syntax/header.h"

#include <string.h>

#include "base/escape.h"
#include "base/path.h"
#include "syntax/pytext.h"
#include "syntax/shell_words.h"

#define SELF_REAL "\"$(dirname -- \"$(realpath -- \"$0\")\")"
#define SELF_CD   "\"$(CDPATH= cd -- \"$(dirname -- \"$0\")\" && echo \"$PWD\")"
#define ENV_S     "/usr/bin/env -S sh -c 'exec "

struct parser {
    struct vf_slice s;
    struct vf_arena *a;
    struct vf_header *h;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static size_t skip_blanks(struct vf_slice s, size_t i)
{
    while (i < s.n && is_blank(s.p[i]))
        i++;
    return i;
}

static size_t word_end(struct vf_slice s, size_t i)
{
    while (i < s.n && !is_blank(s.p[i]))
        i++;
    return i;
}

static struct vf_slice trim_blanks(struct vf_slice s)
{
    s = vf_slice_from(s, skip_blanks(s, 0));
    while (s.n > 0 && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

/* Behind "python": a version, then letters of an ABI (python3.13t, python3.8dm), or -dbg. */
static bool is_version(struct vf_slice s)
{
    size_t i = 0;
    if (vf_slice_ends(s, VF_S(".exe")))
        s.n -= 4;
    while (i < s.n && ((s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '.'))
        i++;
    s = vf_slice_from(s, i);
    for (i = 0; i < s.n && strchr("tdmuw", s.p[i]) && s.p[i] != '\0';)
        i++;
    s = vf_slice_from(s, i);
    return s.n == 0 || vf_slice_eq(s, VF_S("-dbg"));
}

bool vf_name_is_python(struct vf_slice basename)
{
    static const struct vf_slice stems[] = {VF_S_INIT("pythonw"), VF_S_INIT("python"), VF_S_INIT("pypy"),
                                            VF_S_INIT("graalpython"), VF_S_INIT("graalpy")};
    for (size_t i = 0; i < VF_COUNT(stems); i++)
        if (vf_slice_starts(basename, stems[i]) && is_version(vf_slice_from(basename, stems[i].n)))
            return true;
    return false;
}

static bool names_python(struct vf_slice path)
{
    return vf_name_is_python(vf_path_base(path));
}

static enum vf_status keep(const struct parser *ps, struct vf_buf *b, struct vf_slice *out,
                           struct vf_err *err)
{
    struct vf_read_out o = {.a = ps->a};
    return vf_out_keep(&o, b, out, err);
}

/* --- one line --- */

/* Sets word and what stands around it; line is line 1 without `#!`, LF and CR, at offset `at`. */
static void set_word(struct vf_header *h, struct vf_slice line, size_t at, size_t from, size_t to)
{
    h->word = at + from;
    h->word_end = at + to;
    h->value_off = h->word;
    h->value = vf_slice_sub(line, from, to);
    h->lead = vf_slice_sub(line, 0, from);
    h->tail = vf_slice_from(line, to);
    h->extra = trim_blanks(h->tail);
}

/* `#!"E"`: the quotes by the rules of the Microsoft C runtime. */
static enum vf_status parse_quoted(struct parser *ps, struct vf_slice line, size_t at, size_t from,
                                   struct vf_err *err)
{
    struct vf_buf b = {0};
    size_t i = from + 1;
    for (; i < line.n && line.p[i] != '"'; i++) {
        size_t n = 0;
        while (i + n < line.n && line.p[i + n] == '\\')
            n++;
        bool quote = n > 0 && i + n < line.n && line.p[i + n] == '"';
        if (!quote) {
            vf_buf_put(&b, vf_slice_sub(line, i, i + (n ? n : 1)));
            i += n ? n - 1 : 0;
            continue;
        }
        for (size_t k = 0; k < n / 2; k++)
            vf_buf_putc(&b, '\\');
        i += n - 1;
        if (n % 2)
            vf_buf_putc(&b, line.p[++i]);
    }
    set_word(ps->h, line, at, from, i < line.n ? word_end(line, i + 1) : line.n);
    ps->h->value_off = at + from + 1;
    ps->h->quoted = true;
    enum vf_status st = keep(ps, &b, &ps->h->value, err);
    ps->h->form = names_python(ps->h->value) ? VF_HEADER_I : VF_HEADER_M;
    return st;
}

/* `/usr/bin/env`: the program is the first word behind it that is no option and no assignment. */
static void parse_env(struct vf_header *h, struct vf_slice line, size_t at, size_t from, size_t to)
{
    bool split = false;
    size_t i = skip_blanks(line, to), end = word_end(line, i);
    for (; i < end; i = skip_blanks(line, end), end = word_end(line, i)) {
        struct vf_slice w = vf_slice_sub(line, i, end);
        if (vf_slice_eq(w, VF_S("-u")))
            end = word_end(line, skip_blanks(line, end));
        else if (vf_slice_starts(w, VF_S("-S")) || vf_slice_starts(w, VF_S("--split-string")))
            split = true;
        else if (w.p[0] != '-' && vf_slice_find_byte(w, '=', 0) == VF_NPOS)
            break;
        if (vf_slice_starts(w, VF_S("-S")) && w.n > 2) {
            i += 2;
            break;
        }
    }
    if (i >= end) {
        set_word(h, line, at, from, to);
        h->form = VF_HEADER_M;
        return;
    }
    if (end - i > 2 && (line.p[i] == '"' || line.p[i] == '\'') && line.p[end - 1] == line.p[i]) {
        set_word(h, line, at, i, end);
        h->value = vf_slice_sub(line, i + 1, end - 1);
        h->value_off++;
    } else {
        set_word(h, line, at, i, end);
    }
    h->form = !names_python(h->value)    ? VF_HEADER_M
              : vf_path_is_abs(h->value) ? VF_HEADER_J_ABS
                                         : VF_HEADER_J;
    /* Without -S the kernel hands the rest over as one word. */
    h->malformed = !split && trim_blanks(vf_slice_from(line, to)).n > h->word_end - h->word;
}

/* An interpreter path with a blank that nobody quoted (pip's expansion of `#!python`): the first end at which
 * the text so far names a Python. Returns `to` when there is none. */
static size_t blank_path_end(struct vf_slice line, size_t from, size_t to)
{
    static const struct vf_slice known[] = {
        VF_S_INIT("sh"),  VF_S_INIT("bash"), VF_S_INIT("dash"), VF_S_INIT("zsh"),  VF_S_INIT("ksh"),
        VF_S_INIT("env"), VF_S_INIT("perl"), VF_S_INIT("node"), VF_S_INIT("fish"), VF_S_INIT("ruby")};
    struct vf_slice base = vf_path_base(vf_slice_sub(line, from, to));
    for (size_t i = 0; i < VF_COUNT(known); i++)
        if (vf_slice_eq(base, known[i]))
            return to;
    if (line.p[from] != '/')
        return to;
    for (size_t end = to; end < line.n;) {
        size_t next = skip_blanks(line, end);
        if (next < line.n && line.p[next] == '-')
            break;
        end = word_end(line, next);
        struct vf_slice p = vf_slice_sub(line, from, end);
        if (vf_slice_find_byte(vf_slice_sub(line, to, end), '/', 0) != VF_NPOS && names_python(p))
            return end;
    }
    return to;
}

static bool split_self(struct vf_slice r, const char *prefix, struct vf_slice *name, size_t *used,
                       bool *inside);

/* `#!/usr/bin/env -S sh -c 'exec "$(...)/python" -E "$0" "$@"'`, with a pattern behind ` #!` in ours. */
static bool parse_env_self(struct vf_header *h, struct vf_slice line, size_t at)
{
    static const struct vf_slice args = VF_S_INIT(" \"$0\" \"$@\"");
    struct vf_slice name, prefix = VF_S(ENV_S);
    size_t used, end;
    bool inside;
    if (!vf_slice_starts(line, prefix) || line.p[line.n - 1] != '\'')
        return false;
    struct vf_slice cmd = vf_slice_sub(line, prefix.n, line.n - 1);
    if (!split_self(cmd, SELF_REAL, &name, &used, &inside) ||
        (end = vf_slice_find(cmd, args, used)) == VF_NPOS)
        return false;
    struct vf_slice behind = vf_slice_from(cmd, end + args.n);
    if (behind.n > 0 && !(inside && vf_slice_starts(behind, VF_S(" #!"))))
        return false;
    set_word(h, line, at, prefix.n, prefix.n + used);
    h->value = name;
    h->value_off = at + (size_t)(name.p - line.p);
    h->extra = trim_blanks(vf_slice_sub(cmd, used, end));
    h->pattern = vf_slice_from(behind, behind.n > 0 ? 1 : 0);
    h->form = inside ? VF_HEADER_G_OURS : VF_HEADER_G;
    return true;
}

/* `line`: line 1 behind `#!`, at offset `at`. */
static enum vf_status parse_one_line(struct parser *ps, struct vf_slice line, size_t at, struct vf_err *err)
{
    struct vf_header *h = ps->h;
    size_t nul = vf_slice_find_byte(line, '\0', 0);
    if (nul != VF_NPOS) {
        h->nul = true;
        line = vf_slice_sub(line, 0, nul);
    }
    size_t from = skip_blanks(line, 0), to = word_end(line, from);
    h->form = VF_HEADER_NONE;
    h->malformed = from == to;
    if (from == to || parse_env_self(h, line, at))
        return VF_OK;
    if (line.p[from] == '"')
        return parse_quoted(ps, line, at, from, err);
    if (vf_slice_eq(vf_path_base(vf_slice_sub(line, from, to)), VF_S("env"))) {
        parse_env(h, line, at, from, to);
        return VF_OK;
    }
    set_word(h, line, at, from, to);
    struct vf_slice first = h->value;
    bool option_ok = h->extra.n == 0 || h->extra.p[0] == '-';
    size_t end = names_python(first) && option_ok ? to : blank_path_end(line, from, to);
    if (end != to) {
        set_word(h, line, at, from, end);
        h->raw = h->value;
        h->value = first;
        h->blank = true;
    }
    bool python = h->blank || names_python(first);
    h->form = !python                                        ? VF_HEADER_M
              : vf_slice_find_byte(first, '/', 0) == VF_NPOS ? VF_HEADER_K
                                                             : VF_HEADER_A;
    return VF_OK;
}

/* --- trampolines --- */

/* The self-locating word at the start of r: prefix, then `/name"` (inside) or `"/name`, bare or quoted. */
static bool split_self(struct vf_slice r, const char *prefix, struct vf_slice *name, size_t *used,
                       bool *inside)
{
    struct vf_slice p = vf_slice_of(prefix);
    if (!vf_slice_starts(r, p) || r.n < p.n + 2)
        return false;
    size_t i = p.n;
    *inside = r.p[i] == '/';
    char quote = *inside ? '"' : '\0';
    if (!*inside && !vf_slice_starts(vf_slice_from(r, i), VF_S("\"/")))
        return false;
    i += *inside ? 1 : 2;
    if (!*inside && i < r.n && (r.p[i] == '\'' || r.p[i] == '"'))
        quote = r.p[i++];
    size_t end = i;
    while (end < r.n && vf_shell_is_plain(vf_slice_sub(r, end, end + 1)) && r.p[end] != '/')
        end++;
    *name = vf_slice_sub(r, i, end);
    if (quote && (end == r.n || r.p[end] != quote))
        return false;
    *used = end + (quote ? 1 : 0);
    return name->n > 0 && (*used == r.n || r.p[*used] == ' ');
}

/* Options behind the interpreter: plain words of which the first begins with `-`. Returns where they (with
 * the blank before them) start. */
static size_t plain_options(struct vf_slice r)
{
    size_t best = r.n, i = r.n;
    while (i > 0) {
        size_t blank = vf_slice_rfind_byte(vf_slice_sub(r, 0, i), ' ');
        if (blank == VF_NPOS || !vf_shell_is_plain(vf_slice_sub(r, blank + 1, i)))
            break;
        if (blank + 1 < i && r.p[blank + 1] == '-')
            best = blank;
        i = blank;
    }
    return best;
}

/* What an installer put into the quotes as it was (docs/formats.md 2.3); empty when it cannot be told. */
static struct vf_slice raw_text(struct vf_slice r)
{
    struct vf_slice e = vf_slice_sub(r, 0, plain_options(r));
    if (e.n >= 2 && e.p[0] == '"' && e.p[e.n - 1] == '"')
        e = vf_slice_sub(e, 1, e.n - 1);
    else if (e.n > 0 && (e.p[0] == '\'' || e.p[0] == '"'))
        e.n = 0;
    return vf_path_is_abs(e) && names_python(e) ? e : (struct vf_slice){0};
}

/* Decodes the words behind the interpreter into h->extra, joined by single blanks. */
static enum vf_status parse_options(struct parser *ps, struct vf_slice rest, bool *ok, struct vf_err *err)
{
    struct vf_buf b = {0};
    *ok = true;
    for (size_t i = skip_blanks(rest, 0), used; i < rest.n; i = skip_blanks(rest, i + used)) {
        bool expands;
        if (b.n > 0)
            vf_buf_putc(&b, ' ');
        if (!vf_shell_word_get(&b, vf_slice_from(rest, i), &used, &expands) || expands) {
            *ok = false;
            break;
        }
    }
    return keep(ps, &b, &ps->h->extra, err);
}

/* `r`: the words between `'''exec' ` and `"$0"`, at offset `at`: not self-locating. */
static enum vf_status parse_word(struct parser *ps, struct vf_slice r, size_t at, struct vf_err *err)
{
    struct vf_header *h = ps->h;
    struct vf_buf b = {0};
    struct vf_slice raw = raw_text(r);
    size_t used = 0;
    bool expands = false, options = true;
    bool ok = vf_shell_word_get(&b, r, &used, &expands) && (used == r.n || r.p[used] == ' ');
    enum vf_status st = keep(ps, &b, &h->value, err);
    if (st == VF_OK)
        st = parse_options(ps, vf_slice_from(r, ok ? used : r.n), &options, err);
    options = options && (h->extra.n == 0 || h->extra.p[0] == '-'); /* else: a path with a blank */
    if (!ok || !options || expands) {
        h->bad_quoting = true;
        used = raw.p ? plain_options(r) : used;
        h->extra = raw.p ? trim_blanks(vf_slice_from(r, used)) : (struct vf_slice){0};
        h->malformed |= !raw.p && !options;
        if (raw.p && (!ok || expands))
            h->value = raw;
    }
    if (raw.p && !vf_slice_eq(raw, h->value)) {
        h->bad_quoting = true;
        h->raw = raw;
    }
    h->word = at;
    h->word_end = at + used;
    bool quoted = r.n > 0 && (r.p[0] == '"' || r.p[0] == '\'');
    h->value_off = at + (quoted ? 1 : 0);
    h->form = !quoted ? VF_HEADER_C : r.p[0] == '"' ? VF_HEADER_B : VF_HEADER_D;
    return st;
}

static bool is_expansion(struct vf_slice r)
{
    struct vf_slice s = vf_slice_from(r, r.n > 0 && r.p[0] == '"' ? 1 : 0);
    return vf_slice_starts(s, VF_S("$")) || vf_slice_starts(s, VF_S("`"));
}

/* The name at the end of an unknown self-locating word; empty when there is none. */
static struct vf_slice name_behind_slash(struct vf_slice word)
{
    size_t slash = vf_slice_rfind_byte(word, '/');
    struct vf_slice name = vf_slice_from(word, slash == VF_NPOS ? word.n : slash + 1);
    while (name.n > 0 && (name.p[name.n - 1] == '"' || name.p[name.n - 1] == '\''))
        name.n--;
    if (name.n > 0 && (name.p[0] == '"' || name.p[0] == '\''))
        name = vf_slice_from(name, 1);
    return vf_shell_is_plain(name) ? name : (struct vf_slice){word.p, 0};
}

static enum vf_status parse_interpreter(struct parser *ps, struct vf_slice r, size_t at, struct vf_err *err)
{
    struct vf_header *h = ps->h;
    size_t used;
    bool inside, ok = true;
    h->word = at;
    if (split_self(r, SELF_REAL, &h->value, &used, &inside)) {
        h->form = inside ? VF_HEADER_F_OURS : VF_HEADER_F1;
    } else if (split_self(r, SELF_CD, &h->value, &used, &inside) && !inside) {
        h->form = VF_HEADER_F2;
    } else if (is_expansion(r)) {
        h->form = VF_HEADER_F_OTHER;
        used = plain_options(r);
        h->value = name_behind_slash(vf_slice_sub(r, 0, used));
        h->malformed |= h->value.n == 0;
    } else {
        return parse_word(ps, r, at, err);
    }
    h->word_end = at + used;
    h->value_off = at + (size_t)(h->value.p - r.p);
    enum vf_status st = parse_options(ps, vf_slice_from(r, used), &ok, err);
    h->malformed |= !ok;
    return st;
}

/* \N, \x, \u, \U that Python refuses. */
static bool has_bad_escape(struct vf_slice s)
{
    for (size_t i = 0; i + 1 < s.n; i++) {
        if (s.p[i] != '\\')
            continue;
        char c = s.p[++i];
        size_t req = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0, have = 0;
        while (have < req && i + 1 + have < s.n && strchr("0123456789abcdefABCDEF", s.p[i + 1 + have]) &&
               s.p[i + 1 + have] != '\0')
            have++;
        if (c == 'N' || have < req)
            return true;
    }
    return false;
}

/* The line behind the exec line: `' '''`, ours with a pattern between. */
static bool parse_closing(struct vf_header *h, struct vf_slice line)
{
    struct vf_slice open = VF_S("' "), close = VF_S(" '''");
    if (vf_slice_ends(line, VF_S("\r"))) {
        h->cr = true;
        line.n--;
    }
    if (vf_slice_eq(line, VF_S("' '''")))
        return true;
    if (!vf_slice_starts(line, VF_S("' #!")) || !vf_slice_ends(line, close) || line.n < open.n + close.n)
        return false;
    h->pattern = vf_slice_sub(line, open.n, line.n - close.n);
    return vf_slice_find(h->pattern, VF_S("'"), 0) == VF_NPOS;
}

/* The end of the exec line that starts at `from`: *tail is where ` "$0"` stands. Returns the offset of its LF
 * or the end. */
static size_t exec_line_end(struct vf_slice s, size_t from, size_t *tail, bool *two_lines, bool *cr)
{
    static const struct vf_slice args = VF_S_INIT(" \"$0\" \"$@\""), mark = VF_S_INIT(" #'''");
    for (size_t i = vf_slice_find(s, args, from); i != VF_NPOS; i = vf_slice_find(s, args, i + 1)) {
        size_t end = i + args.n;
        *two_lines = vf_slice_starts(vf_slice_from(s, end), mark);
        end += *two_lines ? mark.n : 0;
        *cr = end < s.n && s.p[end] == '\r';
        end += *cr ? 1 : 0;
        if (end == s.n || s.p[end] == '\n') {
            *tail = i;
            return end;
        }
    }
    return VF_NPOS;
}

/* `from`: offset of `'''exec' `. Leaves the form alone when the line is no trampoline. */
static enum vf_status parse_trampoline(struct parser *ps, size_t from, struct vf_err *err)
{
    struct vf_header *h = ps->h;
    size_t start = from + 9, tail = 0;
    bool two_lines = false, cr = false;
    size_t end = exec_line_end(ps->s, start, &tail, &two_lines, &cr);
    if (end == VF_NPOS || tail < start) {
        h->malformed = true;
        return VF_OK;
    }
    h->cr |= cr;
    h->lead = h->tail = h->extra = (struct vf_slice){0};
    enum vf_status st = parse_interpreter(ps, vf_slice_sub(ps->s, start, tail), start, err);
    h->trampoline = true;
    h->end = end;
    size_t close = end - (cr ? 1 : 0);
    if (two_lines) {
        h->form = h->form == VF_HEADER_B || h->form == VF_HEADER_C || h->form == VF_HEADER_D ? VF_HEADER_H
                                                                                             : h->form;
    } else {
        struct vf_slice rest = vf_slice_from(ps->s, end + 1), line;
        if (end < ps->s.n && vf_slice_next_line(&rest, &line) && parse_closing(h, line)) {
            h->end = end + 1 + line.n;
            close = h->end - (vf_slice_ends(line, VF_S("\r")) ? 1 : 0);
        } else {
            h->malformed = true;
        }
    }
    struct vf_slice text = vf_slice_sub(ps->s, from + 3, close);
    h->bad_quoting |= !h->malformed && vf_slice_find(text, VF_S("'''"), 0) != text.n - 3;
    h->bad_quoting |= has_bad_escape(text);
    return st;
}

static bool is_shell(struct vf_slice path)
{
    static const struct vf_slice shells[] = {VF_S_INIT("sh"),  VF_S_INIT("bash"), VF_S_INIT("dash"),
                                             VF_S_INIT("ash"), VF_S_INIT("ksh"),  VF_S_INIT("zsh")};
    struct vf_slice base = vf_path_base(path);
    for (size_t i = 0; i < VF_COUNT(shells); i++)
        if (vf_slice_eq(base, shells[i]))
            return true;
    return false;
}

static bool can_hold_cookie(enum vf_header_form f)
{
    return f != VF_HEADER_NONE && f != VF_HEADER_M && f != VF_HEADER_J;
}

/* Line 2, at offset `at`: a trampoline or its comment, a cookie, a mark of setuptools. */
static enum vf_status parse_line_2(struct parser *ps, size_t at, struct vf_err *err)
{
    struct vf_header *h = ps->h;
    struct vf_slice rest = vf_slice_from(ps->s, at), line, exec = VF_S("'''exec' ");
    if (!vf_slice_next_line(&rest, &line))
        return VF_OK;
    bool comment = line.n > 0 && line.p[0] == '#';
    if (h->form == VF_HEADER_M && is_shell(h->value)) {
        struct vf_slice second = comment ? rest : line;
        if (!vf_slice_starts(second, exec))
            return VF_OK;
        if (comment)
            h->cookie = line;
        h->line = comment ? 3 : 2;
        return parse_trampoline(ps, (size_t)(second.p - ps->s.p), err);
    }
    if (h->form == VF_HEADER_A && vf_slice_starts(line, VF_S("# EASY-INSTALL-")))
        h->form = VF_HEADER_O;
    if (can_hold_cookie(h->form) && vf_py_is_cookie(line)) {
        h->cookie = line;
        h->end = at + line.n;
    }
    return VF_OK;
}

enum vf_status vf_header_parse(struct vf_slice bytes, struct vf_arena *a, struct vf_header *h,
                               struct vf_err *err)
{
    struct parser ps = {vf_slice_sub(bytes, 0, VF_HEADER_HEAD), a, h};
    *h = (struct vf_header){.line = 1};
    h->off = vf_slice_starts(bytes, VF_S("\xEF\xBB\xBF")) ? 3 : 0;
    struct vf_slice rest = vf_slice_from(ps.s, h->off), line;
    if (!vf_slice_starts(rest, VF_S("#!")) || !vf_slice_next_line(&rest, &line))
        return VF_OK;
    h->line1 = line.n;
    h->end = h->off + line.n;
    h->cr = vf_slice_ends(line, VF_S("\r"));
    enum vf_status st = parse_one_line(&ps, vf_slice_sub(line, 2, line.n - (h->cr ? 1 : 0)), h->off + 2, err);
    if (st == VF_OK && h->form != VF_HEADER_NONE && h->end < ps.s.n)
        st = parse_line_2(&ps, h->end + 1, err);
    bool python = h->form != VF_HEADER_M && h->form != VF_HEADER_NONE;
    h->undecodable = python && !vf_utf8_valid(vf_slice_sub(bytes, h->off, h->end)) &&
                     !(h->trampoline && h->cookie.n > 0 && vf_py_is_cookie(h->cookie));
    return st;
}
