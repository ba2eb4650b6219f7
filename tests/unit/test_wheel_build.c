/* A wheel installed and rebuilt: the same bytes come back, and what cannot come back is refused by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fs_fixture.h"
#include "wheel/build.h"
#include "wheel_box.h"

#define SITE "lib/python3.11/site-packages/"

/* Sorted as a rebuilt wheel is. */
static const struct box_file kit[] = {
    {"kit-1.0.data/data/share/k", "4\n", false},
    {"kit-1.0.data/headers/k.h", "3\n", false},
    {"kit-1.0.data/scripts/s", "#!python\nprint()\n", true},
    {"kit-1.0.data/scripts/sh", "#!/bin/sh\n", true},
    {"kit.py", "1\n", false},
    {"kit_tool.py", "2\n", true},
    {NULL, NULL, false},
};

static void install(struct box_env *e, struct vf_buf *wheel)
{
    struct vf_err err = {0};
    struct vf_install in = {0};
    struct vf_wheel *w;
    box_wheel(wheel, "kit", "py3-none-any", "", kit);
    assert_int_equal(box_open(vf_buf_slice(wheel), "kit-1.0-py3-none-any.whl", &w, &err), VF_OK);
    in.wheel = w;
    assert_int_equal(vf_install_wheels(&e->site, &in, 1, NULL, NULL, &err), VF_OK);
    vf_wheel_free(w);
}

static enum vf_status collect(void *ctx, struct vf_slice bytes, struct vf_err *err)
{
    (void)err;
    vf_buf_put(ctx, bytes);
    return VF_OK;
}

struct rebuilt {
    struct vf_buf bytes;
    char *name, *words, *path;
    size_t modified;
};

static enum vf_status rebuild(const char *root, bool allow, struct rebuilt *out)
{
    struct vf_err err = {0};
    struct vf_host *host;
    struct vf_env *env = NULL;
    struct vf_arena a;
    struct vf_rebuild r = {0};
    struct vf_rebuild_opts opts = {.allow_modified = allow};
    *out = (struct rebuilt){0};
    vf_arena_init(&a);
    assert_int_equal(vf_host_open(VF_S("/"), &host, &err), VF_OK);
    struct vf_env_params p = {.path = vf_slice_of(root), .cwd = VF_S("/"), .host = host};
    assert_int_equal(vf_env_open(&p, &env, &err), VF_OK);
    assert_int_equal(env->n_dists, 1);
    enum vf_status st = vf_rebuild_plan(env, 0, &opts, &a, &r, &err);
    if (st == VF_OK)
        st = vf_rebuild_write(&r, collect, &out->bytes, &err);
    out->name = strndup(r.file_name.p ? r.file_name.p : "", r.file_name.n);
    out->words = strdup(err.detail);
    out->path = strdup(err.path ? err.path : "");
    out->modified = r.n_modified;
    if (st == VF_OK)
        assert_int_equal(r.size, out->bytes.n);
    vf_err_release(&err);
    vf_env_free(env);
    vf_host_free(host);
    vf_arena_release(&a);
    return st;
}

static void done(struct rebuilt *r)
{
    vf_buf_release(&r->bytes);
    free(r->name);
    free(r->words);
    free(r->path);
}

static void there_and_back(void **state)
{
    (void)state;
    struct box_env e;
    struct vf_buf wheel;
    struct rebuilt r;
    box_env_make(&e);
    install(&e, &wheel);
    assert_int_equal(rebuild(e.root, false, &r), VF_OK);
    assert_string_equal(r.name, "kit-1.0-py3-none-any.whl");
    assert_int_equal(r.bytes.n, wheel.n);
    assert_memory_equal(r.bytes.p, wheel.p, wheel.n);
    done(&r);
    vf_buf_release(&wheel);
    box_env_remove(&e);
}

/* The text with the root for its `%`. */
static void with_root(struct vf_buf *out, const char *text, const char *root)
{
    for (; *text; text++)
        if (*text == '%')
            vf_buf_puts(out, root);
        else
            vf_buf_putc(out, *text);
}

/* After a change of some kind: the status, the file that is named, words. */
static void refused_after(const char *path, const char *contents, const char *link, bool allow,
                          enum vf_status code, const char *words)
{
    struct box_env e;
    struct vf_buf wheel;
    struct rebuilt r;
    box_env_make(&e);
    install(&e, &wheel);
    char *full = fx_join(e.root, path);
    fx_remove(full);
    if (contents) {
        struct vf_buf text = {0};
        with_root(&text, contents, e.root);
        fx_file(e.root, path, vf_buf_cstr(&text), 0644, 0);
        vf_buf_release(&text);
    }
    if (link)
        fx_link(e.root, path, link);
    enum vf_status st = rebuild(e.root, allow, &r);
    if (st != code || !strstr(r.words, words))
        fail_msg("%s: status %s, %s: \"%s\"", words, vf_status_name(st), r.path, r.words);
    if (code == VF_OK)
        assert_int_equal(r.modified, 1);
    done(&r);
    free(full);
    vf_buf_release(&wheel);
    box_env_remove(&e);
}

static void changed_files(void **state)
{
    (void)state;
    refused_after(SITE "kit.py", "9\n", NULL, false, VF_CHANGED, "not what RECORD says");
    refused_after(SITE "kit.py", "9\n", NULL, true, VF_OK, "");
    refused_after(SITE "kit.py", "x = '%/share'\n", NULL, true, VF_UNWRITABLE, "a path of this environment");
    refused_after("share/k", "file://%\n", NULL, true, VF_UNWRITABLE, "a path of this environment");
    refused_after("bin/s", "#!%/bin/python\nprint(1)\n", NULL, false, VF_CHANGED, "not what RECORD says");
    refused_after("bin/s", "#!%/bin/python\nprint(1)\n", NULL, true, VF_OK, "");
    refused_after("bin/s", "#!/bin/sh\nexec %/bin/x\n", NULL, true, VF_UNWRITABLE, "a path of");
    refused_after(SITE "kit.py", NULL, NULL, true, VF_INCOMPLETE, "not there");
    refused_after(SITE "kit.py", NULL, "kit_tool.py", true, VF_UNWRITABLE, "a link");
    refused_after(SITE "kit-1.0.dist-info/RECORD", NULL, NULL, true, VF_NOT_SUPPORTED, "no RECORD");
    refused_after(SITE "kit-1.0.dist-info/WHEEL", NULL, NULL, true, VF_NOT_SUPPORTED, "no WHEEL");
    refused_after(SITE "kit-1.0.dist-info/direct_url.json",
                  "{\"dir_info\": {\"editable\": true}, \"url\": \"file:///src\"}", NULL, true,
                  VF_NOT_SUPPORTED, "editable");
    refused_after(SITE "kit-1.0.dist-info/RECORD", "/etc/passwd,,\n", NULL, true, VF_UNWRITABLE, "outside");
}

/* Only the interpreter line is another: not modified, and the same wheel. */
static void other_headers(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "#!%/bin/python3", "#!/bin/sh\n'''exec' \"%/bin/python\" \"$0\" \"$@\"\n' '''",
        "#!/bin/sh\n'''exec' \"$(dirname -- \"$(realpath -- \"$0\")\")\"/'python' \"$0\" \"$@\"\n' '''",
        "#!python"};
    for (size_t i = 0; i < VF_COUNT(headers); i++) {
        struct box_env e;
        struct vf_buf wheel;
        struct rebuilt r;
        struct vf_buf text = {0};
        box_env_make(&e);
        install(&e, &wheel);
        with_root(&text, headers[i], e.root);
        vf_buf_puts(&text, "\nprint()\n");
        fx_file(e.root, "bin/s", vf_buf_cstr(&text), 0755, 0);
        vf_buf_release(&text);
        assert_int_equal(rebuild(e.root, false, &r), VF_OK);
        assert_int_equal(r.bytes.n, wheel.n);
        assert_memory_equal(r.bytes.p, wheel.p, wheel.n);
        done(&r);
        vf_buf_release(&wheel);
        box_env_remove(&e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(changed_files),
        cmocka_unit_test(other_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
