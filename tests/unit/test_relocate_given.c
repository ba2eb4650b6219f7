/* Which --from is believed, and that no edit breaks a reference that resolves. */
#include <stdlib.h>

#include "env_fixture.h"

/* The change of {E} in place, with one more old path. */
static int fix(struct envfix *f, const char *from, bool leave, struct venvfix_change_result *r)
{
    struct venvfix_change_options o = {.verb = VENVFIX_FIX,
                                       .from_path = f->env,
                                       .from = &from,
                                       .n_from = from ? 1 : 0,
                                       .leave = leave,
                                       .dry_run = true,
                                       .hooks = {.jobs = 1}};
    return venvfix_change(&o, r);
}

static const struct {
    const char *lines[EF_LINES], *from;
    int rc;
} given[] = {
    /* an installer wrote it as the environment's own prefix */
    {{"bin/activate|VIRTUAL_ENV='{OLD}'\nexport VIRTUAL_ENV\n"}, "{OLD}", 0},
    {{"bin/a*|#!{OLD}/bin/python3\n"}, "{OLD}", 0},
    {{"share/jupyter/kernels/k/kernel.json|{\"argv\": [\"{OLD}/bin/python\"]}"}, "{OLD}", 0},
    {{"{D}/METADATA|Name: demo\nVersion: 1.0\n", "{S}/demo.py|x", "{D}/RECORD|{OLD}/{S}/demo.py,,\n"},
     "{OLD}",
     0},
    {{"bin/activate|VIRTUAL_ENV='{OLD}/env'\nexport VIRTUAL_ENV\n", "etc/a|{OLD}/x"}, "{OLD}", 2},
    /* what it names there is in the environment, and not there any more */
    {{"etc/app.conf|{OLD}/bin/python"}, "{OLD}", 0},
    {{"etc/app.conf|{OLD}/data/x"}, "{OLD}", 2},
    {{"data/x|", "etc/app.conf|{OLD}/data/x"}, "{OLD}", 0},
    {{"thing|", "etc/app.conf|{OUT}/thing"}, "{OUT}", 2},
    {{"etc/a@|{OLD}/bin/python"}, "{OLD}", 0},
    {{"etc/a@|{OLD}/bin/none"}, "{OLD}", 2},
    /* a project has a `lib` and a `src`, too */
    {{"{S}/a.pth|{OLD}\n"}, "{OLD}", 2},
    {{"{S}/a.pth|{OLD}/lib\n"}, "{OLD}", 2},
    {{"{S}/a.pth|{OLD}/src\n", "src/|"}, "{OLD}", 2},
    {{"{S}/a.pth|{OLD}/src/demo\n", "src/demo/|"}, "{OLD}", 0},
    {{"{S}/a.pth|{OUT}/src/demo\n", "src/demo/|", "{OUT}/src/demo/|"}, "{OUT}", 2},
    {{"{S}/a.pth|{LIVE}/src/demo\n", "src/demo/|"}, "{LIVE}", 0},
    {{"{S}/a.pth|{LIVE}/src/demo\n"}, "{LIVE}", 2},
    /* one reference is enough */
    {{"{S}/a.pth|{OLD}/gone\n", "bin/a*|#!{OLD}/bin/python3\n"}, "{OLD}", 0},
    /* the base, and nothing at all */
    {{"bin/a*|#!{OLD}/bin/python\n", "pyvenv.cfg|home = {OLD}/bin\n"}, "{OLD}", 2},
    {{"etc/a|x"}, "{OLD}", 0},
    {{"etc/a|{E}/x"}, "{E}", 0},
};

static void from(void **state)
{
    struct envfix *f = *state;
    unsigned failed = 0;
    for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
        struct venvfix_change_result r;
        ef_reset(f);
        ef_lines(f, given[i].lines);
        char *path = ef_text(f, given[i].from, NULL);
        int rc = fix(f, path, false, &r);
        bool right = rc == given[i].rc && (rc != 2 || !strcmp(r.error.code, "usage"));
        if (!right)
            print_message("%zu: %s: exit %d %s\n", i, given[i].lines[0], rc,
                          r.error.code ? r.error.message.p : "");
        failed += !right;
        free(path);
        venvfix_change_free(&r);
        fx_remove(f->out);
        ef_write(f, "{OUT}/thing|x");
    }
    assert_int_equal(failed, 0);
}

static const struct {
    const char *lines[EF_LINES];
    bool breaks;
} edits[] = {
    {{"{S}/a.pth|{LIVE}/src/demo\n", "{LIVE}/src/demo/|"}, true},
    {{"{S}/a.pth|{LIVE}/src/demo\n", "{LIVE}/src/demo/|", "src/demo/|"}, false},
    {{"{S}/a.pth|{LIVE}/src/demo\n"}, false}, /* it resolves neither here nor there */
    {{"{S}/__editable__.demo-1.0.pth|{LIVE}/src/demo\n", "{LIVE}/src/demo/|"}, true},
    {{"etc/conf|{LIVE}/data/x\n", "{LIVE}/data/x|"}, true},
    {{"etc/conf|{LIVE}/data/x\n", "{LIVE}/data/x|", "data/x|"}, false},
    {{"etc/conf|root={LIVE}\n"}, false},
    {{"etc/l@|{LIVE}/data/x", "{LIVE}/data/x|"}, true},
    /* it exists behind a link that is edited, too */
    {{"{S}/a.pth|{LIVE}/data/x\n", "{LIVE}/data/x|", "real/x|", "data@|{LIVE}/real", "{LIVE}/real/|"}, false},
};

static void breaking(void **state)
{
    struct envfix *f = *state;
    unsigned failed = 0;
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        struct venvfix_change_result r;
        ef_reset(f);
        ef_write(f, "bin/of-live*|#!{LIVE}/bin/python\n");
        ef_lines(f, edits[i].lines);
        bool right = fix(f, f->live, false, &r) == (edits[i].breaks ? 2 : 0);
        right = right && (!edits[i].breaks || !strcmp(r.error.code, "proof-failed"));
        right = right && r.unwritten.n == (edits[i].breaks ? 1 : 0);
        if (!right)
            print_message("%zu: %s: exit %d %s\n", i, edits[i].lines[0], r.exit,
                          r.error.code ? r.error.message.p : "");
        venvfix_change_free(&r);
        if (edits[i].breaks) { /* left, and the rest is done */
            bool left = fix(f, f->live, true, &r) == 1 && r.n_edits == 1 && r.warnings.n >= 1;
            if (!left)
                print_message("%zu: %s: --leave: exit %d, %zu edits\n", i, edits[i].lines[0], r.exit,
                              r.n_edits);
            right = right && left;
            venvfix_change_free(&r);
        }
        failed += !right;
        static const char *const made[] = {"{LIVE}/src/demo", "{LIVE}/src", "{LIVE}/data", "{LIVE}/real"};
        for (size_t k = 0; k < sizeof made / sizeof *made; k++) {
            char *path = ef_text(f, made[k], NULL);
            fx_remove(path);
            free(path);
        }
    }
    assert_int_equal(failed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {EF_TEST(from), EF_TEST(breaking)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
