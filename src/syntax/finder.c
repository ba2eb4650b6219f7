/* Finders and loaders of editable installs: Python files in which a tool wrote absolute paths as string
 * literals. docs/formats.md 4.3.
 *
 * Only the statements that the tools write are looked into (setuptools' MAPPING and NAMESPACES, editables'
 * map_module, __path__ and import_from_path, scikit-build-core's and meson-python's install, meson-python's
 * finder). Text in strings and comments is no statement. A literal is rewritten as Python's repr, as all of
 * them write it. */
#include <string.h>

#include "base/escape.h"
#include "base/path.h"
#include "syntax/pytext.h"
#include "syntax/syntax.h"

struct statement {
    const char *lead;
    const char *key;
    bool line_start; /* else it follows `.`, a blank or `=` */
    bool assigned;   /* the literals stand behind the next `=` of the line */
    bool meson;      /* meson-python has a statement of this name, too */
};

static const struct statement statements[] = {
    {"MAPPING", "MAPPING", true, true, false},
    {"NAMESPACES", "NAMESPACES", true, true, false},
    {"__path__ = [", "__path__", true, false, false},
    {"install(", "install", true, false, true},
    {"install_inplace(", "install_inplace", true, false, false},
    {"import_from_path(__name__, ", "import_from_path", true, false, false},
    {"map_module(", "map_module", false, false, false},
    {"MesonpyMetaFinder(", "MesonpyMetaFinder", false, false, true},
};

struct reading {
    struct vf_slice file;
    struct vf_read_out *out;
    struct vf_err *err;
    uint32_t line;
    size_t line_at; /* offset up to which `line` has counted */
    bool meson, found;
    struct vf_py_string next; /* the first string at or behind the present place, once `looked` */
    bool looked, more;
};

/* The next string, looked for once: statements without any would make the scan quadratic. */
static bool next_string(struct reading *r, size_t at)
{
    if (!r->looked || (r->more && at > r->next.start))
        r->more = vf_py_next_string(r->file, at, &r->next);
    r->looked = true;
    return r->more;
}

static uint32_t line_of(struct reading *r, size_t at)
{
    for (; r->line_at < at; r->line_at++)
        r->line += r->file.p[r->line_at] == '\n';
    return r->line;
}

static bool stands_free(const struct statement *st, struct vf_slice file, size_t at)
{
    char before = at > 0 ? file.p[at - 1] : '\n';
    if (st->line_start)
        return before == '\n';
    /* `class MesonpyMetaFinder(` and `def map_module(` are definitions. */
    struct vf_slice ahead = vf_slice_sub(file, 0, at);
    if (vf_slice_ends(ahead, VF_S("class ")) || vf_slice_ends(ahead, VF_S("def ")))
        return false;
    return strchr(".\n\t =", before) != NULL;
}

/* Offset of the opening bracket of an assignment `NAME = {`, `NAME: type = {`; VF_NPOS when it is something
 * else. */
static size_t assigned_at(struct vf_slice file, size_t at)
{
    size_t end = vf_slice_find_byte(file, '\n', at);
    struct vf_slice line = vf_slice_sub(file, 0, end);
    while (at < line.n && line.p[at] == ' ')
        at++;
    if (at == line.n || (line.p[at] != ':' && line.p[at] != '='))
        return VF_NPOS;
    at = vf_slice_find_byte(line, '=', at);
    if (at == VF_NPOS)
        return VF_NPOS;
    for (at++; at < line.n && line.p[at] == ' ';)
        at++;
    return at < line.n && (line.p[at] == '{' || line.p[at] == '[') ? at : VF_NPOS;
}

/* The statement that begins at `at`, with the offset of its opening bracket; NULL when none does. */
static const struct statement *statement_at(struct vf_slice file, size_t at, size_t *bracket)
{
    if (file.p[at] == '\0' || !strchr("MN_im", file.p[at])) /* no lead begins with another byte */
        return NULL;
    for (size_t i = 0; i < VF_COUNT(statements); i++) {
        const struct statement *st = &statements[i];
        struct vf_slice lead = vf_slice_of(st->lead);
        if (file.p[at] != lead.p[0] || !vf_slice_starts(vf_slice_from(file, at), lead) ||
            !stands_free(st, file, at))
            continue;
        size_t open = vf_slice_find_byte(lead, '(', 0);
        *bracket = at + (open == VF_NPOS ? lead.n - 1 : open);
        if (st->assigned)
            *bracket = assigned_at(file, at + lead.n);
        if (*bracket != VF_NPOS)
            return st;
    }
    return NULL;
}

/* Is the literal an element of its own? Adjacent literals are one string to Python, and none of the tools
 * writes that. */
static bool stands_alone(struct vf_slice file, const struct vf_py_string *str)
{
    size_t before = str->start;
    size_t behind = str->end;
    while (before > 0 && strchr(" \t\r\n", file.p[before - 1]) && file.p[before - 1] != '\0')
        before--;
    while (behind < file.n && strchr(" \t\r\n", file.p[behind]) && file.p[behind] != '\0')
        behind++;
    return before > 0 && file.p[before - 1] != '\0' && strchr("([{,:=", file.p[before - 1]) &&
           behind < file.n && file.p[behind] != '\0' && strchr(",:)]}", file.p[behind]);
}

/* scikit-build-core gives the build directory and then whether it builds on import; meson-python always
 * does. */
static bool builds_on_import(const struct reading *r, const struct statement *s,
                             const struct vf_py_string *str)
{
    if (r->meson && s->meson)
        return true;
    return !strncmp(s->key, "install", 7) &&
           vf_slice_starts(vf_slice_from(r->file, str->end), VF_S(", True"));
}

static enum vf_status add(struct reading *r, const struct statement *s, const struct vf_py_string *str)
{
    struct vf_buf b = {0};
    struct vf_slice value;
    size_t used = 0;
    bool whole = vf_pystr_get(&b, vf_slice_sub(r->file, str->start, str->end), &used);
    if (b.failed || !whole || used != str->end - str->start || !vf_path_is_abs(vf_buf_slice(&b))) {
        enum vf_status st = b.failed ? vf_err_nomem(r->err) : VF_OK;
        vf_buf_release(&b);
        return st;
    }
    enum vf_status st = vf_out_keep(r->out, &b, &value, r->err);
    struct vf_ref *ref = st == VF_OK ? vf_out_ref(r->out) : NULL;
    if (!ref)
        return st == VF_OK ? vf_err_nomem(r->err) : st;
    ref->syntax = VF_SYN_FINDER;
    ref->role = r->meson && s->meson ? VF_ROLE_BUILD_TOOL : VF_ROLE_EDITABLE;
    ref->line = line_of(r, str->start);
    ref->off = str->start;
    ref->len = str->end - str->start;
    ref->value_off = str->body;
    ref->value = value;
    ref->key = s->key;
    if (builds_on_import(r, s, str))
        ref->flags |= VF_REF_REBUILDS;
    return VF_OK;
}

/* Follows brackets through file[from, to), which holds no string; the offset behind the one that closes the
 * statement, or VF_NPOS when it goes on. */
static size_t closes_in(struct vf_slice file, size_t from, size_t to, unsigned *depth)
{
    for (size_t i = from; i < to; i++) {
        char c = file.p[i];
        if (c == '#') {
            size_t end = vf_slice_find_byte(file, '\n', i);
            i = end == VF_NPOS || end > to ? to : end;
        } else if (c == '(' || c == '[' || c == '{') {
            ++*depth;
        } else if ((c == ')' || c == ']' || c == '}') && --*depth == 0) {
            return i + 1;
        }
    }
    return VF_NPOS;
}

/* All literals of the statement whose bracket opens at `at`; *end gets the offset behind it. */
static enum vf_status literals(struct reading *r, const struct statement *s, size_t at, size_t *end)
{
    unsigned depth = 0;
    for (;;) {
        bool more = next_string(r, at);
        struct vf_py_string str = r->next;
        *end = closes_in(r->file, at, more ? str.start : r->file.n, &depth);
        if (*end != VF_NPOS || !more) {
            *end = *end == VF_NPOS ? r->file.n : *end;
            return VF_OK;
        }
        if (!str.bytes && !str.format && stands_alone(r->file, &str)) {
            enum vf_status st = add(r, s, &str);
            if (st != VF_OK)
                return st;
        }
        at = str.end;
    }
}

/* Looks for statements in file[at, to), which holds no string; *at gets the offset where the scan goes on. */
static enum vf_status gap(struct reading *r, size_t *at, size_t to)
{
    while (*at < to) {
        size_t bracket;
        const struct statement *s = statement_at(r->file, *at, &bracket);
        if (s && bracket < to) {
            r->found = true;
            return literals(r, s, bracket, at);
        }
        size_t end = r->file.p[*at] == '#' ? vf_slice_find_byte(r->file, '\n', *at) : *at + 1;
        *at = end == VF_NPOS ? to : end;
    }
    return VF_OK;
}

enum vf_status vf_read_FINDER(const struct vf_source *src, struct vf_read_out *out, struct vf_err *err)
{
    struct reading r = {.file = src->bytes, .out = out, .err = err, .line = 1};
    r.meson = vf_slice_find(r.file, VF_S("MesonpyMetaFinder"), 0) != VF_NPOS;
    enum vf_status st = VF_OK;
    for (size_t at = 0; at < r.file.n && st == VF_OK;) {
        bool more = next_string(&r, at);
        size_t stop = more ? r.next.start : r.file.n;
        st = gap(&r, &at, stop);
        if (at == stop && more)
            at = r.next.end;
    }
    if (st == VF_OK && !r.found)
        st = vf_out_note(out, VF_FLAW_FINDER_UNKNOWN, 1, 0, 0, VF_S(""), err);
    return st;
}

enum vf_status vf_write_FINDER(const struct vf_ref *ref, const struct vf_source *src, struct vf_slice path,
                               const struct vf_write_ctx *target, struct vf_buf *out, struct vf_err *err)
{
    (void)ref;
    (void)src;
    (void)target;
    if (vf_slice_find_byte(path, '\0', 0) != VF_NPOS)
        return vf_unwritable(err, path, "a path cannot hold a NUL byte");
    vf_pyrepr_put(out, path);
    return out->failed ? vf_err_nomem(err) : VF_OK;
}
