/* reqlist.c: a requirement list with all that it includes.
 *
 * Lists that are being read lie on a stack (no recursion); a list that includes itself is found there. */
#include "packaging/reqlist.h"

#include <string.h>

#include "base/path.h"
#include "packaging/text.h"
#include "packaging/url.h"

struct frame {
    struct vf_slice file;
    struct vf_list_lines lines;
    bool constraint;
};

struct parse {
    struct vf_arena *arena;
    const struct vf_list_reader *reader;
    struct vf_slice top; /* directory of the first list, clean */
    struct frame stack[VF_LIST_DEPTH_MAX];
    size_t depth;
    size_t bytes;
    struct vf_vec items, files;
    bool any_hash;
    struct vf_err *err;
};

static enum vf_status bad(struct parse *p, const char *what, struct vf_slice text)
{
    return vf_err_set(p->err, VF_BAD_LIST, 0, "parse", (struct vf_slice){NULL, 0}, "%s: '%s'", what,
                      vf_quote(text).s);
}

static enum vf_status limit(struct parse *p, const char *what)
{
    return vf_err_set(p->err, VF_LIMIT, 0, "parse", (struct vf_slice){NULL, 0}, "the list %s", what);
}

static enum vf_status open_list(struct parse *p, struct vf_slice file, struct vf_slice bytes, bool constraint)
{
    if (p->depth == VF_LIST_DEPTH_MAX || p->files.n == VF_LIST_FILES_MAX)
        return limit(p, p->depth == VF_LIST_DEPTH_MAX ? "includes too deep" : "includes too many others");
    p->bytes += bytes.n < VF_LIST_TOTAL_MAX ? bytes.n : VF_LIST_TOTAL_MAX + 1;
    if (p->bytes > VF_LIST_TOTAL_MAX)
        return limit(p, "is too large with all that it includes");
    struct vf_slice text;
    enum vf_status st = vf_list_decode(p->arena, bytes, &text, p->err);
    if (st != VF_OK) {
        vf_err_context(p->err, "list '%s'", vf_quote(file).s);
        return st;
    }
    struct vf_slice *kept = vf_vec_push(p->arena, &p->files, sizeof *kept);
    if (!kept)
        return vf_err_nomem(p->err);
    *kept = file;
    p->stack[p->depth++] = (struct frame){.file = file, .lines = {.rest = text}, .constraint = constraint};
    return VF_OK;
}

/* The clean path of an include that stands in `from`: a path relative to that list's directory, or a file:
 * URL. */
static enum vf_status include_path(struct parse *p, struct vf_slice from, struct vf_slice value,
                                   struct vf_slice *out)
{
    struct vf_slice path = value;
    if (vf_url_has_scheme(value, VF_S("http")) || vf_url_has_scheme(value, VF_S("https")))
        return bad(p, "a list on another host is not read; save it beside this one", value);
    if (vf_url_has_scheme(value, VF_S("file")) && !vf_url_file_path(p->arena, value, &path))
        return bad(p, "not a file of this host", value);
    if (path.p) {
        path = vf_path_join(p->arena, vf_path_dir(from), path);
        path = path.p ? vf_path_clean_dup(p->arena, path) : path;
    }
    *out = path;
    return path.p ? VF_OK : vf_err_nomem(p->err);
}

static bool inside(const struct parse *p, struct vf_slice path)
{
    if (vf_slice_eq(p->top, VF_S(".")))
        return !vf_path_is_abs(path) && !vf_slice_eq(path, VF_S("..")) && !vf_slice_starts(path, VF_S("../"));
    return vf_path_under(p->top, path, NULL);
}

static enum vf_status include(struct parse *p, const struct vf_list_item *item)
{
    struct vf_slice path, bytes;
    const struct vf_list_reader *r = p->reader;
    enum vf_status st = include_path(p, item->file, item->value, &path);
    if (st != VF_OK)
        return st;
    if (!r->read || (!r->allow_outside && !inside(p, path)))
        return bad(p, r->read ? "a list outside the directory of the first one" : "a list is included", path);
    for (size_t i = 0; i < p->depth; i++)
        if (vf_slice_eq(p->stack[i].file, path))
            return bad(p, "a list that includes itself", path);
    st = r->read(r->ctx, path, p->arena, &bytes, p->err);
    return st == VF_OK ? open_list(p, path, bytes, item->option == VF_LISTOPT_CONSTRAINT) : st;
}

/* The end of `${NAME}` that starts at i, NAME of capitals, digits and `_`; 0: none starts there. */
static size_t variable_end(struct vf_slice line, size_t i)
{
    size_t k = i + 2;
    while (k < line.n &&
           ((line.p[k] >= 'A' && line.p[k] <= 'Z') || vf_text_digit(line.p[k]) || line.p[k] == '_'))
        k++;
    return vf_slice_starts(vf_slice_from(line, i), VF_S("${")) && k > i + 2 && k < line.n && line.p[k] == '}'
               ? k + 1
               : 0;
}

static enum vf_status expand(struct parse *p, struct vf_slice *line)
{
    struct vf_buf b;
    struct vf_slice value;
    if (!p->reader->variable || vf_slice_find(*line, VF_S("${"), 0) == VF_NPOS)
        return VF_OK;
    vf_buf_init(&b);
    for (size_t i = 0; i < line->n;) {
        size_t end = variable_end(*line, i);
        if (end > 0 && p->reader->variable(p->reader->ctx, vf_slice_sub(*line, i + 2, end - 1), &value)) {
            vf_buf_put(&b, value);
            i = end;
        } else {
            vf_buf_putc(&b, line->p[i++]);
        }
    }
    *line = b.failed ? (struct vf_slice){NULL, 0} : vf_arena_dup(p->arena, vf_buf_slice(&b));
    vf_buf_release(&b);
    return line->p ? VF_OK : vf_err_nomem(p->err);
}

static enum vf_status keep(struct parse *p, const struct vf_list_item *item)
{
    if (p->items.n >= VF_LIST_ITEMS_MAX)
        return limit(p, "has too many lines");
    if (item->kind == VF_LIST_EDITABLE && item->constraint)
        return bad(p, "an editable cannot be a constraint", item->text);
    struct vf_list_item *kept = vf_vec_push(p->arena, &p->items, sizeof *kept);
    if (!kept)
        return vf_err_nomem(p->err);
    *kept = *item;
    p->any_hash = p->any_hash || item->n_hashes > 0;
    return VF_OK;
}

static enum vf_status take_item(struct parse *p, const struct vf_list_item *item)
{
    bool includes = item->kind == VF_LIST_OPTION &&
                    (item->option == VF_LISTOPT_REQUIREMENT || item->option == VF_LISTOPT_CONSTRAINT);
    return includes ? include(p, item) : keep(p, item);
}

static enum vf_status take_line(struct parse *p, struct vf_slice line)
{
    const struct frame *f = &p->stack[p->depth - 1];
    struct vf_list_item *items = NULL;
    struct vf_slice file = f->file;
    uint32_t number = f->lines.first;
    bool constraint = f->constraint;
    size_t n = 0;
    enum vf_status st = expand(p, &line);
    if (st == VF_OK)
        st = vf_list_parse_line(p->arena, line, &items, &n, p->err);
    for (size_t i = 0; i < n && st == VF_OK; i++) {
        items[i].file = file;
        items[i].line = number;
        items[i].constraint = constraint;
        st = take_item(p, &items[i]);
    }
    if (st != VF_OK && st != VF_NO_MEMORY)
        vf_err_context(p->err, "list '%s', line %u", vf_quote(file).s, number);
    return st;
}

enum vf_status vf_reqlist_parse(struct vf_arena *a, struct vf_slice path, struct vf_slice bytes,
                                const struct vf_list_reader *reader, struct vf_reqlist *out,
                                struct vf_err *err)
{
    struct parse p = {.arena = a, .reader = reader, .err = err};
    struct vf_slice line;
    memset(out, 0, sizeof *out);
    path = vf_path_clean_dup(a, path);
    if (path.p)
        p.top = vf_path_clean_dup(a, vf_path_dir(path));
    if (!p.top.p)
        return vf_err_nomem(err);
    enum vf_status st = open_list(&p, path, bytes, false);
    while (st == VF_OK && p.depth > 0) {
        bool failed;
        if (vf_list_next_line(a, &p.stack[p.depth - 1].lines, &line, &failed)) {
            st = take_line(&p, line);
        } else {
            st = failed ? vf_err_nomem(err) : VF_OK;
            p.depth--;
        }
    }
    *out = (struct vf_reqlist){p.items.base, p.items.n, p.any_hash, p.files.base, p.files.n};
    return st;
}

bool vf_reqlist_requires(const struct vf_reqlist *list)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->items[i].kind != VF_LIST_OPTION && !list->items[i].constraint)
            return true;
    return false;
}
