/* Search: any bytes as the contents of a file. Hits must lie inside the file, come in order, and be the same
 * through one window and through small ones. */
#include <stdint.h>
#include <stdlib.h>

#include "base/search.h"

static const struct vf_prefix prefixes[] = {
    {.path = VF_S_INIT("/x/my app")},
    {.path = VF_S_INIT("/opt/v")},
    {.path = VF_S_INIT("/opt/v/w")},
    {.path = VF_S_INIT("/\xC3\xA9'\"/\xFF")},
    {VF_S_INIT("C:/a b"), VF_STYLE_WINDOWS, true},
};

struct sum {
    uint64_t end, hash, n;
};

static enum vf_status add(void *ctx, const struct vf_hit *h, struct vf_err *err)
{
    struct sum *sum = ctx;
    (void)err;
    if (h->off < sum->end || h->len == 0 || h->rest.n > h->rest_len)
        abort();
    sum->end = h->off + h->len;
    sum->hash = (sum->hash ^ h->off ^ (uint64_t)h->rest_len << 20 ^ (uint64_t)h->line << 32 ^ h->prefix) *
                0x100000001B3u;
    sum->n++;
    return VF_OK;
}

static struct sum search(const struct vf_searcher *s, struct vf_slice text, bool binary, size_t size)
{
    struct vf_search_state st = {.binary = binary};
    struct vf_arena a = {0};
    struct vf_err err = {0};
    struct sum sum = {0};
    while (!st.last) {
        size_t left = text.n - (size_t)st.base;
        size_t n = left <= size ? left : size;
        st.last = n == left;
        if (vf_search_window(s, &st, vf_slice_sub(text, (size_t)st.base, (size_t)st.base + n), &a, add, &sum,
                             &err))
            abort();
    }
    vf_arena_release(&a);
    if (sum.end > text.n)
        abort();
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct vf_searcher *s;
    struct vf_err err = {0};
    if (!s && vf_searcher_new(prefixes, VF_COUNT(prefixes), &s, &err) != VF_OK)
        abort();
    if (size == 0 || size > (1u << 18))
        return 0;
    struct vf_slice text = {(const char *)data + 1, size - 1};
    bool binary = data[0] & 1;
    struct sum whole = search(s, text, binary, SIZE_MAX);
    struct sum parts = search(s, text, binary, vf_searcher_overlap(s) + 1 + (data[0] >> 1));
    if (whole.n != parts.n || whole.hash != parts.hash)
        abort();
    return 0;
}
