/* The journal of a transaction: whatever is accepted is written back byte for byte, and names nothing
 * outside. */
#include <stdint.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/path.h"
#include "fs/txn_journal.h"

static void parse(struct vf_slice text)
{
    struct vf_arena a;
    struct vf_err err;
    struct vf_journal j;
    vf_arena_init(&a);
    vf_err_init(&err);
    if (vf_journal_parse(text, &a, &j, &err) == VF_OK) {
        struct vf_buf again = {0};
        vf_journal_put(&again, &j, NULL);
        if (again.failed || !vf_slice_eq(vf_buf_slice(&again), text))
            abort();
        if (!vf_path_is_abs(j.from) || !vf_path_is_abs(j.to))
            abort();
        for (size_t i = 0; i < j.n; i++)
            if (!vf_journal_path_ok(j.v[i].path))
                abort();
        vf_buf_release(&again);
    } else if (err.code == VF_OK) {
        abort();
    }
    vf_err_release(&err);
    vf_arena_release(&a);
}

/* A second time with the right hash at its end, which no mutation would hit. */
static void parse_sealed(struct vf_slice text)
{
    struct vf_buf b = {0};
    unsigned char sum[32];
    size_t end = text.n > 0 ? vf_slice_rfind_byte(vf_slice_sub(text, 0, text.n - 1), '\n') : VF_NPOS;
    if (end == VF_NPOS)
        return;
    vf_buf_put(&b, vf_slice_sub(text, 0, end + 1));
    if (vf_sha256(vf_buf_slice(&b), sum)) {
        vf_buf_puts(&b, "end ");
        vf_hex_put(&b, (struct vf_slice){(const char *)sum, sizeof sum});
        vf_buf_putc(&b, '\n');
        parse(vf_buf_slice(&b));
    }
    vf_buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vf_slice text = {(const char *)data, size};
    parse(text);
    parse_sealed(text);
    return 0;
}
