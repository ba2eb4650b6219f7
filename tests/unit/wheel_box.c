/* wheel_box.c: see wheel_box.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wheel_box.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "fs_fixture.h"
#include "packaging/record.h"

#define SITE "lib/python3.11/site-packages"

static enum vf_status collect(void *ctx, struct vf_slice bytes, struct vf_err *err)
{
    (void)err;
    vf_buf_put(ctx, bytes);
    return VF_OK;
}

static void put_member(struct vf_zip_writer *w, struct vf_slice name, struct vf_slice data, bool executable)
{
    struct vf_err err = {0};
    struct vf_zip_entry e = {name, data.n, vf_zip_crc(0, data), executable};
    assert_int_equal(vf_zip_writer_member(w, &e, &err), VF_OK);
    assert_int_equal(vf_zip_writer_data(w, data, &err), VF_OK);
}

struct making {
    struct vf_zip_writer *w;
    struct vf_buf record;
    struct vf_arena arena;
    const char *odd, *alg;
    bool lie;
};

static void add(struct making *m, struct vf_slice name, struct vf_slice data, bool executable)
{
    unsigned char sum[VF_DIGEST_MAX];
    struct vf_hasher *h;
    struct vf_err err = {0};
    bool odd = m->odd && vf_slice_eq(name, vf_slice_of(m->odd));
    struct vf_slice alg = vf_slice_of(odd ? m->alg : "sha256");
    assert_int_equal(vf_hasher_new(alg, &h, &err), VF_OK);
    vf_hasher_update(h, odd && m->lie ? VF_S("other") : data);
    size_t n = vf_hasher_final(h, sum);
    vf_hasher_free(h);
    struct vf_record_entry row = {
        .path = name, .alg = alg, .digest = {(const char *)sum, n}, .size = data.n, .has_size = true};
    vf_record_put(&m->record, &row, 1, VF_RECORD_LF);
    put_member(m->w, name, data, executable);
}

static struct vf_slice in_info(struct making *m, const char *name, const char *base)
{
    struct vf_slice dir = vf_arena_concat(&m->arena, vf_slice_of(name), VF_S("-1.0.dist-info/"), VF_S(""));
    return vf_arena_concat(&m->arena, dir, vf_slice_of(base), VF_S(""));
}

static void make_wheel(struct vf_buf *out, const char *name, const char *tag, const char *extra,
                       const struct box_file *files, struct making m)
{
    struct vf_err err = {0};
    struct vf_buf text = {0};
    vf_buf_init(out);
    vf_arena_init(&m.arena);
    assert_int_equal(vf_zip_writer_new(collect, out, 0, &m.w, &err), VF_OK);
    for (; files->data; files++)
        add(&m, vf_slice_of(files->name), vf_slice_of(files->data), files->executable);
    vf_buf_printf(&text, "Metadata-Version: 2.1\nName: %s\nVersion: 1.0\n%s", name, extra);
    add(&m, in_info(&m, name, "METADATA"), vf_buf_slice(&text), false);
    vf_buf_clear(&text);
    vf_buf_printf(&text, "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: %s\n", tag);
    add(&m, in_info(&m, name, "WHEEL"), vf_buf_slice(&text), false);
    struct vf_slice record = in_info(&m, name, "RECORD");
    vf_buf_put(&m.record, record);
    vf_buf_puts(&m.record, ",,\n");
    put_member(m.w, record, vf_buf_slice(&m.record), false);
    assert_int_equal(vf_zip_writer_finish(m.w, &err), VF_OK);
    vf_zip_writer_free(m.w);
    vf_buf_release(&m.record);
    vf_buf_release(&text);
    vf_arena_release(&m.arena);
}

void box_wheel(struct vf_buf *out, const char *name, const char *tag, const char *extra,
               const struct box_file *files)
{
    make_wheel(out, name, tag, extra, files, (struct making){0});
}

void box_wheel_odd(struct vf_buf *out, const char *name, const struct box_file *files, const char *odd,
                   const char *alg, bool lie)
{
    make_wheel(out, name, "py3-none-any", "", files, (struct making){.odd = odd, .alg = alg, .lie = lie});
}

enum vf_status box_open(struct vf_slice bytes, const char *file_name, struct vf_wheel **w, struct vf_err *err)
{
    struct vf_zip_source s = {.fd = -1, .bytes = bytes, .label = vf_slice_of(file_name)};
    return vf_wheel_open(&s, NULL, w, err);
}

void box_env_make(struct box_env *e)
{
    *e = (struct box_env){.root = fx_dir(), .names = {VF_S("python"), VF_S("python3")}};
    fx_file(e->root, "pyvenv.cfg", "home = /usr/bin\nversion = 3.11.2\n", 0644, 0);
    fx_mkdir(e->root, "bin", 0755);
    fx_link(e->root, "bin/python3", "/usr/bin/python3");
    fx_link(e->root, "bin/python", "python3");
    fx_mkdir(e->root, "lib", 0755);
    fx_mkdir(e->root, "lib/python3.11", 0755);
    fx_mkdir(e->root, SITE, 0755);
    e->site = (struct vf_site){.root = open(e->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                               .prefix = vf_slice_of(e->root),
                               .purelib = VF_S(SITE),
                               .platlib = VF_S(SITE),
                               .headers = VF_S("include/site/python3.11"),
                               .bin = VF_S("bin"),
                               .bin_names = e->names,
                               .n_bin_names = 2,
                               .python = VF_S("3.11.2"),
                               .py_major = 3,
                               .py_minor = 11,
                               .env_s = true};
    assert_true(e->site.root >= 0);
}

void box_env_remove(struct box_env *e)
{
    (void)close(e->site.root);
    fx_remove(e->root);
    free(e->root);
}
