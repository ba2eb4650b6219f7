/* syntax.h: references: a path, written in some syntax, at some place in some file, for some purpose
 * (docs/architecture.md).
 *
 * For each syntax there is one module with two directions side by side: *read* (bytes -> references and
 * flaws) and *write* (reference + new path -> bytes, with that syntax's quoting), so that finding and
 * rewriting cannot disagree. Readers see one file's bytes and never the disk; they judge nothing: whether a
 * path is right is asked elsewhere (src/rules).
 *
 * All offsets are bytes from the start of the file. All slices live in the arena of the vf_read_out or in the
 * source bytes, which the caller keeps as long as the references. */
#ifndef VF_SYNTAX_SYNTAX_H
#define VF_SYNTAX_SYNTAX_H

#include "base/arena.h"
#include "base/err.h"

/* X(symbol, name) */
#define VF_SYNTAX_LIST(X)                                                                                    \
    X(CFG, "pyvenv.cfg")                                                                                     \
    X(HEADER, "header")        /* the first lines of a script, docs/formats.md 2.2 forms A to O */           \
    X(ACTIVATE_SH, "activate") /* bash, zsh, dash, ksh */                                                    \
    X(ACTIVATE_CSH, "activate.csh")                                                                          \
    X(ACTIVATE_FISH, "activate.fish")                                                                        \
    X(ACTIVATE_NU, "activate.nu")                                                                            \
    X(ACTIVATE_PS1, "activate.ps1")                                                                          \
    X(ACTIVATE_XSH, "activate.xsh")                                                                          \
    X(ACTIVATE_BAT, "activate.bat")                                                                          \
    X(ACTIVATE_THIS, "activate_this.py")                                                                     \
    X(PTH, ".pth")                                                                                           \
    X(FINDER, "finder") /* Python literals of editable finders and loaders, docs/formats.md 4.3 */           \
    X(EGG_LINK, "egg-link")                                                                                  \
    X(PROJECT, ".project") /* of virtualenvwrapper, pew and pipenv: the directory of the project, alone */   \
    X(RECORD, "RECORD")    /* absolute rows only; the table itself is src/packaging/record.h */              \
    X(DIRECT_URL, "direct_url.json")                                                                         \
    X(KERNELSPEC, "kernel.json")                                                                             \
    X(RPATH, "RUNPATH") /* where an ELF file looks for its libraries; read where a place was found in it */  \
    X(LINK, "link")     /* the target of a symbolic link */                                                  \
    X(TEXT, "text")     /* anything else in which a place was found */

enum vf_syntax {
#define X(sym, name) VF_SYN_##sym,
    VF_SYNTAX_LIST(X)
#undef X
        VF_SYN_COUNT
};
const char *vf_syntax_name(enum vf_syntax s);

enum vf_role {
    VF_ROLE_INTERPRETER, /* HEADER: what runs the script */
    VF_ROLE_HOME,        /* CFG home: directory of the base interpreter */
    VF_ROLE_BASE,        /* CFG executable, base-*: a path of the base */
    VF_ROLE_COMMAND,     /* CFG command: the environment at the end of the line */
    VF_ROLE_CFG_VALUE,   /* CFG: any other absolute value (extends-environment, unknown keys) */
    VF_ROLE_PROMPT,      /* CFG prompt, activate: a name, not a path */
    VF_ROLE_ENV_ROOT,    /* activate: the environment itself */
    VF_ROLE_ENV_FILE, /* activate: a path below it, or user-edited path in an activate file's known statement
                       */
    VF_ROLE_HOST_LIB, /* activate: TCL_LIBRARY, TK_LIBRARY */
    VF_ROLE_IMPORT_DIR,     /* PTH: a line that names a directory or file */
    VF_ROLE_EDITABLE,       /* FINDER, EGG_LINK, DEV-SCRIPT: source of an editable install */
    VF_ROLE_BUILD_TOOL,     /* FINDER of meson-python: ninja, build directory */
    VF_ROLE_PROJECT_DIR,    /* PROJECT */
    VF_ROLE_RECORD_ROW,     /* RECORD: an absolute row */
    VF_ROLE_PROJECT_URL,    /* DIRECT_URL: file: url */
    VF_ROLE_KERNEL_COMMAND, /* KERNELSPEC argv[0] */
    VF_ROLE_KERNEL_PATH, /* KERNELSPEC: other argv words and env values, one reference per element of a colon
                            list */
    VF_ROLE_LIBRARY_DIR, /* RPATH: one reference per absolute element */
    VF_ROLE_LINK,        /* LINK */
    VF_ROLE_TEXT         /* TEXT */
};

enum vf_ref_flag {
    VF_REF_SELF = 1, /* self-locating: value is the name below BIN (HEADER) or empty: nothing to re-point */
    VF_REF_RELATIVE = 2,    /* a relative path of that syntax */
    VF_REF_LIST = 4,        /* one element of a list inside a longer string */
    VF_REF_CODE = 8,        /* stands inside code that runs at startup (.pth import line) */
    VF_REF_EDITABLE = 16,   /* .pth of an editable install (by its name or by who owns it) */
    VF_REF_READONLY = 32,   /* there is no writer for this form: `unwritable` when it has to change */
    VF_REF_DEFAULT_OK = 64, /* activate of virtualenv >= 20.36: only a hint, bash finds the place by itself */
    VF_REF_REBUILDS = 128,  /* FINDER: may be the build directory of a project that is built on import */
    VF_REF_REST = 256 /* TEXT: `len` covers what is behind the path as well, which begins at value_off */
};

struct vf_ref {
    enum vf_syntax syntax;
    enum vf_role role;
    uint16_t form;         /* private to the syntax: header form, quoting kind, spelling */
    uint16_t flags;        /* enum vf_ref_flag */
    uint32_t line;         /* 1-based line of the value; 0 for links */
    uint32_t file;         /* set by the caller: index of the file */
    uint64_t off, len;     /* the bytes that vf_syntax_write replaces */
    uint64_t value_off;    /* first byte of the value as encoded, inside its delimiters */
    struct vf_slice value; /* decoded as the format's real reader does */
    struct vf_slice raw;   /* what the writer meant where it quoted wrongly (docs/formats.md 2.3, 3.4); empty
                              when the same */
    struct vf_slice extra; /* HEADER: interpreter options; TEXT: the decoded rest behind the place; CFG: the
                              key; RPATH: the names of the needed libraries, one a line */
    const char *key;       /* static or arena: "home", "MAPPING", "argv", "url"; NULL where nothing helps */
};

/* What a reader noticed that is no path. Rules turn these into findings; a repair is applied by fix, recreate
 * and move. Repairs are bytes of the reader's own; what needs to know the disk has none (which of two homes
 * exists, where a relative one leads). CFG_NO_HOME stands where a line `home = DIR` is to be inserted. Header
 * flaws but the BOM have none: the header is written again, for its own path if need be.
 * HEADER_LONG_PORTABLE: 128 to 255 bytes. */
#define VF_FLAW_LIST(X)                                                                                      \
    X(CFG_BOM)                                                                                               \
    X(CFG_UNDECODABLE)                                                                                       \
    X(CFG_LONE_CR)                                                                                           \
    X(CFG_NO_FINAL_LF)                                                                                       \
    X(CFG_NO_BLANKS)                                                                                         \
    X(CFG_TWO_BLANKS)                                                                                        \
    X(CFG_KEY_CASE)                                                                                          \
    X(CFG_DUPLICATE_HOME)                                                                                    \
    X(CFG_DUPLICATE_KEY)                                                                                     \
    X(CFG_SPILLED_LINE)                                                                                      \
    X(CFG_QUOTED_HOME)                                                                                       \
    X(CFG_RELATIVE_HOME)                                                                                     \
    X(CFG_EMPTY_HOME)                                                                                        \
    X(CFG_NO_HOME)                                                                                           \
    X(CFG_BAD_BOOLEAN)                                                                                       \
    X(CFG_NO_BOOLEAN)                                                                                        \
    X(CFG_SYSTEM_SITE)                                                                                       \
    X(CFG_LONG_LINE)                                                                                         \
    X(HEADER_BOM)                                                                                            \
    X(HEADER_CR)                                                                                             \
    X(HEADER_TOO_LONG)                                                                                       \
    X(HEADER_LONG_PORTABLE)                                                                                  \
    X(HEADER_BLANK)                                                                                          \
    X(HEADER_QUOTED)                                                                                         \
    X(HEADER_NUL)                                                                                            \
    X(HEADER_UNDECODABLE)                                                                                    \
    X(HEADER_BAD_QUOTING)                                                                                    \
    X(HEADER_MALFORMED)                                                                                      \
    X(HEADER_DOC_LOST)                                                                                       \
    X(ACTIVATE_QUOTING)                                                                                      \
    X(ACTIVATE_CR)                                                                                           \
    X(ACTIVATE_PROMPT_QUOTING)                                                                               \
    X(ACTIVATE_UNKNOWN)                                                                                      \
    X(ACTIVATE_RELATIVE_SH)                                                                                  \
    X(PTH_UNDECODABLE)                                                                                       \
    X(PTH_BOM)                                                                                               \
    X(PTH_LEADING_BLANK)                                                                                     \
    X(PTH_TRAILING_BLANK)                                                                                    \
    X(PTH_SPLIT)                                                                                             \
    X(PTH_NUL)                                                                                               \
    X(PTH_CODE)                                                                                              \
    X(FINDER_UNKNOWN)                                                                                        \
    X(URL_INVALID)                                                                                           \
    X(URL_SECRET)                                                                                            \
    X(JSON_INVALID)                                                                                          \
    X(EGG_LINK_MALFORMED)

enum vf_flaw_kind {
#define X(sym) VF_FLAW_##sym,
    VF_FLAW_LIST(X)
#undef X
        VF_FLAW_COUNT
};

struct vf_flaw {
    enum vf_flaw_kind kind;
    uint32_t line, file;
    uint64_t off, len;     /* the bytes meant; what a repair replaces */
    struct vf_slice value; /* to be shown; may be empty */
    bool has_repair;
    struct vf_slice repair; /* bytes for [off, off+len) */
};

struct vf_text_memo;
struct vf_source {
    struct vf_slice path;  /* relative to the environment */
    struct vf_slice bytes; /* the whole file (or its first cap bytes for HEADER, see header.h) */
    struct vf_slice
        root; /* the environment's present place, absolute; for readers whose grammar depends on it */
    unsigned py_minor; /* X of Python 3.X that reads it; 0 unknown */
    bool copies; /* bin/python is a regular file: the C reader of pyvenv.cfg counts (docs/formats.md 1.2) */
    struct vf_text_memo *memo; /* for the writers: what they find out of the whole file is kept there for its
                                  next reference (syntax/text.h); may be NULL */
};

struct vf_read_out {
    struct vf_arena *a;
    struct vf_vec refs;  /* struct vf_ref */
    struct vf_vec flaws; /* struct vf_flaw */
};

/* What the writers know of the place that is written for; never the disk. */
struct vf_write_ctx {
    struct vf_slice root;       /* the new place, absolute, as it will be spelled */
    const struct vf_slice *bin; /* names that exist in BIN there (python, python3, ...) */
    size_t n_bin;
    bool env_s;          /* `/usr/bin/env -S` works there (not busybox) */
    unsigned line_limit; /* bytes of a short interpreter line with its LF; 127 unless asked otherwise */
    unsigned py_major, py_minor; /* 3.x; 0 unknown */
    bool relocatable;            /* scripts are to find themselves whatever the path is (--relocatable) */
};

VF_MUST_CHECK enum vf_status vf_syntax_read(enum vf_syntax s, const struct vf_source *src,
                                            struct vf_read_out *out, struct vf_err *err);
/* Appends the bytes that stand for ref->[off, off+len) once its path is `path`. `src` is the file the
 * reference was read from. VF_UNWRITABLE, with a detail that says why, when the format cannot store the path
 * (docs/formats.md 1.2, 3.5, 4.1) or has no writer. Writing the path it already has, in a form that works,
 * gives bytes that read back as the same reference. */
VF_MUST_CHECK enum vf_status vf_syntax_write(const struct vf_ref *ref, const struct vf_source *src,
                                             struct vf_slice path, const struct vf_write_ctx *target,
                                             struct vf_buf *out, struct vf_err *err);
/* Which syntaxes can occur in a file: bit 1 << VF_SYN_x. By content, then by name (a console script named
 * activate-global-... is no activate file; docs/formats.md 3.1). `head`: its first 8 KiB or all of it.
 * `in_bin`: it stands directly in BIN. TEXT is never in the set: it is what every file gets besides. */
uint32_t vf_syntax_classify(struct vf_slice path, struct vf_slice head, bool in_bin);
/* Largest file that the syntax is read from, bytes; above it the file is `unexamined` for that syntax.
 * HEADER: needs only 64 KiB of head. */
uint64_t vf_syntax_cap(enum vf_syntax s);

/* --- for readers --- */
struct vf_ref *vf_out_ref(struct vf_read_out *out); /* a new zeroed reference, NULL: no memory */
struct vf_flaw *vf_out_flaw(struct vf_read_out *out);
/* Adds a flaw without repair. */
VF_MUST_CHECK enum vf_status vf_out_note(struct vf_read_out *out, enum vf_flaw_kind kind, uint32_t line,
                                         uint64_t off, uint64_t len, struct vf_slice value,
                                         struct vf_err *err);
/* Adds a flaw that `repair` mends when it stands for [off, off+len). A repair may lie inside the range of a
 * reference: an edit of that reference makes it needless; it never overlaps one partly. */
VF_MUST_CHECK enum vf_status vf_out_repair(struct vf_read_out *out, const struct vf_flaw *flaw,
                                           struct vf_err *err);
/* Copies what a scratch buffer holds into the arena and releases the buffer, also on failure. */
VF_MUST_CHECK enum vf_status vf_out_keep(struct vf_read_out *out, struct vf_buf *scratch,
                                         struct vf_slice *kept, struct vf_err *err);
/* --- for writers --- */
/* VF_UNWRITABLE for `path`; `why` is a sentence without full stop that a user can act on. */
VF_MUST_CHECK enum vf_status vf_unwritable(struct vf_err *err, struct vf_slice path, const char *why);

/* One module each: read and write. The table in syntax.c is made from these. */
#define X(sym, name)                                                                                         \
    VF_MUST_CHECK enum vf_status vf_read_##sym(const struct vf_source *, struct vf_read_out *,               \
                                               struct vf_err *);                                             \
    VF_MUST_CHECK enum vf_status vf_write_##sym(const struct vf_ref *, const struct vf_source *,             \
                                                struct vf_slice path, const struct vf_write_ctx *,           \
                                                struct vf_buf *, struct vf_err *);
VF_SYNTAX_LIST(X)
#undef X

/* --- small questions that other layers ask of a syntax --- */

/* pyvenv.cfg: the value that site.py (last wins) or getpath (first wins, for home) sees; keys compare without
 * case. */
bool vf_cfg_get(struct vf_slice bytes, struct vf_slice key, struct vf_slice *value);
/* The same with the place of the value in `bytes`; len 0: an empty value, and off is behind the `=`. */
struct vf_cfg_value {
    struct vf_slice value;
    size_t off, len;
};
bool vf_cfg_find(struct vf_slice bytes, struct vf_slice key, struct vf_cfg_value *out);
/* TEXT: is the rest behind a path written with it in this file, because quotes stand around both? */
bool vf_text_writes_rest(struct vf_slice path);
/* Form letter of a header for messages: "A", "B", "F1", ...; static. */
const char *vf_header_form_name(uint16_t form);
/* Is it a header of a Python interpreter in installers' form (A to F, H, I, K, O), not `env` (J) and not
 * another program (M)? */
bool vf_header_is_python(const struct vf_ref *ref);
bool vf_header_is_env(const struct vf_ref *ref);         /* form J */
bool vf_header_is_placeholder(const struct vf_ref *ref); /* form K */

/* RPATH: the path of the library directory `dir`, for the file `file`, both relative to the environment
 * `root`, in exactly `room` bytes: by $ORIGIN, which survives the next move, else absolute; blown up by
 * slashes. The last component stays at the end, since linkers let names of symbols share it. False: it does
 * not fit. */
bool vf_rpath_put(struct vf_slice file, struct vf_slice root, struct vf_slice dir, size_t room,
                  struct vf_buf *out);
/* basename python, pythonw, python3, python3.12, python3.13t, pypy3, graalpy...: is this the name of a Python
 * interpreter? */
bool vf_name_is_python(struct vf_slice basename);

#endif
