/* str.h: byte slices and a growable buffer.
 *
 * File contents and paths are slices: they may hold NUL and invalid UTF-8, and are terminated only at the
 * system call. A slice borrows; whoever made the bytes says how long they live (mostly: an arena).
 * A buffer owns its bytes and keeps its first failure, so a chain of puts needs one check at the end. */
#ifndef VF_BASE_STR_H
#define VF_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VF_MUST_CHECK   __attribute__((warn_unused_result))
#define VF_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define VF_COUNT(a)     (sizeof(a) / sizeof((a)[0]))

struct vf_slice {
    const char *p; /* may be NULL when n is 0 */
    size_t n;      /* bytes */
};

/* A slice of a string literal, without its NUL. */
#define VF_S(lit) ((struct vf_slice){(lit), sizeof(lit) - 1})
/* The same for static initialisers. */
#define VF_S_INIT(lit)                                                                                       \
    {                                                                                                        \
        (lit), sizeof(lit) - 1                                                                               \
    }
/* No position: what the finders below return when there is nothing. */
#define VF_NPOS ((size_t)-1)

struct vf_slice vf_slice_of(const char *cstr); /* NULL gives an empty slice */
bool vf_slice_eq(struct vf_slice a, struct vf_slice b);
bool vf_slice_eq_nocase(struct vf_slice a, struct vf_slice b); /* ASCII case only */
int vf_slice_cmp(struct vf_slice a, struct vf_slice b);        /* order of unsigned bytes, shorter first */
bool vf_slice_starts(struct vf_slice s, struct vf_slice prefix);
bool vf_slice_ends(struct vf_slice s, struct vf_slice suffix);
/* Bytes [from, to) of s; both are clamped to s. */
struct vf_slice vf_slice_sub(struct vf_slice s, size_t from, size_t to);
struct vf_slice vf_slice_from(struct vf_slice s, size_t from);
size_t vf_slice_find(struct vf_slice s, struct vf_slice needle, size_t from); /* VF_NPOS when absent */
size_t vf_slice_find_byte(struct vf_slice s, char c, size_t from);
size_t vf_slice_rfind_byte(struct vf_slice s, char c);
/* Without leading and trailing blanks, TAB, CR, LF, VT, FF. */
struct vf_slice vf_slice_trim(struct vf_slice s);
/* Takes the next line off *rest (without its LF); false when *rest is used up. A CR before the LF stays. */
bool vf_slice_next_line(struct vf_slice *rest, struct vf_slice *line);
/* Decimal digits only, no sign, no blanks; false when empty, other bytes, or above UINT64_MAX. */
bool vf_slice_to_u64(struct vf_slice s, uint64_t *out);

/* Growable bytes. Zero-initialised is a valid empty buffer. After a failed growth `failed` stays set, puts do
 * nothing and the contents are not to be used. */
struct vf_buf {
    char *p;
    size_t n, cap;
    bool failed;
};

void vf_buf_init(struct vf_buf *b);
void vf_buf_release(struct vf_buf *b); /* frees and leaves an empty buffer */
void vf_buf_clear(struct vf_buf *b);   /* n = 0, keeps the memory and clears `failed` */
void vf_buf_put(struct vf_buf *b, struct vf_slice s);
void vf_buf_puts(struct vf_buf *b, const char *cstr);
void vf_buf_putc(struct vf_buf *b, char c);
void vf_buf_put_u64(struct vf_buf *b, uint64_t v);
void vf_buf_printf(struct vf_buf *b, const char *fmt, ...) VF_PRINTF(2, 3); /* never for paths */
/* Has some buffer of this thread found no memory since this was last asked? For a caller of functions that
 * can only say no: what they answered then does not count. */
bool vf_buf_ran_out(void);
bool vf_buf_reserve(struct vf_buf *b, size_t more); /* false: failed is set */
struct vf_slice vf_buf_slice(const struct vf_buf *b);
/* The bytes with a NUL behind (not counted in n); NULL when the buffer failed. */
const char *vf_buf_cstr(struct vf_buf *b);

#endif
