/* json_strings.h: every string of a JSON text with its place: where it stands in the bytes and below which
 * keys.
 *
 * One pass with a small stack instead of a tree, so that a string can be replaced and every other byte stays.
 * What Python's json module reads is valid here (also NaN and Infinity), with two limits: nesting up to
 * VF_JSON_DEPTH, and the text must be UTF-8.
 *
 *   struct vf_json_scan scan = {.text = bytes};
 *   while (vf_json_next(&scan, &str)) ...
 *   if (!vf_json_valid(&scan)) ...        (strings found before the error have been given all the same) */
#ifndef VF_SYNTAX_JSON_STRINGS_H
#define VF_SYNTAX_JSON_STRINGS_H

#include "base/str.h"

enum { VF_JSON_DEPTH = 100 };

enum vf_json_state {
    VF_JSON_VALUE,
    VF_JSON_FIRST_KEY,
    VF_JSON_KEY,
    VF_JSON_FIRST_ITEM,
    VF_JSON_AFTER,
    VF_JSON_BAD
};

struct vf_json_level {
    bool object;
    struct vf_slice key; /* object: the present key as written, without quotes */
    size_t index;        /* array: of the present item */
};

/* Zero-initialised but for `text`. */
struct vf_json_scan {
    struct vf_slice text;
    size_t at;
    uint32_t line; /* 1-based line of `at`, once the scan has begun */
    enum vf_json_state state;
    unsigned depth; /* levels in use */
    struct vf_json_level level[VF_JSON_DEPTH];
    bool top_object; /* the text is one object */
};

struct vf_json_string {
    size_t off, len;       /* with both quotes */
    struct vf_slice inner; /* without quotes, as written */
    uint32_t line;
    bool is_key;
};

/* The next key or string value; false at the end or at the first error. The levels say where it stands; for a
 * key the last level is the object it belongs to. */
bool vf_json_next(struct vf_json_scan *scan, struct vf_json_string *out);
/* After the last string: was the whole text one JSON value? */
bool vf_json_valid(const struct vf_json_scan *scan);
/* Is `key` the present key of level `level` (0: the outermost object)? */
bool vf_json_key_is(const struct vf_json_scan *scan, unsigned level, const char *key);

/* How a writer of JSON spells characters that can be spelled in two ways. */
enum vf_json_style { VF_JSON_ASCII = 1, VF_JSON_SLASH = 2 };
/* ASCII unless the text holds other bytes as they are (and no \u for one). */
unsigned vf_json_style_of(struct vf_slice text);
/* SLASH when a string with this inside was written with `\/`. */
unsigned vf_json_slash_of(struct vf_slice inner);
/* Appends the inside of a string. Bytes that are no UTF-8 become \udcXX, as Python has them. */
void vf_json_put_styled(struct vf_buf *out, struct vf_slice value, unsigned style);
/* Decodes the inside of a string, or a part of it that does not cut an escape. False: malformed. */
bool vf_json_inner_get(struct vf_buf *out, struct vf_slice inner);

#endif
