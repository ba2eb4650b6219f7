/* Zip files: what is written, what is read back, and everything that a file may lie about. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "archive/zip_follow.h"

/* A zip file of knobs: each can make a lie of its own. */
struct knob {
    const char *name, *data;
    const char *local_name; /* NULL: the same */
    uint32_t mode;
    uint16_t method, local_method, flags;
    int32_t size_lie, local_size_lie, descriptor; /* descriptor: bytes of a data descriptor, 0: none */
    uint32_t crc_lie, descriptor_lie;
    const char *gap;    /* bytes behind it */
    size_t n_name;      /* 0: strlen */
    bool at_first;      /* the directory says that it stands where the first one does */
    const void *data_n; /* with n_data: bytes with NULs */
    size_t n_data;
};

static void put(struct vf_buf *b, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        vf_buf_putc(b, (char)(v >> 8 * i & 0xff));
}

static struct vf_slice data_of(const struct knob *k)
{
    return k->data_n ? (struct vf_slice){k->data_n, k->n_data} : vf_slice_of(k->data ? k->data : "");
}

static void put_common(struct vf_buf *b, const struct knob *k, uint16_t method, uint32_t size, bool local)
{
    struct vf_slice d = data_of(k);
    bool later = local && k->descriptor;
    const char *name = local && k->local_name ? k->local_name : k->name;
    put(b, 20, 2);
    put(b, k->flags | (k->descriptor ? 8 : 0), 2);
    put(b, method, 2);
    put(b, 33u << 16, 4);
    put(b, later ? 0 : vf_zip_crc(0, d) + (local ? 0 : k->crc_lie), 4);
    put(b, later ? 0 : d.n, 4);
    put(b, later ? 0 : size, 4);
    put(b, k->n_name ? k->n_name : strlen(name), 2);
    put(b, 0, 2);
}

static void put_name(struct vf_buf *b, const struct knob *k, bool local)
{
    const char *name = local && k->local_name ? k->local_name : k->name;
    vf_buf_put(b, (struct vf_slice){name, k->n_name ? k->n_name : strlen(name)});
}

static void put_descriptor(struct vf_buf *b, const struct knob *k)
{
    struct vf_slice d = data_of(k);
    unsigned wide = k->descriptor >= 20 ? 8 : 4;
    if (k->descriptor == 16 || k->descriptor == 24)
        put(b, 0x08074b50, 4);
    put(b, vf_zip_crc(0, d) + k->descriptor_lie, 4);
    put(b, d.n, wide);
    put(b, d.n, wide);
}

static void make(struct vf_buf *b, const struct knob *k, size_t n)
{
    uint32_t at[8];
    vf_buf_init(b);
    assert_true(n <= VF_COUNT(at));
    for (size_t i = 0; i < n; i++) {
        struct vf_slice d = data_of(&k[i]);
        at[i] = (uint32_t)(k[i].at_first ? 0 : b->n);
        put(b, 0x04034b50, 4);
        put_common(b, &k[i], k[i].local_method ? k[i].local_method : k[i].method,
                   (uint32_t)((int32_t)d.n + k[i].local_size_lie), true);
        put_name(b, &k[i], true);
        vf_buf_put(b, d);
        if (k[i].descriptor)
            put_descriptor(b, &k[i]);
        vf_buf_puts(b, k[i].gap ? k[i].gap : "");
    }
    size_t dir = b->n;
    for (size_t i = 0; i < n; i++) {
        put(b, 0x02014b50, 4);
        put(b, 3 << 8 | 20, 2);
        put_common(b, &k[i], k[i].method, (uint32_t)((int32_t)data_of(&k[i]).n + k[i].size_lie), false);
        put(b, 0, 2 + 2 + 2);
        put(b, (uint64_t)k[i].mode << 16, 4);
        put(b, at[i], 4);
        put_name(b, &k[i], false);
    }
    size_t end = b->n;
    put(b, 0x06054b50, 4);
    put(b, 0, 4);
    put(b, n, 2);
    put(b, n, 2);
    put(b, end - dir, 4);
    put(b, dir, 4);
    put(b, 0, 2);
    assert_false(b->failed);
}

static enum vf_status open_bytes(struct vf_slice bytes, const struct vf_zip_limits *l, struct vf_zip **z,
                                 struct vf_err *err)
{
    struct vf_zip_source s = {.fd = -1, .bytes = bytes, .label = VF_S("t.whl")};
    return vf_zip_open(&s, l, z, err);
}

/* Opens and reads all; the words of the error are to hold `words`. */
static void refused_with(const struct vf_zip_limits *l, const struct knob *k, size_t n, enum vf_status code,
                         const char *words)
{
    struct vf_buf b;
    struct vf_zip *z = NULL;
    struct vf_err err = {0};
    struct vf_arena a;
    struct vf_slice out;
    vf_arena_init(&a);
    make(&b, k, n);
    enum vf_status st = open_bytes(vf_buf_slice(&b), l, &z, &err);
    for (size_t i = 0; st == VF_OK && i < z->n; i++)
        st = vf_zip_load(z, i, 1 << 20, &a, &out, &err);
    if (st != code || !strstr(err.detail, words))
        fail_msg("%s: status %s, \"%s\"", words, vf_status_name(st), err.detail);
    vf_zip_free(z);
    vf_arena_release(&a);
    vf_err_release(&err);
    vf_buf_release(&b);
}

#define REFUSED(words, ...)                                                                                  \
    do {                                                                                                     \
        const struct knob k_[] = {__VA_ARGS__};                                                              \
        refused_with(NULL, k_, VF_COUNT(k_), VF_BAD_ARCHIVE, words);                                         \
    } while (0)

static void names_that_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"/etc/x", "../x", "a/../x", "a//x",   "./x", "a\\x",
                                      "C:x",    "c:/x", "a/..",   ".",      "..",  "a/./b",
                                      "/",      "a//",  "",       "../../", "a/.."};
    for (size_t i = 0; i < VF_COUNT(bad); i++) {
        assert_non_null(vf_zip_name_flaw(vf_slice_of(bad[i])));
        REFUSED(" name", {.name = bad[i], .data = ""});
    }
    char deep[2 * VF_ZIP_DEPTH_MAX + 2];
    for (size_t i = 0; i < sizeof deep; i++)
        deep[i] = i % 2 ? '/' : 'a';
    deep[2 * VF_ZIP_DEPTH_MAX - 1] = '\0';
    assert_null(vf_zip_name_flaw(vf_slice_of(deep)));
    deep[2 * VF_ZIP_DEPTH_MAX - 1] = '/';
    deep[2 * VF_ZIP_DEPTH_MAX + 1] = '\0';
    REFUSED("more directories", {.name = deep, .data = ""});
    REFUSED("NUL", {.name = "a\0b", .n_name = 3, .data = ""});
    REFUSED("not stated", {.name = "\xc3\xa9", .data = ""});
    REFUSED("no UTF-8", {.name = "\xe9", .data = "", .flags = 1 << 11});
    static const char *const good[] = {"a", "a/b", "a/", "..a", "a..", "1:", "a b", ".x", "a/...", "-"};
    for (size_t i = 0; i < VF_COUNT(good); i++)
        assert_null(vf_zip_name_flaw(vf_slice_of(good[i])));
}

static void members_that_clash(void **state)
{
    (void)state;
    struct vf_zip_limits fold = {.fold_case = true};
    const struct knob twice[] = {{.name = "a/X", .data = "1"}, {.name = "A/x", .data = "1"}};
    REFUSED("two members", {.name = "a", .data = "1"}, {.name = "a", .data = "1"});
    REFUSED("two members", {.name = "a/", .mode = S_IFDIR}, {.name = "a", .data = "1"});
    REFUSED("is a file", {.name = "a/b/c", .data = "1"}, {.name = "a", .data = "1"});
    refused_with(&fold, twice, 2, VF_BAD_ARCHIVE, "two members");
    refused_with(NULL, twice, 2, VF_OK, "");
}

static void kinds(void **state)
{
    (void)state;
    REFUSED("symbolic link", {.name = "a", .data = "/etc/passwd", .mode = S_IFLNK | 0777});
    REFUSED("neither", {.name = "a", .mode = S_IFIFO});
    REFUSED("disagree", {.name = "a", .mode = S_IFDIR | 0755});
    REFUSED("disagree", {.name = "a/", .mode = S_IFREG | 0644});
    REFUSED("with contents", {.name = "a/", .data = "x", .mode = S_IFDIR | 0755});
    const struct knob secret[] = {{.name = "a", .data = "x", .flags = 1}};
    const struct knob lzma[] = {{.name = "a", .data = "x", .method = 14}};
    refused_with(NULL, secret, 1, VF_NOT_SUPPORTED, "encrypted");
    refused_with(NULL, lzma, 1, VF_NOT_SUPPORTED, "another way");
}

static void lies_of_headers(void **state)
{
    (void)state;
    REFUSED("another name", {.name = "a", .data = "1", .local_name = "b"});
    REFUSED("another name", {.name = "a", .data = "1", .local_name = "a/../../b"});
    REFUSED("another method", {.name = "a", .data = "1", .local_method = 8});
    REFUSED("another size", {.name = "a", .data = "1", .local_size_lie = 1});
    REFUSED("another size or checksum", {.name = "a", .data = "1", .crc_lie = 1});
    REFUSED("two sizes", {.name = "a", .data = "1", .size_lie = 1, .local_size_lie = 1});
    REFUSED("no member", {.name = "a", .data = "1", .gap = "hidden"}, {.name = "b", .data = "1"});
    REFUSED("no member", {.name = "a", .data = "1", .gap = "hidden"});
    REFUSED("overlaps", {.name = "a", .data = "1"}, {.name = "b", .data = "1", .at_first = true});
    for (int n = 12; n <= 24; n += 4) {
        const struct knob ok[] = {{.name = "a", .data = "123", .descriptor = n}, {.name = "b", .data = "1"}};
        refused_with(NULL, ok, 2, VF_OK, "");
        REFUSED("data descriptor", {.name = "a", .data = "123", .descriptor = n, .descriptor_lie = 1});
        REFUSED("no member", {.name = "a", .data = "123", .descriptor = n, .gap = "hidden"});
    }
}

static void deflated_members(void **state)
{
    (void)state;
    /* a stored block of "hello", final */
    static const char raw[] = "\x01\x05\x00\xfa\xffhello";
    struct vf_err err = {0};
    struct vf_zip *z;
    struct vf_buf b;
    struct vf_slice out;
    struct knob k[] = {{.name = "a", .data_n = raw, .n_data = sizeof raw - 1, .method = 8}};
    int32_t size = 5 - (int32_t)k[0].n_data;
    k[0].size_lie = k[0].local_size_lie = size;
    make(&b, k, 1);
    /* the checksum is that of the unpacked bytes */
    uint32_t crc = vf_zip_crc(0, VF_S("hello"));
    size_t dir = 30 + 1 + sizeof raw - 1;
    for (unsigned i = 0; i < 4; i++)
        b.p[14 + i] = b.p[dir + 16 + i] = (char)(crc >> 8 * i);
    assert_int_equal(open_bytes(vf_buf_slice(&b), NULL, &z, &err), VF_OK);
    assert_int_equal(vf_zip_load(z, 0, 5, &z->arena, &out, &err), VF_OK);
    assert_true(vf_slice_eq(out, VF_S("hello")));
    assert_int_equal(vf_zip_load(z, 0, 4, &z->arena, &out, &err), VF_LIMIT);
    vf_err_clear(&err);
    vf_zip_free(z);
    for (size_t i = 32; i < dir; i++) { /* every packed byte matters, but for padding bits of the first */
        b.p[i] ^= 0x40;
        assert_int_equal(open_bytes(vf_buf_slice(&b), NULL, &z, &err), VF_OK);
        assert_int_equal(vf_zip_load(z, 0, 1 << 20, &z->arena, &out, &err), VF_BAD_ARCHIVE);
        vf_err_clear(&err);
        vf_zip_free(z);
        b.p[i] ^= 0x40;
    }
    vf_buf_release(&b);
    k[0].size_lie = k[0].local_size_lie = size - 1;
    refused_with(NULL, k, 1, VF_BAD_ARCHIVE, "more bytes");
    k[0].size_lie = k[0].local_size_lie = size + 1;
    refused_with(NULL, k, 1, VF_BAD_ARCHIVE, "fewer bytes");
    k[0].size_lie = k[0].local_size_lie = size;
    refused_with(NULL, k, 1, VF_BAD_ARCHIVE, "checksum");
}

static void bombs(void **state)
{
    (void)state;
    struct vf_zip_limits small = {.total_bytes = 10}, one = {.member_bytes = 3}, few = {.members = 1};
    const struct knob two[] = {{.name = "a", .data = "123456"}, {.name = "b", .data = "123456"}};
    refused_with(&small, two, 2, VF_BAD_ARCHIVE, "larger than");
    refused_with(&one, two, 2, VF_BAD_ARCHIVE, "larger than");
    refused_with(&few, two, 2, VF_BAD_ARCHIVE, "more members");
    REFUSED("honest", {.name = "a", .data = "12", .method = 8, .size_lie = 200 << 20});
    REFUSED("", {.name = "a", .data = "12", .method = 8, .size_lie = -4}); /* four GiB */
}

struct sink {
    struct vf_buf b;
    int fail_after;
};

static enum vf_status collect(void *ctx, struct vf_slice bytes, struct vf_err *err)
{
    struct sink *s = ctx;
    vf_buf_put(&s->b, bytes);
    return s->fail_after-- == 0 ? vf_err_set(err, VF_NO_SPACE, 0, "write", (struct vf_slice){NULL, 0}, NULL)
                                : VF_OK;
}

static struct vf_zip_entry entry(const char *name, const char *data, bool executable)
{
    struct vf_slice d = vf_slice_of(data);
    return (struct vf_zip_entry){vf_slice_of(name), d.n, vf_zip_crc(0, d), executable};
}

static enum vf_status write_all(struct sink *s, int64_t epoch, struct vf_err *err)
{
    static const char *const members[][2] = {{"a/b.py", "x = 1\n"}, {"caf\xc3\xa9", ""}, {"bin/x", "#!"}};
    struct vf_zip_writer *w;
    enum vf_status st = vf_zip_writer_new(collect, s, epoch, &w, err);
    for (size_t i = 0; i < VF_COUNT(members) && st == VF_OK; i++) {
        struct vf_zip_entry e = entry(members[i][0], members[i][1], i == 2);
        st = vf_zip_writer_member(w, &e, err);
        if (st == VF_OK)
            st = vf_zip_writer_data(w, vf_slice_of(members[i][1]), err);
    }
    if (st == VF_OK)
        st = vf_zip_writer_finish(w, err);
    if (st == VF_OK)
        assert_int_equal(vf_zip_writer_offset(w), s->b.n);
    vf_zip_writer_free(w);
    return st;
}

static void written_and_read(void **state)
{
    (void)state;
    struct sink s = {.fail_after = -1};
    struct vf_err err = {0};
    struct vf_zip *z;
    struct vf_slice out;
    assert_int_equal(write_all(&s, 0, &err), VF_OK);
    static const char head[] = "PK\3\4\x14\0\0\0\0\0\0\0\x21\0"; /* 1980-01-01 00:00 */
    assert_memory_equal(s.b.p, head, sizeof head - 1);
    assert_int_equal(open_bytes(vf_buf_slice(&s.b), NULL, &z, &err), VF_OK);
    assert_int_equal(z->n, 3);
    assert_int_equal(z->total, 8);
    assert_false(vf_zip_executable(&z->members[0]));
    assert_true(vf_zip_executable(&z->members[2]));
    assert_int_equal(z->members[1].mode, S_IFREG | 0644);
    assert_int_equal(vf_zip_find(z, VF_S("caf\xc3\xa9")), 1);
    assert_int_equal(vf_zip_find(z, VF_S("a")), VF_NPOS);
    assert_int_equal(vf_zip_load(z, 0, 100, &z->arena, &out, &err), VF_OK);
    assert_true(vf_slice_eq(out, VF_S("x = 1\n")));
    vf_zip_free(z);
    vf_buf_release(&s.b);
}

/* 2026-11-21 13:30:27 UTC, and what zip cannot say. */
static void times(void **state)
{
    (void)state;
    static const struct {
        int64_t epoch;
        uint32_t date, time;
    } t[] = {{1795267827, 46 << 9 | 11 << 5 | 21, 13 << 11 | 30 << 5 | 13},
             {-5, 1 << 5 | 1, 0},
             {951782400, 20 << 9 | 2 << 5 | 29, 0}, /* a leap day */
             {INT64_MAX, 127 << 9 | 12 << 5 | 31, 23 << 11 | 59 << 5 | 29}};
    for (size_t i = 0; i < VF_COUNT(t); i++) {
        struct sink s = {.fail_after = -1};
        struct vf_err err = {0};
        assert_int_equal(write_all(&s, t[i].epoch, &err), VF_OK);
        const unsigned char *p = (const unsigned char *)s.b.p;
        assert_int_equal(p[10] | p[11] << 8, t[i].time);
        assert_int_equal(p[12] | p[13] << 8, t[i].date);
        vf_buf_release(&s.b);
    }
}

static void writer_refuses(void **state)
{
    (void)state;
    struct sink s = {.fail_after = -1};
    struct vf_err err = {0};
    struct vf_zip_writer *w;
    struct vf_zip_entry e = entry("a", "abc", false), bad = entry("../a", "", false);
    assert_int_equal(vf_zip_writer_new(collect, &s, 0, &w, &err), VF_OK);
    assert_int_equal(vf_zip_writer_data(w, VF_S("x"), &err), VF_USAGE);
    vf_err_clear(&err);
    assert_int_equal(vf_zip_writer_member(w, &bad, &err), VF_USAGE);
    vf_err_clear(&err);
    bad.name = VF_S("a/");
    assert_int_equal(vf_zip_writer_member(w, &bad, &err), VF_USAGE);
    vf_err_clear(&err);
    bad.name = VF_S("\xff");
    assert_int_equal(vf_zip_writer_member(w, &bad, &err), VF_UNWRITABLE);
    vf_err_clear(&err);
    assert_int_equal(vf_zip_writer_member(w, &e, &err), VF_OK);
    assert_int_equal(vf_zip_writer_data(w, VF_S("abcd"), &err), VF_CHANGED);
    vf_err_clear(&err);
    assert_int_equal(vf_zip_writer_data(w, VF_S("abx"), &err), VF_OK);
    assert_int_equal(vf_zip_writer_finish(w, &err), VF_CHANGED);
    vf_err_clear(&err);
    vf_zip_writer_free(w);
    vf_buf_release(&s.b);
}

static void writer_passes_errors_on(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++) { /* three headers, two members with bytes, the directory */
        struct sink s = {.fail_after = i};
        struct vf_err err = {0};
        assert_int_equal(write_all(&s, 0, &err), VF_NO_SPACE);
        vf_err_release(&err);
        vf_buf_release(&s.b);
    }
}

static void two_of_one_name(void **state)
{
    (void)state;
    struct sink s = {.fail_after = -1};
    struct vf_err err = {0};
    struct vf_zip_writer *w;
    struct vf_zip_entry e = entry("a", "", false);
    assert_int_equal(vf_zip_writer_new(collect, &s, 0, &w, &err), VF_OK);
    assert_int_equal(vf_zip_writer_member(w, &e, &err), VF_OK);
    assert_int_equal(vf_zip_writer_member(w, &e, &err), VF_EXISTS);
    vf_err_release(&err);
    vf_zip_writer_free(w);
    vf_buf_release(&s.b);
}

/* 70 000 members need zip64. */
static void many_members(void **state)
{
    (void)state;
    struct sink s = {.fail_after = -1};
    struct vf_err err = {0};
    struct vf_zip_writer *w;
    struct vf_zip *z;
    enum { N = 70000 };
    assert_int_equal(vf_zip_writer_new(collect, &s, 0, &w, &err), VF_OK);
    for (unsigned i = 0; i < N; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "%u", i);
        struct vf_zip_entry e = entry(name, "", false);
        assert_int_equal(vf_zip_writer_member(w, &e, &err), VF_OK);
    }
    assert_int_equal(vf_zip_writer_finish(w, &err), VF_OK);
    vf_zip_writer_free(w);
    assert_int_equal(open_bytes(vf_buf_slice(&s.b), NULL, &z, &err), VF_OK);
    assert_int_equal(z->n, N);
    vf_zip_free(z);
    s.b.p[s.b.n - 12] ^= 1; /* number of entries of the old end: neither full nor the same */
    s.b.p[s.b.n - 14] ^= 1;
    assert_int_equal(open_bytes(vf_buf_slice(&s.b), NULL, &z, &err), VF_BAD_ARCHIVE);
    vf_err_release(&err);
    vf_buf_release(&s.b);
}

/* Every bit flipped, every length: an error, or the same members with the same bytes. */
static void damaged_anywhere(void **state)
{
    (void)state;
    struct sink s = {.fail_after = -1};
    struct vf_err err = {0};
    size_t opened = 0;
    assert_int_equal(write_all(&s, 0, &err), VF_OK);
    for (size_t bit = 0; bit < s.b.n * 8; bit++) {
        struct vf_zip *z;
        struct vf_slice out;
        s.b.p[bit / 8] ^= (char)(1 << bit % 8);
        if (open_bytes(vf_buf_slice(&s.b), NULL, &z, &err) == VF_OK) {
            for (size_t i = 0; i < z->n; i++)
                opened += vf_zip_load(z, i, 100, &z->arena, &out, &err) == VF_OK;
            vf_zip_free(z);
        }
        vf_err_clear(&err);
        s.b.p[bit / 8] ^= (char)(1 << bit % 8);
    }
    assert_true(opened > 0); /* times, versions and modes may be anything */
    for (size_t n = 0; n < s.b.n; n++) {
        struct vf_zip *z;
        assert_int_equal(open_bytes((struct vf_slice){s.b.p, n}, NULL, &z, &err), VF_BAD_ARCHIVE);
        vf_err_clear(&err);
    }
    vf_buf_release(&s.b);
}

static void surrounded(void **state)
{
    (void)state;
    struct sink s = {.fail_after = -1};
    struct vf_err err = {0};
    struct vf_zip *z;
    struct vf_buf b = {0};
    assert_int_equal(write_all(&s, 0, &err), VF_OK);
    vf_buf_put(&b, vf_buf_slice(&s.b));
    vf_buf_puts(&b, "tail");
    assert_int_equal(open_bytes(vf_buf_slice(&b), NULL, &z, &err), VF_BAD_ARCHIVE);
    vf_err_clear(&err);
    vf_buf_clear(&b);
    vf_buf_puts(&b, "head");
    vf_buf_put(&b, vf_buf_slice(&s.b));
    assert_int_equal(open_bytes(vf_buf_slice(&b), NULL, &z, &err), VF_BAD_ARCHIVE);
    vf_err_clear(&err);
    vf_buf_clear(&b); /* one zip as the comment of another */
    vf_buf_put(&b, vf_buf_slice(&s.b));
    b.p[b.n - 2] = (char)(s.b.n & 0xff);
    b.p[b.n - 1] = (char)(s.b.n >> 8);
    vf_buf_put(&b, vf_buf_slice(&s.b));
    assert_int_equal(open_bytes(vf_buf_slice(&b), NULL, &z, &err), VF_BAD_ARCHIVE);
    assert_non_null(strstr(err.detail, "two ends"));
    vf_err_clear(&err);
    vf_buf_release(&b);
    vf_buf_release(&s.b);
}

/* --- followed --- */

struct passed {
    struct vf_buf names; /* of what was announced, a blank behind each */
    struct vf_buf data, rest;
};

/* Everything in pieces of this size; what is announced is what the directory says, in the order of the file.
 */
static void follow(struct vf_slice bytes, size_t piece, const struct vf_zip *z, struct passed *out)
{
    struct vf_zip_follow f = {0};
    *out = (struct passed){0};
    for (size_t at = 0; at < bytes.n;) {
        size_t n;
        struct vf_slice some = vf_slice_sub(bytes, at, bytes.n - at < piece ? bytes.n : at + piece);
        switch (vf_zip_follow_next(&f, some, &n)) {
        case VF_PASSING_BEGIN: {
            size_t i = vf_zip_find(z, f.ahead.name);
            assert_int_equal(n, 0);
            assert_int_not_equal(i, VF_NPOS);
            assert_int_equal(z->members[i].data, f.ahead.data);
            assert_int_equal(f.ahead.data, at);
            assert_int_equal(z->members[i].size, f.ahead.size);
            assert_int_equal(z->members[i].crc, f.ahead.crc);
            vf_buf_put(&out->names, f.ahead.name);
            vf_buf_putc(&out->names, ' ');
            break;
        }
        case VF_PASSING_DATA:
            vf_buf_put(&out->data, vf_slice_sub(some, 0, n));
            break;
        case VF_PASSING_REST:
            vf_buf_put(&out->rest, vf_slice_sub(some, 0, n));
            break;
        }
        assert_true(n <= some.n);
        at += n;
    }
    assert_int_equal(f.at, bytes.n);
    assert_int_equal(out->data.n + out->rest.n, bytes.n);
    vf_zip_follow_release(&f);
}

static void followed(void **state)
{
    (void)state;
    static const struct knob members[] = {
        {.name = "a", .data = "first"},
        {.name = "d/"},
        {.name = "empty"},
        {.name = "d/PK", .data = "PK\3\4 in the middle PK\1\2"},
        {.name = "z", .data = "last"},
    };
    static const size_t pieces[] = {1, 7, 4096};
    struct vf_buf b = {0};
    struct vf_err err = {0};
    struct vf_zip *z;
    struct passed p;
    make(&b, members, VF_COUNT(members));
    struct vf_zip_source s = {.fd = -1, .bytes = vf_buf_slice(&b), .label = VF_S("x.zip")};
    assert_int_equal(vf_zip_open(&s, NULL, &z, &err), VF_OK);
    for (size_t i = 0; i < VF_COUNT(pieces); i++) {
        follow(s.bytes, pieces[i], z, &p);
        assert_string_equal(vf_buf_cstr(&p.names), "a d/PK z ");
        vf_buf_release(&p.names);
        assert_true(vf_slice_eq(vf_buf_slice(&p.data), VF_S("firstPK\3\4 in the middle PK\1\2last")));
        vf_buf_release(&p.data);
        vf_buf_release(&p.rest);
    }
    vf_zip_free(z);
    vf_buf_release(&b);
}

/* Where the end of a member cannot be told, or a name is none, nothing is announced. */
static void not_followed(void **state)
{
    (void)state;
    static const struct {
        struct knob first;
        const char *names;
    } cases[] = {{{.name = "a", .data = "x", .descriptor = 16}, ""},
                 {{.name = "a", .data = "x", .flags = 1}, ""},
                 {{.name = "../a", .data = "x"}, "b "},
                 {{.name = "a", .data = "x", .local_method = 8}, "b "},
                 {{.name = "a", .data = "x", .gap = "gap"}, "a "}};
    for (size_t i = 0; i < VF_COUNT(cases); i++) {
        struct knob two[] = {cases[i].first, {.name = "b", .data = "y"}};
        struct vf_buf b = {0};
        struct vf_buf names = {0};
        struct vf_zip_follow f = {0};
        size_t n;
        make(&b, two, 2);
        for (struct vf_slice rest = vf_buf_slice(&b); rest.n > 0; rest = vf_slice_from(rest, n))
            if (vf_zip_follow_next(&f, rest, &n) == VF_PASSING_BEGIN) {
                vf_buf_put(&names, f.ahead.name);
                vf_buf_putc(&names, ' ');
            }
        assert_true(vf_slice_eq(vf_buf_slice(&names), vf_slice_of(cases[i].names)));
        vf_buf_release(&names);
        vf_zip_follow_release(&f);
        vf_buf_release(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_are_refused),
        cmocka_unit_test(members_that_clash),
        cmocka_unit_test(kinds),
        cmocka_unit_test(lies_of_headers),
        cmocka_unit_test(deflated_members),
        cmocka_unit_test(bombs),
        cmocka_unit_test(written_and_read),
        cmocka_unit_test(times),
        cmocka_unit_test(writer_refuses),
        cmocka_unit_test(writer_passes_errors_on),
        cmocka_unit_test(two_of_one_name),
        cmocka_unit_test(many_members),
        cmocka_unit_test(damaged_anywhere),
        cmocka_unit_test(surrounded),
        cmocka_unit_test(followed),
        cmocka_unit_test(not_followed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
