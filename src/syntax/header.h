/* header.h: the first lines of a script, by which it finds its interpreter. docs/formats.md 2.1 to 2.4.
 *
 * The range of a header reference ends before the LF of the header's last line: line 1 of the one-line forms,
 * with line 2 when that is a PEP 263 cookie (a header that grows would push it out of sight); for the
 * `/bin/sh` forms everything up to the closing line. A BOM stands before the range. A write ends the
 * header's own lines without CR, so writing a reference its own path is the repair of every flaw but the BOM.
 * HEADER_DOC_LOST has the value `from __future__` where the script is a SyntaxError for it, and no repair
 * where the form stays.
 *
 * ref.value: the interpreter as kernel or shell read it; of a self-locating form its name below BIN. ref.raw:
 * the path that was meant, where blanks or quotes hide it. ref.extra: the options. ref.key: "blank" for `#!
 * python`, which installers do not expand. vf_syntax_write takes an absolute path; a bare name stands for the
 * name below BIN of a self-locating form, the program of `env`, else for a placeholder. The name is changed
 * to one that target->bin has. What was written is read back before it is handed out.
 *
 * What is written: line 1 with the new path where the kernel and Python can read it (form A), else the same
 * `/bin/sh` form as before where it can hold the path, else a form that finds itself. Our own self-locating
 * forms have the interpreter's name inside the quotes (`"$(...)/python"`), uv's and ours for --relocatable
 * have it behind them (`"$(...)"/'python'`). The first are written because one path could not be stored: the
 * next move turns them back into form A, byte for byte, for which an unusual line 1 is kept as `@` pattern in
 * the closing line. The second are never turned back. A form B, C, D, or H that a plain path turned into A
 * stays A; the way back to an awkward path gives ours. */
#ifndef VF_SYNTAX_HEADER_H
#define VF_SYNTAX_HEADER_H

#include "syntax/syntax.h"

/* Bytes of a script that are needed: a path can have 4 KiB, and its quoting five times that. */
#define VF_HEADER_HEAD 65536u

/* X(symbol, name in messages, is a Python header in installers' form). The letters are those of
 * docs/formats.md 2.2. */
#define VF_HEADER_FORM_LIST(X)                                                                               \
    X(NONE, "N", false)                                                                                      \
    X(A, "A", true)                                                                                          \
    X(B, "B", true)                                                                                          \
    X(C, "C", true)                                                                                          \
    X(D, "D", true)                                                                                          \
    X(F1, "F1", true)                                                                                        \
    X(F2, "F2", true)                                                                                        \
    X(F_OTHER, "F", true) /* any other command substitution */                                               \
    X(F_OURS, "F1 (venvfix)", true)                                                                          \
    X(G, "G", true)                                                                                          \
    X(G_OURS, "G (venvfix)", true)                                                                           \
    X(H, "H", true)                                                                                          \
    X(I, "I", true)                                                                                          \
    X(J, "J", false)                                                                                         \
    X(J_ABS, "J (absolute)", true) /* `/usr/bin/env [-S] /x/bin/python` */                                   \
    X(K, "K", true)                                                                                          \
    X(M, "M", false)                                                                                         \
    X(O, "O", true)                                                                                          \
    X(DEV, "DEV-SCRIPT", false) /* no header: the `__file__ = '...'` line of setuptools' develop scripts */

enum vf_header_form {
#define X(sym, name, python) VF_HEADER_##sym,
    VF_HEADER_FORM_LIST(X)
#undef X
};

/* One header taken apart. Slices point into the bytes given or into the arena given. */
struct vf_header {
    enum vf_header_form form;
    size_t off, end;       /* the range of the reference */
    size_t word, word_end; /* the interpreter as written, with its quotes */
    size_t value_off;
    uint32_t line; /* of the interpreter */
    struct vf_slice value, raw, extra;
    struct vf_slice lead;    /* one-line forms: between `#!` and the word */
    struct vf_slice tail;    /* one-line forms: behind the word, without a CR */
    struct vf_slice cookie;  /* the cookie line inside the header, without its LF; empty when there is none */
    struct vf_slice pattern; /* ours: line 1 as it was before, with `@` for the path; may be empty */
    size_t line1;            /* bytes of line 1 without its LF */
    bool trampoline;         /* B, C, D, F*, H */
    bool cr, bad_quoting, blank, quoted, malformed, nul, undecodable;
};
/* VF_OK with form NONE when the bytes start no script. */
VF_MUST_CHECK enum vf_status vf_header_parse(struct vf_slice bytes, struct vf_arena *a, struct vf_header *h,
                                             struct vf_err *err);

/* What stands behind a header decides which forms it can have (docs/formats.md 2.4). */
struct vf_header_body {
    bool docstring; /* the first statement is a string */
    bool future;    /* `from __future__` */
    bool uses_doc;  /* `__doc__` is named somewhere, or the file goes on behind what was read */
};
struct vf_header_body vf_header_body_of(struct vf_slice bytes, const struct vf_header *h);

/* A self-locating header that a move of venvfix made: to be written again for the next place. */
bool vf_header_is_ours(const struct vf_ref *ref);
/* For wheels (docs/formats.md 2.2 K): `#!python`, or `#!pythonw` for that name, instead of the header's
 * range; a cookie stays. */
VF_MUST_CHECK enum vf_status vf_header_put_placeholder(const struct vf_ref *ref, const struct vf_source *src,
                                                       struct vf_buf *out, struct vf_err *err);

#endif
