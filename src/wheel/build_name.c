/* build_name.c: the file name of a rebuilt wheel: name, version, build tag, compressed tags
 * (docs/formats.md 7.1). */
#include "wheel/build_name.h"
#include "packaging/metadata.h"
#include "packaging/name.h"
#include "packaging/tags.h"

static struct vf_slice dashes(struct vf_arena *a, struct vf_slice s, char from, char to)
{
    struct vf_slice d = vf_arena_dup(a, s);
    for (size_t i = 0; d.p && i < d.n; i++)
        if (d.p[i] == from)
            ((char *)d.p)[i] = to;
    return d;
}

static bool stem_says(struct vf_arena *a, struct vf_slice stem, struct vf_slice name,
                      const struct vf_version *version)
{
    struct vf_err err = {0};
    struct vf_version v;
    size_t dash = vf_slice_find_byte(stem, '-', 0);
    if (dash == VF_NPOS || !vf_name_same(vf_slice_sub(stem, 0, dash), name))
        return false;
    struct vf_slice text = dashes(a, vf_slice_from(stem, dash + 1), '_', '-');
    bool same = text.p && vf_slice_find_byte(stem, '-', dash + 1) == VF_NPOS &&
                vf_version_parse(a, text, &v, &err) == VF_OK && vf_version_cmp(&v, version) == 0;
    vf_err_release(&err);
    return same;
}

static enum vf_status put_tags(struct vf_arena *a, struct vf_slice wheel, struct vf_buf *b, bool *exact,
                               struct vf_err *err)
{
    struct vf_metadata m;
    struct vf_slice value;
    struct vf_vec lines = {0};
    struct vf_tag tag;
    enum vf_status st = vf_metadata_parse(a, wheel, &m, err);
    if (st != VF_OK)
        return st;
    for (size_t at = 0; vf_metadata_next(&m, VF_S("Tag"), &at, &value);) {
        struct vf_slice *line = vf_vec_push(a, &lines, sizeof *line);
        if (!line)
            return vf_err_nomem(err);
        *line = value;
    }
    if (lines.n == 0)
        return vf_err_set(err, VF_NOT_SUPPORTED, 0, "rebuild", VF_S("WHEEL"), "it has no Tag line");
    st = vf_tags_compress(a, lines.base, lines.n, &tag, exact, err);
    if (st != VF_OK)
        return st;
    if (vf_metadata_get(&m, VF_S("Build"), &value) && value.n > 0) {
        vf_buf_putc(b, '-');
        vf_buf_put(b, value);
    }
    const struct vf_slice parts[] = {tag.python, tag.abi, tag.platform};
    for (size_t i = 0; i < VF_COUNT(parts); i++) {
        vf_buf_putc(b, '-');
        vf_buf_put(b, parts[i]);
    }
    vf_buf_puts(b, ".whl");
    return VF_OK;
}

enum vf_status vf_rebuild_names_make(struct vf_arena *a, struct vf_slice name, struct vf_slice version,
                                     struct vf_slice stem, struct vf_slice wheel,
                                     struct vf_rebuild_names *out, struct vf_err *err)
{
    struct vf_version v;
    struct vf_buf b = {0}, text = {0};
    enum vf_status st = vf_version_parse(a, version, &v, err);
    if (st == VF_MALFORMED || !vf_name_valid(name)) {
        vf_err_clear(err);
        return vf_err_set(err, VF_NOT_SUPPORTED, 0, "rebuild", stem,
                          "its name or its version is none that a wheel can have");
    }
    if (st != VF_OK)
        return st;
    vf_version_put(&text, &v);
    vf_name_escaped_put(&b, name);
    vf_buf_putc(&b, '-');
    vf_buf_put(&b, vf_buf_slice(&text)); /* canonical: no `-` is left in it */
    out->stem = vf_arena_dup(a, stem_says(a, stem, name, &v) ? stem : vf_buf_slice(&b));
    st = put_tags(a, wheel, &b, &out->tags_exact, err);
    out->file_name = vf_arena_dup(a, vf_buf_slice(&b));
    if (st == VF_OK && (b.failed || text.failed || !out->stem.p || !out->file_name.p))
        st = vf_err_nomem(err);
    vf_buf_release(&b);
    vf_buf_release(&text);
    struct vf_wheel_name proven;
    return st == VF_OK ? vf_wheel_name_parse(a, out->file_name, &proven, err) : st;
}
