/* Search paths of ELF files: docs/formats.md 8.2. */
#include <string.h>

#include "elf_fixture.h"
#include "syntax_fixture.h"

/* The file that has this search path, read. */
static struct vf_slice look(struct syn *s, struct elf_image *file, const char *runpath, const char *soname)
{
    elf_image(file, "libdemo.so", runpath, soname);
    struct vf_slice bytes = {(const char *)file, sizeof *file};
    syn_read(s, VF_SYN_RPATH, bytes);
    return bytes;
}

static void elements(void **state)
{
    (void)state;
    struct syn s;
    struct elf_image file;
    syn_init(&s);
    struct vf_slice bytes = look(&s, &file, "/p/env/lib:$ORIGIN:rel::/usr/lib", NULL);
    assert_int_equal(syn_refs(&s), 2);
    assert_text(syn_ref(&s, 0)->value, "/p/env/lib");
    assert_text(syn_ref(&s, 0)->extra, "libdemo.so\n");
    assert_text(syn_ref(&s, 1)->value, "/usr/lib");
    for (size_t i = 0; i < 2; i++) {
        const struct vf_ref *r = syn_ref(&s, i);
        assert_bytes(vf_slice_sub(bytes, r->value_off, r->value_off + r->len), r->value);
        assert_int_equal(r->off, r->value_off);
    }
    look(&s, &file, "", NULL);
    assert_int_equal(syn_refs(&s), 0);
    syn_read(&s, VF_SYN_RPATH,
             VF_S("\x7f"
                  "ELF and no more"));
    assert_int_equal(syn_refs(&s), 0);
    syn_release(&s);
}

/* What stands there once the only element is written for `path`; NULL: it has no writer. */
static const char *written(struct syn *s, const char *runpath, const char *path)
{
    struct elf_image file;
    enum vf_status st;
    struct vf_slice bytes = look(s, &file, runpath, NULL);
    uint64_t at = syn_ref(s, 0)->off;
    struct vf_slice made = syn_put(s, 0, vf_slice_of(path), &st);
    if (st != VF_OK)
        return NULL;
    assert_int_equal(made.n, bytes.n);
    assert_true(vf_slice_ends(made, vf_slice_from(bytes, at + strlen(runpath)))); /* nothing else moved */
    return made.p + at;
}

static void same_room(void **state)
{
    (void)state;
    struct syn s;
    syn_init(&s);
    assert_string_equal(written(&s, "/p/long enough/lib", "/n/env/lib"), "$ORIGIN/../////lib");
    assert_string_equal(written(&s, "/p/env/a/lib", "/n/env/a/lib"),
                        "/n/env/a/lib"); /* too short for $ORIGIN */
    assert_string_equal(written(&s, "/p/env/lib", "/n/env/lib"), "/n/env/lib");
    assert_null(written(&s, "/env/lib", "/n/env/lib"));
    assert_null(written(&s, "/p/long enough", "/n/env")); /* its name is not known */
    assert_null(written(&s, "/p/long enough/lib", "/other/lib"));
    s.src.path = VF_S("lib/demo.so");
    assert_string_equal(written(&s, "/p/long enough/lib/sub", "/n/env/lib/sub"), "$ORIGIN////////////sub");
    s.target.root = VF_S("/n:v");
    assert_null(written(&s, "/p/env/x", "/n:v/x"));
    syn_release(&s);
}

/* Linkers let a text end in another one: where that is an entry of its own, no byte may change. */
static void shared(void **state)
{
    (void)state;
    struct syn s;
    struct elf_image file;
    enum vf_status st;
    syn_init(&s);
    look(&s, &file, "/p/long enough/libdemo.so", "libdemo.so");
    assert_true(syn_ref(&s, 0)->flags & VF_REF_READONLY);
    syn_put(&s, 0, VF_S("/n/env/libdemo.so"), &st);
    assert_int_equal(st, VF_UNWRITABLE);
    syn_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(elements), cmocka_unit_test(same_room),
                                       cmocka_unit_test(shared)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
