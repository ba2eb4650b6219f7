/* Places in other files: the second byte chooses the name, the third the spelling. The first `/p/env` is
 * replaced. */
#include "fuzz_syntax.h"

#include "base/search.h"
#include "syntax/text.h"

static enum vf_shell_context context_at(struct vf_slice script, size_t off)
{
    struct vf_shell_scan fresh = {0};
    return vf_shell_context_at(&fresh, script, off);
}

static void check(struct fuzz *f, const struct vf_ref *r, struct vf_slice path)
{
    enum vf_text_lang lang, after;
    struct vf_slice made = fuzz_write(f, r, path);
    if (!made.p)
        return;
    demand(vf_text_lang_of(&f->src, &lang, &f->err) == VF_OK);
    size_t off = (size_t)r->off, grown = made.n - f->src.bytes.n;
    if (lang == VF_LANG_SHELL) { /* what follows is read as before */
        enum vf_shell_context was = context_at(f->src.bytes, off + 6);
        demand(context_at(made, off) == context_at(f->src.bytes, off));
        demand(context_at(made, off + 6 + grown) == was || vf_slice_find(path, VF_S("\n"), 0) != VF_NPOS);
    }
    struct vf_source src = f->src;
    src.bytes = made;
    demand(vf_text_lang_of(&src, &after, &f->err) == VF_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"x",     "x.sh",   "x.py",  "x.json", "x.pc",
                                        "x.xml", "x.fish", "x.csh", "x.js",   "x.ini"};
    struct fuzz f;
    struct vf_slice bytes = {(const char *)data, size};
    if (size < 3)
        return 0;
    fuzz_init(&f, names[data[1] % VF_COUNT(names)], vf_slice_from(bytes, 2));
    (void)vf_syntax_classify(f.src.path, f.src.bytes, data[0] & 1);
    size_t at = vf_slice_find(f.src.bytes, VF_S("/p/env"), 0);
    for (size_t i = 0; at != VF_NPOS && i < VF_ENCODINGS; i++) {
        struct vf_ref r = {.syntax = VF_SYN_TEXT,
                           .role = VF_ROLE_TEXT,
                           .form = (uint16_t)i,
                           .off = at,
                           .len = 6,
                           .value_off = at,
                           .value = VF_S("/p/env")};
        check(&f, &r, VF_S("/n/plain"));
        check(&f, &r, VF_S("/n/it's \"q\" $x`y`\\z"));
        check(&f, &r, VF_S("/n/line\nfeed\xFF"));
    }
    fuzz_release(&f);
    return 0;
}
