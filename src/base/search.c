/* The search: one literal per place finds candidates at the speed of memory, the slow and tolerant comparison
 * runs only around them.
 *
 * Which hits a file has must not depend on its windows. So every start is decided in exactly one window, one
 * that shows all the bytes that the decision may look at: a fixed number before it and behind it. Starts too
 * near to the end of a window are left for the next one.
 *
 * A few literals are searched one after the other; many in one pass (literals.h), so that hundreds of old
 * prefixes cost what a dozen cost. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "base/search.h"

#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/literals.h"
#include "base/path_boundary.h"

enum {
    LONGEST_PLACE = 4096,
    FEW_BACKSLASHES = 64,
    MANY_NEEDLES = 24,   /* more are searched in one pass */
    WORK_PER_BYTE = 100, /* comparisons allowed for each byte of a window; ordinary text takes less than 1 */
};

struct needle {
    pcre2_code *code;     /* NULL: it is only found in one pass with others */
    struct vf_slice text; /* in the searcher's arena */
    uint32_t prefix;
    size_t at;    /* offset in the place of what the needle finds */
    size_t slot;  /* when that is not 0: a number of its own, for the pass with others */
    bool slashes; /* the one for text that writes `\/` */
};

struct vf_searcher {
    const struct vf_prefix *prefixes;
    size_t n_prefixes, n_needles;
    struct needle *needles;   /* room for two per place; those that fold case come last */
    struct vf_literals *many; /* the first n_many of them; NULL */
    size_t n_many, n_slots;
    struct vf_arena arena;
    pcre2_code *slash; /* `\/`: a window without it needs half of the needles only */
    size_t ahead;      /* bytes from a start on that its decision may look at */
    uint32_t match_options;
};

/* Bytes that every spelling leaves as they are; the slash has a needle of its own for `\/`. */
static bool is_shared(const struct vf_prefix *pl, char c)
{
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
        return true;
    return c == '_' || c == '-' || c == '.' || (c == '/' && pl->style == VF_STYLE_POSIX);
}

/* The longest run of shared bytes and its offset; the first byte when there is none. */
static struct vf_slice longest_run(const struct vf_prefix *pl, size_t *at)
{
    size_t best = 0;
    size_t from = 0;
    *at = 0;
    for (size_t i = 0; i <= pl->path.n; i++) {
        if (i < pl->path.n && is_shared(pl, pl->path.p[i]))
            continue;
        if (i - from > best) {
            best = i - from;
            *at = from;
        }
        from = i + 1;
    }
    return vf_slice_sub(pl->path, *at, *at + (best == 0 ? 1 : best));
}

static enum vf_status compile(struct vf_slice text, bool fold_case, pcre2_code **out, struct vf_err *err)
{
    uint32_t options = PCRE2_LITERAL | (fold_case ? PCRE2_CASELESS : 0);
    int code = 0;
    PCRE2_SIZE where = 0;
    *out = pcre2_compile((PCRE2_SPTR)text.p, text.n, options, &code, &where, NULL);
    if (!*out)
        return vf_err_set(err, code == PCRE2_ERROR_HEAP_FAILED ? VF_NO_MEMORY : VF_INTERNAL, 0, "search",
                          text, "the search pattern was refused (PCRE2 error %d)", code);
    /* A host may forbid memory that is both written and run: then pcre2_match interprets the pattern. */
    (void)pcre2_jit_compile(*out, PCRE2_JIT_COMPLETE);
    return VF_OK;
}

static enum vf_status needle_add(struct vf_searcher *s, struct needle nd, struct vf_slice text,
                                 struct vf_err *err)
{
    nd.text = vf_arena_dup(&s->arena, text);
    nd.slot = nd.at > 0 ? s->n_slots++ : 0;
    s->needles[s->n_needles++] = nd;
    return nd.text.p ? VF_OK : vf_err_nomem(err);
}

/* The run with `\/` for every slash. */
static enum vf_status needle_add_slashes(struct vf_searcher *s, struct needle nd, struct vf_slice run,
                                         struct vf_err *err)
{
    struct vf_buf text = {0};
    for (size_t i = 0; i < run.n; i++) {
        if (run.p[i] == '/')
            vf_buf_putc(&text, '\\');
        vf_buf_putc(&text, run.p[i]);
    }
    nd.slashes = true;
    enum vf_status st = text.failed ? vf_err_nomem(err) : needle_add(s, nd, vf_buf_slice(&text), err);
    vf_buf_release(&text);
    return st;
}

static enum vf_status place_add(struct vf_searcher *s, size_t i, struct vf_err *err)
{
    const struct vf_prefix *pl = &s->prefixes[i];
    if (pl->path.n == 0)
        return vf_err_set(err, VF_USAGE, 0, "search", VF_S(""), "a place to search for is empty");
    if (pl->path.n > LONGEST_PLACE)
        return vf_err_set(err, VF_PATH_TOO_LONG, 0, "search", pl->path, "a place to search for is too long");
    size_t ahead = pl->path.n * VF_ENCODING_GROWTH + VF_BOUNDARY_REST + VF_BOUNDARY_BEHIND;
    if (ahead > s->ahead)
        s->ahead = ahead;
    struct needle nd = {.prefix = (uint32_t)i};
    struct vf_slice run = longest_run(pl, &nd.at);
    enum vf_status st = needle_add(s, nd, run, err);
    if (st == VF_OK && vf_slice_find_byte(run, '/', 0) != VF_NPOS)
        st = needle_add_slashes(s, nd, run, err);
    return st;
}

static bool folds(const struct vf_searcher *s, size_t needle)
{
    return s->prefixes[s->needles[needle].prefix].fold_case;
}

enum vf_status vf_searcher_in_one_pass(struct vf_searcher *s, struct vf_err *err)
{
    while (s->n_many < s->n_needles && !folds(s, s->n_many))
        s->n_many++;
    struct vf_slice *texts = calloc(s->n_many == 0 ? 1 : s->n_many, sizeof *texts);
    if (!texts)
        return vf_err_nomem(err);
    for (size_t i = 0; i < s->n_many; i++)
        texts[i] = s->needles[i].text;
    enum vf_status st = vf_literals_new(texts, s->n_many, &s->many, err);
    free(texts);
    return st;
}

static enum vf_status compile_all(struct vf_searcher *s, struct vf_err *err)
{
    enum vf_status st = compile(VF_S("\\/"), false, &s->slash, err);
    if (st == VF_OK && s->n_needles > MANY_NEEDLES)
        st = vf_searcher_in_one_pass(s, err);
    for (size_t i = s->n_many; i < s->n_needles && st == VF_OK; i++)
        st = compile(s->needles[i].text, folds(s, i), &s->needles[i].code, err);
    return st;
}

enum vf_status vf_searcher_new(const struct vf_prefix *prefixes, size_t n, struct vf_searcher **out,
                               struct vf_err *err)
{
    *out = NULL;
    if (n > UINT32_MAX)
        return vf_err_set(err, VF_LIMIT, 0, "search", VF_S(""), "too many places to search for");
    struct vf_searcher *s = calloc(1, sizeof *s);
    struct needle *needles = calloc(n == 0 ? 1 : n, 2 * sizeof *needles);
    if (!s || !needles) {
        free(s);
        free(needles);
        return vf_err_nomem(err);
    }
    s->prefixes = prefixes;
    s->n_prefixes = n;
    s->needles = needles;
    s->ahead = VF_BOUNDARY_REST + VF_BOUNDARY_BEHIND;
    vf_arena_init(&s->arena);
    enum vf_status st = VF_OK;
    for (int fold = 0; fold < 2; fold++)
        for (size_t i = 0; i < n && st == VF_OK; i++)
            if (prefixes[i].fold_case == (fold == 1))
                st = place_add(s, i, err);
    if (st == VF_OK)
        st = compile_all(s, err);
    if (st == VF_OK)
        *out = s;
    else
        vf_searcher_free(s);
    return st;
}

void vf_searcher_free(struct vf_searcher *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n_needles; i++)
        pcre2_code_free(s->needles[i].code);
    pcre2_code_free(s->slash);
    vf_literals_free(s->many);
    vf_arena_release(&s->arena);
    free(s->needles);
    free(s);
}

void vf_searcher_without_jit(struct vf_searcher *s)
{
    s->match_options |= PCRE2_NO_JIT;
}

size_t vf_searcher_overlap(const struct vf_searcher *s)
{
    return s->ahead + VF_BOUNDARY_BEFORE;
}

struct found {
    size_t off, len;
    uint32_t prefix;
    enum vf_encoding encoding;
    size_t weight; /* length of the place */
};

/* One window being searched. Starts in [from, limit) are decided here. */
struct scan {
    const struct vf_searcher *s;
    struct vf_search_state *st;
    struct vf_slice window;
    size_t from, limit;
    struct found *found;
    size_t n, cap;
    pcre2_match_data *match;
    struct vf_buf rest; /* used for one hit after the other */
    uint64_t work;
};

static struct vf_slice before(const struct scan *sc, size_t start)
{
    return vf_slice_sub(sc->window, start > VF_BOUNDARY_BEFORE ? start - VF_BOUNDARY_BEFORE : 0, start);
}

static bool found_push(struct scan *sc, struct found f)
{
    if (sc->n == sc->cap) {
        size_t cap = sc->cap == 0 ? 64 : sc->cap * 2;
        struct found *bigger =
            cap > SIZE_MAX / sizeof *bigger ? NULL : realloc(sc->found, cap * sizeof *bigger);
        if (!bigger)
            return false;
        sc->found = bigger;
        sc->cap = cap;
    }
    sc->found[sc->n++] = f;
    return true;
}

/* Is the place written at `start`, as a whole path? Then it is kept. */
static enum vf_status try_start(struct scan *sc, uint32_t prefix, size_t start, struct vf_err *err)
{
    const struct vf_prefix *pl = &sc->s->prefixes[prefix];
    struct vf_slice text = vf_slice_from(sc->window, start);
    if (!vf_encoding_may_start(pl, text.p[0]))
        return VF_OK;
    enum vf_encoding sp;
    size_t len = vf_encoding_match(pl, text, &sp, &sc->work);
    if (sc->work / WORK_PER_BYTE > sc->window.n + sc->s->ahead)
        return vf_err_set(err, VF_LIMIT, 0, "search", VF_S(""),
                          "the contents repeat themselves in a way that makes them too slow to search");
    struct vf_slice behind = vf_slice_from(text, len);
    if (len == 0 || !(sc->st->binary ? vf_boundary_right_binary : vf_boundary_right)(pl->style, behind))
        return VF_OK;
    if (!sc->st->binary && !vf_boundary_left(pl->style, before(sc, start)))
        return VF_OK;
    struct found f = {start, len, prefix, sp, pl->path.n};
    return found_push(sc, f) ? VF_OK : vf_err_nomem(err);
}

/* Tries every start from which the place may reach the needle found at `hit`; *tried is the first one not
 * tried yet. */
static enum vf_status try_around(struct scan *sc, const struct needle *nd, size_t hit, size_t *tried,
                                 struct vf_err *err)
{
    if (hit < nd->at)
        return VF_OK;
    size_t back = nd->at * VF_ENCODING_GROWTH;
    size_t start = hit > back ? hit - back : 0;
    if (start < *tried)
        start = *tried;
    size_t end = hit - nd->at + 1;
    enum vf_status st = VF_OK;
    for (; start < end && start < sc->limit && st == VF_OK; start++)
        st = try_start(sc, nd->prefix, start, err);
    if (end > *tried)
        *tried = end;
    return st;
}

/* Position of the literal at or behind `from`; VF_NPOS when there is none. */
static enum vf_status find(struct scan *sc, const pcre2_code *code, size_t from, size_t *hit,
                           struct vf_err *err)
{
    *hit = VF_NPOS;
    if (from >= sc->window.n)
        return VF_OK;
    int rc = pcre2_match(code, (PCRE2_SPTR)sc->window.p, sc->window.n, from, sc->s->match_options, sc->match,
                         NULL);
    if (rc >= 0)
        *hit = pcre2_get_ovector_pointer(sc->match)[0];
    if (rc >= 0 || rc == PCRE2_ERROR_NOMATCH)
        return VF_OK;
    return vf_err_set(err, rc == PCRE2_ERROR_NOMEMORY ? VF_NO_MEMORY : VF_INTERNAL, 0, "search", VF_S(""),
                      "the search failed (PCRE2 error %d)", rc);
}

static enum vf_status scan_needle(struct scan *sc, const struct needle *nd, struct vf_err *err)
{
    size_t tried = sc->from;
    size_t last_hit = sc->limit + nd->at * VF_ENCODING_GROWTH; /* no start below the limit reaches further */
    for (size_t at = sc->from, hit;; at = hit + 1) {
        enum vf_status st = find(sc, nd->code, at, &hit, err);
        if (st != VF_OK || hit == VF_NPOS || hit > last_hit)
            return st;
        st = try_around(sc, nd, hit, &tried, err);
        if (st != VF_OK)
            return st;
    }
}

/* Is there a `\/` in the window? Most text has few backslashes, and a single byte is found twice as fast as
 * two; where they are many, the pattern goes on. */
static enum vf_status find_slash(struct scan *sc, size_t *at, struct vf_err *err)
{
    size_t from = sc->from;
    for (int tries = 0; tries < FEW_BACKSLASHES; tries++, from = *at + 1) {
        *at = vf_slice_find_byte(sc->window, '\\', from);
        if (*at == VF_NPOS || (*at + 1 < sc->window.n && sc->window.p[*at + 1] == '/'))
            return VF_OK;
    }
    return find(sc, sc->s->slash, from, at, err);
}

struct pass {
    struct scan *sc;
    size_t *tried; /* of each slot */
};

static enum vf_status on_needle(void *ctx, size_t which, size_t hit, struct vf_err *err)
{
    struct pass *p = ctx;
    const struct needle *nd = &p->sc->s->needles[which];
    size_t begin = p->sc->from; /* without a slot each occurrence is one start */
    if ((nd->slashes && p->sc->st->binary) || hit > p->sc->limit + nd->at * VF_ENCODING_GROWTH)
        return VF_OK;
    return try_around(p->sc, nd, hit, nd->at > 0 ? &p->tried[nd->slot] : &begin, err);
}

static enum vf_status scan_many(struct scan *sc, struct vf_err *err)
{
    struct pass p = {sc, calloc(sc->s->n_slots + 1, sizeof *p.tried)};
    if (!p.tried)
        return vf_err_nomem(err);
    for (size_t i = 0; i < sc->s->n_slots; i++)
        p.tried[i] = sc->from;
    enum vf_status st = vf_literals_find(sc->s->many, sc->window, sc->from, on_needle, &p, err);
    free(p.tried);
    return st;
}

static enum vf_status scan_all(struct scan *sc, struct vf_err *err)
{
    size_t slash = VF_NPOS;
    enum vf_status st = sc->s->many ? scan_many(sc, err) : VF_OK;
    if (st == VF_OK && sc->s->n_many < sc->s->n_needles && !sc->st->binary)
        st = find_slash(sc, &slash, err);
    for (size_t i = sc->s->n_many; i < sc->s->n_needles && st == VF_OK; i++)
        if (slash != VF_NPOS || !sc->s->needles[i].slashes)
            st = scan_needle(sc, &sc->s->needles[i], err);
    return st;
}

static int order(const void *x, const void *y)
{
    const struct found *a = x;
    const struct found *b = y;
    if (a->off != b->off)
        return a->off < b->off ? -1 : 1;
    if (a->weight != b->weight)
        return a->weight > b->weight ? -1 : 1;
    if (a->prefix != b->prefix)
        return a->prefix < b->prefix ? -1 : 1;
    return (a->encoding > b->encoding) - (a->encoding < b->encoding);
}

/* Sixteen bytes at a time, since big text files are counted whole: each lane counts up to 255 lines. */
static uint32_t count_lines(struct vf_slice s)
{
    typedef unsigned char lanes __attribute__((vector_size(16)));
    uint32_t n = 0;
    size_t i = 0;
    while (s.n - i >= sizeof(lanes)) {
        lanes sum = {0};
        for (int k = 0; k < 255 && s.n - i >= sizeof(lanes); k++, i += sizeof(lanes)) {
            lanes v;
            memcpy(&v, s.p + i, sizeof v);
            sum -= (lanes)(v == '\n'); /* true is -1 */
        }
        for (size_t k = 0; k < sizeof(lanes); k++)
            n += sum[k];
    }
    for (; i < s.n; i++)
        n += s.p[i] == '\n';
    return n;
}

/* A path in a `file:` URL is percent-encoded, also when nothing in this one needed it: what is written in its
 * place may. */
static enum vf_encoding spelling_in_context(const struct scan *sc, const struct found *f)
{
    struct vf_slice text = vf_slice_sub(sc->window, f->off, f->off + f->len);
    bool url = f->encoding == VF_ENC_RAW && !sc->st->binary && vf_boundary_file_url(before(sc, f->off)) &&
               vf_slice_find_byte(text, '%', 0) == VF_NPOS;
    return url ? VF_ENC_PERCENT : f->encoding;
}

static bool behind_quote(const struct scan *sc, size_t start)
{
    char c = start > 0 ? sc->window.p[start - 1] : '\0';
    return !sc->st->binary && (c == '"' || c == '\'' || c == '`');
}

static enum vf_status make_hit(struct scan *sc, const struct found *f, struct vf_arena *a, struct vf_hit *hit,
                               struct vf_err *err)
{
    enum vf_encoding sp = spelling_in_context(sc, f);
    struct vf_rest_rule rule = {sp, sc->s->prefixes[f->prefix].style, sc->st->binary,
                                behind_quote(sc, f->off)};
    vf_buf_clear(&sc->rest);
    size_t rest_len = vf_boundary_rest(rule, vf_slice_from(sc->window, f->off + f->len), &sc->rest);
    *hit = (struct vf_hit){
        .off = sc->st->base + f->off,
        .len = (uint32_t)f->len,
        .rest_len = (uint32_t)rest_len,
        .prefix = f->prefix,
        .encoding = sp,
    };
    if (!sc->rest.failed)
        hit->rest = vf_arena_dup(a, vf_buf_slice(&sc->rest));
    return hit->rest.p ? VF_OK : vf_err_nomem(err);
}

/* Reports what was found in order; *covered: the first byte that no reported hit covers. */
static enum vf_status report(struct scan *sc, struct vf_arena *a, vf_hit_fn fn, void *ctx, size_t *covered,
                             struct vf_err *err)
{
    uint32_t line = sc->st->line + 1;
    size_t counted = 0;
    if (sc->n > 1)
        qsort(sc->found, sc->n, sizeof *sc->found, order);
    for (size_t i = 0; i < sc->n; i++) {
        const struct found *f = &sc->found[i];
        if (f->off < *covered)
            continue;
        struct vf_hit hit;
        enum vf_status st = make_hit(sc, f, a, &hit, err);
        if (st != VF_OK)
            return st;
        if (!sc->st->binary) {
            line += count_lines(vf_slice_sub(sc->window, counted, f->off));
            counted = f->off;
            hit.line = line;
        }
        /* Binaries have no left boundary: `/app/app` would count twice. */
        *covered = f->off + f->len + (sc->st->binary ? hit.rest_len : 0);
        st = fn(ctx, &hit, err);
        if (st != VF_OK)
            return st;
    }
    return VF_OK;
}

/* Moves the state to where the next window has to begin. */
static void advance(struct scan *sc, size_t covered)
{
    size_t done = covered > sc->limit ? covered : sc->limit;
    if (sc->st->base + done > sc->st->next)
        sc->st->next = sc->st->base + done;
    size_t keep = vf_searcher_overlap(sc->s);
    if (sc->st->last || sc->window.n <= keep)
        return;
    size_t drop = sc->window.n - keep;
    if (!sc->st->binary)
        sc->st->line += count_lines(vf_slice_sub(sc->window, 0, drop));
    sc->st->base += drop;
}

enum vf_status vf_search_window(const struct vf_searcher *s, struct vf_search_state *st,
                                struct vf_slice window, struct vf_arena *a, vf_hit_fn fn, void *ctx,
                                struct vf_err *err)
{
    struct scan sc = {.s = s, .st = st, .window = window};
    sc.from = st->next > st->base ? (size_t)(st->next - st->base) : 0;
    sc.limit = st->last ? window.n : window.n > s->ahead ? window.n - s->ahead : 0;
    size_t covered = sc.from;
    enum vf_status status = VF_OK;
    if (sc.from < sc.limit && s->n_needles > 0) {
        sc.match = pcre2_match_data_create(1, NULL);
        if (!sc.match)
            return vf_err_nomem(err);
        status = scan_all(&sc, err);
        if (status == VF_OK)
            status = report(&sc, a, fn, ctx, &covered, err);
        pcre2_match_data_free(sc.match);
        vf_buf_release(&sc.rest);
        free(sc.found);
    }
    if (status == VF_OK)
        advance(&sc, covered);
    return status;
}
