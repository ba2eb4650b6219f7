/* Choosing and writing a header (docs/formats.md 2.4): line 1 where kernel and Python can read it, else the
 * form that was there where it can hold the path, else one that finds itself. */
#include "syntax/header.h"

#include <string.h>

#include "base/escape.h"
#include "base/path.h"
#include "syntax/pytext.h"
#include "syntax/shell_words.h"

#define EXEC  "'''exec' "
#define ARGS  " \"$0\" \"$@\""
#define SELF  "\"$(dirname -- \"$(realpath -- \"$0\")\")"
#define ENV_S "#!/usr/bin/env -S sh -c 'exec "

enum { DEFAULT_LIMIT = 127, KERNEL_LIMIT = 256 }; /* bytes of a line with its LF */

struct writer {
    struct vf_slice bytes;
    struct vf_header h;
    struct vf_slice path;         /* the interpreter to be named */
    const struct vf_write_ctx *t; /* never NULL */
    struct vf_arena *a;           /* scratch */
    struct vf_buf *out;
    struct vf_err *err;
};

static bool has_any(struct vf_slice s, const char *set)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != '\0' && strchr(set, s.p[i]))
            return true;
    return false;
}

static bool is_ascii(struct vf_slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] & 0x80)
            return false;
    return true;
}

static bool is_self(enum vf_header_form f)
{
    return f == VF_HEADER_F1 || f == VF_HEADER_F2 || f == VF_HEADER_F_OTHER || f == VF_HEADER_F_OURS ||
           f == VF_HEADER_G || f == VF_HEADER_G_OURS;
}

static bool is_ours(enum vf_header_form f)
{
    return f == VF_HEADER_F_OURS || f == VF_HEADER_G_OURS;
}

static bool runs_python(const struct vf_header *h)
{
    return h->form != VF_HEADER_M && vf_name_is_python(vf_path_base(h->raw.n > 0 ? h->raw : h->value));
}

/* --- which interpreter --- */

static bool bin_has(const struct vf_write_ctx *t, struct vf_slice name)
{
    for (size_t i = 0; i < t->n_bin; i++)
        if (vf_slice_eq(t->bin[i], name))
            return true;
    return false;
}

/* A name that exists in BIN: the given one, python, python3, or the first. */
static struct vf_slice choose_name(const struct vf_write_ctx *t, struct vf_slice name)
{
    if (t->n_bin == 0 || bin_has(t, name))
        return name;
    if (bin_has(t, VF_S("python")))
        return VF_S("python");
    return bin_has(t, VF_S("python3")) ? VF_S("python3") : t->bin[0];
}

static bool in_bin(const struct vf_write_ctx *t, struct vf_slice path)
{
    struct vf_slice dir = vf_path_dir(path), root = t->root;
    while (root.n > 1 && root.p[root.n - 1] == '/')
        root.n--;
    return root.n > 0 && dir.n == root.n + 4 && vf_slice_starts(dir, root) &&
           vf_slice_ends(dir, VF_S("/bin"));
}

/* --- one line --- */

/* May the kernel and Python read this as the interpreter of line 1? */
static bool fits_line_1(const struct writer *w, struct vf_slice path)
{
    if (path.n == 0 || has_any(path, " \t\n") || vf_slice_find_byte(path, '\0', 0) != VF_NPOS ||
        path.p[0] == '"')
        return false;
    if (!runs_python(&w->h))
        return path.p[path.n - 1] != '\r';
    return !has_any(path, "\r") && vf_utf8_valid(path) && (w->t->py_major != 2 || is_ascii(path));
}

/* `env` splits and expands what it is given with -S, and takes `=` for an assignment. */
static bool env_takes(struct vf_slice lead, struct vf_slice path)
{
    bool env = vf_slice_find(lead, VF_S("env"), 0) != VF_NPOS;
    return !env || (vf_shell_is_plain(path) && !has_any(path, "="));
}

/* What stood before and behind the path in line 1, or would stand there before and behind this one. */
static void line_1_shape(const struct writer *w, struct vf_slice path, struct vf_slice *lead,
                         struct vf_slice *tail, bool *blank)
{
    const struct vf_header *h = &w->h;
    size_t at = vf_slice_find_byte(h->pattern, '@', 0);
    if (is_ours(h->form) && at != VF_NPOS && at >= 2) {
        *lead = vf_slice_sub(h->pattern, 2, at);
        *tail = vf_slice_from(h->pattern, at + 1);
    } else {
        *lead = h->lead;
        *tail = h->tail;
    }
    *blank = false;
    bool one_line = h->form == VF_HEADER_A || h->form == VF_HEADER_O || h->form == VF_HEADER_K ||
                    h->form == VF_HEADER_M || h->form == VF_HEADER_J_ABS ||
                    (is_ours(h->form) && at != VF_NPOS);
    if (one_line && env_takes(*lead, path) && (h->form != VF_HEADER_J_ABS || !h->malformed))
        return;
    *lead = (struct vf_slice){0};
    *tail = h->extra;
    *blank = h->extra.n > 0;
}

/* What was written from `start` on is read as it was meant: nothing that follows the path (options of an odd
 * kind) changes it. */
static bool reads_back(const struct writer *w, size_t start)
{
    struct vf_header h;
    if (w->out->failed)
        return true; /* reported as such */
    if (vf_header_parse(vf_slice_from(vf_buf_slice(w->out), start), w->a, &h, w->err) != VF_OK || h.raw.n > 0)
        return false;
    return vf_slice_eq(h.value, is_self(h.form) ? vf_path_base(w->path) : w->path);
}

static void put_cookie(const struct writer *w)
{
    if (w->h.cookie.n == 0)
        return;
    vf_buf_putc(w->out, '\n');
    vf_buf_put(w->out, w->h.cookie);
}

/* Form A; false when it does not fit. A script of another program may use what the kernel allows. */
static bool write_line_1(const struct writer *w)
{
    struct vf_slice lead, tail;
    bool blank;
    line_1_shape(w, w->path, &lead, &tail, &blank);
    size_t limit = w->t->line_limit ? w->t->line_limit : DEFAULT_LIMIT;
    if (!fits_line_1(w, w->path) || 2 + lead.n + w->path.n + blank + tail.n + 1 > limit)
        return false;
    if (has_any(tail, "\r") || (runs_python(&w->h) && !vf_utf8_valid(tail)))
        return false;
    size_t start = w->out->n;
    vf_buf_put(w->out, VF_S("#!"));
    vf_buf_put(w->out, lead);
    vf_buf_put(w->out, w->path);
    if (blank)
        vf_buf_putc(w->out, ' ');
    vf_buf_put(w->out, tail);
    put_cookie(w);
    bool good = reads_back(w, start);
    w->out->n = good ? w->out->n : start;
    return good;
}

/* --- the form that was there --- */

/* The header as it is with other words for the interpreter, without CRs before its line ends. */
static void splice(const struct writer *w, struct vf_slice word)
{
    const struct vf_header *h = &w->h;
    struct vf_slice before = vf_slice_sub(w->bytes, h->off, h->word);
    struct vf_slice behind = vf_slice_sub(w->bytes, h->word_end, h->end), line;
    struct vf_slice *parts[] = {&before, NULL, &behind};
    for (size_t i = 0; i < VF_COUNT(parts); i++) {
        if (!parts[i]) {
            vf_buf_put(w->out, word);
            continue;
        }
        while (vf_slice_next_line(parts[i], &line)) {
            bool ended = line.p + line.n < w->bytes.p + (i == 0 ? h->word : h->end);
            bool cut = (ended || i == 2) && line.n > 0 && line.p[line.n - 1] == '\r';
            vf_buf_put(w->out, vf_slice_sub(line, 0, line.n - (cut ? 1 : 0)));
            if (ended)
                vf_buf_putc(w->out, '\n');
        }
    }
}

/* The path as a shell word in the quotes of form B, C or D that Python reads without a warning. */
static bool quote_as(char quote, struct vf_slice path, struct vf_buf *word)
{
    if (path.n == 0 || !vf_utf8_valid(path) || has_any(path, "\\") ||
        vf_slice_find_byte(path, '\0', 0) != VF_NPOS)
        return false;
    if (quote == '\'') {
        vf_shell_put_single(word, path);
        return true;
    }
    if (quote == '"' ? has_any(path, "\"$`") || vf_slice_find(path, VF_S("'''"), 0) != VF_NPOS
                     : !vf_shell_is_plain(path))
        return false;
    if (quote)
        vf_buf_putc(word, quote);
    vf_buf_put(word, path);
    if (quote)
        vf_buf_putc(word, quote);
    return true;
}

/* B, C, D and H with another path; false when the form was or would be broken. */
static bool write_same_form(const struct writer *w, const struct vf_header_body *body)
{
    const struct vf_header *h = &w->h;
    if (!h->trampoline || h->malformed || h->bad_quoting || is_self(h->form) ||
        (body->docstring && body->future))
        return false;
    struct vf_buf word = {0};
    char first = h->word < w->bytes.n ? w->bytes.p[h->word] : '\0';
    bool ok = quote_as(first == '"' || first == '\'' ? first : '\0', w->path, &word);
    if (ok)
        splice(w, vf_buf_slice(&word));
    w->out->failed |= word.failed;
    vf_buf_release(&word);
    return ok;
}

/* F1, F2 and G that are not ours: only the name in BIN can change. */
static void write_same_self(const struct writer *w, struct vf_slice name)
{
    const struct vf_header *h = &w->h;
    struct vf_slice old = h->value;
    struct vf_slice before = vf_slice_sub(w->bytes, h->word, h->value_off);
    struct vf_slice behind = vf_slice_sub(w->bytes, h->value_off + old.n, h->word_end);
    struct vf_buf word = {0};
    vf_buf_put(&word, before);
    vf_buf_put(&word, name);
    vf_buf_put(&word, behind);
    splice(w, vf_buf_slice(&word));
    w->out->failed |= word.failed;
    vf_buf_release(&word);
}

/* --- forms that find themselves, and the single-quoted one for paths outside BIN --- */

/* ` -E` for every option. Quotes and backslashes would have to survive sh, Python and env together. */
static bool put_options(const struct writer *w, bool bare_only)
{
    struct vf_slice rest = w->h.extra;
    while (rest.n > 0) {
        size_t n = 0;
        while (n < rest.n && rest.p[n] != ' ' && rest.p[n] != '\t')
            n++;
        struct vf_slice word = vf_slice_sub(rest, 0, n);
        if (has_any(word, "'\\\n\r") || !is_ascii(word) || (bare_only && !vf_shell_is_plain(word)))
            return false;
        if (n > 0) {
            vf_buf_putc(w->out, ' ');
            vf_shell_word_put(w->out, word);
        }
        rest = vf_slice_from(rest, n + 1);
    }
    return true;
}

/* Are the words parted by single blanks? Then they come back as they were. */
static bool is_single_spaced(struct vf_slice s)
{
    return vf_slice_find(s, VF_S("  "), 0) == VF_NPOS && !has_any(s, "\t");
}

/* Line 1 as a pattern, when the plain `#!E options` would not give its bytes back. Empty when there is no
 * need or no way. */
static void put_pattern(const struct writer *w, struct vf_buf *pattern)
{
    struct vf_slice lead, tail;
    bool blank;
    line_1_shape(w, VF_S("/"), &lead, &tail, &blank);
    struct vf_slice words = vf_slice_from(tail, !blank && tail.n > 0 && tail.p[0] == ' ' ? 1 : 0);
    bool plain = lead.n == 0 && vf_slice_eq(words, w->h.extra) && is_single_spaced(words);
    if (plain || has_any(tail, "'\\@\r\n") || !is_ascii(tail) || !is_ascii(lead) || has_any(lead, "'\\@\r"))
        return;
    vf_buf_put(pattern, VF_S("#!"));
    vf_buf_put(pattern, lead);
    vf_buf_putc(pattern, '@');
    vf_buf_put(pattern, tail);
}

static enum vf_status refuse_options(const struct writer *w)
{
    return vf_unwritable(w->err, w->path,
                         "the interpreter's options hold characters that a longer header cannot store");
}

static enum vf_status write_f1(const struct writer *w, struct vf_slice name)
{
    struct vf_buf pattern = {0};
    vf_buf_put(w->out, VF_S("#!/bin/sh"));
    put_cookie(w);
    vf_buf_put(w->out, VF_S("\n" EXEC SELF));
    vf_buf_put(w->out, w->t->relocatable ? VF_S("\"/'") : VF_S("/"));
    vf_buf_put(w->out, name);
    vf_buf_putc(w->out, w->t->relocatable ? '\'' : '"');
    if (!put_options(w, false))
        return refuse_options(w);
    vf_buf_put(w->out, VF_S(ARGS "\n' "));
    if (!w->t->relocatable)
        put_pattern(w, &pattern);
    if (pattern.n > 0) {
        vf_buf_put(w->out, vf_buf_slice(&pattern));
        vf_buf_putc(w->out, ' ');
    }
    vf_buf_put(w->out, VF_S("'''"));
    w->out->failed |= pattern.failed;
    vf_buf_release(&pattern);
    return VF_OK;
}

static enum vf_status write_g(const struct writer *w, struct vf_slice name)
{
    size_t start = w->out->n;
    struct vf_buf pattern = {0};
    vf_buf_put(w->out, VF_S(ENV_S SELF));
    vf_buf_put(w->out, w->t->relocatable ? VF_S("\"/") : VF_S("/"));
    vf_buf_put(w->out, name);
    if (!w->t->relocatable)
        vf_buf_putc(w->out, '"');
    if (!put_options(w, true))
        return refuse_options(w);
    vf_buf_put(w->out, VF_S(ARGS));
    if (!w->t->relocatable)
        put_pattern(w, &pattern);
    bool room = w->out->n - start + pattern.n + 3 <= KERNEL_LIMIT;
    if (pattern.n > 0 && room && !has_any(vf_buf_slice(&pattern), "\"")) {
        vf_buf_putc(w->out, ' ');
        vf_buf_put(w->out, vf_buf_slice(&pattern));
    }
    vf_buf_putc(w->out, '\'');
    w->out->failed |= pattern.failed;
    vf_buf_release(&pattern);
    if (w->out->n - start + 1 > KERNEL_LIMIT)
        return vf_unwritable(w->err, w->path, "the interpreter's options are too long for one line");
    put_cookie(w);
    return VF_OK;
}

static enum vf_status write_self(const struct writer *w, const struct vf_header_body *body)
{
    struct vf_slice name = vf_path_base(w->path);
    if (name.n == 0 || !vf_shell_is_plain(name))
        return vf_unwritable(w->err, w->path,
                             "the interpreter's name cannot stand in a self-locating header");
    bool python = runs_python(&w->h);
    bool lost = w->h.trampoline; /* its docstring is none already: nothing gets worse */
    bool needs_g = !python || (!lost && body->docstring && (body->future || body->uses_doc));
    bool wants_g = needs_g || (!lost && (body->docstring || (body->uses_doc && w->bytes.n < VF_HEADER_HEAD)));
    if (wants_g && w->t->env_s)
        return write_g(w, name);
    if (!needs_g)
        return write_f1(w, name);
    return vf_unwritable(
        w->err, w->path,
        !python        ? "a script of another program needs a short interpreter path without blanks, or "
                         "`env -S` on the target"
        : body->future ? "the script has a docstring and a __future__ import, and the target has no "
                         "`env -S`: use a short path without blanks"
                       : "the script uses its docstring, and the target has no `env -S`: use a short "
                         "path without blanks");
}

/* Outside BIN nothing can find itself: form D. */
static enum vf_status write_elsewhere(const struct writer *w, const struct vf_header_body *body)
{
    struct vf_buf word = {0};
    bool python = runs_python(&w->h) && vf_path_is_abs(w->path);
    bool doc = !w->h.trampoline && body->docstring && (body->future || body->uses_doc);
    enum vf_status st = VF_OK;
    if (!python || doc || !quote_as('\'', w->path, &word)) {
        st = vf_unwritable(w->err, w->path,
                           "no header can name this interpreter: use a short path without blanks");
    } else {
        vf_buf_put(w->out, VF_S("#!/bin/sh"));
        put_cookie(w);
        vf_buf_put(w->out, VF_S("\n" EXEC));
        vf_buf_put(w->out, vf_buf_slice(&word));
        st = put_options(w, false) ? VF_OK : refuse_options(w);
        vf_buf_put(w->out, VF_S(ARGS "\n' '''"));
    }
    w->out->failed |= word.failed;
    vf_buf_release(&word);
    return st;
}

/* --- all together --- */

/* A bare name: the name below BIN of a self-locating header, the program of `env`, or a placeholder. */
static enum vf_status write_name(const struct writer *w, struct vf_slice name)
{
    if (name.n == 0 || !vf_shell_is_plain(name))
        return vf_unwritable(w->err, name, "this is no name of an interpreter");
    if (is_self(w->h.form) || w->h.form == VF_HEADER_J) {
        write_same_self(w, name);
        return VF_OK;
    }
    struct writer named = *w;
    named.path = name;
    return write_line_1(&named) ? VF_OK : vf_unwritable(w->err, name, "the header's options are too long");
}

static enum vf_status write_form(const struct writer *w)
{
    bool inside = in_bin(w->t, w->path), self = is_self(w->h.form) && !is_ours(w->h.form);
    struct vf_header_body body = vf_header_body_of(w->bytes, &w->h);
    if (self && inside) {
        write_same_self(w, vf_path_base(w->path));
        return VF_OK;
    }
    bool find_self = inside && w->t->relocatable && runs_python(&w->h);
    if (!find_self && write_line_1(w))
        return VF_OK;
    if (!find_self && write_same_form(w, &body))
        return VF_OK;
    return inside ? write_self(w, &body) : write_elsewhere(w, &body);
}

static enum vf_status write_path(const struct writer *w)
{
    size_t start = w->out->n;
    enum vf_status st = write_form(w);
    if (st == VF_OK && !reads_back(w, start))
        st = vf_unwritable(w->err, w->path, "the header's options cannot stand behind this path");
    return st;
}

static enum vf_status with_interpreter(struct writer *w, struct vf_slice path)
{
    struct vf_slice name = vf_path_base(path);
    if (vf_slice_find_byte(path, '/', 0) == VF_NPOS)
        return write_name(w, path);
    w->path = path;
    struct vf_slice chosen = in_bin(w->t, path) && runs_python(&w->h) ? choose_name(w->t, name) : name;
    if (vf_slice_eq(chosen, name))
        return write_path(w);
    struct vf_buf named = {0};
    vf_path_join_buf(&named, vf_path_dir(path), chosen);
    w->path = vf_buf_slice(&named);
    enum vf_status st = named.failed ? vf_err_nomem(w->err) : write_path(w);
    vf_buf_release(&named);
    return st;
}

enum vf_status vf_write_HEADER(const struct vf_ref *ref, const struct vf_source *src, struct vf_slice path,
                               const struct vf_write_ctx *target, struct vf_buf *out, struct vf_err *err)
{
    if (ref->form == VF_HEADER_DEV) {
        vf_pyrepr_put(out, path);
        return VF_OK;
    }
    struct vf_write_ctx none = {0};
    struct vf_arena a;
    vf_arena_init(&a);
    struct writer w = {.bytes = src->bytes, .t = target ? target : &none, .a = &a, .out = out, .err = err};
    enum vf_status st = vf_header_parse(src->bytes, &a, &w.h, err);
    if (st == VF_OK && (w.h.off != ref->off || w.h.end != ref->off + ref->len || w.h.form != ref->form))
        st = vf_err_set(err, VF_INTERNAL, 0, "write", src->path, "the header is not the one that was read");
    if (st == VF_OK)
        st = with_interpreter(&w, path);
    vf_arena_release(&a);
    return st;
}

enum vf_status vf_header_put_placeholder(const struct vf_ref *ref, const struct vf_source *src,
                                         struct vf_buf *out, struct vf_err *err)
{
    struct vf_header h;
    struct vf_arena a;
    vf_arena_init(&a);
    enum vf_status st = vf_header_parse(src->bytes, &a, &h, err);
    if (st == VF_OK && h.form == VF_HEADER_NONE)
        st = vf_err_set(err, VF_INTERNAL, 0, "write", src->path, "the header is not the one that was read");
    if (st == VF_OK) {
        struct vf_slice name = vf_path_base(ref->raw.n > 0 ? ref->raw : ref->value);
        struct writer w = {.h = h, .out = out};
        vf_buf_put(out, vf_slice_eq(name, VF_S("pythonw")) ? VF_S("#!pythonw") : VF_S("#!python"));
        put_cookie(&w);
        st = out->failed ? vf_err_nomem(err) : VF_OK;
    }
    vf_arena_release(&a);
    return st;
}
