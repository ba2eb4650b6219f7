/* activate.h: what the activation scripts of all shells share: recognised statements as tables, the two
 * readings of a literal (docs/formats.md 3.4), and replacing it in the shape it had.
 *
 * A shell gives a table of forms, a decoder of one word and an encoder of one literal. A form is the text
 * before a literal and the text behind it; between the two stands one reference. What the shell makes of the
 * literal is the *actual* value, what the writer of the file wanted is the *meant* value: most writers insert
 * the path as it is. Where the two differ the file is broken where it stands, which is a flaw
 * (ACTIVATE_QUOTING, ACTIVATE_PROMPT_QUOTING). */
#ifndef VF_SYNTAX_ACTIVATE_H
#define VF_SYNTAX_ACTIVATE_H

#include "syntax/syntax.h"

/* vf_ref.form of the activate syntaxes: how the literal is written. */
enum act_shape {
    ACT_BARE = 0,    /* no quotes; only ever found, never chosen for a path that needs them */
    ACT_SQ = 1,      /* '...' */
    ACT_DQ = 2,      /* "..." */
    ACT_HASH = 3,    /* nushell r#'...'# */
    ACT_REPR = 4,    /* repr of a Python str */
    ACT_PYBYTES = 5, /* b"..." */
    ACT_CMD = 6,     /* batch: the text itself, % doubled */
    ACT_PYCALL = 7,  /* a Python literal of ASCII that is plain, else an expression that makes the value */
    ACT_QUOTE_MASK = 7,
    ACT_SHLEX = 8,         /* bare as long as no byte needs quotes, else the quote of the mask */
    ACT_PIECES = 16,       /* escapes stand outside the quotes: 'a'\''b' */
    ACT_INNER = 32,        /* the delimiters stand outside the reference */
    ACT_NESTED = 64,       /* a shell word shown inside a double-quoted text */
    ACT_TCSH_PROMPT = 128, /* the value is escaped once more for tcsh's prompt */
    ACT_CSH_PROMPT = 256,  /* the same for plain csh */
    ACT_CALL = 512,        /* batch: behind `call`, % four times */
    ACT_ONE_LINE = 2048,   /* the reader looks for its end on its own line only: no LF in the value */
    ACT_ASCII = 4096,      /* bytes beyond ASCII as the writer spells them, so that no locale changes them */
    ACT_FSPATH = 8192,     /* ACT_PYCALL: the reader takes bytes, too */
    ACT_BACKSLASH = 1024   /* a quote as '\'' (POSIX, csh) or \' (fish), else as '"'"' */
};

enum act_option {
    ACT_ANYWHERE = 1,    /* the lead need not be the first thing of its line */
    ACT_TO_LINE_END = 2, /* self-locating: the rest of the line is one expression, nothing to rewrite */
    ACT_GUESS_ROLE = 4,  /* PROMPT, or HOST_LIB when the value is an absolute path (tests for emptiness) */
    ACT_ONLY_MOVER = 8,  /* only in files that look for their own place (virtualenv >= 20.36) */
    ACT_PEEK = 16,       /* the lead is the beginning of the literal itself */
    ACT_REPEAT = 32      /* only when the value is that of the reference before it */
};

struct act_form {
    const char *lead;
    const char *tail; /* a LF at its end stands for the end of the statement */
    uint8_t role;     /* enum vf_role */
    uint8_t options;  /* enum act_option */
    uint16_t shape;   /* ACT_INNER and its quote, ACT_NESTED, prompt escapes; 0: any literal of the shell */
    const char *key;
};

struct act_word {
    size_t used;  /* bytes of the word; 0: there is none or it does not end */
    bool dynamic; /* the shell would expand something in it */
};

struct act_shell {
    enum vf_syntax syntax;
    const struct act_form *forms;
    size_t n_forms;
    /* Decodes the word at the start of `text`; what would be expanded is left as it stands. */
    struct act_word (*decode)(struct vf_buf *out, struct vf_slice text);
    /* One literal with its delimiters (none with ACT_INNER). */
    void (*encode)(struct vf_buf *out, struct vf_slice value, unsigned shape);
    /* The shape in which this file's writer would write a literal that was found with this quote. */
    unsigned (*style)(struct vf_slice file, unsigned quote);
    /* Why such a literal cannot hold the value, or NULL. */
    const char *(*refuses)(struct vf_slice value, unsigned shape);
    /* Shapes, ended by ACT_BARE, in which a correct literal may stand. */
    const uint16_t *correct;
    bool windows;  /* drive paths count as absolute, too */
    bool may_lack; /* a file without any environment path is normal */
};

VF_MUST_CHECK enum vf_status act_read(const struct act_shell *sh, const struct vf_source *src,
                                      struct vf_read_out *out, struct vf_err *err);
VF_MUST_CHECK enum vf_status act_write(const struct act_shell *sh, const struct vf_ref *ref,
                                       struct vf_slice value, struct vf_buf *out, struct vf_err *err);

/* --- pieces that several shells use --- */

bool act_is_absolute(struct vf_slice value, bool windows);
/* Needs no quotes in any shell (what shlex.quote leaves bare). */
bool act_is_plain(struct vf_slice value);
/* "..." or its inside: `\` before each byte of `special`. */
void act_put_escaped(struct vf_buf *out, struct vf_slice value, const char *special);
bool act_is_ascii(struct vf_slice value);
bool act_contains(struct vf_slice text, const char *needle);
/* NUL is all that a shell of bytes cannot hold. */
const char *act_refuses_nul(struct vf_slice value, unsigned shape);
/* NUL, and what is no UTF-8. */
const char *act_refuses_bytes(struct vf_slice value, unsigned shape);
/* The inside of '...' where only `'` needs care: '"'"' or, with ACT_BACKSLASH, '\''. */
void act_put_single(struct vf_buf *out, struct vf_slice value, unsigned shape);
/* A word of a POSIX shell. */
struct act_word act_posix_word(struct vf_buf *out, struct vf_slice text);

#endif
