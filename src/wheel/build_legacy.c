/* build_legacy.c: see build_legacy.h. What the metadata becomes is what the wheel package makes of it
 * (setuptools: "egg2dist"). */
#include "wheel/build_legacy.h"

#include "base/path.h"
#include "packaging/metadata.h"
#include "packaging/text.h"

enum { TEXT_MAX = 16 << 20 };

static const struct vf_slice listing = VF_S_INIT("installed-files.txt");

static bool file_of(const struct vf_env *env, const struct vf_env_dist *d, struct vf_slice base)
{
    struct vf_buf path = {0};
    vf_path_join_buf(&path, d->info, base);
    bool there = !path.failed && vf_env_find(env, vf_buf_slice(&path)) != VF_NONE;
    vf_buf_release(&path);
    return there;
}

bool vf_legacy_is(const struct vf_env *env, const struct vf_env_dist *d)
{
    return d->is_egg && !d->is_egg_link && d->has_metadata && vf_slice_ends(d->info, VF_S(".egg-info")) &&
           file_of(env, d, listing);
}

bool vf_legacy_drops(struct vf_slice base)
{
    static const struct vf_slice names[] = {VF_S_INIT("PKG-INFO"),     VF_S_INIT("requires.txt"),
                                            VF_S_INIT("SOURCES.txt"),  VF_S_INIT("dependency_links.txt"),
                                            VF_S_INIT("not-zip-safe"), VF_S_INIT("zip-safe")};
    for (size_t i = 0; i < VF_COUNT(names); i++)
        if (vf_slice_eq(base, names[i]))
            return true;
    return vf_slice_eq(base, listing);
}

/* A text of the egg-info directory; empty when it is not there. */
static enum vf_status read_text(const struct vf_env *env, const struct vf_env_dist *d, struct vf_slice base,
                                struct vf_arena *a, struct vf_slice *out, struct vf_err *err)
{
    *out = (struct vf_slice){NULL, 0};
    if (!file_of(env, d, base))
        return VF_OK;
    struct vf_slice path = vf_path_join(a, d->info, base);
    return path.p ? vf_tree_read(env->tree, path, TEXT_MAX, a, out, err) : vf_err_nomem(err);
}

/* --- METADATA --- */

/* `[extra:marker]`, each part may be empty. */
struct section {
    struct vf_slice extra, marker;
};

static struct section section_of(struct vf_slice line)
{
    struct vf_slice inner = vf_slice_sub(line, 1, line.n - 1);
    size_t colon = vf_slice_find_byte(inner, ':', 0);
    struct vf_slice marker = colon == VF_NPOS ? (struct vf_slice){NULL, 0} : vf_slice_from(inner, colon + 1);
    return (struct section){vf_slice_trim(vf_slice_sub(inner, 0, colon)), vf_slice_trim(marker)};
}

static void put_requirement(struct vf_buf *out, struct vf_slice line, const struct section *s)
{
    vf_buf_puts(out, "Requires-Dist: ");
    vf_buf_put(out, line);
    if (s->marker.n > 0 || s->extra.n > 0)
        vf_buf_puts(out, " ; ");
    if (s->marker.n > 0 && s->extra.n > 0) {
        vf_buf_putc(out, '(');
        vf_buf_put(out, s->marker);
        vf_buf_puts(out, ") and ");
    } else {
        vf_buf_put(out, s->marker);
    }
    if (s->extra.n > 0) {
        vf_buf_puts(out, "extra == '");
        vf_buf_put(out, s->extra);
        vf_buf_puts(out, "'");
    }
    vf_buf_putc(out, '\n');
}

static bool provides(const struct vf_metadata *m, struct vf_slice extra)
{
    struct vf_slice value;
    for (size_t at = 0; vf_metadata_next(m, VF_S("Provides-Extra"), &at, &value);)
        if (vf_slice_eq(value, extra))
            return true;
    return false;
}

/* Newer setuptools say in PKG-INFO what older ones say in requires.txt only. */
static void put_requires(struct vf_buf *out, const struct vf_metadata *m, struct vf_slice text)
{
    struct section now = {{NULL, 0}, {NULL, 0}};
    struct vf_slice line, last = {NULL, 0};
    if (vf_metadata_get(m, VF_S("Requires-Dist"), &line))
        return;
    while (vf_slice_next_line(&text, &line)) {
        line = vf_slice_trim(line);
        if (line.n > 1 && line.p[0] == '[' && line.p[line.n - 1] == ']') {
            now = section_of(line);
            if (now.extra.n > 0 && !vf_slice_eq(now.extra, last) && !provides(m, now.extra)) {
                vf_buf_puts(out, "Provides-Extra: ");
                vf_buf_put(out, now.extra);
                vf_buf_putc(out, '\n');
            }
            last = now.extra;
        } else if (line.n > 0) {
            put_requirement(out, line, &now);
        }
    }
}

void vf_legacy_put_metadata(struct vf_buf *out, struct vf_arena *a, struct vf_slice pkg_info,
                            struct vf_slice requires_txt)
{
    struct vf_metadata m = {0};
    struct vf_slice rest = pkg_info, line, version;
    struct vf_err ignored = {0};
    bool known = vf_metadata_parse(a, pkg_info, &m, &ignored) == VF_OK &&
                 vf_metadata_get(&m, VF_S("Metadata-Version"), &version);
    vf_err_release(&ignored);
    if (known && vf_slice_starts(pkg_info, VF_S("Metadata-Version:")) && vf_slice_next_line(&rest, &line)) {
        vf_buf_puts(out, "Metadata-Version: ");
        vf_buf_put(out, vf_slice_starts(version, VF_S("1.")) ? VF_S("2.1") : version);
        vf_buf_putc(out, '\n');
    }
    put_requires(out, &m, requires_txt);
    vf_buf_put(out, rest);
}

/* --- WHEEL --- */

/* "x.cpython-310-x86_64-linux-gnu.so" -> "cp310-cp310-linux_x86_64" */
static bool put_tag(struct vf_buf *out, struct vf_slice base)
{
    size_t at = vf_slice_find(base, VF_S(".cpython-"), 0), digits = 0;
    if (at == VF_NPOS)
        return false;
    struct vf_slice abi = vf_slice_from(base, at + 9);
    size_t dash = vf_slice_find_byte(abi, '-', 0), os = vf_slice_find(abi, VF_S("-linux-"), 0);
    if (dash == VF_NPOS || os == VF_NPOS || os <= dash)
        return false;
    struct vf_slice machine = vf_slice_sub(abi, dash + 1, os);
    if (vf_slice_eq(machine, VF_S("i386")))
        machine = VF_S("i686");
    else if (vf_slice_eq(machine, VF_S("arm")))
        machine = VF_S("armv7l");
    abi = vf_slice_sub(abi, 0, dash);
    while (digits < abi.n && vf_text_digit(abi.p[digits]))
        digits++;
    vf_buf_puts(out, "cp");
    vf_buf_put(out, vf_slice_sub(abi, 0, digits));
    vf_buf_puts(out, "-cp");
    vf_buf_put(out, abi);
    vf_buf_puts(out, "-linux_");
    vf_buf_put(out, machine);
    return digits > 0;
}

static enum vf_status put_wheel(struct vf_buf *out, const struct vf_env_dist *d, const struct vf_record *r,
                                struct vf_err *err)
{
    struct vf_buf tag = {0};
    struct vf_slice compiled = {NULL, 0};
    bool known = false;
    for (size_t i = 0; i < r->n && !known; i++) {
        struct vf_slice base = vf_path_base(r->rows[i].path);
        if (!vf_slice_ends(base, VF_S(".so")))
            continue;
        compiled = base;
        vf_buf_clear(&tag);
        known = put_tag(&tag, base);
    }
    vf_buf_puts(out, "Wheel-Version: 1.0\nGenerator: venvfix\nRoot-Is-Purelib: ");
    vf_buf_puts(out, compiled.n ? "false\nTag: " : "true\nTag: py3-none-any");
    vf_buf_put(out, compiled.n ? vf_buf_slice(&tag) : VF_S(""));
    vf_buf_putc(out, '\n');
    bool failed = tag.failed;
    vf_buf_release(&tag);
    if (failed)
        return vf_err_nomem(err);
    if (compiled.n && !known)
        return vf_err_set(err, VF_NOT_SUPPORTED, 0, "rebuild", d->info,
                          "'%.*s' does not say what it was compiled for",
                          (int)(compiled.n < 200 ? compiled.n : 200), compiled.p);
    return VF_OK;
}

/* --- RECORD --- */

static enum vf_status make_rows(const struct vf_env_dist *d, struct vf_slice text, struct vf_arena *a,
                                struct vf_record *out, struct vf_err *err)
{
    struct vf_slice line, rest = text, dir = vf_path_base(d->info);
    size_t n = 0;
    while (vf_slice_next_line(&rest, &line))
        n++;
    *out = (struct vf_record){.rows = vf_arena_array(a, n + 1, sizeof *out->rows)};
    if (!out->rows)
        return vf_err_nomem(err);
    while (vf_slice_next_line(&text, &line)) {
        line = vf_slice_trim(line);
        if (line.n == 0)
            continue;
        out->rows[out->n++] = (struct vf_record_row){
            .path = vf_path_is_abs(line) ? line : vf_path_join(a, dir, line), .columns = 3};
    }
    return a->failed ? vf_err_nomem(err) : VF_OK;
}

enum vf_status vf_legacy_read(const struct vf_env *env, const struct vf_env_dist *d, struct vf_arena *a,
                              struct vf_env_dist *out, struct vf_err *err)
{
    struct vf_buf metadata = {0}, wheel = {0};
    struct vf_slice files, requires_txt;
    *out = *d;
    out->is_egg = false;
    out->has_record = true;
    out->row_files = NULL;
    enum vf_status st = read_text(env, d, listing, a, &files, err);
    if (st == VF_OK)
        st = make_rows(d, files, a, &out->record, err);
    if (st == VF_OK)
        st = read_text(env, d, VF_S("requires.txt"), a, &requires_txt, err);
    if (st == VF_OK)
        st = put_wheel(&wheel, d, &out->record, err);
    if (st == VF_OK) {
        vf_legacy_put_metadata(&metadata, a, d->metadata, requires_txt);
        out->metadata = vf_arena_dup(a, vf_buf_slice(&metadata));
        out->wheel = vf_arena_dup(a, vf_buf_slice(&wheel));
        if (metadata.failed || wheel.failed || !out->metadata.p || !out->wheel.p)
            st = vf_err_nomem(err);
    }
    vf_buf_release(&metadata);
    vf_buf_release(&wheel);
    return st;
}
