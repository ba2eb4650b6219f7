/* bundle_box.c: see bundle_box.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bundle_box.h"

#include <stdio.h>
#include <string.h>

#include "base/digest.h"

static enum vf_status collect(void *ctx, struct vf_slice bytes, struct vf_err *err)
{
    (void)err;
    vf_buf_put(ctx, bytes);
    return VF_OK;
}

static struct vf_bundle_sum sum_of(struct vf_slice data)
{
    struct vf_bundle_sum s = {.size = data.n};
    assert_true(vf_sha256(data, s.sha256));
    return s;
}

static void add(struct box_bundle *b, struct vf_slice name, struct vf_slice data)
{
    b->members[b->n++] = (struct box_member){name, data};
}

void box_bundle_begin(struct box_bundle *b)
{
    *b = (struct box_bundle){0};
    b->in = (struct vf_bundle){.implementation = "cpython",
                               .python = VF_S("3.11"),
                               .requires_python = VF_S(">=3.11"),
                               .dists = b->dists,
                               .extras = &b->extra,
                               .n_extras = 1};
    b->extra = (struct vf_bundle_extra){.member = VF_S("extra/root/etc/x"),
                                        .path = VF_S("etc/x"),
                                        .rest = VF_S("etc/x"),
                                        .executable = true,
                                        .sum = sum_of(VF_S("carried"))};
}

void box_bundle_wheel(struct box_bundle *b, const char *name, const char *tag, const char *metadata,
                      const struct box_file *files)
{
    size_t i = b->in.n_dists++;
    char *file = b->names[i];
    box_wheel(&b->wheels[i], name, tag, metadata, files);
    (void)snprintf(file, sizeof b->names[i], "%s-1.0-%s.whl", name, tag);
    (void)snprintf(b->members_of[i], sizeof b->members_of[i], "wheels/%s-1.0-%s.whl", name, tag);
    b->dists[i] = (struct vf_bundle_dist){.name = vf_slice_of(name),
                                          .version = VF_S("1.0"),
                                          .wheel = vf_slice_of(file),
                                          .tags = vf_slice_of(tag),
                                          .listed = true,
                                          .requested = i == 1,
                                          .tags_exact = true,
                                          .sum = sum_of(vf_buf_slice(&b->wheels[i]))};
}

static void put_texts(struct box_bundle *b)
{
    struct vf_err err = {0};
    struct vf_slice lock, list;
    if (b->own_requirements.n > 0)
        vf_buf_put(&b->requirements, b->own_requirements);
    else
        assert_int_equal(vf_bundle_put_requirements(&b->in, &b->requirements, &err), VF_OK);
    if (b->own_lock.n > 0)
        vf_buf_put(&b->lock, b->own_lock);
    else
        assert_int_equal(vf_bundle_put_lock(&b->in, &b->lock, &err), VF_OK);
    lock = vf_buf_slice(&b->lock);
    list = vf_buf_slice(&b->requirements);
    assert_int_equal(vf_bundle_put_manifest(&b->in, lock, list, &b->manifest, &err), VF_OK);
    assert_int_equal(vf_bundle_put_sums(&b->in, vf_buf_slice(&b->manifest), lock, list, &b->sums, &err),
                     VF_OK);
}

void box_bundle_end(struct box_bundle *b)
{
    put_texts(b);
    add(b, VF_S(VF_BUNDLE_MANIFEST), vf_buf_slice(&b->manifest));
    add(b, VF_S(VF_BUNDLE_LOCK), vf_buf_slice(&b->lock));
    add(b, VF_S(VF_BUNDLE_REQUIREMENTS), vf_buf_slice(&b->requirements));
    for (size_t i = 0; i < b->in.n_dists; i++)
        add(b, vf_slice_of(b->members_of[i]), vf_buf_slice(&b->wheels[i]));
    add(b, b->extra.member, VF_S("carried"));
    add(b, VF_S(VF_BUNDLE_SUMS), vf_buf_slice(&b->sums));
}

void box_bundle_make(struct box_bundle *b)
{
    static const struct box_file a[] = {{"a/__init__.py", "x = 1\n", false}, {0}};
    static const struct box_file c[] = {{"c.py", "import a\n", false}, {0}};
    box_bundle_begin(b);
    box_bundle_wheel(b, "a", "py3-none-any", "", a);
    box_bundle_wheel(b, "c", "py3-none-any", "Requires-Dist: a\n", c);
    box_bundle_end(b);
}

void box_bundle_release(struct box_bundle *b)
{
    for (size_t i = 0; i < BOX_DISTS; i++)
        vf_buf_release(&b->wheels[i]);
    vf_buf_release(&b->manifest);
    vf_buf_release(&b->lock);
    vf_buf_release(&b->requirements);
    vf_buf_release(&b->sums);
}

void box_pack(const struct box_member *members, size_t n, enum vf_tar_packing packing, struct vf_buf *out)
{
    struct vf_tar_params p = {.packing = packing, .threads = 1, .sink = collect, .ctx = out};
    struct vf_tar_writer *w = NULL;
    struct vf_err err = {0};
    assert_int_equal(vf_tar_writer_new(&p, &w, &err), VF_OK);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(vf_tar_writer_member(w, members[i].name, members[i].data.n, &err), VF_OK);
        assert_int_equal(vf_tar_writer_data(w, members[i].data, &err), VF_OK);
    }
    assert_int_equal(vf_tar_writer_finish(w, &err), VF_OK);
    vf_tar_writer_free(w);
    assert_false(out->failed);
}

void box_tar_sum(struct vf_buf *out, size_t at)
{
    char *h = out->p + at, field[8];
    unsigned sum = 0;
    memset(h + 148, ' ', 8);
    for (size_t i = 0; i < 512; i++)
        sum += (unsigned char)h[i];
    assert_int_equal(snprintf(field, sizeof field, "%06o", sum), 6);
    memcpy(h + 148, field, 7);
}

static void put_zeros(struct vf_buf *out, size_t n)
{
    while (n-- > 0)
        vf_buf_putc(out, '\0');
}

void box_tar_put(struct vf_buf *out, const char *name, struct vf_slice data, char type, unsigned mode)
{
    size_t at = out->n;
    char field[16];
    put_zeros(out, 512);
    char *h = out->p + at;
    memcpy(h, name, strlen(name));
    (void)snprintf(field, sizeof field, "%07o", mode);
    memcpy(h + 100, field, 8);
    (void)snprintf(field, sizeof field, "%011o", (unsigned)data.n);
    memcpy(h + 124, field, 12);
    h[156] = type;
    memcpy(h + 257, "ustar\00000", 8);
    box_tar_sum(out, at);
    vf_buf_put(out, data);
    put_zeros(out, (512 - data.n % 512) % 512);
}

void box_tar_end(struct vf_buf *out)
{
    put_zeros(out, 1024);
}

enum vf_status box_bundle_open(struct vf_slice bytes, int spool, struct vf_bundle_file **f,
                               struct vf_err *err)
{
    struct vf_bundle_source s = {
        .archive = {.fd = -1, .size = bytes.n, .bytes = bytes, .label = VF_S("b.tar")}, .spool = spool};
    return vf_bundle_open(&s, f, err);
}
