/* UTF-8, strict in both directions but for the surrogates that vf_utf8_put writes on request. */
#include "base/escape.h"

size_t vf_utf8_decode(struct vf_slice s, uint32_t *cp)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (s.n == 0)
        return 0;
    unsigned char lead = (unsigned char)s.p[0];
    if (lead < 0x80) {
        *cp = lead;
        return 1;
    }
    size_t n = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || n > s.n)
        return 0;
    uint32_t v = lead & (0xFFu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if ((c & 0xC0) != 0x80)
            return 0;
        v = v << 6 | (c & 0x3Fu);
    }
    if (v < least[n] || v > 0x10FFFF || (v >= 0xD800 && v <= 0xDFFF))
        return 0;
    *cp = v;
    return n;
}

bool vf_utf8_valid(struct vf_slice s)
{
    uint32_t cp;
    for (size_t i = 0; i < s.n;) {
        size_t n = (unsigned char)s.p[i] < 0x80 ? 1 : vf_utf8_decode(vf_slice_from(s, i), &cp);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

void vf_utf8_put(struct vf_buf *out, uint32_t cp)
{
    if (cp < 0x80) {
        vf_buf_putc(out, (char)cp);
        return;
    }
    if (cp > 0x10FFFF)
        cp = 0xFFFD;
    unsigned shift = cp < 0x800 ? 6 : cp < 0x10000 ? 12 : 18;
    unsigned lead = cp < 0x800 ? 0xC0 : cp < 0x10000 ? 0xE0 : 0xF0;
    vf_buf_putc(out, (char)(lead | cp >> shift));
    while (shift > 0) {
        shift -= 6;
        vf_buf_putc(out, (char)(0x80 | (cp >> shift & 0x3F)));
    }
}

void vf_utf8_lossy(struct vf_buf *out, struct vf_slice s)
{
    uint32_t cp;
    while (s.n > 0) {
        size_t n = vf_utf8_decode(s, &cp);
        vf_buf_put(out, n == 0 ? VF_S("\xEF\xBF\xBD") : vf_slice_sub(s, 0, n));
        s = vf_slice_from(s, n == 0 ? 1 : n);
    }
}
