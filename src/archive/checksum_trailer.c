/* seal.c: the last frame of a zstd file. */
#include <string.h>

#include "archive/tar_read.h"
#include "base/le.h"

/* 0x184D2A57, and the length, least byte first. */
static const char head[8] = "\x57\x2a\x4d\x18\4\0\0\0";

void vf_trailer_make(char seal[VF_TRAILER_SIZE], uint32_t crc)
{
    memcpy(seal, head, sizeof head);
    for (unsigned i = 0; i < 4; i++)
        seal[sizeof head + i] = (char)(crc >> (8 * i) & 0xff);
}

bool vf_trailer_read(const char end[VF_TRAILER_SIZE], uint32_t *crc, bool *broken)
{
    bool same = memcmp(end, head, sizeof head) == 0;
    bool kin = ((unsigned char)end[0] & 0xf0) == 0x50 && memcmp(end + 1, head + 1, sizeof head - 1) == 0;
    *broken = kin && !same;
    if (same)
        *crc = vf_le32(end + sizeof head);
    return same;
}
