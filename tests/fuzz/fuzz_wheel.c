/* Installing wheels: whatever is opened and planned is written below the root only, and what is refused
 * leaves no file behind that the plan did not want.
 *
 * A wheel's checksums and hashes keep random bytes out, so the input is its files: NAME US DATA, with RS
 * between (0x1f, 0x1e); METADATA, WHEEL and RECORD are made, unless they are among them. An input that begins
 * with "PK" is the wheel itself. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "fs/host.h"
#include "fs/sys.h"
#include "packaging/record.h"
#include "wheel/install.h"

#define INFO "x-1.0.dist-info/"

struct making {
    struct vf_zip_writer *w;
    struct vf_buf zip, record;
    bool has_metadata, has_wheel, has_record, failed;
};

static enum vf_status collect(void *ctx, struct vf_slice bytes, struct vf_err *err)
{
    (void)err;
    vf_buf_put(ctx, bytes);
    return VF_OK;
}

static void member(struct making *m, struct vf_slice name, struct vf_slice data)
{
    struct vf_err err = {0};
    struct vf_zip_entry e = {name, data.n, vf_zip_crc(0, data), name.n % 2 == 0};
    if (vf_zip_writer_member(m->w, &e, &err) != VF_OK || vf_zip_writer_data(m->w, data, &err) != VF_OK)
        m->failed = true;
    vf_err_release(&err);
}

static void add(struct making *m, struct vf_slice name, struct vf_slice data)
{
    unsigned char sum[32];
    if (!vf_sha256(data, sum))
        abort();
    struct vf_record_entry row = {.path = name,
                                  .alg = VF_S("sha256"),
                                  .digest = {(const char *)sum, 32},
                                  .size = data.n,
                                  .has_size = true};
    vf_record_put(&m->record, &row, 1, VF_RECORD_LF);
    m->has_metadata = m->has_metadata || vf_slice_eq(name, VF_S(INFO "METADATA"));
    m->has_wheel = m->has_wheel || vf_slice_eq(name, VF_S(INFO "WHEEL"));
    m->has_record = m->has_record || vf_slice_eq(name, VF_S(INFO "RECORD"));
    member(m, name, data);
}

static void build(struct making *m, struct vf_slice input)
{
    struct vf_err err = {0};
    if (vf_zip_writer_new(collect, &m->zip, 0, &m->w, &err) != VF_OK)
        abort();
    while (input.n && !m->failed) {
        size_t end = vf_slice_find_byte(input, '\x1e', 0);
        struct vf_slice one = vf_slice_sub(input, 0, end);
        size_t split = vf_slice_find_byte(one, '\x1f', 0);
        input = end == VF_NPOS ? VF_S("") : vf_slice_from(input, end + 1);
        add(m, vf_slice_sub(one, 0, split), split == VF_NPOS ? VF_S("") : vf_slice_from(one, split + 1));
    }
    if (!m->has_metadata)
        add(m, VF_S(INFO "METADATA"), VF_S("Metadata-Version: 2.1\nName: x\nVersion: 1.0\n"));
    if (!m->has_wheel)
        add(m, VF_S(INFO "WHEEL"), VF_S("Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"));
    if (!m->has_record) {
        vf_buf_puts(&m->record, INFO "RECORD,,\n");
        member(m, VF_S(INFO "RECORD"), vf_buf_slice(&m->record));
    }
    if (!m->failed && vf_zip_writer_finish(m->w, &err) != VF_OK)
        m->failed = true;
    vf_zip_writer_free(m->w);
    vf_err_release(&err);
}

/* Nothing but `env` may be in the directory above it. */
static void only_inside(const char *dir)
{
    struct vf_arena a;
    struct vf_host *o = NULL;
    struct vf_slice *names;
    size_t n;
    struct vf_err err = {0};
    vf_arena_init(&a);
    if (vf_host_open(VF_S("/"), &o, &err) != VF_OK || !vf_host_list(o, vf_slice_of(dir), &a, &names, &n) ||
        n != 1)
        abort();
    vf_host_free(o);
    vf_arena_release(&a);
}

static void install(const struct vf_wheel *w)
{
    char shm[] = "/dev/shm/venvfix-fuzz-XXXXXX", tmp[] = "/tmp/venvfix-fuzz-XXXXXX", env[64];
    static const struct vf_slice names[] = {VF_S_INIT("python"), VF_S_INIT("python3")};
    struct vf_err err = {0};
    const char *dir = mkdtemp(shm) ? shm : mkdtemp(tmp);
    if (!dir)
        abort();
    (void)snprintf(env, sizeof env, "%s/env", dir);
    if (mkdir(env, 0755) < 0)
        abort();
    int root = open(env, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
        above = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct vf_site site = {.root = root,
                           .prefix = VF_S("/srv/env"),
                           .purelib = VF_S("lib/python3.12/site-packages"),
                           .platlib = VF_S("lib/python3.12/site-packages"),
                           .headers = VF_S("include/site/python3.12"),
                           .bin = VF_S("bin"),
                           .bin_names = names,
                           .n_bin_names = VF_COUNT(names),
                           .python = VF_S("3.12.1"),
                           .py_major = 3,
                           .py_minor = 12};
    struct vf_hooks hooks = {.jobs = 1};
    struct vf_install in = {.wheel = w, .requested = true, .direct_url = VF_S("{}")};
    enum vf_status st = vf_install_wheels(&site, &in, 1, &hooks, NULL, &err);
    if (st != VF_OK && err.code == VF_OK)
        abort();
    vf_err_clear(&err);
    only_inside(dir);
    (void)close(root);
    if (vf_sys_remove_tree(above, "env", &err) != VF_OK)
        abort();
    (void)close(above);
    (void)rmdir(dir);
    vf_err_release(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vf_slice input = {(const char *)data, size};
    struct making m = {0};
    struct vf_err err = {0};
    struct vf_wheel *w = NULL;
    if (!vf_slice_starts(input, VF_S("PK")))
        build(&m, input);
    struct vf_slice bytes = m.zip.n ? vf_buf_slice(&m.zip) : input;
    struct vf_zip_source s = {
        .fd = -1, .size = bytes.n, .bytes = bytes, .label = VF_S("x-1.0-py3-none-any.whl")};
    struct vf_zip_limits limits = {.total_bytes = 1 << 20};
    if (!m.failed && vf_wheel_open(&s, &limits, &w, &err) == VF_OK)
        install(w);
    else if (!m.failed && err.code == VF_OK)
        abort();
    vf_wheel_free(w);
    vf_err_release(&err);
    vf_buf_release(&m.zip);
    vf_buf_release(&m.record);
    return 0;
}
