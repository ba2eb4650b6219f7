/* Escapes: any bytes as literals, and any bytes written and read back. */
#include <stdint.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/escape.h"

static void demand(bool ok)
{
    if (!ok)
        abort();
}

static void read_as(bool (*get)(struct vf_buf *, struct vf_slice, size_t *), struct vf_slice s)
{
    struct vf_buf out = {0};
    size_t used = 0;
    if (get(&out, s, &used))
        demand(used <= s.n);
    vf_buf_release(&out);
}

static void there_and_back(struct vf_slice s)
{
    struct vf_buf text = {0};
    struct vf_buf back = {0};
    size_t used = 0;
    vf_pyrepr_put(&text, s);
    demand(vf_pystr_get(&back, vf_buf_slice(&text), &used) && used == text.n &&
           vf_slice_eq(vf_buf_slice(&back), s));
    vf_buf_clear(&text);
    vf_buf_clear(&back);
    vf_percent_encode(&text, s, "");
    vf_percent_decode(&back, vf_buf_slice(&text));
    demand(vf_slice_eq(vf_buf_slice(&back), s));
    vf_buf_clear(&text);
    vf_buf_clear(&back);
    vf_buf_putc(&text, '"');
    vf_json_put(&text, s);
    vf_buf_putc(&text, '"');
    demand(vf_json_get(&back, vf_buf_slice(&text), &used) && used == text.n);
    demand(!vf_utf8_valid(s) || vf_slice_eq(vf_buf_slice(&back), s));
    vf_buf_clear(&text);
    vf_term_put(&text, s);
    vf_utf8_lossy(&text, s);
    demand(vf_utf8_valid(vf_buf_slice(&text)));
    vf_buf_clear(&text);
    vf_buf_clear(&back);
    vf_base64url_put(&text, s);
    demand(vf_base64url_get(&back, vf_buf_slice(&text)) && vf_slice_eq(vf_buf_slice(&back), s));
    vf_buf_release(&text);
    vf_buf_release(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vf_slice s = {(const char *)data, size};
    read_as(vf_pystr_get, s);
    read_as(vf_json_get, s);
    there_and_back(s);
    return 0;
}
