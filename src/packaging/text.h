/* text.h: what Python's `str` calls blanks and lines, on UTF-8 bytes, and short quotations for error
 * messages.
 *
 * The formats of this directory are defined by what Python's readers do with `str.strip`, `str.splitlines`
 * and `\s`. Bytes that are not UTF-8 are neither blanks nor line ends. Source: Python's library reference,
 * "str.splitlines", and the Unicode property White_Space. */
#ifndef VF_PACKAGING_TEXT_H
#define VF_PACKAGING_TEXT_H

#include "base/str.h"

/* Bytes of the white-space character at the start of s (str.isspace), 0 when there is none. */
size_t vf_text_blank(struct vf_slice s);
/* The same for one that ends s. */
size_t vf_text_blank_at_end(struct vf_slice s);
/* Without white-space characters at both ends (str.strip). */
struct vf_slice vf_text_strip(struct vf_slice s);
/* Takes the next line off *rest as str.splitlines does (LF, CR, CRLF, VT, FF, FS, GS, RS, NEL, U+2028,
 * U+2029); the line end is in neither. False when *rest is used up; a final line end makes no empty last
 * line. */
bool vf_text_next_line(struct vf_slice *rest, struct vf_slice *line);

/* Does s hold a control character (C0, DEL, C1) or a line end as above? Such bytes could begin a line of
 * their own in a list, or tell a terminal something. */
bool vf_text_has_control(struct vf_slice s);
/* Appends s with these bytes written as %XX, and all others as they are. */
void vf_text_one_line_put(struct vf_buf *out, struct vf_slice s);

bool vf_text_digit(int c); /* ASCII */
bool vf_text_alpha(int c);
int vf_text_lower(int c); /* ASCII */
/* Is every byte of s an ASCII digit, and is there one? */
bool vf_text_digits(struct vf_slice s);

/* A foreign text inside an error message: printable ASCII as it is, other bytes as \xNN, cut with "..." */
struct vf_quoted {
    char s[96]; /* NUL-terminated */
};
struct vf_quoted vf_quote(struct vf_slice s);

#endif
