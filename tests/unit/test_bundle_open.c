/* Bundles that are read: good ones of every packing, and everything that is wrong with one. */
#include "fs_box.h"

#include <stdlib.h>

#include "base/digest.h"
#include "bundle_box.h"
#include "wheel/wheel.h"

struct seen {
    size_t n;
    enum vf_status result;
};

static enum vf_status on_wheel(void *ctx, const struct vf_bundle_file *f, size_t dist, struct vf_err *err)
{
    struct seen *s = ctx;
    struct vf_wheel *w = NULL;
    s->n++;
    enum vf_status st = vf_wheel_open(&f->wheels[dist], NULL, &w, err);
    if (st == VF_OK)
        assert_true(vf_slice_eq(w->canonical, f->bundle.dists[dist].name));
    vf_wheel_free(w);
    return s->result != VF_OK ? vf_err_set(err, s->result, 0, "see", VF_S(""), NULL) : st;
}

static enum vf_status append(void *ctx, struct vf_slice bytes, struct vf_err *err)
{
    (void)err;
    vf_buf_put(ctx, bytes);
    return VF_OK;
}

static void check_source(const struct vf_zip_source *s, struct vf_slice req)
{
    struct vf_buf got = {0};
    struct vf_err err = {0};
    assert_int_equal(vf_zip_source_read(s, append, &got, &err), VF_OK);
    assert_true(vf_slice_eq(vf_buf_slice(&got), req));
    vf_buf_release(&got);
}

static void check_contents(const struct vf_bundle_file *f, const struct box_bundle *in)
{
    assert_int_equal(f->bundle.n_dists, 2);
    assert_true(f->bundle.dists[1].requested && !f->bundle.dists[0].requested);
    assert_int_equal(f->bundle.n_extras, 1);
    assert_true(f->bundle.extras[0].executable && f->bundle.extras[0].into == VF_INTO_ROOT);
    assert_true(vf_slice_eq(f->lock, vf_buf_slice(&in->lock)));
    assert_true(vf_slice_eq(f->requirements, vf_buf_slice(&in->requirements)));
    for (size_t i = 0; i < 2; i++)
        check_source(&f->wheels[i], vf_buf_slice(&in->wheels[i]));
    check_source(&f->extras[0], VF_S("carried"));
}

static void good(void **state)
{
    struct box *b = *state;
    struct box_bundle in;
    box_bundle_make(&in);
    for (enum vf_tar_packing p = VF_TAR_ZSTD; p <= VF_TAR_ZIP; p++) {
        struct vf_buf file = {0};
        unsigned char sum[32];
        box_pack(in.members, in.n, p, &file);
        assert_true(vf_sha256(vf_buf_slice(&file), sum));
        for (int i = 0; i < 4; i++) {
            struct seen seen = {0};
            struct vf_bundle_file *f = NULL;
            struct vf_bundle_source s = {
                .archive = {.fd = -1, .size = file.n, .bytes = vf_buf_slice(&file), .label = VF_S("b")},
                .spool = i & 1 ? b->fd : -1,
                .forget = i & 2,
                .digest = true,
                .wheel = on_wheel,
                .ctx = &seen};
            assert_true(vf_bundle_is_archive(&s.archive));
            assert_int_equal(vf_bundle_open(&s, &f, &b->err), VF_OK);
            assert_int_equal(seen.n, 2);
            assert_memory_equal(f->sha256, sum, 32);
            if (!s.forget)
                check_contents(f, &in);
            check_source(&f->extras[0], VF_S("carried"));
            vf_bundle_close(f);
        }
        vf_buf_release(&file);
    }
    box_bundle_release(&in);
}

static void refused(struct box *b, struct vf_slice bytes, enum vf_status req, const char *words)
{
    struct vf_bundle_file *f = NULL;
    enum vf_status st = box_bundle_open(bytes, -1, &f, &b->err);
    if (st != req || !strstr(b->err.detail, words))
        fail_msg("%d '%s', not %d '%s'", (int)st, b->err.detail, (int)req, words);
    assert_null(f);
    box_check_err(b, req);
}

static void refused_members(struct box *b, const struct box_member *m, size_t n, const char *words)
{
    struct vf_buf file = {0};
    box_pack(m, n, VF_TAR_PLAIN, &file);
    refused(b, vf_buf_slice(&file), VF_BAD_ARCHIVE, words);
    vf_buf_release(&file);
}

static void lying_members(void **state)
{
    struct box *b = *state;
    struct box_bundle in;
    struct box_member m[BOX_MEMBERS];
    box_bundle_make(&in);
    size_t n = in.n, bytes = sizeof m;
    memcpy(m, in.members, bytes);
    refused_members(b, m, n - 1, "it is not there");
    refused_members(b, m + 1, n - 1, "does not begin with");
    m[n] = (struct box_member){VF_S("more"), VF_S("x")};
    refused_members(b, m, n + 1, "does not list it");
    m[n] = m[3];
    refused_members(b, m, n + 1, "twice");
    memcpy(m, in.members, bytes);
    m[3].data = m[4].data;
    refused_members(b, m, n, "its size");
    m[3] = in.members[4];
    m[4] = in.members[3];
    refused_members(b, m, n, "or not here");
    memcpy(m, in.members, bytes);
    m[5].data = VF_S("CARRIED");
    refused_members(b, m, n, "its sha256");
    memcpy(m, in.members, bytes);
    m[6].data = VF_S("");
    refused_members(b, m, n, "does not agree");
    box_bundle_release(&in);
}

/* The text of the manifest with one string replaced. */
static void with_manifest(struct box *b, const struct box_bundle *in, const char *from, const char *to,
                          enum vf_status req, const char *words)
{
    struct box_member m[BOX_MEMBERS];
    struct vf_buf text = {0}, file = {0};
    struct vf_slice old = vf_buf_slice(&in->manifest);
    size_t at = vf_slice_find(old, vf_slice_of(from), 0);
    assert_int_not_equal(at, VF_NPOS);
    vf_buf_put(&text, vf_slice_sub(old, 0, at));
    vf_buf_puts(&text, to);
    vf_buf_put(&text, vf_slice_from(old, at + strlen(from)));
    memcpy(m, in->members, sizeof m);
    m[0].data = vf_buf_slice(&text);
    box_pack(m, in->n, VF_TAR_PLAIN, &file);
    refused(b, vf_buf_slice(&file), req, words);
    vf_buf_release(&text);
    vf_buf_release(&file);
}

static void manifests(void **state)
{
    struct box *b = *state;
    struct box_bundle in;
    box_bundle_make(&in);
    with_manifest(b, &in, "\"listed\": true", "\"listed\": false", VF_BAD_ARCHIVE, "does not agree");
    with_manifest(b, &in, "\"schema\": 1", "\"schema\": 2", VF_NOT_SUPPORTED, "newer");
    with_manifest(b, &in, "\"schema\": 1", "\"schema\": 0", VF_BAD_ARCHIVE, "no schema");
    with_manifest(b, &in, "\"schema\": 1", "\"schema\": 1, \"schema\": 1", VF_BAD_ARCHIVE, "no JSON");
    with_manifest(b, &in, "lock-bundle", "other", VF_BAD_ARCHIVE, "not a kind");
    with_manifest(b, &in, "\"name\": \"a\"", "\"name\": \"A\"", VF_BAD_ARCHIVE, "canonical");
    with_manifest(b, &in, "\"name\": \"a\"", "\"name\": \"b\"", VF_BAD_ARCHIVE, "does not fit");
    with_manifest(b, &in, "\"version\": \"1.0\"", "\"version\": \"2.0\"", VF_BAD_ARCHIVE, "does not fit");
    with_manifest(b, &in, "\"path\": \"etc/x\"", "\"path\": \"../x\"", VF_BAD_ARCHIVE, "no clean");
    with_manifest(b, &in, "\"into\": \"root\"", "\"into\": \"home\"", VF_BAD_ARCHIVE, "unknown location");
    with_manifest(b, &in, "\"member\": \"extra/root/etc/x\"", "\"member\": \"etc/x\"", VF_BAD_ARCHIVE,
                  "below extra");
    with_manifest(b, &in, "\"member\": \"extra/root/etc/x\"", "\"member\": \"extra/y\"", VF_BAD_ARCHIVE,
                  "not listed among");
    with_manifest(b, &in, "\"path\": \"wheels/a-", "\"path\": \"wheels/b-", VF_BAD_ARCHIVE,
                  "not listed among");
    with_manifest(b, &in, "\"path\": \"extra/root/etc/x\"", "\"path\": \"pylock.toml\"", VF_BAD_ARCHIVE,
                  "listed twice");
    with_manifest(b, &in, "\"sha256\": \"", "\"sha256\": \"00", VF_BAD_ARCHIVE, "no sha256");
    with_manifest(b, &in, "\"size\": 7", "\"size\": -7", VF_BAD_ARCHIVE, "no size");
    with_manifest(b, &in, "\"listed\": true", "\"listed\": 1", VF_BAD_ARCHIVE, "listed");
    with_manifest(b, &in, "\"left_out\": []", "\"left_out\": [1]", VF_BAD_ARCHIVE, "left_out");
    with_manifest(b, &in, "\"pycache\": null", "\"pycache\": {\"member\": \"x\", \"magic\": \"\"}",
                  VF_BAD_ARCHIVE, "known form");
    box_bundle_release(&in);
}

/* --- the tar --- */

static void refused_tar(struct box *b, struct vf_buf *tar, const char *words)
{
    box_tar_end(tar);
    refused(b, vf_buf_slice(tar), VF_BAD_ARCHIVE, words);
    vf_buf_clear(tar);
}

static void kinds(void **state)
{
    struct box *b = *state;
    struct vf_buf t = {0};
    static const struct {
        char type;
        const char *words;
    } bad[] = {{'1', "hard link"}, {'2', "symbolic link"}, {'3', "device"}, {'5', "directory"},
               {'6', "pipe"},      {'L', "kind"},          {'g', "kind"},   {'S', "kind"}};
    for (size_t i = 0; i < VF_COUNT(bad); i++) {
        box_tar_put(&t, "venvfix.json", VF_S(""), bad[i].type, 0644);
        refused_tar(b, &t, bad[i].words);
    }
    box_tar_put(&t, "venvfix.json", VF_S("{}"), '0', 04755);
    refused_tar(b, &t, "setuid");
    box_tar_put(&t, "/venvfix.json", VF_S("{}"), '0', 0644);
    refused_tar(b, &t, "absolute");
    box_tar_put(&t, "../venvfix.json", VF_S("{}"), '0', 0644);
    refused_tar(b, &t, "leads out");
    box_tar_put(&t, "venvfix.json", VF_S("{}"), '0', 0644);
    memcpy(t.p + 157, "x", 1);
    box_tar_sum(&t, 0);
    refused_tar(b, &t, "a link");
    box_tar_put(&t, "venvfix.json", VF_S("{}"), '0', 0644);
    t.p[600] = 'x';
    refused_tar(b, &t, "padding");
    box_tar_put(&t, "venvfix.json", VF_S("{}"), '0', 0644);
    t.p[124] = '\200'; /* a size in another notation */
    box_tar_sum(&t, 0);
    refused_tar(b, &t, "size");
    vf_buf_release(&t);
}

static void extended_headers(void **state)
{
    struct box *b = *state;
    struct vf_buf t = {0};
    static const struct {
        const char *data, *words;
    } bad[] = {{"17 linkpath=/x/y\n", "key"},
               {"18 GNU.sparse.a=b\n", "key"},
               {"9 path=a\n", "does not begin with"},
               {"9 path=a\n9 path=b\n", "key"},
               {"10 size=x\n\n", "no number"},
               {"9 path=a", "malformed"},
               {"99 path=a\n", "malformed"},
               {"2 \n", "malformed"},
               {"8 path a\n", "malformed"}};
    for (size_t i = 0; i < VF_COUNT(bad); i++) {
        box_tar_put(&t, "pax", vf_slice_of(bad[i].data), 'x', 0644);
        box_tar_put(&t, "venvfix.json", VF_S("{}"), '0', 0644);
        refused_tar(b, &t, bad[i].words);
    }
    box_tar_put(&t, "pax", VF_S("9 path=a\n"), 'x', 0644);
    refused_tar(b, &t, "without a member");
    vf_buf_release(&t);
}

static void bombs(void **state)
{
    struct box *b = *state;
    struct vf_buf zeros = {0}, file = {0};
    assert_true(vf_buf_reserve(&zeros, 40 << 20));
    memset(zeros.p, 0, 40 << 20);
    zeros.n = 40 << 20;
    struct box_member m = {VF_S("x"), vf_buf_slice(&zeros)};
    struct vf_zip_source s = {.fd = -1, .label = VF_S("b")};
    struct vf_unpack *u = NULL;
    struct vf_unpack_member got;
    bool more;
    box_pack(&m, 1, VF_TAR_ZSTD, &file);
    s.bytes = vf_buf_slice(&file);
    s.size = file.n;
    assert_int_equal(vf_unpack_open(&s, NULL, false, &u, &b->err), VF_OK);
    assert_int_equal(vf_unpack_next(u, &got, &more, &b->err), VF_OK);
    assert_int_equal(vf_unpack_next(u, &got, &more, &b->err), VF_BAD_ARCHIVE);
    assert_non_null(strstr(b->err.detail, "tightly"));
    box_check_err(b, VF_BAD_ARCHIVE);
    vf_unpack_free(u);
    struct vf_unpack_limits small = {.member_bytes = 1000};
    assert_int_equal(vf_unpack_open(&s, &small, false, &u, &b->err), VF_OK);
    assert_int_equal(vf_unpack_next(u, &got, &more, &b->err), VF_BAD_ARCHIVE);
    box_check_err(b, VF_BAD_ARCHIVE);
    vf_unpack_free(u);
    vf_buf_release(&zeros);
    vf_buf_release(&file);
}

/* --- unpacked ahead of the reader --- */

struct kept {
    struct vf_unpack *u;
    struct vf_block *held[8];
    struct vf_slice pieces[8];
    size_t n, bytes;
};

/* Every second piece is kept, and compared when others have come and gone. */
static enum vf_status keep(void *ctx, struct vf_slice bytes, struct vf_err *err)
{
    struct kept *k = ctx;
    (void)err;
    struct vf_block *block = vf_unpack_hold(k->u);
    assert_non_null(block);
    k->bytes += bytes.n;
    if (k->n < 8 && bytes.n % 2 == 0) {
        k->held[k->n] = block;
        k->pieces[k->n++] = bytes;
    } else {
        vf_block_release(block);
    }
    return VF_OK;
}

/* Bytes that do not pack, and whose places can be told. */
static void fill(struct vf_buf *b, size_t n)
{
    uint64_t x = 88172645463325252u;
    assert_true(vf_buf_reserve(b, n));
    for (; b->n < n; b->n += 8) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        memcpy(b->p + b->n, &x, 8);
    }
}

static void ahead_of(struct box *b, enum vf_tar_packing packing)
{
    struct vf_buf bytes = {0}, file = {0};
    fill(&bytes, 12 << 20);
    struct box_member m = {VF_S("x"), vf_buf_slice(&bytes)};
    box_pack(&m, 1, packing, &file);
    struct vf_zip_source s = {.fd = -1, .size = file.n, .bytes = vf_buf_slice(&file), .label = VF_S("b")};
    for (int cut = 0; cut < 2; cut++) {
        struct kept k = {0};
        struct vf_unpack_member got;
        bool more;
        if (cut)
            s.size = s.bytes.n = file.n / 2;
        assert_int_equal(vf_unpack_open(&s, NULL, true, &k.u, &b->err), VF_OK);
        assert_int_equal(vf_unpack_next(k.u, &got, &more, &b->err), VF_OK);
        assert_int_equal(vf_unpack_data(k.u, keep, &k, &b->err), cut ? VF_BAD_ARCHIVE : VF_OK);
        assert_true(cut || k.bytes == bytes.n);
        if (!cut)
            assert_int_equal(vf_unpack_next(k.u, &got, &more, &b->err), VF_OK);
        vf_unpack_free(k.u); /* what is held stays */
        assert_true(k.n > 4);
        size_t at = 0;
        for (size_t i = 0; i < k.n; i++) {
            while (at < bytes.n && memcmp(bytes.p + at, k.pieces[i].p, 16) != 0)
                at += 8;
            assert_true(bytes.n - at >= k.pieces[i].n);
            assert_memory_equal(bytes.p + at, k.pieces[i].p, k.pieces[i].n);
            vf_block_release(k.held[i]);
        }
        if (cut)
            box_check_err(b, VF_BAD_ARCHIVE);
    }
    s.size = s.bytes.n = file.n; /* given up in the middle: nobody waits for anybody */
    struct vf_unpack *u;
    assert_int_equal(vf_unpack_open(&s, NULL, false, &u, &b->err), VF_OK);
    vf_unpack_free(u);
    vf_buf_release(&bytes);
    vf_buf_release(&file);
}

static void ahead(void **state)
{
    ahead_of(*state, VF_TAR_ZSTD);
    ahead_of(*state, VF_TAR_GZIP);
}

/* --- damage --- */

static void cut(struct box *b, const struct vf_buf *file)
{
    struct vf_bundle_file *f = NULL;
    for (size_t n = 0; n < file->n; n += 1 + n / 64) {
        assert_int_not_equal(box_bundle_open(vf_slice_sub(vf_buf_slice(file), 0, n), -1, &f, &b->err), VF_OK);
        vf_err_clear(&b->err);
    }
    assert_int_not_equal(box_bundle_open(vf_slice_sub(vf_buf_slice(file), 0, file->n - 1), -1, &f, &b->err),
                         VF_OK);
    vf_err_clear(&b->err);
}

/* Bits that are changed, one at a time, `step` bits apart. The number of those that say nothing, so that it
 * is the same bundle all the same. */
static size_t flip(struct box *b, const struct box_bundle *in, struct vf_buf *file, size_t step)
{
    size_t harmless = 0;
    for (size_t i = 0; i < file->n * 8; i += step) {
        struct vf_bundle_file *f = NULL;
        file->p[i / 8] = (char)(file->p[i / 8] ^ 1 << i % 8);
        enum vf_status st = box_bundle_open(vf_buf_slice(file), -1, &f, &b->err);
        file->p[i / 8] = (char)(file->p[i / 8] ^ 1 << i % 8);
        vf_err_clear(&b->err);
        if (st != VF_OK)
            continue;
        check_contents(f, in);
        vf_bundle_close(f);
        harmless++;
    }
    return harmless;
}

/* A zstd file is sealed, xz has sums of its own. Of a gzip its time, its system and its sum say nothing,
 * which libarchive does not compare, and it packs some bytes in more ways than one. A zip has times, owners
 * and versions. */
static void damaged(void **state)
{
    struct box *b = *state;
    struct box_bundle in;
    box_bundle_make(&in);
    for (enum vf_tar_packing p = VF_TAR_ZSTD; p <= VF_TAR_ZIP; p++) {
        struct vf_buf file = {0};
        box_pack(in.members, in.n, p, &file);
        cut(b, &file);
        size_t harmless = flip(b, &in, &file, p == VF_TAR_ZSTD ? 1 : 9);
        static const size_t most[] = {0, 48, 0, 0, 60 * BOX_MEMBERS};
        if (harmless > most[p])
            fail_msg("%s: %zu of %zu", vf_tar_packing_name(p), harmless, file.n);
        vf_buf_putc(&file, 'x');
        refused(b, vf_buf_slice(&file), VF_BAD_ARCHIVE, "");
        vf_buf_release(&file);
    }
    box_bundle_release(&in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOX_TEST(good),
        BOX_TEST(lying_members),
        BOX_TEST(manifests),
        BOX_TEST(kinds),
        BOX_TEST(extended_headers),
        BOX_TEST(bombs),
        BOX_TEST(damaged),
        BOX_TEST(ahead),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
