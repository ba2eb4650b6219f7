/* metadata.h: the headers of METADATA, PKG-INFO and WHEEL.
 *
 * Read as Python's email parser does (compat32), since that is what importlib.metadata and pip use: headers
 * end at the first empty line or at the first line that is no header; a header name has no blank before its
 * colon; a line that starts with a blank or TAB goes on with the header before it; lines end at LF, CRLF or
 * CR. Names compare without ASCII case. docs/formats.md 4.6; core metadata specification; PEP 427 (WHEEL). */
#ifndef VF_PACKAGING_METADATA_H
#define VF_PACKAGING_METADATA_H

#include "base/arena.h"
#include "base/err.h"

#define VF_METADATA_HEADERS_MAX 65536

struct vf_metadata_header {
    struct vf_slice name; /* as written; borrows from the text */
    /* Without blanks around. Of a folded header the lines joined by one blank (in the arena), else borrowed
     * from the text. */
    struct vf_slice value;
    uint32_t line; /* 1-based, of its first line */
    bool folded;   /* it has more lines than one */
};

/* Zero-initialised is a valid empty table. */
struct vf_metadata {
    struct vf_metadata_header *headers; /* in the order of the file */
    size_t n;
    size_t body;      /* offset of the first byte behind the headers and the empty line */
    size_t body_line; /* its line, 1-based */
};

/* `text` must outlive the table. Any bytes are accepted. VF_LIMIT (too many headers), VF_NO_MEMORY. */
VF_MUST_CHECK enum vf_status vf_metadata_parse(struct vf_arena *a, struct vf_slice text,
                                               struct vf_metadata *out, struct vf_err *err);
/* The value of the first header with that name (importlib.metadata's answer). False when there is none; an
 * empty value is true. */
bool vf_metadata_get(const struct vf_metadata *m, struct vf_slice name, struct vf_slice *value);
/* All of them: *at begins at 0. `for (size_t at = 0; vf_metadata_next(m, VF_S("Requires-Dist"), &at,
 * &value);)` */
bool vf_metadata_next(const struct vf_metadata *m, struct vf_slice name, size_t *at, struct vf_slice *value);
/* Root-Is-Purelib of WHEEL: `true` in any case (docs/formats.md 4.6); false when missing. */
bool vf_metadata_root_is_purelib(const struct vf_metadata *wheel);

#endif
