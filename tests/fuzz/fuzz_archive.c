/* Archives of anybody: whatever is read has names below its root, and every byte of every file is there. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "archive/file_read.h"

static void check_tree(const struct vf_file_tree *t)
{
    char buf[4096];
    for (uint32_t i = 1; i < vf_file_tree_count(t); i++) {
        struct vf_slice name = vf_node_name(vf_file_tree_node(t, i));
        if (name.n == 0 || vf_slice_find_byte(name, '/', 0) != VF_NPOS || vf_slice_eq(name, VF_S("..")) ||
            vf_slice_eq(name, VF_S(".")))
            abort();
        struct vf_buf path = {0};
        struct vf_reader *rd = NULL;
        vf_file_tree_path(t, i, &path);
        (void)vf_file_tree_follow(t, vf_buf_slice(&path));
        const struct vf_node *n = vf_file_tree_node(t, i);
        if (n->kind == VF_KIND_FILE && n->size < (1 << 20)) {
            uint64_t all = 0;
            size_t got = 1;
            if (vf_file_tree_open(t, i, name, &rd, NULL) != VF_OK)
                abort();
            while (got > 0 && vf_reader_read(rd, buf, sizeof buf, &got, NULL) == VF_OK)
                all += got;
            if (all != n->size)
                abort();
            vf_reader_close(rd);
        }
        vf_buf_release(&path);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    FILE *f = tmpfile();
    if (!f || fwrite(data, 1, size, f) != size || fflush(f) != 0)
        abort();
    struct vf_file_tree *t = NULL;
    struct vf_err err = {0};
    struct vf_file_read r = {.source = {.fd = fileno(f), .size = size, .label = VF_S("fuzz")},
                             .layer = (unsigned)(size % 3),
                             .scratch = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (vf_file_tree_new(&t, &err) != VF_OK)
        abort();
    if (vf_file_tree_read(t, &r, &err) == VF_OK)
        check_tree(t);
    else if (err.code == VF_OK)
        abort();
    vf_err_release(&err);
    vf_file_tree_free(t);
    (void)close(r.scratch);
    (void)fclose(f);
    return 0;
}
