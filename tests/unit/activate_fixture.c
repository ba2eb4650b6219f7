/* Moving whole activation scripts. */
#include "activate_fixture.h"

#include <string.h>

size_t act_count(const struct syn *s, enum vf_role role)
{
    size_t n = 0;
    for (size_t i = 0; i < syn_refs(s); i++)
        n += syn_ref(s, i)->role == role && (syn_ref(s, i)->flags & VF_REF_SELF) == 0;
    return n;
}

struct vf_slice act_moved(struct syn *s, struct vf_slice prefix)
{
    struct vf_buf b = {0};
    size_t at = 0;
    for (size_t i = 0; i < syn_refs(s); i++) {
        const struct vf_ref *r = syn_ref(s, i);
        if (r->role != VF_ROLE_ENV_ROOT || (r->flags & VF_REF_SELF))
            continue;
        vf_buf_put(&b, vf_slice_sub(s->src.bytes, at, r->off));
        if (vf_syntax_write(r, &s->src, prefix, &s->target, &b, &s->err) != VF_OK)
            fail_msg("write: %s", s->err.detail);
        at = r->off + r->len;
    }
    vf_buf_put(&b, vf_slice_from(s->src.bytes, at));
    struct vf_slice made = vf_arena_dup(&s->a, vf_buf_slice(&b));
    assert_false(b.failed);
    vf_buf_release(&b);
    return made;
}

static void check_names(const struct syn *s)
{
    for (size_t i = 0; i < syn_refs(s); i++)
        if (syn_ref(s, i)->role == VF_ROLE_PROMPT)
            assert_text(syn_ref(s, i)->value, "env");
}

static void there_and_back(struct syn *s, enum vf_syntax syntax, struct vf_slice text, struct vf_slice prefix)
{
    size_t roots = act_count(s, VF_ROLE_ENV_ROOT);
    struct vf_slice there = act_moved(s, prefix);
    s->src.root = prefix;
    syn_read(s, syntax, there);
    assert_int_equal(act_count(s, VF_ROLE_ENV_ROOT), roots);
    assert_int_equal(syn_flaws(s), 0);
    for (size_t i = 0; i < syn_refs(s); i++)
        if (syn_ref(s, i)->role == VF_ROLE_ENV_ROOT)
            assert_bytes(syn_ref(s, i)->value, prefix);
    assert_bytes(act_moved(s, VF_S("/p/env")), text);
    s->src.root = VF_S("/p/env");
    syn_read(s, syntax, text);
}

void act_cases(enum vf_syntax syntax, const struct act_case *cases, size_t n)
{
    static const struct vf_slice prefixes[] = {
        VF_S_INIT("/n/env"),          VF_S_INIT("/n/a b"),     VF_S_INIT("/n/o'b"),
        VF_S_INIT("/n/$x`y`\\z!%&^"), VF_S_INIT("/n/\\\\!\\"), VF_S_INIT("/n/#\xC3\xA9\t~"),
    };
    for (size_t i = 0; i < n; i++) {
        struct syn s;
        struct vf_slice text = vf_slice_of(cases[i].text);
        syn_init(&s);
        syn_read(&s, syntax, text);
        if (act_count(&s, VF_ROLE_ENV_ROOT) != cases[i].roots ||
            act_count(&s, VF_ROLE_PROMPT) != cases[i].names)
            fail_msg("case %zu: %zu places, %zu names", i, act_count(&s, VF_ROLE_ENV_ROOT),
                     act_count(&s, VF_ROLE_PROMPT));
        assert_int_equal(syn_flaws(&s), 0);
        check_names(&s);
        if (cases[i].moved)
            assert_bytes(act_moved(&s, VF_S("/n/a b")), vf_slice_of(cases[i].moved));
        for (size_t k = 0; k < VF_COUNT(prefixes); k++)
            there_and_back(&s, syntax, text, prefixes[k]);
        syn_release(&s);
    }
}

void act_mends(enum vf_syntax syntax, struct vf_slice root, const char *text, enum vf_flaw_kind kind,
               const char *mended)
{
    struct syn s;
    syn_init(&s);
    s.src.root = root;
    syn_read(&s, syntax, vf_slice_of(text));
    assert_int_equal(syn_count(&s, kind), 1);
    struct vf_slice made = syn_repaired(&s);
    assert_bytes(made, vf_slice_of(mended));
    syn_read(&s, syntax, made);
    assert_int_equal(syn_flaws(&s), 0);
    syn_release(&s);
}
