/* hex.h: single hexadecimal digits, for the modules here that read or write them. */
#ifndef VF_BASE_HEX_H
#define VF_BASE_HEX_H

#include "base/str.h"

/* 0..15, or -1 when c is no hexadecimal digit. */
static inline int vf_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Exactly `digits` digits (at most 8) at the start of s. */
static inline bool vf_hex_number(struct vf_slice s, size_t digits, uint32_t *out)
{
    uint32_t v = 0;
    if (s.n < digits)
        return false;
    for (size_t i = 0; i < digits; i++) {
        int d = vf_hex_digit(s.p[i]);
        if (d < 0)
            return false;
        v = v << 4 | (uint32_t)d;
    }
    *out = v;
    return true;
}

/* The last `digits` digits of v, lower case. */
static inline void vf_hex_number_put(struct vf_buf *out, uint32_t v, unsigned digits)
{
    while (digits > 0)
        vf_buf_putc(out, "0123456789abcdef"[v >> (4 * --digits) & 15]);
}

#endif
