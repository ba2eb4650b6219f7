/* search.h: finding places in bytes. One PCRE2 (JIT) literal per place and kind of slash, then a decoded
 * comparison around each hit, so that every 8-bit spelling of a path is found: raw, percent-encoded, JSON
 * (`\/`, `\uXXXX`), Python repr, shell quoting, XML entities. DESIGN 2 and 8, FACTS 10.2. */
#ifndef VF_BASE_SEARCH_H
#define VF_BASE_SEARCH_H

#include "base/err.h"
#include "base/place.h"

enum vf_spelling {
    VF_SPELL_RAW,
    VF_SPELL_PERCENT,
    VF_SPELL_JSON,  /* `\/`, `\"`, `\\`, `\uXXXX` */
    VF_SPELL_PY,    /* Python repr escapes */
    VF_SPELL_SHELL, /* backslash before special bytes, or '\'' and '"'"' inside single quotes */
    VF_SPELL_XML,   /* &amp; &lt; &gt; &quot; &apos; &#39; */
    VF_SPELLINGS
};

struct vf_hit {
    uint64_t off;      /* of the first byte of the place's text in the file */
    uint32_t len;      /* bytes of the place's text as spelled, without the rest */
    uint32_t rest_len; /* bytes of the rest as spelled, with its leading slash; 0: the place alone */
    uint32_t line;     /* 1-based; 0 in binary files */
    uint32_t place;    /* index into the places given */
    enum vf_spelling spelling;
    struct vf_slice rest; /* decoded, without the leading slash; in the arena given */
};

struct vf_searcher; /* compiled needles for a set of places; read-only after it is made, so threads may share
                       it */

/* `places` are borrowed for the life of the searcher. */
VF_MUST_CHECK enum vf_status vf_searcher_new(const struct vf_place *places, size_t n,
                                             struct vf_searcher **out, struct vf_err *err);
void vf_searcher_free(struct vf_searcher *s);
/* Bytes that a window must repeat from the one before: longest spelled needle plus 4 KiB for the rest of the
 * path. */
size_t vf_searcher_overlap(const struct vf_searcher *s);

struct vf_search_state { /* one per file being read; zero-initialise */
    uint64_t base;       /* file offset of the window's first byte */
    uint32_t line;       /* lines that ended before the window */
    bool binary;         /* set by the caller before the first call: a NUL in the first 8 KiB */
    bool last;           /* set by the caller: the window ends with the file */
    uint64_t next;       /* hits that start before this offset were reported already */
};
/* Calls fn for every hit in the window in order of offset (for equal offsets the longest place wins: a place
 * below another one is reported once, as the longer). Right boundary always, left boundary in text only
 * (vf_place_*); a hit whose rest may go on past the window is left for the next window unless `last`. The
 * rest of a path: up to a byte that ends it in that spelling (FACTS 10.2), raw text up to a quote when the
 * path began behind that quote (so blanks in quoted paths are kept), else up to a blank. */
typedef enum vf_status (*vf_hit_fn)(void *ctx, const struct vf_hit *hit, struct vf_err *err);
VF_MUST_CHECK enum vf_status vf_search_window(const struct vf_searcher *s, struct vf_search_state *st,
                                              struct vf_slice window, struct vf_arena *a, vf_hit_fn fn,
                                              void *ctx, struct vf_err *err);
/* Writes `path` in the given spelling (what a hit with that spelling is replaced by). False when it cannot be
 * stored so. */
bool vf_spelling_put(struct vf_buf *out, enum vf_spelling sp, struct vf_slice path, struct vf_slice original);

#endif
