/* toml.c: the caps before toml++, look-up, and writing. */
#include "packaging/toml.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "packaging/text.h"

/* --- caps --- */

/* Walks over the text by TOML's lexical rules: strings and comments are passed over, brackets and dots
 * counted. Where the text is malformed the walk may go astray, but only behind the place where the parser
 * stops. */
struct walk {
    struct vf_slice s;
    size_t i;
    size_t depth, dots, values;
};

static bool at(const struct walk *w, struct vf_slice what)
{
    return vf_slice_starts(vf_slice_from(w->s, w->i), what);
}

/* A string with three quotes on each side; up to two more may stand before the closing ones. */
static void skip_long(struct walk *w, struct vf_slice quotes)
{
    for (w->i += 3; w->i < w->s.n && !at(w, quotes); w->i++)
        if (w->s.p[w->i] == '\\' && quotes.p[0] == '"')
            w->i++;
    w->i += 3;
    for (int more = 0; more < 2 && w->i < w->s.n && w->s.p[w->i] == quotes.p[0]; more++)
        w->i++;
}

static void skip_string(struct walk *w)
{
    char quote = w->s.p[w->i];
    if (at(w, VF_S("\"\"\"")) || at(w, VF_S("'''"))) {
        skip_long(w, quote == '"' ? VF_S("\"\"\"") : VF_S("'''"));
        return;
    }
    for (w->i++; w->i < w->s.n && w->s.p[w->i] != quote && w->s.p[w->i] != '\n'; w->i++)
        if (w->s.p[w->i] == '\\' && quote == '"')
            w->i++;
    w->i++;
}

static void step(struct walk *w)
{
    char c = w->s.p[w->i];
    if (c == '"' || c == '\'') {
        skip_string(w);
        return;
    }
    if (c == '#') {
        while (w->i < w->s.n && w->s.p[w->i] != '\n')
            w->i++;
        return;
    }
    w->i++;
    if (c == '[' || c == '{')
        w->depth++;
    else if ((c == ']' || c == '}') && w->depth > 0)
        w->depth--;
    if (c == '.')
        w->dots++;
    else if (c == '\n' || c == '=' || c == ',' || c == '[' || c == '{')
        w->dots = 0;
    w->values += c == '=' || c == ',' || c == '[' || c == '{' ? 1 : 0;
}

static enum vf_status check_caps(struct vf_slice text, struct vf_err *err)
{
    struct walk w = {.s = text};
    const char *what = text.n > VF_TOML_MAX ? "is too large" : NULL;
    while (!what && w.i < text.n) {
        step(&w);
        if (w.depth > VF_TOML_NEST_MAX)
            what = "is nested too deep";
        else if (w.dots > VF_TOML_DOTS_MAX)
            what = "has a key of too many parts";
        else if (w.values > VF_TOML_VALUES_MAX)
            what = "has too many values";
    }
    return what ? vf_err_set(err, VF_LIMIT, 0, "parse", (struct vf_slice){NULL, 0}, "TOML that %s", what)
                : VF_OK;
}

enum vf_status vf_toml_parse(struct vf_arena *a, struct vf_slice text, struct vf_toml_value *root,
                             struct vf_err *err)
{
    memset(root, 0, sizeof *root);
    if (vf_slice_starts(
            text, VF_S("\xef\xbb\xbf"))) { /* toml++ would pass over it; pip and uv refuse such a file */
        return vf_err_set(err, VF_MALFORMED, 0, "parse", (struct vf_slice){NULL, 0},
                          "TOML, line 1: a byte order mark");
    }
    enum vf_status st = check_caps(text, err);
    return st == VF_OK ? vf_toml_read(a, text, root, err) : st;
}

/* --- look-up --- */

const char *vf_toml_type_words(enum vf_toml_type t)
{
    static const char *const words[] = {"a string", "an integer", "a float", "a boolean",
                                        "a time",   "an array",   "a table"};
    return words[t];
}

const struct vf_toml_value *vf_toml_get(const struct vf_toml_value *table, struct vf_slice key)
{
    for (size_t i = 0; table->type == VF_TOML_TABLE && i < table->n; i++)
        if (vf_slice_eq(table->members[i].key, key))
            return &table->members[i].value;
    return NULL;
}

/* --- writing --- */

bool vf_toml_string_put(struct vf_buf *out, struct vf_slice text)
{
    if (!vf_utf8_valid(text))
        return false;
    vf_buf_putc(out, '"');
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        static const char letters[] = "btn\0fr"; /* for 0x08 to 0x0d; VT has none */
        if (c == '"' || c == '\\') {
            vf_buf_putc(out, '\\');
            vf_buf_putc(out, (char)c);
        } else if (c >= 8 && c <= 13 && c != 11) {
            vf_buf_putc(out, '\\');
            vf_buf_putc(out, letters[c - 8]);
        } else if (c < ' ' || c == 0x7f) {
            vf_buf_printf(out, "\\u%04X", c);
        } else {
            vf_buf_putc(out, (char)c);
        }
    }
    vf_buf_putc(out, '"');
    return true;
}

bool vf_toml_key_put(struct vf_buf *out, struct vf_slice key)
{
    for (size_t i = 0; i < key.n; i++) {
        char c = key.p[i];
        if (!vf_text_alpha(c) && !vf_text_digit(c) && c != '_' && c != '-')
            return vf_toml_string_put(out, key);
    }
    if (key.n == 0)
        return vf_toml_string_put(out, key);
    vf_buf_put(out, key);
    return true;
}

/* The shortest of the forms that reads back the same would need a search; 17 digits always do. */
static void put_real(struct vf_buf *out, double v)
{
    char b[40];
    if (isnan(v) || isinf(v)) {
        vf_buf_puts(out, isnan(v) ? "nan" : v < 0 ? "-inf" : "inf");
        return;
    }
    snprintf(b, sizeof b, "%.17g", v);
    bool whole = true;
    for (char *c = b; *c; c++) {
        if (!vf_text_digit(*c) && *c != '-' && *c != '+' && *c != 'e')
            *c = '.'; /* whatever the locale has for it */
        whole = whole && *c != '.' && *c != 'e';
    }
    vf_buf_puts(out, b);
    vf_buf_puts(out, whole ? ".0" : "");
}

static bool put_scalar(struct vf_buf *out, const struct vf_toml_value *v)
{
    switch (v->type) {
    case VF_TOML_STRING:
        return vf_toml_string_put(out, v->text);
    case VF_TOML_INTEGER:
        vf_buf_printf(out, "%lld", (long long)v->integer);
        break;
    case VF_TOML_FLOAT:
        put_real(out, v->real);
        break;
    case VF_TOML_BOOLEAN:
        vf_buf_puts(out, v->boolean ? "true" : "false");
        break;
    case VF_TOML_TIME:
        vf_buf_put(out, v->text);
        break;
    case VF_TOML_ARRAY:
    case VF_TOML_TABLE:
        return false;
    }
    return true;
}

/* An array or table that is being written, and which of its parts comes next. */
struct open_value {
    const struct vf_toml_value *v;
    size_t next;
};

/* What stands before the next part. */
static bool put_before(struct vf_buf *out, const struct open_value *o)
{
    vf_buf_puts(out, o->next > 0 ? ", " : "");
    if (o->v->type == VF_TOML_ARRAY)
        return true;
    bool ok = vf_toml_key_put(out, o->v->members[o->next].key);
    vf_buf_puts(out, " = ");
    return ok;
}

bool vf_toml_value_put(struct vf_buf *out, const struct vf_toml_value *v)
{
    struct open_value stack[VF_TOML_DEPTH_MAX];
    size_t depth = 0;
    for (;;) {
        if (v->type == VF_TOML_ARRAY || v->type == VF_TOML_TABLE) {
            if (depth == VF_TOML_DEPTH_MAX)
                return false;
            vf_buf_putc(out, v->type == VF_TOML_ARRAY ? '[' : '{');
            stack[depth++] = (struct open_value){v, 0};
        } else if (!put_scalar(out, v)) {
            return false;
        }
        while (depth > 0 && stack[depth - 1].next == stack[depth - 1].v->n)
            vf_buf_putc(out, stack[--depth].v->type == VF_TOML_ARRAY ? ']' : '}');
        if (depth == 0)
            return true;
        struct open_value *o = &stack[depth - 1];
        if (!put_before(out, o))
            return false;
        v = o->v->type == VF_TOML_ARRAY ? &o->v->items[o->next] : &o->v->members[o->next].value;
        o->next++;
    }
}
