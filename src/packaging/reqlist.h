/* reqlist.h: requirement lists (requirements.txt), as pip reads them.
 *
 *   bytes -> text (BOM, coding cookie, UTF-16) -> logical lines (continuations, comments, ${VARIABLES}) ->
 * items
 *
 * Included lists (-r, -c) come through a callback and stay below the directory of the first list unless that
 * is allowed. What pip would pass over in silence (words behind an option, a second -r on a line, an option
 * behind a requirement) is an error here: a list is complete or it is refused. Source: pip's documentation
 * "Requirements File Format"; docs/formats.md 6.1. */
#ifndef VF_PACKAGING_REQLIST_H
#define VF_PACKAGING_REQLIST_H

#include "packaging/direct_url.h"
#include "packaging/requirement.h"

#define VF_LIST_MAX       (32u << 20) /* bytes of one list */
#define VF_LIST_TOTAL_MAX (64u << 20) /* bytes of a list with all that it includes */
#define VF_LIST_FILES_MAX 256
#define VF_LIST_DEPTH_MAX 16
#define VF_LIST_ITEMS_MAX 50000

enum vf_list_kind { VF_LIST_REQUIREMENT, VF_LIST_EDITABLE, VF_LIST_OPTION };
enum vf_list_source {
    VF_LIST_NAMED, /* a project by name, with or without versions */
    VF_LIST_URL,   /* `name @ url`, or a bare URL */
    VF_LIST_PATH   /* a directory, wheel or source archive; relative to the current directory, as with pip */
};

/* X(symbol, long option, short one or 0, takes a value). --requirement, --constraint, --editable and --hash
 * are no items of their own. */
#define VF_LIST_OPTIONS(X)                                                                                   \
    X(INDEX_URL, "--index-url", 'i', true)                                                                   \
    X(PYPI_URL, "--pypi-url", 0, true) /* the same */                                                        \
    X(EXTRA_INDEX_URL, "--extra-index-url", 0, true)                                                         \
    X(NO_INDEX, "--no-index", 0, false)                                                                      \
    X(FIND_LINKS, "--find-links", 'f', true)                                                                 \
    X(NO_BINARY, "--no-binary", 0, true)                                                                     \
    X(ONLY_BINARY, "--only-binary", 0, true)                                                                 \
    X(PREFER_BINARY, "--prefer-binary", 0, false)                                                            \
    X(REQUIRE_HASHES, "--require-hashes", 0, false)                                                          \
    X(NO_REQUIRE_HASHES, "--no-require-hashes", 0, false)                                                    \
    X(PRE, "--pre", 0, false)                                                                                \
    X(ALL_RELEASES, "--all-releases", 0, true)                                                               \
    X(ONLY_FINAL, "--only-final", 0, true)                                                                   \
    X(TRUSTED_HOST, "--trusted-host", 0, true)                                                               \
    X(USE_FEATURE, "--use-feature", 0, true)                                                                 \
    X(REQUIREMENT, "--requirement", 'r', true)                                                               \
    X(CONSTRAINT, "--constraint", 'c', true)                                                                 \
    X(EDITABLE, "--editable", 'e', true)                                                                     \
    X(HASH, "--hash", 0, true)                                                                               \
    X(CONFIG_SETTINGS, "--config-settings", 'C', true)

enum vf_list_option {
#define X(sym, name, letter, value) VF_LISTOPT_##sym,
    VF_LIST_OPTIONS(X)
#undef X
};

struct vf_list_item {
    enum vf_list_kind kind;
    struct vf_slice file; /* the list it stands in, as named to the callback */
    uint32_t line;        /* 1-based, of its first physical line */
    struct vf_slice text; /* the logical line: joined, without comment */
    bool constraint;      /* it came by -c: it bounds versions and asks for nothing */
    /* VF_LIST_REQUIREMENT, VF_LIST_EDITABLE */
    enum vf_list_source source;
    struct vf_requirement req; /* name empty when a URL or path does not tell it (`#egg=`, a wheel's name); of
                                  a wheel the version is pinned in the specifiers */
    struct vf_slice location;  /* URL or path, without extras */
    struct vf_direct_hash
        *hashes; /* --hash: sha256, sha384, sha512, hexadecimal digits of the right number */
    size_t n_hashes;
    bool has_config_settings;
    /* VF_LIST_OPTION */
    enum vf_list_option option;
    struct vf_slice value; /* "" for options without one */
};

struct vf_reqlist {
    struct vf_list_item
        *items; /* in the order in which pip would see them: an included list stands in place of its -r */
    size_t n;
    bool any_hash;          /* some item has a hash: pip then requires one of every item */
    struct vf_slice *files; /* the list and what it includes, in the order read */
    size_t n_files;
};

struct vf_list_reader {
    void *ctx;
    /* The bytes of an included list, in the arena. `path` is clean. NULL: includes are refused. */
    enum vf_status (*read)(void *ctx, struct vf_slice path, struct vf_arena *a, struct vf_slice *bytes,
                           struct vf_err *err);
    /* The value of an environment variable; false when it is not set or empty (then `${NAME}` stays). May be
     * NULL. */
    bool (*variable)(void *ctx, struct vf_slice name, struct vf_slice *value);
    bool allow_outside; /* includes may leave the directory of the first list */
};

/* `path` is how the list is named (relative or absolute), used in messages and for where includes are. Slices
 * live in the arena or borrow from `bytes`. VF_BAD_LIST with file and line in the detail; what the callback
 * returns; VF_LIMIT; VF_NO_MEMORY. */
VF_MUST_CHECK enum vf_status vf_reqlist_parse(struct vf_arena *a, struct vf_slice path, struct vf_slice bytes,
                                              const struct vf_list_reader *reader, struct vf_reqlist *out,
                                              struct vf_err *err);

/* Does the list ask for anything? Constraints and options do not. */
bool vf_reqlist_requires(const struct vf_reqlist *list);

/* --- its parts, on their own --- */

/* The text as UTF-8: byte order marks, `coding:` in a comment of the first two lines (UTF-8, UTF-16, UTF-32,
 * ASCII, Latin-1, Windows-1252), else UTF-8. VF_BAD_LIST when the bytes are not that, VF_NOT_SUPPORTED for
 * other codings. */
VF_MUST_CHECK enum vf_status vf_list_decode(struct vf_arena *a, struct vf_slice bytes, struct vf_slice *text,
                                            struct vf_err *err);
/* Reader of logical lines. Zero-initialise, set rest to the text. */
struct vf_list_lines {
    struct vf_slice rest;
    uint32_t line;  /* physical lines taken */
    uint32_t first; /* of the logical line last returned */
};
/* The next logical line that is not empty. *out is in the arena or borrowed. False at the end, or on no
 * memory (then *out.p is NULL and *failed is set). */
bool vf_list_next_line(struct vf_arena *a, struct vf_list_lines *l, struct vf_slice *out, bool *failed);
/* One logical line into items: one, or one for each option on the line; file, line and constraint are left to
 * the caller. -r and -c come as VF_LIST_OPTION. VF_BAD_LIST, VF_NO_MEMORY. */
VF_MUST_CHECK enum vf_status vf_list_parse_line(struct vf_arena *a, struct vf_slice line,
                                                struct vf_list_item **items, size_t *n, struct vf_err *err);

#endif
