/* record.c: reading RECORD.
 *
 * Nearly all rows hold neither a quote nor a bare CR: those are split at their commas with memchr and borrow
 * everything from the file. The others go byte by byte through the rules of Python's csv reader (not strict).
 */
#include "packaging/record.h"

#include <string.h>

#include "base/digest.h"
#include "packaging/text.h"

enum { LIKELY_ROW = 16 }; /* bytes */

/* Where a byte stands next. Remembered, so that no stretch of the file is searched twice for it (a file of
 * bare CRs has one long line). */
struct mark {
    size_t at;
    bool known;
};

struct parse {
    struct vf_arena *arena;
    struct vf_slice file;
    size_t i;      /* next byte */
    uint32_t line; /* of that byte */
    struct mark lf, cr, quote;
    struct vf_vec rows, problems;
    struct vf_record *out;
    struct vf_buf scratch;
    bool no_memory;
};

/* One field as it stands and as it is meant. */
struct field {
    struct vf_span at;
    struct vf_slice text;
};

static const char *const problem_words[] = {
#define X(sym, words) words,
    VF_RECORD_PROBLEM_LIST(X)
#undef X
};

const char *vf_record_problem_words(enum vf_record_problem_kind k)
{
    return problem_words[k];
}

static void problem(struct parse *p, enum vf_record_problem_kind kind, uint32_t line)
{
    p->out->problems_total++;
    if (p->problems.n >= VF_RECORD_PROBLEMS)
        return;
    struct vf_record_problem *pr = vf_vec_push(p->arena, &p->problems, sizeof *pr);
    if (!pr) {
        p->no_memory = true;
        return;
    }
    *pr = (struct vf_record_problem){kind, line, (uint32_t)p->rows.n};
}

static struct vf_span span(size_t from, size_t to)
{
    return (struct vf_span){(uint32_t)from, (uint32_t)(to - from)};
}

/* The line end at i: its kind, VF_RECORD_EOF when the file ends there. Only to be asked where one stands. */
static enum vf_record_eol eol_at(struct vf_slice file, size_t i)
{
    if (i >= file.n)
        return VF_RECORD_EOF;
    if (file.p[i] == '\n')
        return VF_RECORD_LF;
    return i + 1 < file.n && file.p[i + 1] == '\n' ? VF_RECORD_CRLF : VF_RECORD_CR;
}

static size_t next_byte(const struct parse *p, struct mark *m, char c)
{
    if (!m->known || m->at < p->i) {
        size_t at = vf_slice_find_byte(p->file, c, p->i);
        *m = (struct mark){at == VF_NPOS ? p->file.n : at, true};
    }
    return m->at;
}

static const size_t eol_len[] = {0, 1, 2, 1};

static bool ends_field(char c)
{
    return c == ',' || c == '\n' || c == '\r';
}

/* The end of the line that i stands in: the LF, the CR, or the end of the file. */
static size_t line_end(struct vf_slice file, size_t i)
{
    while (i < file.n && file.p[i] != '\n' && file.p[i] != '\r')
        i++;
    return i;
}

/* Where the quoted text that starts behind the quote at `from` - 1 ends: at its closing quote, or VF_NPOS.
 * *doubled: it holds "". */
static size_t close_quote(struct vf_slice file, size_t from, bool *doubled)
{
    *doubled = false;
    for (size_t i = from;;) {
        i = vf_slice_find_byte(file, '"', i);
        if (i == VF_NPOS || i + 1 >= file.n || file.p[i + 1] != '"')
            return i;
        *doubled = true;
        i += 2;
    }
}

static void put_undoubled(struct vf_buf *out, struct vf_slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        vf_buf_putc(out, s.p[i]);
        if (s.p[i] == '"')
            i++;
    }
}

/* A field that starts with a quote. */
static struct field quoted_field(struct parse *p, uint32_t line)
{
    size_t from = p->i;
    bool doubled;
    size_t close = close_quote(p->file, from + 1, &doubled);
    if (close == VF_NPOS) {
        problem(p, VF_RECORD_OPEN_QUOTE, line);
        p->i = line_end(p->file, from);
        return (struct field){span(from, p->i), vf_slice_sub(p->file, from + 1, p->i)};
    }
    size_t end = close + 1;
    while (end < p->file.n && !ends_field(p->file.p[end]))
        end++;
    p->i = end;
    struct field f = {span(from, end), vf_slice_sub(p->file, from + 1, close)};
    if (end > close + 1)
        problem(p, VF_RECORD_AFTER_QUOTE, line);
    if (end > close + 1 || doubled) {
        vf_buf_clear(&p->scratch);
        put_undoubled(&p->scratch, f.text);
        vf_buf_put(&p->scratch, vf_slice_sub(p->file, close + 1, end));
        f.text = vf_arena_dup(p->arena, vf_buf_slice(&p->scratch));
        p->no_memory = p->no_memory || p->scratch.failed || !f.text.p;
    }
    return f;
}

static struct field plain_field(struct parse *p)
{
    size_t from = p->i;
    while (p->i < p->file.n && !ends_field(p->file.p[p->i]))
        p->i++;
    return (struct field){span(from, p->i), vf_slice_sub(p->file, from, p->i)};
}

static uint32_t count_lines(struct vf_slice s)
{
    uint32_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += s.p[i] == '\n' || (s.p[i] == '\r' && (i + 1 == s.n || s.p[i + 1] != '\n')) ? 1 : 0;
    return n;
}

/* Fields of a row by the general rules; returns how many there are and leaves the reader at the line end. */
static uint32_t slow_fields(struct parse *p, struct field f[3])
{
    uint32_t line = p->line;
    size_t start = p->i;
    for (uint32_t n = 0;; p->i++) {
        bool quoted = p->i < p->file.n && p->file.p[p->i] == '"';
        struct field one = quoted ? quoted_field(p, line) : plain_field(p);
        if (n < 3)
            f[n] = one;
        n++;
        if (p->i >= p->file.n || p->file.p[p->i] != ',') {
            p->line += count_lines(vf_slice_sub(p->file, start, p->i));
            return n;
        }
    }
}

/* The same for a row [p->i, end) without quotes. */
static uint32_t fast_fields(struct parse *p, size_t end, struct field f[3])
{
    uint32_t n = 0;
    for (;;) {
        const char *at = p->file.p + p->i;
        const char *comma = memchr(at, ',', end - p->i);
        size_t len = comma ? (size_t)(comma - at) : end - p->i;
        if (n < 3)
            f[n] = (struct field){span(p->i, p->i + len), {at, len}};
        n++;
        p->i += len;
        if (!comma)
            return n;
        p->i++;
    }
}

/* Bytes of a digest by the name of its algorithm; 0: not known. */
static size_t digest_length(struct vf_slice alg)
{
    static const struct {
        struct vf_slice name;
        size_t n;
    } known[] = {{VF_S_INIT("sha256"), 32},   {VF_S_INIT("sha512"), 64},   {VF_S_INIT("sha384"), 48},
                 {VF_S_INIT("sha224"), 28},   {VF_S_INIT("sha1"), 20},     {VF_S_INIT("md5"), 16},
                 {VF_S_INIT("sha3_256"), 32}, {VF_S_INIT("sha3_384"), 48}, {VF_S_INIT("sha3_512"), 64},
                 {VF_S_INIT("blake2b"), 64},  {VF_S_INIT("blake2s"), 32}};
    for (size_t i = 0; i < VF_COUNT(known); i++)
        if (vf_slice_eq(alg, known[i].name))
            return known[i].n;
    return 0;
}

/* Values of the letters of both base64 alphabets, 64 for other bytes. */
static const unsigned char letters[256] = {
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 62, 64, 62, 64, 63, 52, 53, 54, 55,
    56, 57, 58, 59, 60, 61, 64, 64, 64, 64, 64, 64, 64, 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12,
    13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 64, 64, 64, 64, 63, 64, 26, 27, 28, 29, 30, 31, 32,
    33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
};

/* Unpadded base64 of exactly `want` bytes into out: what nearly every row has. False for all else, also when
 * bits would be lost. */
static bool decode_exact(struct vf_slice text, unsigned char *out, size_t req)
{
    const unsigned char *t = (const unsigned char *)text.p;
    unsigned bad = 0;
    size_t i = 0;
    if (text.n != (req * 8 + 5) / 6)
        return false;
    for (; i + 4 <= text.n; i += 4) {
        unsigned a = letters[t[i]], b = letters[t[i + 1]], c = letters[t[i + 2]], d = letters[t[i + 3]];
        bad |= a | b | c | d;
        *out++ = (unsigned char)(a << 2 | b >> 4);
        *out++ = (unsigned char)(b << 4 | c >> 2);
        *out++ = (unsigned char)(c << 6 | d);
    }
    uint32_t v = 0;
    for (size_t k = i; k < text.n; k++) {
        bad |= letters[t[k]];
        v = v << 6 | letters[t[k]];
    }
    if (text.n - i == 2) { /* one byte and 4 bits that must be 0 */
        *out = (unsigned char)(v >> 4);
        bad |= (v & 15) << 6;
    } else if (text.n - i == 3) {
        *out++ = (unsigned char)(v >> 10);
        *out = (unsigned char)(v >> 2);
        bad |= (v & 3) << 6;
    }
    return bad < 64;
}

/* Other spellings: hexadecimal, padding, algorithms of unknown length. Hexadecimal is taken only where the
 * length says so: 64 letters are sha256 in hex, and sha384 in base64. */
static bool decode_other(struct parse *p, struct vf_slice value, size_t req, struct vf_record_row *row)
{
    vf_buf_clear(&p->scratch);
    row->hex = req != 0 && value.n == 2 * req && vf_hex_get(&p->scratch, value);
    if (!row->hex && (!vf_base64url_get(&p->scratch, value) || (req != 0 && p->scratch.n != req)))
        return false;
    row->digest = vf_arena_dup(p->arena, vf_buf_slice(&p->scratch));
    p->no_memory = p->no_memory || p->scratch.failed || !row->digest.p;
    return true;
}

/* `alg=text`. */
static bool parse_hash(struct parse *p, struct vf_slice text, struct vf_record_row *row)
{
    const char *eq = memchr(text.p, '=', text.n);
    if (!eq || eq == text.p || eq + 1 == text.p + text.n)
        return false;
    struct vf_slice alg = {text.p, (size_t)(eq - text.p)};
    struct vf_slice value = {eq + 1, text.n - alg.n - 1};
    size_t req = digest_length(alg);
    unsigned char digest[VF_DIGEST_MAX];
    if (req != 0 && decode_exact(value, digest, req)) {
        row->digest = vf_arena_dup(p->arena, (struct vf_slice){(char *)digest, req});
        p->no_memory = p->no_memory || !row->digest.p;
    } else if (!decode_other(p, value, req, row)) {
        return false;
    }
    row->alg = alg;
    return true;
}

static void fill_row(struct parse *p, struct vf_record_row *row, const struct field f[3])
{
    size_t end = row->row.off + row->row.len;
    row->path_at = f[0].at;
    row->path = f[0].text;
    row->hash_at = row->columns > 1 ? f[1].at : span(end, end);
    row->size_at = row->columns > 2 ? f[2].at : span(end, end);
    if (row->columns != 3)
        problem(p, VF_RECORD_COLUMNS, row->line);
    if (row->path.n == 0)
        problem(p, VF_RECORD_EMPTY_PATH, row->line);
    else if (memchr(row->path.p, '\0', row->path.n))
        problem(p, VF_RECORD_NUL, row->line);
    if (row->columns > 1 && f[1].text.n > 0 && !parse_hash(p, f[1].text, row))
        problem(p, VF_RECORD_BAD_HASH, row->line);
    if (row->columns > 2 && f[2].text.n > 0) {
        row->has_size = vf_slice_to_u64(f[2].text, &row->size);
        if (!row->has_size)
            problem(p, VF_RECORD_BAD_SIZE, row->line);
    }
}

/* The row at the reader, which stands neither at a line end nor at the end of the file. */
static void parse_row(struct parse *p)
{
    struct field f[3] = {{{0, 0}, {NULL, 0}}, {{0, 0}, {NULL, 0}}, {{0, 0}, {NULL, 0}}};
    struct vf_record_row row = {.line = p->line};
    size_t start = p->i, problems = p->out->problems_total;
    size_t end = next_byte(p, &p->lf, '\n');
    if (end < p->file.n && p->file.p[end - 1] == '\r')
        end--;
    bool slow = next_byte(p, &p->quote, '"') < end || next_byte(p, &p->cr, '\r') < end;
    row.columns = slow ? slow_fields(p, f) : fast_fields(p, end, f);
    row.row = span(start, p->i);
    row.eol = eol_at(p->file, p->i);
    fill_row(p, &row, f);
    p->out->n_bad_rows += p->out->problems_total - problems > (row.columns > 3 ? 1u : 0u);
    struct vf_record_row *kept = vf_vec_push(p->arena, &p->rows, sizeof *kept);
    if (!kept) {
        p->no_memory = true;
        return;
    }
    *kept = row;
}

static enum vf_status limit(struct vf_err *err)
{
    return vf_err_set(err, VF_LIMIT, 0, "parse", (struct vf_slice){NULL, 0},
                      "a RECORD with more than %u bytes or %u rows", VF_RECORD_MAX, VF_RECORD_ROWS_MAX);
}

/* Room for all rows at once, so that the arena does not hold them twice; a guess, and no more than what a
 * file of this size is likely to hold. */
static void make_room(struct parse *p)
{
    size_t lines = 0, most = p->file.n / LIKELY_ROW;
    for (size_t i = 0; lines < most && (i = vf_slice_find_byte(p->file, '\n', i)) != VF_NPOS; i++)
        lines++;
    if (lines > 0 && (p->rows.base = vf_arena_array(p->arena, lines, sizeof(struct vf_record_row))))
        p->rows.cap = lines;
}

enum vf_status vf_record_parse(struct vf_arena *a, struct vf_slice file, struct vf_record *out,
                               struct vf_err *err)
{
    struct parse p = {.arena = a, .file = file, .line = 1, .out = out};
    enum vf_status st = VF_OK;
    memset(out, 0, sizeof *out);
    if (file.n > VF_RECORD_MAX)
        return limit(err);
    make_room(&p);
    while (p.i < file.n && st == VF_OK) {
        if (file.p[p.i] != '\n' && file.p[p.i] != '\r')
            parse_row(&p);
        if (p.i < file.n) {
            p.i += eol_len[eol_at(file, p.i)];
            p.line++;
        }
        if (p.no_memory)
            st = vf_err_nomem(err);
        else if (p.rows.n > VF_RECORD_ROWS_MAX)
            st = limit(err);
    }
    vf_buf_release(&p.scratch);
    out->rows = p.rows.base;
    out->n = p.rows.n;
    out->problems = p.problems.base;
    out->n_problems = p.problems.n;
    return st;
}

bool vf_record_digest_is(const struct vf_record_row *row, struct vf_slice digest)
{
    return row->digest.n > 0 && vf_slice_eq(row->digest, digest);
}

size_t vf_record_row_at(const struct vf_record *record, uint64_t off)
{
    size_t low = 0, high = record->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (record->rows[middle].row.off <= off)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low || off - record->rows[low - 1].row.off >= record->rows[low - 1].row.len)
        return VF_NPOS;
    return low - 1;
}
