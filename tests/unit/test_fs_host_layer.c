/* A file tree with an environment that is not in it yet. */
#include "fs_box.h"

#include <stdio.h>
#include <unistd.h>

#include "fs/host_layer.h"

struct pair {
    struct vf_host *own, *layer;
    char root[256], env[256];
};

/* root/ has base/python, env/ is the environment, which is to be at /app/env. */
static void open_pair(struct box *b, struct pair *p)
{
    struct vf_host *root = NULL;
    fx_mkdir(b->path, "root", 0755);
    fx_mkdir(b->path, "root/vfbase", 0755);
    fx_file(b->path, "root/vfbase/python", "ELF", 0755, 1);
    fx_mkdir(b->path, "env", 0755);
    fx_mkdir(b->path, "env/bin", 0755);
    fx_file(b->path, "env/pyvenv.cfg", "home = /vfbase", 0644, 1);
    fx_link(b->path, "env/bin/own", "../pyvenv.cfg");
    (void)snprintf(p->root, sizeof p->root, "%s/root", b->path);
    (void)snprintf(p->env, sizeof p->env, "%s/env", b->path);
    assert_int_equal(vf_host_open(VF_S("/"), &p->own, &b->err), VF_OK);
    assert_int_equal(vf_host_open(box_s(p->root), &root, &b->err), VF_OK);
    assert_int_equal(vf_host_layer(root, p->own, box_s(p->env), VF_S("/app/env"), &p->layer, &b->err), VF_OK);
}

static void close_pair(struct pair *p)
{
    vf_host_free(p->layer);
    vf_host_free(p->own);
}

static void has_the_environment_at_both_paths(void **state)
{
    struct box *b = *state;
    struct pair p;
    struct vf_buf out = {0};
    open_pair(b, &p);
    assert_true(vf_host_exists(p.layer, VF_S("/app/env/pyvenv.cfg")));
    assert_true(vf_host_resolve(p.layer, VF_S("/app/env/bin/own"), &out));
    assert_true(vf_slice_eq(vf_buf_slice(&out), VF_S("/app/env/pyvenv.cfg")));
    vf_buf_clear(&out);
    assert_true(vf_host_resolve(p.layer, box_s(p.env), &out));
    assert_true(vf_slice_eq(vf_buf_slice(&out), box_s(p.env)));
    vf_buf_clear(&out);
    assert_true(vf_host_readlink(p.layer, VF_S("/app/env/bin/own"), &out));
    assert_true(vf_slice_eq(vf_buf_slice(&out), VF_S("../pyvenv.cfg")));
    assert_true(vf_host_same(p.layer, VF_S("/app/env"), box_s(p.env)));
    vf_buf_release(&out);
    close_pair(&p);
}

static void takes_all_else_from_the_root(void **state)
{
    struct box *b = *state;
    struct pair p;
    struct vf_arena a;
    struct vf_slice text, *names;
    size_t n;
    vf_arena_init(&a);
    open_pair(b, &p);
    assert_true(vf_host_executable(p.layer, VF_S("/vfbase/python")));
    assert_int_equal(vf_host_read(p.layer, VF_S("/vfbase/python"), 10, &a, &text, &b->err), VF_OK);
    assert_true(vf_slice_eq(text, VF_S("ELF")));
    assert_true(vf_host_list(p.layer, VF_S("/vfbase"), &a, &names, &n));
    assert_int_equal(n, 1);
    assert_false(vf_host_exists(p.layer, VF_S("/etc/passwd")));
    assert_false(vf_host_exists(p.layer, box_s(p.root)));
    assert_false(vf_host_exists(p.layer, VF_S("/app/envy")));
    close_pair(&p);
    vf_arena_release(&a);
}

/* A link of the environment that leaves it, and is there on this host, is one of the root's paths. */
static void looks_in_the_root_for_what_a_link_leads_to(void **state)
{
    struct box *b = *state;
    struct pair p;
    open_pair(b, &p);
    fx_link(b->path, "env/passwd", "/etc/passwd");
    assert_false(vf_host_exists(p.layer, VF_S("/app/env/passwd")));
    close_pair(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOX_BOTH(has_the_environment_at_both_paths),
        BOX_BOTH(takes_all_else_from_the_root),
        BOX_BOTH(looks_in_the_root_for_what_a_link_leads_to),
    };
    return cmocka_run_group_tests_name("fs/host_layer", tests, NULL, NULL);
}
