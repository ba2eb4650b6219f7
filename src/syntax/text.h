/* text.h: writing a place into text whose language is known well enough to keep it valid. Private to TEXT,
 * but for struct vf_text_memo, which a caller that writes many references of one file may keep. */
#ifndef VF_SYNTAX_TEXT_H
#define VF_SYNTAX_TEXT_H

#include "syntax/pytext.h"
#include "syntax/syntax.h"

enum vf_text_lang {
    VF_LANG_RAW,   /* no quoting known: a plain path stays plain */
    VF_LANG_PROSE, /* documentation and logs: no program reads a path from it */
    VF_LANG_LINES, /* a value is all of the line behind its key, whatever it holds */
    VF_LANG_CODE,  /* some programming language: only what needs no escape anywhere */
    VF_LANG_SHELL, /* sh, bash, dash, zsh, ksh */
    VF_LANG_CSH,
    VF_LANG_FISH,
    VF_LANG_PYTHON,
    VF_LANG_JSON,
    VF_LANG_PC, /* pkg-config */
    VF_LANG_XML,
    VF_LANG_INI,         /* sections and keys; the reader takes `%` as it is */
    VF_LANG_INI_PERCENT, /* the reader interpolates: `%%` */
    VF_LANG_INI_UNSURE,  /* one or the other */
    VF_LANG_SYSTEMD,
    VF_LANG_CRON,
    VF_LANG_MAKE,
    VF_LANG_DESKTOP, /* XDG desktop entry */
    VF_LANG_YAML,
    VF_LANG_TOML,
    VF_LANG_PROPERTIES, /* java.util.Properties */
    VF_LANG_SED
};
/* By the interpreter in line 1, the name, then `export NAME=` at the start of a line. */
VF_MUST_CHECK enum vf_status vf_text_lang_of(const struct vf_source *src, enum vf_text_lang *lang,
                                             struct vf_err *err);

/* Where an offset of a shell script lies. */
enum vf_shell_context {
    VF_SHELL_BARE,
    VF_SHELL_DOUBLE, /* "..." */
    VF_SHELL_SINGLE, /* '...' */
    VF_SHELL_ANSI,   /* $'...' */
    VF_SHELL_COMMENT,
    VF_SHELL_HERE,     /* here-document that is expanded */
    VF_SHELL_HERE_RAW, /* here-document with a quoted delimiter */
    VF_SHELL_UNKNOWN   /* inside backticks, or nested too deep */
};

/* --- text_scan.c: scanners that go on where the question before ended. Zero-initialise, and ask about one
 * text only. --- */

enum { VF_SHELL_DEPTH = 64, VF_SHELL_PENDING = 8 };
struct vf_shell_here {
    struct vf_slice end;
    bool raw, strip_tabs;
};
struct vf_shell_scan {
    struct vf_slice s;
    size_t off; /* that was asked for last */
    size_t i;
    size_t region_end; /* behind what was skipped last: all of it is in `region` */
    enum vf_shell_context region;
    unsigned char stack[VF_SHELL_DEPTH];
    size_t depth;
    struct vf_shell_here here[VF_SHELL_PENDING];
    size_t n_here, here_at;
    bool in_here; /* the here-documents begin at i */
    bool lost;    /* nested too deep */
};
enum vf_shell_context vf_shell_context_at(struct vf_shell_scan *sc, struct vf_slice script, size_t off);
/* fish and csh: no here-documents, no nesting of quotes. `lang` tells their escapes apart. */
enum vf_shell_context vf_simple_context_at(struct vf_shell_scan *sc, struct vf_slice script, size_t off,
                                           enum vf_text_lang lang);

struct vf_py_scan {
    size_t off;
    struct vf_py_string next;
    bool begun, more;
};
/* The literal whose body holds the offset; NULL: none. Valid until the next question. */
const struct vf_py_string *vf_py_string_at(struct vf_py_scan *sc, struct vf_slice code, size_t off);

struct vf_line_scan {
    size_t off, i, hash_from;
    size_t start; /* of the line that holds the offset */
    char quote;   /* the one that is open there, by counting; 0: none */
    bool hash;    /* a `#` stands before it in its line */
};
void vf_line_scan_to(struct vf_line_scan *sc, struct vf_slice text, size_t off);

/* YAML and TOML: in which quotes an offset stands. A quote opens only where a value may begin. */
struct vf_scalar_scan {
    size_t off, i;
    size_t open;                 /* offset of the first byte behind the opening quotes */
    char quote;                  /* that is open; 0: none */
    bool triple;                 /* TOML: three of them */
    bool comment;                /* behind a `#` */
    bool begins;                 /* a value may begin here */
    bool block;                  /* YAML: in a block scalar */
    bool line_head;              /* only blanks since the line began */
    unsigned flow;               /* YAML: brackets that are open */
    size_t indent, block_indent; /* of this line, of the line that announced the block */
};
void vf_scalar_scan_to(struct vf_scalar_scan *sc, struct vf_slice text, size_t off, enum vf_text_lang lang);

/* What a file's references have in common. Zero-initialise; for one file only. */
struct vf_text_memo {
    bool utf8_known, utf8;
    bool known; /* the next two are */
    bool binary;
    enum vf_text_lang lang;
    struct vf_shell_scan shell;
    struct vf_py_scan py;
    struct vf_line_scan line;
    struct vf_scalar_scan scalar;
};
/* Is all of the file UTF-8? */
bool vf_source_is_utf8(const struct vf_source *src);
/* Writes path for that context; false when it cannot stand there. */
bool vf_shell_context_put(struct vf_buf *out, struct vf_slice path, enum vf_shell_context at,
                          enum vf_text_lang lang, struct vf_slice original);

/* One reference that is being written; text.c makes it, the writers below put the path into `out` and say
 * whether the format can hold it there. */
struct vf_text_writer {
    const struct vf_ref *ref;
    struct vf_slice bytes, path;
    struct vf_slice original; /* the bytes that are replaced */
    struct vf_buf *out;
    struct vf_text_memo *memo;
    bool utf8; /* the file is, so it must stay so */
};
/* The line in front of the path: where it begins, which quote is open, whether a `#` stands there. */
const struct vf_line_scan *vf_text_line_before(const struct vf_text_writer *w);
bool vf_text_has_any(struct vf_slice s, const char *set);
/* Letters that no language takes for anything else; other scripts' letters too. */
bool vf_text_is_plain(struct vf_slice s);
/* Does the path have a byte that is not plain and that the old path did not have? */
bool vf_text_needs_more(const struct vf_text_writer *w);
/* Can the path replace the old one in the value bytes[from, to), whose blanks, commas, semicolons and colons
 * may separate words? Alone in its value it may hold what it likes. */
bool vf_text_fits_value(const struct vf_text_writer *w, size_t from, size_t to);
/* The bytes of `twice` are doubled. */
void vf_text_put_doubled(struct vf_buf *out, struct vf_slice path, const char *twice);

/* --- text_config.c: formats of lines `KEY = VALUE` --- */
bool vf_text_put_ini(const struct vf_text_writer *w, enum vf_text_lang lang);
bool vf_text_put_systemd(const struct vf_text_writer *w);
bool vf_text_put_cron(const struct vf_text_writer *w);
bool vf_text_put_desktop(const struct vf_text_writer *w);
bool vf_text_put_properties(const struct vf_text_writer *w);
/* --- text_make.c, text_scalar.c --- */
bool vf_text_put_make(const struct vf_text_writer *w);
bool vf_text_put_sed(const struct vf_text_writer *w);
bool vf_text_put_scalar(const struct vf_text_writer *w, enum vf_text_lang lang);

#endif
