/* search.h: finding places in bytes. One PCRE2 (JIT) literal per place and kind of slash (many of them: one
 * pass for all), then a decoded
 * comparison around each hit, so that every 8-bit spelling of a path is found: raw, percent-encoded, JSON
 * (`\/`, `\uXXXX`), Python repr, shell quoting, XML entities. docs/formats.md 10.2. */
#ifndef VF_BASE_SEARCH_H
#define VF_BASE_SEARCH_H

#include "base/err.h"
#include "base/prefix.h"

enum vf_encoding {
    VF_ENC_RAW,
    VF_ENC_PERCENT,
    VF_ENC_JSON,   /* `\/`, `\"`, `\\`, `\uXXXX` */
    VF_ENC_PY,     /* Python repr escapes */
    VF_ENC_SHELL,  /* backslash before special bytes, or '\'' and '"'"' inside single quotes */
    VF_ENC_XML,    /* &amp; &lt; &gt; &quot; &apos; &#39; */
    VF_ENC_CONFIG, /* configuration: `%%`, `$$`, `''`, `""` doubled, `\xXX`, a backslash before a byte */
    VF_ENCODINGS
};

struct vf_hit {
    uint64_t off;      /* of the first byte of the place's text in the file */
    uint32_t len;      /* bytes of the place's text as spelled, without the rest */
    uint32_t rest_len; /* bytes of the rest as spelled, with its leading slash; 0: the place alone */
    uint32_t line;     /* 1-based; 0 in binary files */
    uint32_t prefix;   /* index into the places given */
    enum vf_encoding encoding;
    bool idle; /* said by the reader of the file: nothing that runs ever reads it (debug information) */
    struct vf_slice rest; /* decoded, without the leading slash; in the arena given */
};

struct vf_searcher; /* compiled needles for a set of places; read-only after it is made, so threads may share
                       it */

/* `places` are borrowed for the life of the searcher. A place is not empty (VF_USAGE) and has at most 4096
 * bytes (VF_PATH_TOO_LONG). */
VF_MUST_CHECK enum vf_status vf_searcher_new(const struct vf_prefix *prefixes, size_t n,
                                             struct vf_searcher **out, struct vf_err *err);
void vf_searcher_free(struct vf_searcher *s);
/* Lets PCRE2 interpret the needles instead of running compiled code: what happens by itself where a host
 * refuses JIT. */
void vf_searcher_without_jit(struct vf_searcher *s);
/* All needles in one pass, as it is by itself where they are many; once. For tests. */
VF_MUST_CHECK enum vf_status vf_searcher_in_one_pass(struct vf_searcher *s, struct vf_err *err);
/* Bytes that a window must repeat from the one before: longest spelled needle plus 4 KiB for the rest of the
 * path. */
size_t vf_searcher_overlap(const struct vf_searcher *s);

/* One per file being read; zero-initialise, set `binary`. For each window the caller reads up to a full
 * buffer, sets `last` when the file ends there, and calls vf_search_window, which moves `base` and `line` on:
 * the next window has to begin at the file offset `base`, so the caller keeps the bytes from there on (the
 * last vf_searcher_overlap bytes) and reads behind them. A buffer larger than the overlap will do; one much
 * larger saves searching the same bytes twice. */
struct vf_search_state {
    uint64_t base; /* file offset of the window's first byte */
    uint32_t line; /* lines that ended before the window (not kept for binaries) */
    bool binary;   /* set by the caller before the first call: a NUL in the first 8 KiB */
    bool last;     /* set by the caller: the window ends with the file */
    uint64_t next; /* hits that start before this offset were reported already */
};
/* Calls fn for every hit in the window in order of offset. Which hits a file has does not depend on its
 * windows.
 *
 * Of places found at the same offset the longest wins; hits that begin inside the text of another are dropped
 * (in binaries: inside its rest, too). Right boundary always, left boundary in text only. Paths that write
 * every slash as `\/` are found in text only. A path in a `file:` URL has the spelling PERCENT even when
 * nothing in it is escaped: its replacement may need it.
 *
 * The rest ends at a byte that ends a path in that spelling, at most 4 KiB on. Unquoted: blank, control byte,
 * quote, backslash (unless `\/`, `\ `, `\uXXXX`), any of `: ; , | < > ? * $ ( ) [ ] { } & # = !`, `@` unless
 * behind a slash, and the full stop of a sentence. When the path began behind a quote, blanks, commas,
 * brackets and `& # = ! @` are kept, but a blank or comma before an option, another path or an operator ends
 * it. A quoted command with plain arguments ("/x/app/bin/python run.py") cannot be told from a name with
 * blanks: callers that ask whether the rest exists may ask again for the part before a blank.
 *
 * VF_LIMIT: text made so that it is too slow to search (almost a long place at every few bytes); the file
 * then counts as unexamined. What fn returns other than VF_OK ends the search and is returned. */
typedef enum vf_status (*vf_hit_fn)(void *ctx, const struct vf_hit *hit, struct vf_err *err);
VF_MUST_CHECK enum vf_status vf_search_window(const struct vf_searcher *s, struct vf_search_state *st,
                                              struct vf_slice window, struct vf_arena *a, vf_hit_fn fn,
                                              void *ctx, struct vf_err *err);
/* Writes `path` in the given spelling (what a hit with that spelling is replaced by). False when it cannot be
 * stored so. */
bool vf_encoding_put(struct vf_buf *out, enum vf_encoding sp, struct vf_slice path, struct vf_slice original);

#endif
