/* pytext.h: text as Python sees it: blanks, line ends, literals in code. */
#ifndef VF_SYNTAX_PYTEXT_H
#define VF_SYNTAX_PYTEXT_H

#include "base/str.h"

/* Bytes of the white space character (str.isspace: Unicode blanks too) at the start of s; 0 when there is
 * none. */
size_t vf_py_space(struct vf_slice s);
/* str.lstrip, str.rstrip, str.strip. Bytes that are no UTF-8 are no blanks. */
struct vf_slice vf_py_lstrip(struct vf_slice s);
struct vf_slice vf_py_rstrip(struct vf_slice s);
struct vf_slice vf_py_strip(struct vf_slice s);
/* Offset of the first character that str.splitlines ends a line at but universal newlines do not (VT, FF, FS,
 * GS, RS, U+0085, U+2028, U+2029); VF_NPOS when there is none. */
size_t vf_py_find_splitter(struct vf_slice s);
/* Takes the next line off: universal newlines (LF, CR LF, lone CR). *line without its end; *end_len bytes of
 * the end (0 at the end of the file). False when *rest is used up. */
bool vf_py_next_line(struct vf_slice *rest, struct vf_slice *line, size_t *end_len);
/* The bytes with each byte that is no UTF-8, and each control byte, as \xNN. */
void vf_py_put_hex_escaped(struct vf_buf *out, struct vf_slice s);
/* Is s a PEP 263 cookie line? */
bool vf_py_is_cookie(struct vf_slice line);
/* One string literal of code; offsets into the code. */
struct vf_py_string {
    size_t start;          /* of the prefix */
    size_t body, body_end; /* between the quotes */
    size_t end;            /* behind the closing quote */
    char quote;
    bool triple, raw, bytes, format;
};
/* The next string literal at or behind s.p[from], which must not lie inside one. Comments are skipped. A
 * literal that does not end goes to the end of its line (triple: of s). False when there is none. */
bool vf_py_next_string(struct vf_slice s, size_t from, struct vf_py_string *str);
/* Writes text as the body of such a literal; false when it cannot hold it (raw strings, bytes that are no
 * UTF-8 in f-strings are written as escapes like everywhere). `ascii`: escape every character above 0x7F. */
bool vf_py_put_body(struct vf_buf *out, struct vf_slice text, const struct vf_py_string *str, bool ascii);

#endif
