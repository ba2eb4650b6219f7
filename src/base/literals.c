/* literals.c: the automaton. A state is a beginning of some text; each has a full row of transitions, one for
 * each class of bytes, so that a byte costs one look at the table. Bytes in no text are one class. */
#include "base/literals.h"

#include <stdlib.h>
#include <string.h>

enum { NO_TEXT = 0, ROOT = 0 };

struct state {
    uint32_t text; /* 1 + the first text that ends here; NO_TEXT */
    uint32_t fail; /* the longest proper end of this state that is a state */
    uint32_t out;  /* the longest proper end at which a text ends; ROOT: none */
};

struct vf_literals {
    unsigned char class_of[256];
    size_t n_classes, n_states, n_texts;
    uint32_t *next; /* n_states rows of n_classes */
    struct state *states;
    uint32_t *same; /* of each text: 1 + another one with the same bytes; NO_TEXT */
    size_t *len;
};

static void make_classes(struct vf_literals *s, const struct vf_slice *texts, size_t n)
{
    s->n_classes = 1;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < texts[i].n; k++) {
            unsigned char *class_of = &s->class_of[(unsigned char)texts[i].p[k]];
            if (*class_of == 0 && s->n_classes < 256)
                *class_of = (unsigned char)s->n_classes++;
        }
}

static bool allocate(struct vf_literals *s, size_t states, size_t texts)
{
    s->next = calloc(states, s->n_classes * sizeof *s->next);
    s->states = calloc(states, sizeof *s->states);
    s->same = calloc(texts, sizeof *s->same);
    s->len = calloc(texts, sizeof *s->len);
    return s->next && s->states && s->same && s->len;
}

static void add_text(struct vf_literals *s, struct vf_slice text, uint32_t which)
{
    size_t at = ROOT;
    for (size_t k = 0; k < text.n; k++) {
        uint32_t *next = &s->next[at * s->n_classes + s->class_of[(unsigned char)text.p[k]]];
        if (*next == ROOT)
            *next = (uint32_t)s->n_states++;
        at = *next;
    }
    s->len[which] = text.n;
    s->same[which] = s->states[at].text;
    s->states[at].text = which + 1;
}

/* Level by level: where a state has no transition of its own, that of its longest proper end. `queue` has
 * room for all states. */
static void complete(struct vf_literals *s, uint32_t *queue)
{
    size_t head = 0, tail = 0;
    for (size_t c = 0; c < s->n_classes; c++)
        if (s->next[c] != ROOT)
            queue[tail++] = s->next[c];
    while (head < tail) {
        uint32_t at = queue[head++], fail = s->states[at].fail;
        s->states[at].out = s->states[fail].text != NO_TEXT ? fail : s->states[fail].out;
        for (size_t c = 0; c < s->n_classes; c++) {
            uint32_t *next = &s->next[at * s->n_classes + c], other = s->next[fail * s->n_classes + c];
            if (*next == ROOT) {
                *next = other;
                continue;
            }
            s->states[*next].fail = other;
            queue[tail++] = *next;
        }
    }
}

enum vf_status vf_literals_new(const struct vf_slice *texts, size_t n, struct vf_literals **out,
                               struct vf_err *err)
{
    struct vf_literals *s = calloc(1, sizeof *s);
    size_t states = 1;
    *out = NULL;
    if (!s)
        return vf_err_nomem(err);
    make_classes(s, texts, n);
    for (size_t i = 0; i < n; i++)
        states += texts[i].n;
    if (states > UINT32_MAX / s->n_classes || n >= UINT32_MAX) {
        vf_literals_free(s);
        return vf_err_set(err, VF_LIMIT, 0, "search", VF_S(""), "too many paths to search for");
    }
    uint32_t *queue = malloc(states * sizeof *queue);
    bool ok = allocate(s, states, n == 0 ? 1 : n) && queue;
    s->n_states = 1;
    s->n_texts = n;
    for (size_t i = 0; i < n && ok; i++)
        add_text(s, texts[i], (uint32_t)i);
    if (ok)
        complete(s, queue);
    free(queue);
    if (!ok) {
        vf_literals_free(s);
        return vf_err_nomem(err);
    }
    *out = s;
    return VF_OK;
}

void vf_literals_free(struct vf_literals *s)
{
    if (!s)
        return;
    free(s->next);
    free(s->states);
    free(s->same);
    free(s->len);
    free(s);
}

static enum vf_status report(const struct vf_literals *s, uint32_t state, size_t end, vf_literal_fn fn,
                             void *ctx, struct vf_err *err)
{
    for (uint32_t at = state; at != ROOT; at = s->states[at].out)
        for (uint32_t text = s->states[at].text; text != NO_TEXT; text = s->same[text - 1]) {
            enum vf_status st = fn(ctx, text - 1, end - s->len[text - 1], err);
            if (st != VF_OK)
                return st;
        }
    return VF_OK;
}

enum vf_status vf_literals_find(const struct vf_literals *s, struct vf_slice bytes, size_t from,
                                vf_literal_fn fn, void *ctx, struct vf_err *err)
{
    uint32_t at = ROOT;
    for (size_t i = from; i < bytes.n; i++) {
        at = s->next[at * s->n_classes + s->class_of[(unsigned char)bytes.p[i]]];
        if (s->states[at].text == NO_TEXT && s->states[at].out == ROOT)
            continue;
        enum vf_status st = report(s, at, i + 1, fn, ctx, err);
        if (st != VF_OK)
            return st;
    }
    return VF_OK;
}
