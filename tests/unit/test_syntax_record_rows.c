/* Absolute rows of RECORD: docs/formats.md 4.5. */
#include "syntax_fixture.h"

static void rows(void **state)
{
    (void)state;
    struct syn s;
    syn_init(&s);
    /* poetry's rows, flit's hexadecimal hash, both line ends, relative rows and one that leads out */
    syn_read(&s, VF_SYN_RECORD,
             VF_S("/p/env/bin/x,sha256=AAAA,3\r\n./y.py,,\n../../../../out,,\n/p/env/z,sha256=91a4,1\n\"/p/"
                  "env/a,b\"\"c\",,\r\n"
                  "x.dist-info/RECORD,,"));
    assert_int_equal(syn_refs(&s), 3);
    assert_text(syn_ref(&s, 0)->value, "/p/env/bin/x");
    assert_text(syn_ref(&s, 2)->value, "/p/env/a,b\"c");
    assert_int_equal(syn_ref(&s, 2)->line, 5);
    assert_int_equal(syn_ref(&s, 0)->role, VF_ROLE_RECORD_ROW);
    assert_text(syn_put(&s, 0, VF_S("/n x/bin"), NULL),
                "/n "
                "x/bin,sha256=AAAA,3\r\n./y.py,,\n../../../../out,,\n/p/env/z,sha256=91a4,1\n\"/p/env/"
                "a,b\"\"c\",,\r\n"
                "x.dist-info/RECORD,,");
    struct vf_slice odd = syn_put(&s, 0, VF_S("/n,\"\n"), NULL);
    assert_true(vf_slice_starts(odd, VF_S("\"/n,\"\"\n\",sha256=AAAA,3\r\n")));
    struct vf_slice plain = syn_put(&s, 2, VF_S("/n"), NULL);
    assert_true(vf_slice_ends(plain, VF_S("91a4,1\n/n,,\r\nx.dist-info/RECORD,,")));
    syn_read(&s, VF_SYN_RECORD, odd);
    assert_text(syn_ref(&s, 0)->value, "/n,\"\n");
    assert_int_equal(syn_ref(&s, 1)->line, 5);
    syn_release(&s);
}

static void quotes(void **state)
{
    (void)state;
    struct syn s;
    enum vf_status st;
    syn_init(&s);
    syn_read(&s, VF_SYN_RECORD, VF_S("\"/p/a\",,\n"));
    assert_text(syn_put(&s, 0, VF_S("/n"), NULL), "\"/n\",,\n");
    (void)syn_put(&s, 0, VF_S(""), &st);
    assert_int_equal(st, VF_UNWRITABLE);
    (void)syn_put(&s, 0, VF_S("/a\0"), &st);
    assert_int_equal(st, VF_UNWRITABLE);
    syn_read(&s, VF_SYN_RECORD, VF_S("\"/p/a,,\n/p/b,,\n")); /* where a row ends is a guess */
    for (size_t i = 0; i < syn_refs(&s); i++) {
        (void)syn_put(&s, i, VF_S("/n"), &st);
        assert_int_equal(st, VF_UNWRITABLE);
    }
    syn_read(&s, VF_SYN_RECORD, VF_S(""));
    assert_int_equal(syn_refs(&s), 0);
    syn_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows), cmocka_unit_test(quotes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
