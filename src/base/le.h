/* le.h: numbers as files hold them whatever the processor: little-endian. */
#ifndef VF_BASE_LE_H
#define VF_BASE_LE_H

#include <stdint.h>

/* Of the four bytes at p, aligned or not. */
static inline uint32_t vf_le32(const void *p)
{
    const unsigned char *b = p;
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

#endif
