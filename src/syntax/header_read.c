/* Headers as references and flaws, what follows them, and the small questions about their forms. */
#include "syntax/header.h"

#include <string.h>

#include "base/escape.h"
#include "base/path.h"
#include "syntax/pytext.h"

enum { KERNEL_LINE = 255, PORTABLE_LINE = 126 }; /* bytes before the LF, docs/formats.md 2.1 */

static const struct {
    const char *name;
    bool python;
} forms[] = {
#define X(sym, name, python) [VF_HEADER_##sym] = {name, python},
    VF_HEADER_FORM_LIST(X)
#undef X
};

static bool is_form(const struct vf_ref *ref, enum vf_header_form form)
{
    return ref->syntax == VF_SYN_HEADER && ref->form == form;
}

const char *vf_header_form_name(uint16_t form)
{
    return form < VF_COUNT(forms) ? forms[form].name : "unknown";
}

bool vf_header_is_python(const struct vf_ref *ref)
{
    return ref->syntax == VF_SYN_HEADER && ref->form < VF_COUNT(forms) && forms[ref->form].python &&
           vf_name_is_python(vf_path_base(ref->raw.n > 0 ? ref->raw : ref->value));
}

bool vf_header_is_env(const struct vf_ref *ref)
{
    return is_form(ref, VF_HEADER_J);
}

bool vf_header_is_placeholder(const struct vf_ref *ref)
{
    return is_form(ref, VF_HEADER_K);
}

bool vf_header_is_ours(const struct vf_ref *ref)
{
    return is_form(ref, VF_HEADER_F_OURS) || is_form(ref, VF_HEADER_G_OURS);
}

/* --- the body --- */

static struct vf_slice body_slice(struct vf_slice bytes, const struct vf_header *h)
{
    return vf_slice_from(bytes, h->end < bytes.n ? h->end + 1 : bytes.n);
}

/* Offset of the first statement: blank lines and comments are skipped. */
static size_t first_statement(struct vf_slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '#') {
            i = vf_slice_find_byte(s, '\n', i);
            if (i == VF_NPOS)
                break;
        } else if (s.p[i] == '\0' || !strchr(" \t\f\r\n", s.p[i])) {
            return i;
        }
    }
    return s.n;
}

static bool has_future_import(struct vf_slice s)
{
    static const struct vf_slice words = VF_S_INIT("from __future__");
    for (size_t i = vf_slice_find(s, words, 0); i != VF_NPOS; i = vf_slice_find(s, words, i + 1))
        if (i == 0 || s.p[i - 1] == '\n' || s.p[i - 1] == '\r' || s.p[i - 1] == ';' || s.p[i - 1] == ' ')
            return true;
    return false;
}

static bool starts_with_docstring(struct vf_slice body, size_t *at)
{
    struct vf_py_string str;
    *at = first_statement(body);
    return vf_py_next_string(body, *at, &str) && str.start == *at && !str.bytes;
}

struct vf_header_body vf_header_body_of(struct vf_slice bytes, const struct vf_header *h)
{
    struct vf_slice body = body_slice(bytes, h);
    size_t at;
    return (struct vf_header_body){
        .docstring = starts_with_docstring(body, &at),
        .future = has_future_import(body),
        .uses_doc = vf_slice_find(body, VF_S("__doc__"), 0) != VF_NPOS || bytes.n >= VF_HEADER_HEAD,
    };
}

/* --- reading --- */

static uint16_t flags_of(const struct vf_header *h)
{
    switch (h->form) {
    case VF_HEADER_F1:
    case VF_HEADER_F2:
    case VF_HEADER_F_OURS:
    case VF_HEADER_G:
    case VF_HEADER_G_OURS:
        return VF_REF_SELF;
    case VF_HEADER_F_OTHER:
        return h->value.n > 0 ? VF_REF_SELF : VF_REF_SELF | VF_REF_READONLY;
    case VF_HEADER_J:
    case VF_HEADER_K:
        return 0;
    case VF_HEADER_NONE:
    case VF_HEADER_A:
    case VF_HEADER_B:
    case VF_HEADER_C:
    case VF_HEADER_D:
    case VF_HEADER_H:
    case VF_HEADER_I:
    case VF_HEADER_J_ABS:
    case VF_HEADER_M:
    case VF_HEADER_O:
    case VF_HEADER_DEV:
        break;
    }
    return vf_path_is_abs(h->value) || vf_path_is_abs(h->raw) ? 0 : VF_REF_RELATIVE;
}

static enum vf_status put_reference(const struct vf_header *h, struct vf_read_out *out, struct vf_err *err)
{
    struct vf_ref *r = vf_out_ref(out);
    if (!r)
        return vf_err_nomem(err);
    *r = (struct vf_ref){.syntax = VF_SYN_HEADER,
                         .role = VF_ROLE_INTERPRETER,
                         .form = (uint16_t)h->form,
                         .flags = flags_of(h),
                         .line = h->line,
                         .off = h->off,
                         .len = h->end - h->off,
                         .value_off = h->value_off,
                         .value = h->value,
                         .raw = h->raw,
                         .extra = h->extra};
    if (h->form == VF_HEADER_K && h->lead.n > 0)
        r->key = "blank"; /* `#! python`: installers do not expand it */
    return VF_OK;
}

static enum vf_status put_flaws(struct vf_slice bytes, const struct vf_header *h, struct vf_read_out *out,
                                struct vf_err *err)
{
    bool portable = h->form != VF_HEADER_A && h->form != VF_HEADER_O && h->form != VF_HEADER_J_ABS;
    portable = portable || h->line1 <= PORTABLE_LINE || h->line1 > KERNEL_LINE;
    const struct {
        bool on;
        enum vf_flaw_kind kind;
    } flaws[] = {
        {h->cr, VF_FLAW_HEADER_CR},
        {h->line1 > KERNEL_LINE, VF_FLAW_HEADER_TOO_LONG},
        {!portable, VF_FLAW_HEADER_LONG_PORTABLE},
        {h->blank, VF_FLAW_HEADER_BLANK},
        {h->quoted, VF_FLAW_HEADER_QUOTED},
        {h->nul, VF_FLAW_HEADER_NUL},
        {h->undecodable, VF_FLAW_HEADER_UNDECODABLE},
        {h->bad_quoting, VF_FLAW_HEADER_BAD_QUOTING},
        {h->malformed, VF_FLAW_HEADER_MALFORMED},
    };
    struct vf_slice line1 = vf_slice_sub(bytes, h->off, h->off + h->line1);
    for (size_t i = 0; i < VF_COUNT(flaws); i++) {
        struct vf_slice shown = flaws[i].kind == VF_FLAW_HEADER_BLANK ? h->raw
                                : h->trampoline                       ? h->value
                                                                      : line1;
        enum vf_status st = flaws[i].on ? vf_out_note(out, flaws[i].kind, h->trampoline ? h->line : 1, h->off,
                                                      h->end - h->off, shown, err)
                                        : VF_OK;
        if (st != VF_OK)
            return st;
    }
    return VF_OK;
}

/* A docstring behind a trampoline is none any more; with a future import it is a SyntaxError, and the value
 * says so. */
static enum vf_status note_lost_docstring(struct vf_slice bytes, const struct vf_header *h,
                                          struct vf_read_out *out, struct vf_err *err)
{
    struct vf_slice body = body_slice(bytes, h);
    size_t at;
    if (!h->trampoline || h->malformed || !starts_with_docstring(body, &at))
        return VF_OK;
    struct vf_slice future = has_future_import(body) ? VF_S("from __future__") : (struct vf_slice){0};
    uint32_t line = 1;
    for (size_t i = 0; i < h->end + 1 + at; i++)
        line += bytes.p[i] == '\n';
    return vf_out_note(out, VF_FLAW_HEADER_DOC_LOST, line, h->end + 1 + at, 0, future, err);
}

/* `__file__ = '...'` of a develop script of setuptools. */
static enum vf_status read_dev_script(struct vf_slice bytes, const struct vf_header *h,
                                      struct vf_read_out *out, struct vf_err *err)
{
    static const struct vf_slice mark = VF_S_INIT("# EASY-INSTALL-DEV-SCRIPT"),
                                 file = VF_S_INIT("__file__ = ");
    struct vf_slice rest = body_slice(bytes, h), line;
    uint32_t no = 2;
    for (size_t i = h->off; i < h->end; i++)
        no += bytes.p[i] == '\n';
    if (!vf_slice_starts(rest, mark))
        return VF_OK;
    for (int i = 0; i < 64 && vf_slice_next_line(&rest, &line); i++, no++) {
        struct vf_buf text = {0};
        size_t used;
        if (!vf_slice_starts(line, file) || !vf_pystr_get(&text, vf_slice_from(line, file.n), &used)) {
            vf_buf_release(&text);
            continue;
        }
        struct vf_slice value;
        enum vf_status st = vf_out_keep(out, &text, &value, err);
        struct vf_ref *r = st == VF_OK ? vf_out_ref(out) : NULL;
        if (!r)
            return st == VF_OK ? vf_err_nomem(err) : st;
        size_t off = (size_t)(line.p - bytes.p) + file.n;
        *r = (struct vf_ref){.syntax = VF_SYN_HEADER,
                             .role = VF_ROLE_EDITABLE,
                             .form = VF_HEADER_DEV,
                             .line = no,
                             .off = off,
                             .len = used,
                             .value_off = off + 1,
                             .value = value,
                             .key = "__file__"};
        r->flags = vf_path_is_abs(value) ? 0 : VF_REF_RELATIVE;
        return VF_OK;
    }
    return VF_OK;
}

enum vf_status vf_read_HEADER(const struct vf_source *src, struct vf_read_out *out, struct vf_err *err)
{
    struct vf_header h;
    enum vf_status st = vf_header_parse(src->bytes, out->a, &h, err);
    if (st != VF_OK || h.line1 == 0)
        return st;
    if (h.off > 0) {
        struct vf_flaw bom = {.kind = VF_FLAW_HEADER_BOM, .line = 1, .len = h.off};
        st = vf_out_repair(out, &bom, err);
    }
    if (st == VF_OK && h.form != VF_HEADER_NONE)
        st = put_reference(&h, out, err);
    if (st == VF_OK)
        st = put_flaws(src->bytes, &h, out, err);
    if (st == VF_OK && h.form != VF_HEADER_NONE)
        st = note_lost_docstring(src->bytes, &h, out, err);
    if (st == VF_OK && h.form != VF_HEADER_NONE)
        st = read_dev_script(src->bytes, &h, out, err);
    return st;
}
