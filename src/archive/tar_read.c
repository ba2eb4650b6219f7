/* tar_read.c: the headers of a tar (POSIX.1-2008, pax: ustar interchange format and extended header). Where
 * readers differ in what they take a header for, it is refused. */
#include "archive/tar_read.h"

#include <stdlib.h>
#include <string.h>

#include "archive/zip_format.h"

enum { BLOCK = 512, PAX_MAX = 64 << 10, END_MAX = 1 << 20 };

/* Fields: offset and length. */
enum {
    NAME = 0,
    NAME_LEN = 100,
    MODE = 100,
    MODE_LEN = 8,
    SIZE = 124,
    SIZE_LEN = 12,
    SUM = 148,
    SUM_LEN = 8,
    TYPE = 156,
    LINK = 157,
    LINK_LEN = 100,
    MAGIC = 257,
    MAGIC_LEN = 8,
    PREFIX = 345,
    PREFIX_LEN = 155
};

struct vf_tar_reader {
    struct vf_zip_source source;
    struct vf_tar_stream *stream;
    char block[BLOCK];
    struct vf_buf name, pax; /* of the member; the extended header before it */
    bool has_path, has_size;
    uint64_t size;    /* of the extended header */
    uint64_t left;    /* bytes of the member that were not read */
    unsigned padding; /* bytes behind it */
};

static enum vf_status bad(const struct vf_tar_reader *t, const char *why, struct vf_err *err)
{
    return vf_err_set(err, VF_BAD_ARCHIVE, 0, "read", t->source.label, "%s", why);
}

static enum vf_status bad_member(const struct vf_tar_reader *t, const char *why, struct vf_err *err)
{
    return vf_zip_refuse(&t->source, VF_BAD_ARCHIVE, vf_buf_slice(&t->name), why, err);
}

enum vf_status vf_tar_reader_open(const struct vf_zip_source *source, const struct vf_unpack_limits *limits,
                                  struct vf_hasher *hasher, struct vf_tar_reader **out, struct vf_err *err)
{
    struct vf_tar_reader *t = calloc(1, sizeof *t);
    *out = NULL;
    if (!t)
        return vf_err_nomem(err);
    t->source = *source;
    enum vf_status st = vf_tar_stream_open(source, limits, hasher, &t->stream, err);
    if (st == VF_OK)
        *out = t;
    else
        vf_tar_reader_free(t);
    return st;
}

void vf_tar_reader_free(struct vf_tar_reader *t)
{
    if (!t)
        return;
    vf_tar_stream_free(t->stream);
    vf_buf_release(&t->name);
    vf_buf_release(&t->pax);
    free(t);
}

struct vf_block *vf_tar_reader_hold(struct vf_tar_reader *t)
{
    return vf_tar_stream_hold(t->stream);
}

static enum vf_status exactly(struct vf_tar_reader *t, char *to, size_t n, struct vf_err *err)
{
    enum vf_status st = VF_OK;
    struct vf_slice got = {NULL, 1};
    while (n > 0 && st == VF_OK && got.n > 0) {
        st = vf_tar_stream_some(t->stream, n, &got, err);
        if (st != VF_OK)
            return st;
        memcpy(to, got.p ? got.p : "", got.n);
        to += got.n;
        n -= got.n;
    }
    return n == 0 ? VF_OK : bad(t, "it is cut short", err);
}

static bool is_zero(const char *p, size_t n)
{
    while (n > 0 && p[n - 1] == '\0')
        n--;
    return n == 0;
}

/* --- fields --- */

/* Octal digits, then a NUL or a blank; nothing else behind. */
static bool octal(const char *field, size_t n, uint64_t *out)
{
    size_t i = 0;
    uint64_t v = 0;
    for (; i < n && field[i] >= '0' && field[i] <= '7'; i++)
        v = v << 3 | (uint64_t)(field[i] - '0'); /* at most 12 digits */
    *out = v;
    return i > 0 && i < n && (field[i] == '\0' || field[i] == ' ') && is_zero(field + i + 1, n - i - 1);
}

static bool sum_is_right(const char *b)
{
    uint64_t sum = SUM_LEN * (uint64_t)' ', said;
    char field[SUM_LEN];
    for (size_t i = 0; i < BLOCK; i++)
        if (i < SUM || i >= SUM + SUM_LEN)
            sum += (unsigned char)b[i];
    memcpy(field, b + SUM, SUM_LEN);
    if (field[SUM_LEN - 2] != '\0' || field[SUM_LEN - 1] != ' ')
        return false;
    field[SUM_LEN - 1] = '\0';
    return octal(field, SUM_LEN, &said) && said == sum;
}

/* A text field: up to its NUL, with nothing behind; or all of it. */
static bool text(const char *field, size_t n, struct vf_slice *out)
{
    const char *nul = memchr(field, '\0', n);
    *out = (struct vf_slice){field, nul ? (size_t)(nul - field) : n};
    return is_zero(field + out->n, n - out->n);
}

static const char *kind_flaw(char type)
{
    switch (type) {
    case '0':
    case '\0':
    case 'x':
        return NULL;
    case '1':
        return "a hard link";
    case '2':
        return "a symbolic link";
    case '3':
    case '4':
    case '6':
        return "a device or a pipe";
    case '5':
        return "a directory, where only files are members";
    default:
        return "a kind of member that a bundle does not have";
    }
}

/* The name as the header has it, into t->name. */
static const char *take_name(struct vf_tar_reader *t, bool posix)
{
    struct vf_slice name, prefix;
    if (!text(t->block + NAME, NAME_LEN, &name) || !text(t->block + PREFIX, PREFIX_LEN, &prefix))
        return "bytes behind the end of its name";
    if (prefix.n > 0 && !posix)
        return "fields of GNU tar that a bundle does not have";
    vf_buf_clear(&t->name);
    vf_buf_put(&t->name, prefix);
    if (prefix.n > 0)
        vf_buf_putc(&t->name, '/');
    vf_buf_put(&t->name, name);
    return NULL;
}

static const char *header_flaw(struct vf_tar_reader *t, uint64_t *size)
{
    const char *b = t->block;
    uint64_t mode;
    bool posix = memcmp(b + MAGIC,
                        "ustar\0"
                        "00",
                        MAGIC_LEN) == 0;
    if (!posix && memcmp(b + MAGIC, "ustar  ", MAGIC_LEN) != 0)
        return "a header that is not one of a tar";
    const char *flaw = take_name(t, posix);
    if (!flaw)
        flaw = kind_flaw(b[TYPE]);
    if (flaw)
        return flaw;
    if (!is_zero(b + LINK, LINK_LEN))
        return "a link";
    if (!octal(b + MODE, MODE_LEN, &mode))
        return "a mode that is no number";
    if (mode & 07000)
        return "a setuid, setgid or sticky bit";
    return octal(b + SIZE, SIZE_LEN, size) ? NULL : "a size that is no number";
}

/* --- extended headers --- */

static bool harmless(struct vf_slice key)
{
    static const struct vf_slice keys[] = {VF_S_INIT("mtime"), VF_S_INIT("atime"),  VF_S_INIT("ctime"),
                                           VF_S_INIT("uid"),   VF_S_INIT("gid"),    VF_S_INIT("uname"),
                                           VF_S_INIT("gname"), VF_S_INIT("comment")};
    for (size_t i = 0; i < VF_COUNT(keys); i++)
        if (vf_slice_eq(key, keys[i]))
            return true;
    return false;
}

static const char *pax_record(struct vf_tar_reader *t, struct vf_slice key, struct vf_slice value)
{
    if (vf_slice_eq(key, VF_S("path")) && !t->has_path) {
        vf_buf_clear(&t->name);
        vf_buf_put(&t->name, value);
        t->has_path = true;
        return NULL;
    }
    if (vf_slice_eq(key, VF_S("size")) && !t->has_size) {
        t->has_size = vf_slice_to_u64(value, &t->size);
        return t->has_size ? NULL : "an extended header whose size is no number";
    }
    return harmless(key) ? NULL : "an extended header with a key that a bundle does not have";
}

/* Records "LENGTH KEY=VALUE\n". t->name becomes the path. */
static const char *pax_records(struct vf_tar_reader *t)
{
    static const char malformed[] = "an extended header that is malformed";
    struct vf_slice rest = vf_buf_slice(&t->pax);
    const char *flaw = NULL;
    while (rest.n > 0 && !flaw) {
        uint64_t length;
        size_t blank = vf_slice_find_byte(rest, ' ', 0);
        if (blank == VF_NPOS || !vf_slice_to_u64(vf_slice_sub(rest, 0, blank), &length) || length > rest.n ||
            length < blank + 3 || rest.p[length - 1] != '\n')
            return malformed;
        struct vf_slice record = vf_slice_sub(rest, blank + 1, (size_t)length - 1);
        size_t equals = vf_slice_find_byte(record, '=', 0);
        if (equals == VF_NPOS)
            return malformed;
        flaw = pax_record(t, vf_slice_sub(record, 0, equals), vf_slice_from(record, equals + 1));
        rest = vf_slice_from(rest, (size_t)length);
    }
    return flaw;
}

static enum vf_status read_padding(struct vf_tar_reader *t, struct vf_err *err)
{
    char zeros[BLOCK];
    enum vf_status st = exactly(t, zeros, t->padding, err);
    if (st == VF_OK && !is_zero(zeros, t->padding))
        st = bad_member(t, "its padding is not empty", err);
    t->padding = 0;
    return st;
}

static unsigned padding_of(uint64_t size)
{
    return (unsigned)((BLOCK - size % BLOCK) % BLOCK);
}

static enum vf_status read_pax(struct vf_tar_reader *t, uint64_t size, struct vf_err *err)
{
    if (t->has_path || t->has_size || t->pax.n > 0)
        return bad_member(t, "two extended headers", err);
    if (size == 0 || size > PAX_MAX)
        return bad_member(t, "an extended header that is empty or too long", err);
    if (!vf_buf_reserve(&t->pax, (size_t)size))
        return vf_err_nomem(err);
    enum vf_status st = exactly(t, t->pax.p, (size_t)size, err);
    t->pax.n = (size_t)size;
    t->padding = padding_of(size);
    return st == VF_OK ? read_padding(t, err) : st;
}

/* --- members --- */

/* The first empty block was read: the rest is empty, too, and there is one more at least. */
static enum vf_status read_end(struct vf_tar_reader *t, struct vf_err *err)
{
    uint64_t n = 0;
    struct vf_slice got = {NULL, 1};
    while (got.n > 0) {
        enum vf_status st = vf_tar_stream_some(t->stream, END_MAX, &got, err);
        if (st != VF_OK)
            return st;
        n += got.n;
        if (!is_zero(got.p, got.n) || n > END_MAX)
            return bad(t, "there are bytes behind the end of its members", err);
    }
    if (n < BLOCK || n % BLOCK != 0)
        return bad(t, "it is cut short", err);
    return vf_tar_stream_done(t->stream, err);
}

static enum vf_status pass_over(void *ctx, struct vf_slice bytes, struct vf_err *err)
{
    (void)ctx;
    (void)bytes;
    (void)err;
    return VF_OK;
}

/* A header with its sum proven; *end at the end of the members. */
static enum vf_status read_header(struct vf_tar_reader *t, uint64_t *size, bool *end, struct vf_err *err)
{
    enum vf_status st = exactly(t, t->block, BLOCK, err);
    if (st != VF_OK)
        return st;
    *end = is_zero(t->block, BLOCK);
    if (*end)
        return VF_OK;
    if (!sum_is_right(t->block))
        return bad(t, "a header of a member is damaged", err);
    const char *flaw = header_flaw(t, size);
    if (t->name.failed)
        return vf_err_nomem(err);
    return flaw ? bad_member(t, flaw, err) : VF_OK;
}

/* What the extended header says counts. */
static enum vf_status apply_pax(struct vf_tar_reader *t, uint64_t *size, struct vf_err *err)
{
    const char *flaw = pax_records(t);
    if (t->name.failed)
        return vf_err_nomem(err);
    if (flaw)
        return bad_member(t, flaw, err);
    if (t->has_size)
        *size = t->size;
    return VF_OK;
}

enum vf_status vf_tar_reader_next(struct vf_tar_reader *t, struct vf_unpack_member *m, bool *more,
                                  struct vf_err *err)
{
    uint64_t size = 0;
    bool end = false;
    enum vf_status st = vf_tar_reader_data(t, pass_over, NULL, err);
    vf_buf_clear(&t->pax);
    t->has_path = t->has_size = false;
    if (st == VF_OK)
        st = read_header(t, &size, &end, err);
    bool pax = st == VF_OK && !end && t->block[TYPE] == 'x';
    if (pax)
        st = read_pax(t, size, err);
    if (pax && st == VF_OK)
        st = read_header(t, &size, &end, err);
    if (pax && st == VF_OK && (end || t->block[TYPE] == 'x'))
        st = bad(t, "an extended header without a member", err);
    if (pax && st == VF_OK)
        st = apply_pax(t, &size, err);
    if (st != VF_OK)
        return st;
    *more = !end;
    if (end)
        return read_end(t, err);
    t->left = size;
    t->padding = padding_of(size);
    *m = (struct vf_unpack_member){vf_buf_slice(&t->name), size};
    return VF_OK;
}

enum vf_status vf_tar_reader_data(struct vf_tar_reader *t, vf_zip_sink sink, void *ctx, struct vf_err *err)
{
    while (t->left > 0) {
        struct vf_slice got;
        size_t max = t->left < SIZE_MAX ? (size_t)t->left : SIZE_MAX;
        enum vf_status st = vf_tar_stream_some(t->stream, max, &got, err);
        if (st == VF_OK && got.n == 0)
            st = bad_member(t, "it is cut short", err);
        if (st == VF_OK)
            st = sink(ctx, got, err);
        if (st != VF_OK)
            return st;
        t->left -= got.n;
    }
    return read_padding(t, err);
}
