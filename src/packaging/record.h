/* record.h: RECORD, the list of a distribution's files, as a table (docs/formats.md 4.5; PEP 376, PEP 627;
 * CSV as Python's csv module reads it).
 *
 * Reading keeps for every row where its bytes stand, so that one row can be changed and every other byte
 * stays. A row that is wrong in some way is still a row: what is wrong is reported with its line. Nothing is
 * judged and no path is normalised: rows may be absolute, start with `./`, lead out of the environment, or
 * name one file twice.
 *
 *   vf_record_parse -> rows -> vf_record_row_put for a row that changes    (an installed RECORD)
 *   vf_record_sort -> vf_record_put                                       (a RECORD of our own: wheels,
 * installs) */
#ifndef VF_PACKAGING_RECORD_H
#define VF_PACKAGING_RECORD_H

#include "base/arena.h"
#include "base/err.h"

#define VF_RECORD_MAX      (64u << 20) /* bytes of a RECORD */
#define VF_RECORD_ROWS_MAX (1u << 20)
#define VF_RECORD_PROBLEMS 1000 /* kept; more are counted */

/* What ends a row. Rows of one file may differ (docs/formats.md 4.5). */
enum vf_record_eol { VF_RECORD_EOF, VF_RECORD_LF, VF_RECORD_CRLF, VF_RECORD_CR };

/* Bytes of the file: [off, off + len). */
struct vf_span {
    uint32_t off, len;
};

struct vf_record_row {
    struct vf_span row;     /* from the first byte of the path field to before the line end */
    struct vf_span path_at; /* fields as they stand, with quotes; len 0 at the end of the row when there is no
                               such field */
    struct vf_span hash_at;
    struct vf_span size_at;
    struct vf_slice
        path;            /* decoded: quotes removed; any bytes. Borrows from the file or lives in the arena */
    struct vf_slice alg; /* "sha256"; empty: no hash, or one that is no hash */
    struct vf_slice digest; /* its bytes; empty when alg is */
    uint64_t size;          /* valid when has_size */
    uint32_t line;          /* 1-based, of the row's first byte; a row with quoted line ends spans several */
    uint32_t columns;       /* fields in the row, 3 normally */
    enum vf_record_eol eol;
    bool has_size;
    bool hex; /* the digest is written in hexadecimal (flit, docs/formats.md 4.5) */
};

/* X(symbol, words). One row can have several. */
#define VF_RECORD_PROBLEM_LIST(X)                                                                            \
    X(COLUMNS, "not three columns")                                                                          \
    X(EMPTY_PATH, "no path")                                                                                 \
    X(NUL, "a NUL byte in the path")                                                                         \
    X(OPEN_QUOTE, "a quote that does not end") /* the row was taken to end with its line */                  \
    X(AFTER_QUOTE, "text behind a closing quote")                                                            \
    X(BAD_HASH, "not a hash") /* no `=`, no base64 or hexadecimal, or not as long as the algorithm's */      \
    X(BAD_SIZE, "not a size")

enum vf_record_problem_kind {
#define X(sym, words) VF_RECORD_##sym,
    VF_RECORD_PROBLEM_LIST(X)
#undef X
};
struct vf_record_problem {
    enum vf_record_problem_kind kind;
    uint32_t line; /* of the row */
    uint32_t row;  /* index into rows */
};
const char *vf_record_problem_words(enum vf_record_problem_kind k); /* static */

/* Zero-initialised is a valid empty table. */
struct vf_record {
    struct vf_record_row *rows; /* in the order of the file; empty lines are no rows */
    size_t n;
    struct vf_record_problem *problems; /* in the order of the file */
    size_t n_problems;                  /* at most VF_RECORD_PROBLEMS */
    size_t problems_total;
    size_t n_bad_rows; /* rows with a problem; but more than three columns are none that a reader minds */
};

/* `file` must outlive the table. Only VF_LIMIT (too many bytes or rows) and VF_NO_MEMORY are errors. */
VF_MUST_CHECK enum vf_status vf_record_parse(struct vf_arena *a, struct vf_slice file, struct vf_record *out,
                                             struct vf_err *err);
/* The row that holds the byte at this offset of the file; VF_NPOS: none. */
size_t vf_record_row_at(const struct vf_record *record, uint64_t off);
/* Is this the digest of the row? False when the row has none. */
bool vf_record_digest_is(const struct vf_record_row *row, struct vf_slice digest);

/* What a row becomes; NULL or false: that field keeps its bytes. */
struct vf_record_change {
    const struct vf_slice *path;   /* decoded */
    const struct vf_slice *alg;    /* NULL: the row's own; a row without any gets "sha256" */
    const struct vf_slice *digest; /* bytes */
    bool set_size;
    uint64_t size;
};
/* Appends the changed row, without its line end: what belongs at row->row. Fields that change keep the form
 * they had (quoted or not, base64 or hexadecimal); a path is quoted also when it must be. Commas that the row
 * lacks are added; columns behind the third stay. `file` is what the row was parsed from. */
void vf_record_row_put(struct vf_buf *out, struct vf_slice file, const struct vf_record_row *row,
                       const struct vf_record_change *change);
/* Appends a path as a field: in quotes, with quotes doubled, when it holds `,` `"` CR or LF (or a blank line
 * would be read: it is empty), or when `quote` asks for them. */
void vf_record_field_put(struct vf_buf *out, struct vf_slice text, bool quote);

/* A row to be written. */
struct vf_record_entry {
    struct vf_slice path;   /* with `/`; any bytes */
    struct vf_slice alg;    /* "sha256" when empty and there is a digest */
    struct vf_slice digest; /* bytes; empty: no hash (RECORD itself, compiled files) */
    uint64_t size;
    bool has_size;
};
/* By the bytes of the path, as pip and uv sort. */
void vf_record_sort(struct vf_record_entry *entries, size_t n);
/* Appends all rows in the order given, each with its line end; base64url without padding. `eol`: VF_RECORD_LF
 * (wheels, docs/formats.md 7.2) or VF_RECORD_CRLF (as pip installs). */
void vf_record_put(struct vf_buf *out, const struct vf_record_entry *entries, size_t n,
                   enum vf_record_eol eol);

#endif
