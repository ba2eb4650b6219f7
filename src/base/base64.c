/* Digests as text: base64 (RFC 4648, both alphabets) and hexadecimal. */
#include "base/digest.h"
#include "base/hex.h"

static void put_groups(struct vf_buf *out, struct vf_slice bytes, const char *alphabet, bool pad)
{
    for (size_t i = 0; i < bytes.n; i += 3) {
        size_t have = bytes.n - i < 3 ? bytes.n - i : 3;
        uint32_t v = 0;
        for (size_t k = 0; k < 3; k++)
            v = v << 8 | (k < have ? (unsigned char)bytes.p[i + k] : 0u);
        for (size_t k = 0; k < 4; k++) {
            if (k <= have)
                vf_buf_putc(out, alphabet[v >> (18 - 6 * k) & 63]);
            else if (pad)
                vf_buf_putc(out, '=');
        }
    }
}

void vf_base64_put(struct vf_buf *out, struct vf_slice bytes)
{
    put_groups(out, bytes, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", true);
}

void vf_base64url_put(struct vf_buf *out, struct vf_slice bytes)
{
    put_groups(out, bytes, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", false);
}

static int digit64(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '-' || c == '+')
        return 62;
    return c == '_' || c == '/' ? 63 : -1;
}

bool vf_base64url_get(struct vf_buf *out, struct vf_slice text)
{
    size_t start = out->n;
    size_t n = text.n;
    while (n > 0 && text.n - n < 2 && text.p[n - 1] == '=')
        n--;
    bool ok = n % 4 != 1 && (n == text.n || text.n % 4 == 0);
    uint32_t v = 0;
    unsigned bits = 0;
    for (size_t i = 0; ok && i < n; i++) {
        int d = digit64(text.p[i]);
        ok = d >= 0;
        v = v << 6 | (uint32_t)(d & 63);
        bits += 6;
        if (ok && bits >= 8) {
            bits -= 8;
            vf_buf_putc(out, (char)(v >> bits & 0xFF));
        }
    }
    if (ok && (v & ((1u << bits) - 1)) == 0) /* else bits that nobody would read: not canonical */
        return true;
    out->n = start;
    return false;
}

void vf_hex_put(struct vf_buf *out, struct vf_slice bytes)
{
    for (size_t i = 0; i < bytes.n; i++)
        vf_hex_number_put(out, (unsigned char)bytes.p[i], 2);
}

bool vf_hex_get(struct vf_buf *out, struct vf_slice text)
{
    size_t start = out->n;
    uint32_t v = 0;
    bool ok = text.n % 2 == 0;
    for (size_t i = 0; ok && i < text.n; i += 2) {
        ok = vf_hex_number(vf_slice_from(text, i), 2, &v);
        vf_buf_putc(out, (char)v);
    }
    if (!ok)
        out->n = start;
    return ok;
}
