/* The last look before a change counts: what of an environment may change meanwhile, and what may not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "env/recheck.h"
#include "env_fixture.h"

static const char *const plain[] = {"etc/app.conf|{E}/data\n",
                                    "{S}/deep/inner/m.py|x = 1\n",
                                    "{S}/one.pth|{E}/src\n",
                                    "{D}/METADATA|Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n",
                                    "{D}/RECORD|demo-1.0.dist-info/METADATA,,\n",
                                    "{S}/__pycache__/m.pyc|compiled\n",
                                    "bin/tool*|#!{E}/bin/python\n",
                                    "bin/alias@|tool",
                                    "src/|",
                                    NULL};

struct opened {
    struct vf_env *env;
    struct vf_host *host;
    struct vf_hooks hooks;
};

static void open_env(struct envfix *f, struct opened *o)
{
    struct vf_err err;
    vf_err_init(&err);
    ef_reset(f);
    ef_lines(f, plain);
    assert_int_equal(vf_host_open(VF_S("/"), &o->host, &err), VF_OK);
    o->hooks = (struct vf_hooks){.jobs = 1};
    struct vf_env_params p = {
        .path = vf_slice_of(f->env), .cwd = VF_S("/"), .host = o->host, .hooks = &o->hooks};
    assert_int_equal(vf_env_open(&p, &o->env, &err), VF_OK);
}

static void close_env(struct opened *o)
{
    vf_env_free(o->env);
    vf_host_free(o->host);
}

struct sample {
    const char *line; /* what another process does, as env_fixture.h writes it */
    const char *path; /* the one that is named; NULL: it is no matter */
    const char *what; /* a word of the message */
};

static const struct sample samples[] = {
    {"bin/late*|#!{E}/bin/python\n", "bin/late", "made"},
    {"bin/tool*|#!{E}/bin/python\nmore\n", "bin/tool", "changed"},
    {"bin/tool*|#!{E}/bin/pythoN\n", "bin/tool", "changed"}, /* as many bytes */
    {"bin/alias@|python", "bin/alias", "changed"},
    {"bin/tool-|", "bin/tool", "removed"},
    {"{S}/late.pth|{E}\n", "{S}/late.pth", "made"},
    {"{S}/one.pth-|", "{S}/one.pth", "removed"},
    {"{S}/late/x.py|x\n", "{S}/late", "made"}, /* a package that was not there */
    {"{D}/direct_url.json|{}", "{D}/direct_url.json", "made"},
    {"{D}/RECORD|\n", "{D}/RECORD", "changed"},
    {"pyvenv.cfg|home = /nowhere\n", "pyvenv.cfg", "changed"},
    {"pyvenv.cfg-|", "pyvenv.cfg", "removed"},
    /* what no plan depends on, and what goes with the rename by itself */
    {"etc/app.conf|other\n", NULL, NULL},
    {"etc/late|{E}\n", NULL, NULL},
    {"{S}/deep/inner/m.py|x = 2\n", NULL, NULL},
    {"{S}/__pycache__/late.pyc|compiled\n", NULL, NULL},
    {"bin/__pycache__/late.pyc|compiled\n", NULL, NULL},
    {"src/late.py|x\n", NULL, NULL},
};

static void changes_of_another_process(void **state)
{
    struct envfix *f = *state;
    for (size_t i = 0; i < VF_COUNT(samples); i++) {
        struct opened o;
        struct vf_err err;
        vf_err_init(&err);
        open_env(f, &o);
        assert_int_equal(vf_env_recheck(o.env, NULL, &err), VF_OK);
        ef_write(f, samples[i].line);
        enum vf_status st = vf_env_recheck(o.env, NULL, &err);
        if (st != (samples[i].path ? VF_CHANGED : VF_OK))
            fail_msg("%s: %s", samples[i].line, vf_status_name(st));
        if (samples[i].path) {
            size_t n = 0;
            char *path = ef_text(f, samples[i].path, &n);
            struct vf_slice named = {err.path, err.path_len};
            if (!vf_slice_eq(named, (struct vf_slice){path, n}) || !strstr(err.detail, samples[i].what))
                fail_msg("%s: %.*s: %s", samples[i].line, (int)named.n, named.p, err.detail);
            free(path);
        }
        vf_err_release(&err);
        close_env(&o);
    }
}

/* Of what was brought in since, nothing is compared; everything else is. */
static void applied_edits_are_left_out(void **state)
{
    struct envfix *f = *state;
    struct opened o;
    struct vf_err err;
    struct vf_edit v[] = {{.path = VF_S("bin/fresh"), .kind = VF_EDIT_WRITE},
                          {.path = VF_S("bin/tool"), .kind = VF_EDIT_WRITE},
                          {.path = VF_S("pyvenv.cfg"), .kind = VF_EDIT_WRITE}};
    struct vf_edits edits = {v, VF_COUNT(v)};
    vf_err_init(&err);
    open_env(f, &o);
    ef_write(f, "bin/fresh*|new\n");
    ef_write(f, "bin/tool*|new\n");
    ef_write(f, "pyvenv.cfg|home = /new\n");
    assert_int_equal(vf_env_recheck(o.env, &edits, &err), VF_OK);
    ef_write(f, "bin/tool-|"); /* a deletion that is part of the plan looks like this, too */
    assert_int_equal(vf_env_recheck(o.env, &edits, &err), VF_OK);
    ef_write(f, "bin/late|x\n");
    assert_int_equal(vf_env_recheck(o.env, &edits, &err), VF_CHANGED);
    vf_err_release(&err);
    close_env(&o);
}

/* By the descriptor of the root: the path may lead elsewhere by now. */
static void the_environment_was_renamed(void **state)
{
    struct envfix *f = *state;
    struct opened o;
    struct vf_err err;
    char away[4096];
    vf_err_init(&err);
    open_env(f, &o);
    (void)snprintf(away, sizeof away, "%s.away", f->env);
    assert_int_equal(rename(f->env, away), 0);
    assert_int_equal(vf_env_recheck(o.env, NULL, &err), VF_OK);
    char late[4200];
    (void)snprintf(late, sizeof late, "%s/bin/late", away);
    FILE *file = fopen(late, "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(vf_env_recheck(o.env, NULL, &err), VF_CHANGED);
    assert_int_equal(rename(away, f->env), 0);
    vf_err_release(&err);
    close_env(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        EF_TEST(changes_of_another_process),
        EF_TEST(applied_edits_are_left_out),
        EF_TEST(the_environment_was_renamed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
