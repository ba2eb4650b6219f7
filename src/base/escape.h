/* escape.h: encodings in which text stores bytes, each with both directions, and UTF-8 itself. Quoting of a
 * particular file format lives with its syntax; here is what more than one of them needs. */
#ifndef VF_BASE_ESCAPE_H
#define VF_BASE_ESCAPE_H

#include "base/str.h"

bool vf_utf8_valid(struct vf_slice s); /* strict: no surrogates, no overlong forms */
/* Length of the valid UTF-8 sequence at the start of s with its code point in *cp, or 0 when the first byte
 * starts none. */
size_t vf_utf8_decode(struct vf_slice s, uint32_t *cp);
void vf_utf8_put(struct vf_buf *out,
                 uint32_t cp); /* also surrogates (as 3 bytes), for callers that ask for them */
/* The text with U+FFFD for each bad byte. */
void vf_utf8_lossy(struct vf_buf *out, struct vf_slice s);

/* %XX in either case; a stray % is literal. Appends to out. */
void vf_percent_decode(struct vf_buf *out, struct vf_slice s);
/* Escapes every byte but letters, digits, `_.-~/` and those in `also_safe` (NUL-terminated, may be "").
 * Upper-case hex. */
void vf_percent_encode(struct vf_buf *out, struct vf_slice s, const char *also_safe);

/* Python's repr of a str that holds these bytes (surrogateescape): quotes included. docs/formats.md 4.3. */
void vf_pyrepr_put(struct vf_buf *out, struct vf_slice s);
/* Decodes one Python string literal (prefixes r, b, u; ' " and triple quotes) at the start of `s`; *used gets
 * its length with quotes. Returns false when there is none or it does not end. Code points become UTF-8,
 * \udcXX becomes byte XX. */
bool vf_pystr_get(struct vf_buf *out, struct vf_slice s, size_t *used);

/* JSON string: contents only, quotes not included. Invalid UTF-8 in `s` is written as U+FFFD by _put. */
void vf_json_put(struct vf_buf *out, struct vf_slice s);
/* Decodes the JSON string that starts at the quote s.p[0]; *used gets its length with both quotes. Surrogate
 * pairs joined; a lone \udcXX becomes byte XX. */
bool vf_json_get(struct vf_buf *out, struct vf_slice s, size_t *used);

/* For terminals: control bytes, DEL, C1 controls, bidi controls and invalid UTF-8 become \xNN or \u{..}; a
 * backslash stays. */
void vf_term_put(struct vf_buf *out, struct vf_slice s);
/* As a word for a POSIX shell: bare when every byte is harmless, else in single quotes, ' as '\'' ; control
 * bytes are NOT changed. */
void vf_shell_word_put(struct vf_buf *out, struct vf_slice s);

#endif
