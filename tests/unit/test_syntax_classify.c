/* Which syntaxes a file can have: by content, then by name. */
#include "syntax_fixture.h"

#include <string.h>

#define SP       "lib/python3.12/site-packages/"
#define BIT(sym) (UINT32_C(1) << VF_SYN_##sym)

static const struct {
    const char *path, *head;
    bool in_bin;
    uint32_t set;
} cases[] = {
    {"pyvenv.cfg", "home = /x\n", false, BIT(CFG)},
    {"bin/pyvenv.cfg", "home = /x\n", true, BIT(CFG)},
    {SP "pkg/tests/pyvenv.cfg", "home = /x\n", false, 0},
    {"bin/pip", "#!/p/bin/python\n", true, BIT(HEADER)},
    {"bin/pip", "\xEF\xBB\xBF#!/p/bin/python\n", true, BIT(HEADER)},
    {"share/x/run", "#!/p/bin/python\n", false, BIT(HEADER)},
    {SP "pkg/bin/run.py", "#!/usr/bin/env python\n", false, BIT(HEADER)},
    {"bin/ruff",
     "\x7f"
     "ELF",
     true, 0},
    /* activate files: by content whatever the name, then by name */
    {"bin/activate", "deactivate () {\n}\nVIRTUAL_ENV=\"/p\"\n", true, BIT(ACTIVATE_SH)},
    {"bin/activate.old", "deactivate () {\n}\nexport VIRTUAL_ENV=/p\n", true, BIT(ACTIVATE_SH)},
    {"bin/activate", "# foreign\n", true, BIT(ACTIVATE_SH)},
    {"bin/activate", "#!/bin/sh\n. something\n", true, BIT(HEADER)}, /* conda's */
    {"bin/activate-global-python-argcomplete", "#!/p/bin/python\nimport x\n", true, BIT(HEADER)},
    {"bin/activate-global-python-argcomplete", "import x\n", true, 0},
    {"bin/tool", "#!/p/bin/python\nx = 'deactivate () VIRTUAL_ENV='\n", true, BIT(HEADER)},
    {"bin/activate.csh", "alias deactivate x\nsetenv VIRTUAL_ENV \"/p\"\n", true, BIT(ACTIVATE_CSH)},
    {"bin/activate.fish", "function deactivate\nset -gx VIRTUAL_ENV '/p'\n", true, BIT(ACTIVATE_FISH)},
    {"bin/activate.nu", "export-env {\n VIRTUAL_ENV\n}\nexport alias deactivate = x\n", true,
     BIT(ACTIVATE_NU)},
    {"bin/Activate.ps1", "function global:deactivate\n$env:VIRTUAL_ENV = $x\n", true, BIT(ACTIVATE_PS1)},
    {"bin/activate.xsh", "self.x\n", true, BIT(ACTIVATE_XSH)},
    {"bin/activate.bat", "@set x\n", true, BIT(ACTIVATE_BAT)},
    {"bin/activate_this.py", "import os\n", true, BIT(ACTIVATE_THIS)},
    {"share/activate", "deactivate () {\n}\nVIRTUAL_ENV=\"/p\"\n", false, 0},
    {"bin/deactivate.csh", "unalias deactivate\n", true, 0},
    /* site-packages */
    {SP "x.pth", "/p", false, BIT(PTH)},
    {SP "sub/x.pth", "/p", false, 0},
    {"x.pth", "/p", false, 0},
    {"lib/python3/dist-packages/x.pth", "/p", false, BIT(PTH)},
    {SP "x.egg-link", "/p\n.", false, BIT(EGG_LINK)},
    {SP "x-1.dist-info/RECORD", "a,,\n", false, BIT(RECORD)},
    {SP "setuptools/_vendor/x-1.dist-info/RECORD", "a,,\n", false, 0},
    {SP "RECORD", "a,,\n", false, 0},
    {SP "x-1.dist-info/direct_url.json", "{}", false, BIT(DIRECT_URL)},
    {SP "x-1.dist-info/METADATA", "", false, 0},
    /* finders */
    {SP "__editable___x_1_0_finder.py", "", false, BIT(FINDER)},
    {SP "_editable_impl_x.py", "", false, BIT(FINDER)},
    {SP "_x_editable_loader.py", "", false, BIT(FINDER)},
    {SP "_editable_skbc_x.py", "", false, BIT(FINDER)},
    {SP "_x_editable.py", "", false, BIT(FINDER)},
    {SP "x_editable.py", "", false, 0},
    {SP "pkg/_x_editable.py", "", false, 0},
    {SP "x.py", "from editables.redirector import R as F\nF.map_module('x', '/p')", false, BIT(FINDER)},
    {SP "x.py", "import sys\n\ndef import_from_path(a, b):\n pass\n\nimport_from_path(__name__, '/p')", false,
     BIT(FINDER)},
    {SP "a/b/__init__.py", "__path__ = ['/p/b']", false, BIT(FINDER)},
    {SP "a/b/__init__.py", "__path__ = ['/p/b']\nimport x\n", false, 0},
    {SP "a/b/c.py", "__path__ = ['/p/b']", false, 0},
    {SP "editables/redirector.py", "import x\n", false, 0},
    /* kernels */
    {"share/jupyter/kernels/python3/kernel.json", "{}", false, BIT(KERNELSPEC)},
    {SP "ipykernel/resources/kernel.json", "{}", false, 0},
    {"share/jupyter/kernels/kernel.json", "{}", false, 0},
};

static void classes(void **state)
{
    (void)state;
    for (size_t i = 0; i < VF_COUNT(cases); i++) {
        uint32_t set =
            vf_syntax_classify(vf_slice_of(cases[i].path), vf_slice_of(cases[i].head), cases[i].in_bin);
        if (set != cases[i].set)
            fail_msg("%s: %#x instead of %#x", cases[i].path, (unsigned)set, (unsigned)cases[i].set);
    }
}

static void table(void **state)
{
    (void)state;
    for (enum vf_syntax s = VF_SYN_CFG; s < VF_SYN_COUNT; s++) {
        assert_true(strlen(vf_syntax_name(s)) > 2);
        assert_true(vf_syntax_cap(s) > 0);
    }
    assert_string_equal(vf_syntax_name(VF_SYN_PTH), ".pth");
    assert_string_equal(vf_syntax_name(VF_SYN_COUNT), "unknown");
}

/* A writer that fails leaves the buffer as it was; a reference without a writer is refused. */
static void write_guards(void **state)
{
    (void)state;
    struct syn s;
    enum vf_status st;
    syn_init(&s);
    syn_read(&s, VF_SYN_EGG_LINK, VF_S("/src\n."));
    struct vf_ref r = *syn_ref(&s, 0);
    struct vf_buf b = {0};
    r.off = 1;
    r.len = 100;
    st = vf_syntax_write(&r, &s.src, VF_S("/x"), &s.target, &b, &s.err);
    assert_int_equal(st, VF_INTERNAL);
    vf_err_clear(&s.err);
    r = *syn_ref(&s, 0);
    r.flags = VF_REF_READONLY;
    st = vf_syntax_write(&r, &s.src, VF_S("/x"), &s.target, &b, &s.err);
    assert_int_equal(st, VF_UNWRITABLE);
    vf_buf_release(&b);
    syn_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(classes), cmocka_unit_test(table),
                                       cmocka_unit_test(write_guards)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
