/* toml.h: TOML 1.0, read by toml++ into a plain tree, and the few spellings that writing needs.
 *
 * toml++ is C++ and throws; all of that ends in toml.cpp. It recurses over nesting and over the parts of
 * dotted keys (and crashes when there are enough), so both, the size and the number of values are capped
 * before it sees the text. Source: toml.io, version 1.0.0. */
#ifndef VF_PACKAGING_TOML_H
#define VF_PACKAGING_TOML_H

#include "base/arena.h"
#include "base/err.h"

#define VF_TOML_MAX        (16u << 20) /* bytes */
#define VF_TOML_NEST_MAX   24          /* open brackets */
#define VF_TOML_DOTS_MAX   12          /* dots of one key or header */
#define VF_TOML_VALUES_MAX (1u << 20)
/* Levels that a tree within these caps can have: every bracket, and every part of the key before it, is one.
 */
#define VF_TOML_DEPTH_MAX  ((VF_TOML_NEST_MAX + 2) * (VF_TOML_DOTS_MAX + 1))

enum vf_toml_type {
    VF_TOML_STRING,
    VF_TOML_INTEGER,
    VF_TOML_FLOAT,
    VF_TOML_BOOLEAN,
    VF_TOML_TIME, /* a date, a time, or both, with or without offset */
    VF_TOML_ARRAY,
    VF_TOML_TABLE
};

struct vf_toml_member;
struct vf_toml_value {
    enum vf_toml_type type;
    uint32_t line;        /* 1-based, where it begins; 0 unknown */
    struct vf_slice text; /* STRING: decoded, UTF-8. TIME: as RFC 3339 with `T` */
    int64_t integer;
    double real;
    bool boolean;
    struct vf_toml_value *items;    /* ARRAY */
    struct vf_toml_member *members; /* TABLE, in the order of the file */
    size_t n;                       /* of items or members */
};
struct vf_toml_member {
    struct vf_slice key;
    struct vf_toml_value value;
};

/* *root gets a TABLE; everything lives in the arena. VF_MALFORMED with line and words; VF_LIMIT;
 * VF_NO_MEMORY. */
VF_MUST_CHECK enum vf_status vf_toml_parse(struct vf_arena *a, struct vf_slice text,
                                           struct vf_toml_value *root, struct vf_err *err);
const char *vf_toml_type_words(enum vf_toml_type t); /* static, "a string" */
/* The member of a TABLE; NULL when there is none (or the value is no table). */
const struct vf_toml_value *vf_toml_get(const struct vf_toml_value *table, struct vf_slice key);

/* --- writing --- */

/* A basic string with its quotes. False when the text is not UTF-8: then nothing is appended, since TOML
 * cannot hold it. */
bool vf_toml_string_put(struct vf_buf *out, struct vf_slice text);
/* A key, bare where that is allowed. The same. */
bool vf_toml_key_put(struct vf_buf *out, struct vf_slice key);
/* Any value on one line: arrays and tables inline. False when a text in it is not UTF-8, or it is deeper than
 * VF_TOML_DEPTH_MAX. */
bool vf_toml_value_put(struct vf_buf *out, const struct vf_toml_value *v);

/* Used by vf_toml_parse only: the caps are checked, exceptions are caught. */
enum vf_status vf_toml_read(struct vf_arena *a, struct vf_slice text, struct vf_toml_value *root,
                            struct vf_err *err);

#endif
