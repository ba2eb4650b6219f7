/* kernel.json of Jupyter: argv, env and metadata. docs/formats.md 4.7.
 *
 * argv[0] is a reference also when it is a bare name, which Jupyter replaces at launch. In `env` a value may
 * be a list with colons; each absolute element is one reference. Template words (`{connection_file}`) are
 * none. */
#include <string.h>

#include "base/path.h"
#include "syntax/json_strings.h"
#include "syntax/syntax.h"

enum { FORM_COLON_LIST = 4 }; /* beside enum vf_json_style */

struct reading {
    struct vf_json_scan scan;
    struct vf_read_out *out;
    struct vf_err *err;
    unsigned style; /* of the whole text: looked up once */
};

/* One reference for inner[from, to). */
static enum vf_status add(struct reading *r, const struct vf_json_string *str, struct vf_slice part,
                          enum vf_role role, unsigned flags, const char *key)
{
    struct vf_buf b = {0};
    struct vf_slice value;
    if (!vf_json_inner_get(&b, part)) {
        bool failed = b.failed;
        vf_buf_release(&b);
        if (failed)
            return vf_err_nomem(r->err);
        return VF_OK; /* a lone half of an escape: nothing that could be a path */
    }
    enum vf_status st = vf_out_keep(r->out, &b, &value, r->err);
    struct vf_ref *ref = st == VF_OK ? vf_out_ref(r->out) : NULL;
    if (!ref)
        return st == VF_OK ? vf_err_nomem(r->err) : st;
    ref->syntax = VF_SYN_KERNELSPEC;
    ref->role = role;
    ref->form =
        (uint16_t)(r->style | vf_json_slash_of(str->inner) | (flags & VF_REF_LIST ? FORM_COLON_LIST : 0U));
    ref->flags = (uint16_t)flags;
    ref->line = str->line;
    ref->off = (uint64_t)(part.p - r->scan.text.p);
    ref->len = part.n;
    ref->value_off = ref->off;
    ref->value = value;
    ref->key = key;
    return VF_OK;
}

static bool is_abs(struct vf_slice part)
{
    return vf_slice_starts(part, VF_S("/")) || vf_slice_starts(part, VF_S("\\/"));
}

/* --option=/path, or a path alone. */
static enum vf_status argv_word(struct reading *r, const struct vf_json_string *str)
{
    struct vf_slice word = str->inner;
    size_t equals = vf_slice_find_byte(word, '=', 0);
    if (!is_abs(word) && equals != VF_NPOS)
        word = vf_slice_from(word, equals + 1);
    return is_abs(word) ? add(r, str, word, VF_ROLE_KERNEL_PATH, 0, "argv") : VF_OK;
}

static enum vf_status argv_string(struct reading *r, const struct vf_json_string *str)
{
    struct vf_slice word = str->inner;
    if (r->scan.level[1].index > 0)
        return argv_word(r, str);
    if (word.n == 0 || word.p[0] == '{')
        return VF_OK;
    return add(r, str, word, VF_ROLE_KERNEL_COMMAND, is_abs(word) ? 0 : VF_REF_RELATIVE, "argv");
}

/* Each absolute element of a list with colons. A URL is no list. */
static enum vf_status env_string(struct reading *r, const struct vf_json_string *str)
{
    struct vf_slice rest = str->inner;
    bool list = vf_slice_find_byte(rest, ':', 0) != VF_NPOS;
    if (vf_slice_find(rest, VF_S("://"), 0) != VF_NPOS || vf_slice_find(rest, VF_S(":\\/\\/"), 0) != VF_NPOS)
        return VF_OK;
    enum vf_status st = VF_OK;
    while (rest.n > 0 && st == VF_OK) {
        size_t colon = vf_slice_find_byte(rest, ':', 0);
        struct vf_slice part = vf_slice_sub(rest, 0, colon);
        if (is_abs(part))
            st = add(r, str, part, VF_ROLE_KERNEL_PATH, list ? VF_REF_LIST : 0, "env");
        rest = colon == VF_NPOS ? vf_slice_from(rest, rest.n) : vf_slice_from(rest, colon + 1);
    }
    return st;
}

static enum vf_status one_string(struct reading *r, const struct vf_json_string *str)
{
    const struct vf_json_scan *s = &r->scan;
    if (s->depth == 2 && vf_json_key_is(s, 0, "argv") && !s->level[1].object)
        return argv_string(r, str);
    if (s->depth == 2 && vf_json_key_is(s, 0, "env") && s->level[1].object)
        return env_string(r, str);
    if (s->depth >= 2 && vf_json_key_is(s, 0, "metadata") && is_abs(str->inner))
        return add(r, str, str->inner, VF_ROLE_KERNEL_PATH, 0, "metadata");
    return VF_OK;
}

enum vf_status vf_read_KERNELSPEC(const struct vf_source *src, struct vf_read_out *out, struct vf_err *err)
{
    struct reading r = {.scan = {.text = src->bytes}, .out = out, .err = err};
    struct vf_json_string str;
    r.style = vf_json_style_of(src->bytes);
    enum vf_status st = VF_OK;
    while (st == VF_OK && vf_json_next(&r.scan, &str))
        if (!str.is_key)
            st = one_string(&r, &str);
    if (st == VF_OK && (!vf_json_valid(&r.scan) || !r.scan.top_object))
        st = vf_out_note(out, VF_FLAW_JSON_INVALID, r.scan.line, r.scan.at, 0, VF_S(""), err);
    return st;
}

enum vf_status vf_write_KERNELSPEC(const struct vf_ref *ref, const struct vf_source *src,
                                   struct vf_slice path, const struct vf_write_ctx *target,
                                   struct vf_buf *out, struct vf_err *err)
{
    (void)src;
    (void)target;
    if (vf_slice_find_byte(path, '\0', 0) != VF_NPOS)
        return vf_unwritable(err, path, "a command line or variable cannot hold a NUL byte");
    if ((ref->form & FORM_COLON_LIST) && vf_slice_find_byte(path, ':', 0) != VF_NPOS)
        return vf_unwritable(err, path, "colons separate the elements of this list");
    vf_json_put_styled(out, path, ref->form & (VF_JSON_ASCII | VF_JSON_SLASH));
    return out->failed ? vf_err_nomem(err) : VF_OK;
}
