/* .pth files, line by line as site.py of the Python at hand reads them (docs/formats.md 4.1).
 *
 * The range of a path is its line's text with what a reader takes for part of it (a BOM, blanks before it),
 * without trailing blanks and the line's end. String literals of code lines are references of their own, so
 * that what code does with a path goes on. */
#include "syntax/syntax.h"

#include "base/escape.h"
#include "base/path.h"
#include "syntax/text.h"

enum form { FORM_LINE, FORM_LITERAL };

struct reader {
    const struct vf_source *src;
    struct vf_read_out *out;
    struct vf_err *err;
    uint16_t flags;    /* of every reference */
    bool bom_is_text;  /* before 3.13 */
    bool splits_more;  /* str.splitlines, from 3.13 */
    bool strips_front; /* from 3.15 */
};

struct line {
    uint32_t no;
    size_t off;
    struct vf_slice text; /* without its end, BOM included */
};

/* Names that build backends give to the path file of an editable install (docs/formats.md 4.3). Others are
 * known by their owner. */
static bool is_editable_name(struct vf_slice path)
{
    static const struct vf_slice heads[] = {VF_S_INIT("__editable__"), VF_S_INIT("_editable_impl_"),
                                            VF_S_INIT("__editables_"), VF_S_INIT("_editable_skbc_")};
    struct vf_slice name = vf_path_base(path);
    for (size_t i = 0; i < VF_COUNT(heads); i++)
        if (vf_slice_starts(name, heads[i]))
            return true;
    return vf_slice_ends(name, VF_S("-editable.pth"));
}

static enum vf_status note(const struct reader *r, enum vf_flaw_kind kind, const struct line *l)
{
    return vf_out_note(r->out, kind, l->no, l->off, l->text.n, l->text, r->err);
}

static enum vf_status cut(const struct reader *r, enum vf_flaw_kind kind, const struct line *l, size_t from,
                          size_t len)
{
    struct vf_flaw f = {.kind = kind, .line = l->no, .off = from, .len = len, .value = l->text};
    return vf_out_repair(r->out, &f, r->err);
}

static bool is_code(struct vf_slice text)
{
    return vf_slice_starts(text, VF_S("import ")) || vf_slice_starts(text, VF_S("import\t"));
}

/* --- code lines --- */

static bool is_path_literal(struct vf_slice value)
{
    return value.n > 1 && value.p[0] == '/' && value.p[1] != '/' &&
           vf_slice_find_byte(value, '\n', 0) == VF_NPOS;
}

static enum vf_status put_literal(const struct reader *r, const struct line *l,
                                  const struct vf_py_string *str, struct vf_slice value)
{
    struct vf_ref *ref = vf_out_ref(r->out);
    if (!ref)
        return vf_err_nomem(r->err);
    *ref = (struct vf_ref){.syntax = VF_SYN_PTH,
                           .role = VF_ROLE_IMPORT_DIR,
                           .form = FORM_LITERAL,
                           .flags = (uint16_t)(r->flags | VF_REF_CODE),
                           .line = l->no,
                           .off = l->off + str->start,
                           .len = str->end - str->start,
                           .value_off = l->off + str->body,
                           .value = value};
    return VF_OK;
}

static enum vf_status read_code(const struct reader *r, const struct line *l)
{
    struct vf_py_string str;
    enum vf_status st = note(r, VF_FLAW_PTH_CODE, l);
    for (size_t i = 0; st == VF_OK && vf_py_next_string(l->text, i, &str); i = str.end) {
        struct vf_buf b = {0};
        struct vf_slice value;
        size_t used;
        struct vf_slice literal = vf_slice_sub(l->text, str.start, str.end);
        if (vf_pystr_get(&b, literal, &used) && used == literal.n && is_path_literal(vf_buf_slice(&b))) {
            st = vf_out_keep(r->out, &b, &value, r->err);
            if (st == VF_OK)
                st = put_literal(r, l, &str, value);
        }
        if (st == VF_OK && b.failed)
            st = vf_err_nomem(r->err);
        vf_buf_release(&b);
    }
    return st;
}

/* --- path lines --- */

/* What the reader sees, and what was meant where that is something else. */
static void set_value(const struct reader *r, struct vf_ref *ref, struct vf_slice text, struct vf_slice meant)
{
    size_t split = r->splits_more ? vf_py_find_splitter(text) : VF_NPOS;
    ref->value = text;
    if (split != VF_NPOS)
        ref->value = vf_py_rstrip(vf_slice_sub(text, 0, split));
    if (!vf_slice_eq(ref->value, meant))
        ref->raw = meant;
    if (!vf_path_is_abs(ref->value))
        ref->flags |= VF_REF_RELATIVE;
}

static enum vf_status read_path(const struct reader *r, const struct line *l, struct vf_slice text,
                                struct vf_slice meant)
{
    struct vf_ref *ref = vf_out_ref(r->out);
    if (!ref)
        return vf_err_nomem(r->err);
    *ref = (struct vf_ref){.syntax = VF_SYN_PTH,
                           .role = VF_ROLE_IMPORT_DIR,
                           .form = FORM_LINE,
                           .flags = r->flags,
                           .line = l->no,
                           .off = (uint64_t)(text.p - r->src->bytes.p),
                           .len = text.n,
                           .value_off = (uint64_t)(meant.p - r->src->bytes.p)};
    set_value(r, ref, text, meant);
    bool develop = vf_slice_eq(vf_path_base(r->src->path), VF_S("easy-install.pth")) && vf_path_is_abs(meant);
    if (develop)
        ref->flags |= VF_REF_EDITABLE;
    return VF_OK;
}

/* Blanks before code are left: without them it would run. */
static enum vf_status check_blanks(const struct reader *r, const struct line *l, struct vf_slice text,
                                   struct vf_slice meant, bool trailing)
{
    enum vf_status st = VF_OK;
    size_t front = (size_t)(meant.p - text.p);
    if (front > 0 && !r->strips_front)
        st = is_code(meant) ? note(r, VF_FLAW_PTH_LEADING_BLANK, l)
                            : cut(r, VF_FLAW_PTH_LEADING_BLANK, l, (size_t)(text.p - r->src->bytes.p), front);
    if (st == VF_OK && trailing && vf_path_is_abs(meant))
        st = note(r, VF_FLAW_PTH_TRAILING_BLANK, l);
    return st;
}

/* `body`: the line behind a BOM. */
static enum vf_status read_line(const struct reader *r, const struct line *l, struct vf_slice body)
{
    struct vf_slice text = vf_py_rstrip(body), meant = vf_py_lstrip(text);
    enum vf_status st = VF_OK;
    if (meant.n == 0 || meant.p[0] == '#')
        return VF_OK;
    if (vf_slice_find_byte(l->text, '\0', 0) != VF_NPOS)
        return note(r, VF_FLAW_PTH_NUL, l);
    if (r->splits_more && vf_py_find_splitter(text) != VF_NPOS)
        st = note(r, VF_FLAW_PTH_SPLIT, l);
    bool runs = is_code(r->strips_front ? meant : text);
    if (st == VF_OK && runs)
        return read_code(r, l);
    if (st == VF_OK)
        st = check_blanks(r, l, text, meant, text.n < body.n);
    if (st != VF_OK || is_code(meant))
        return st;
    bool bom = body.p != l->text.p;
    struct vf_slice seen = bom && r->bom_is_text ? vf_slice_sub(l->text, 0, l->text.n - (body.n - text.n))
                           : r->strips_front     ? meant
                                                 : text;
    return read_path(r, l, seen, meant);
}

enum vf_status vf_read_PTH(const struct vf_source *src, struct vf_read_out *out, struct vf_err *err)
{
    static const struct vf_slice mark = VF_S_INIT("\xEF\xBB\xBF");
    struct reader r = {.src = src,
                       .out = out,
                       .err = err,
                       .flags = is_editable_name(src->path) ? VF_REF_EDITABLE : 0,
                       .bom_is_text = src->py_minor < 13,
                       .splits_more = src->py_minor >= 13,
                       .strips_front = src->py_minor >= 15};
    struct vf_slice rest = src->bytes;
    struct line l = {.no = 1};
    enum vf_status st = VF_OK;
    for (size_t end_len = 0; st == VF_OK && vf_py_next_line(&rest, &l.text, &end_len); l.no++) {
        bool bom = l.off == 0 && vf_slice_starts(l.text, mark);
        if (!vf_utf8_valid(l.text))
            st = note(&r, VF_FLAW_PTH_UNDECODABLE, &l);
        if (st == VF_OK && bom && r.bom_is_text)
            st = cut(&r, VF_FLAW_PTH_BOM, &l, 0, mark.n);
        if (st == VF_OK)
            st = read_line(&r, &l, vf_slice_from(l.text, bom ? mark.n : 0));
        l.off += l.text.n + end_len;
    }
    return st;
}

/* --- writing --- */

static const char *why_not(struct vf_slice v, unsigned minor)
{
    if (v.n == 0 || !vf_utf8_valid(v) || vf_slice_find_byte(v, '\0', 0) != VF_NPOS)
        return "a .pth file cannot store a path that is no UTF-8";
    if (vf_slice_find_byte(v, '\n', 0) != VF_NPOS || vf_slice_find_byte(v, '\r', 0) != VF_NPOS)
        return "a .pth file cannot store a path with a line end";
    if (minor >= 13 && vf_py_find_splitter(v) != VF_NPOS)
        return "Python 3.13 and later end a line of a .pth file at a character of this path";
    if (vf_py_strip(v).n != v.n)
        return "a .pth file cannot store a path with a blank at its ends";
    if (v.p[0] == '#' || is_code(v))
        return "a .pth file does not take this for a path";
    return NULL;
}

static enum vf_status write_literal(const struct vf_ref *ref, const struct vf_source *src,
                                    struct vf_slice path, struct vf_buf *out, struct vf_err *err)
{
    struct vf_slice old = vf_slice_sub(src->bytes, ref->off, ref->off + ref->len);
    struct vf_py_string str;
    if (!vf_py_next_string(old, 0, &str))
        return vf_err_set(err, VF_INTERNAL, 0, "write", src->path,
                          "the literal is not the one that was read");
    size_t start = out->n;
    vf_buf_put(out, vf_slice_sub(old, 0, str.body));
    if (vf_py_put_body(out, path, &str, !vf_source_is_utf8(src))) {
        vf_buf_put(out, vf_slice_sub(old, str.body_end, old.n));
        return VF_OK;
    }
    out->n = start; /* a raw literal: its prefix goes */
    str.raw = false;
    if (str.bytes)
        vf_buf_putc(out, 'b');
    vf_buf_put(out, vf_slice_sub(old, str.body - (str.triple ? 3 : 1), str.body));
    (void)vf_py_put_body(out, path, &str, true);
    vf_buf_put(out, vf_slice_sub(old, str.body_end, old.n));
    return VF_OK;
}

/* The way from the .pth file's directory to a path below the new place; a root that cannot be stored does not
 * show in it. */
static bool write_relative(const struct vf_source *src, struct vf_slice path, const struct vf_write_ctx *t,
                           unsigned minor, struct vf_buf *out)
{
    struct vf_buf from = {0}, rel = {0};
    struct vf_slice dir = vf_path_dir(src->path);
    bool ok = t && t->root.n > 0 && dir.n > 0 && !vf_path_is_abs(dir) && vf_path_is_clean(path) &&
              vf_path_is_clean(t->root) && vf_path_under(t->root, path, NULL);
    if (ok) {
        vf_path_join_buf(&from, t->root, dir);
        ok = vf_path_is_clean(vf_buf_slice(&from)) && vf_path_under(t->root, vf_buf_slice(&from), NULL);
    }
    if (ok) {
        vf_path_relative(&rel, vf_buf_slice(&from), path);
        ok = !rel.failed && why_not(vf_buf_slice(&rel), minor) == NULL;
    }
    if (ok)
        vf_buf_put(out, vf_buf_slice(&rel));
    out->failed = out->failed || from.failed || rel.failed;
    vf_buf_release(&from);
    vf_buf_release(&rel);
    return ok;
}

enum vf_status vf_write_PTH(const struct vf_ref *ref, const struct vf_source *src, struct vf_slice path,
                            const struct vf_write_ctx *target, struct vf_buf *out, struct vf_err *err)
{
    unsigned minor = target && target->py_minor ? target->py_minor : src->py_minor;
    if (ref->form == FORM_LITERAL)
        return write_literal(ref, src, path, out, err);
    const char *why = why_not(path, minor);
    if (!why) {
        vf_buf_put(out, path);
        return VF_OK;
    }
    bool written =
        write_relative(src, path, target, minor, out) || out->failed; /* of which the caller knows */
    return written ? VF_OK : vf_unwritable(err, path, why);
}
