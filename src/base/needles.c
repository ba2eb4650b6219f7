/* needles.c: every string is one compiled literal, which PCRE2 finds at the speed of memory. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "base/needles.h"

#include <pcre2.h>
#include <stdlib.h>

struct vf_needles {
    const struct vf_slice *strings;
    pcre2_code *codes[VF_NEEDLES_MAX];
    size_t n, longest;
};

static enum vf_status add(struct vf_needles *s, struct vf_slice text, struct vf_err *err)
{
    int code = 0;
    PCRE2_SIZE where = 0;
    if (!text.n || text.n > VF_NEEDLE_MAX)
        return vf_err_set(err, VF_USAGE, 0, "search", text, "a string to search for has 1 to %d bytes",
                          VF_NEEDLE_MAX);
    pcre2_code *made = pcre2_compile((PCRE2_SPTR)text.p, text.n, PCRE2_LITERAL, &code, &where, NULL);
    if (!made)
        return vf_err_set(err, code == PCRE2_ERROR_HEAP_FAILED ? VF_NO_MEMORY : VF_INTERNAL, 0, "search",
                          text, "the search pattern was refused (PCRE2 error %d)", code);
    /* where a host refuses memory that is both written and run, pcre2_match interprets the pattern */
    (void)pcre2_jit_compile(made, PCRE2_JIT_COMPLETE);
    s->codes[s->n++] = made;
    if (text.n > s->longest)
        s->longest = text.n;
    return VF_OK;
}

enum vf_status vf_needles_new(const struct vf_slice *strings, size_t n, struct vf_needles **out,
                              struct vf_err *err)
{
    *out = NULL;
    if (n > VF_NEEDLES_MAX)
        return vf_err_set(err, VF_USAGE, 0, "search", VF_S(""), "more than %d strings to search for",
                          VF_NEEDLES_MAX);
    struct vf_needles *s = calloc(1, sizeof *s);
    if (!s)
        return vf_err_nomem(err);
    s->strings = strings;
    enum vf_status st = VF_OK;
    for (size_t i = 0; i < n && st == VF_OK; i++)
        st = add(s, strings[i], err);
    if (st == VF_OK)
        *out = s;
    else
        vf_needles_free(s);
    return st;
}

void vf_needles_free(struct vf_needles *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n; i++)
        pcre2_code_free(s->codes[i]);
    free(s);
}

size_t vf_needles_overlap(const struct vf_needles *s)
{
    return s->longest ? s->longest - 1 : 0;
}

static void note(struct vf_needle_state *st, uint64_t off, size_t needle)
{
    if (!st->count++ || off < st->first) {
        st->first = off;
        st->needle = (uint32_t)needle;
    }
}

enum vf_status vf_needles_scan(const struct vf_needles *s, struct vf_needle_state *st, uint64_t base,
                               struct vf_slice window, struct vf_err *err)
{
    pcre2_match_data *match = s->n && window.n ? pcre2_match_data_create(1, NULL) : NULL;
    if (s->n && window.n && !match)
        return vf_err_nomem(err);
    int rc = 0;
    for (size_t i = 0; match && i < s->n && rc >= 0; i++) {
        size_t at = st->next[i] > base ? (size_t)(st->next[i] - base) : 0;
        while (at < window.n &&
               (rc = pcre2_match(s->codes[i], (PCRE2_SPTR)window.p, window.n, at, 0, match, NULL)) >= 0) {
            at = pcre2_get_ovector_pointer(match)[0];
            note(st, base + at, i);
            at += s->strings[i].n;
        }
        if (rc == PCRE2_ERROR_NOMATCH)
            rc = 0;
        /* an occurrence may begin in the last bytes and end in the next window */
        size_t searched = window.n < s->strings[i].n ? 0 : window.n - s->strings[i].n + 1;
        st->next[i] = base + (at > searched ? at : searched);
    }
    pcre2_match_data_free(match);
    if (rc >= 0)
        return VF_OK;
    return vf_err_set(err, rc == PCRE2_ERROR_NOMEMORY ? VF_NO_MEMORY : VF_INTERNAL, 0, "search", VF_S(""),
                      "the search failed (PCRE2 error %d)", rc);
}
