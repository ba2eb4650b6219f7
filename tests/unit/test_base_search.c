/* The search for places: spellings, boundaries, rests, windows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/escape.h"
#include "base/search.h"

/* Hits as lines of text: offset, length, rest length, line, place, spelling, rest. */
struct hits {
    struct vf_buf text;
    size_t n, stop_after;
};

static const char *const spelling_names[VF_ENCODINGS] = {"raw",   "percent", "json",  "py",
                                                         "shell", "xml",     "config"};

static enum vf_status note_hit(void *ctx, const struct vf_hit *h, struct vf_err *err)
{
    struct hits *hits = ctx;
    vf_buf_printf(&hits->text, "%llu+%u+%u:%u p%u %s ", (unsigned long long)h->off, h->len, h->rest_len,
                  h->line, h->prefix, spelling_names[h->encoding]);
    vf_buf_put(&hits->text, h->rest);
    vf_buf_putc(&hits->text, '\n');
    if (++hits->n == hits->stop_after)
        return vf_err_set(err, VF_INTERRUPTED, 0, NULL, VF_S(""), NULL);
    return VF_OK;
}

/* Each test runs twice: with a search for each needle, and with one pass for all of them. */
static bool one_pass;

static int begin_one_pass(void **state)
{
    (void)state;
    one_pass = true;
    return 0;
}

static int end_one_pass(void **state)
{
    (void)state;
    one_pass = false;
    return 0;
}

static struct vf_searcher *searcher(const struct vf_prefix *prefixes, size_t n)
{
    struct vf_err err = {0};
    struct vf_searcher *s = NULL;
    assert_int_equal(vf_searcher_new(prefixes, n, &s, &err), VF_OK);
    if (one_pass)
        assert_int_equal(vf_searcher_in_one_pass(s, &err), VF_OK);
    return s;
}

/* Searches a text through windows of the given size; 0: in one. Each window is an own allocation, so that
 * reading past it is seen. */
static void search_through(const struct vf_searcher *s, struct vf_slice text, bool binary, size_t size,
                           struct hits *hits)
{
    struct vf_search_state st = {.binary = binary};
    struct vf_arena a = {0};
    struct vf_err err = {0};
    while (!st.last) {
        size_t left = text.n - (size_t)st.base;
        size_t n = size == 0 || left <= size ? left : size;
        st.last = n == left;
        char *window = malloc(n + 1);
        assert_non_null(window);
        if (n > 0)
            memcpy(window, text.p + st.base, n);
        window = realloc(window, n > 0 ? n : 1);
        assert_int_equal(vf_search_window(s, &st, (struct vf_slice){window, n}, &a, note_hit, hits, &err),
                         VF_OK);
        free(window);
    }
    vf_arena_release(&a);
}

struct sample {
    const char *prefix;
    struct vf_slice text;
    const char *hits;
};
#define T(lit) VF_S_INIT(lit)

static void check_samples(const struct sample *samples, size_t n, bool binary)
{
    for (size_t i = 0; i < n; i++) {
        struct vf_prefix prefix = {.path = vf_slice_of(samples[i].prefix)};
        struct vf_searcher *s = searcher(&prefix, 1);
        struct hits hits = {0};
        search_through(s, samples[i].text, binary, 0, &hits);
        assert_string_equal(vf_buf_cstr(&hits.text), samples[i].hits);
        vf_buf_release(&hits.text);
        vf_searcher_free(s);
    }
}

static void left_boundaries(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"/x/app", T("/x/app"), "0+6+0:1 p0 raw \n"},
        {"/x/app", T("a=/x/app"), "2+6+0:1 p0 raw \n"},
        {"/x/app", T("\n\n/x/app\n"), "2+6+0:3 p0 raw \n"},
        {"/x/app", T("/y/x/app /x/x/app ./x/app ~x/x/app a-/x/app _/x/app 9/x/app ../x/app"), ""},
        {"/x/app", T("\xC3\xA9/x/app"), ""},
        {"/x/app", T("\xEF\xBB\xBF/x/app"), "3+6+0:1 p0 raw \n"},
        {"/x/app", T("//x/app"), ""},
        {"/x/app", T("file:///x/app/b"), "7+6+2:1 p0 percent b\n"},
        {"/x/app", T("git+file:///x/app@main#egg=a"), "11+6+0:1 p0 percent \n"},
        {"/x/app", T("file:/x/app"), "5+6+0:1 p0 percent \n"},
        {"/x/app", T("file://localhost/x/app"), "16+6+0:1 p0 percent \n"},
        {"/x/app", T("http://host/x/app http://localhost/x/app"), ""},
        {"/x/app", T("unix:///x/app/s"), "7+6+2:1 p0 raw s\n"},
        {"/x/app", T("sqlite:///x/app/s"), ""},
        {"/x/app", T("a9:///x/app c:///x/app"), "5+6+0:1 p0 raw \n"},
        {"/x/app", T("sqlite:////x/app/s"), "10+6+2:1 p0 raw s\n"},
        {"/x/app", T("\"file:\\/\\/\\/x\\/app\\/b\""), "10+8+3:1 p0 json b\n"},
        {"/x/app", T("-L/x/app/lib -I/x/app a-L/x/app -ab/x/app"), "2+6+4:1 p0 raw lib\n15+6+0:1 p0 raw \n"},
        {"/x/app", T("EnvironmentFile=-/x/app/.env\n\t-/x/app a-/x/app --/x/app"),
         "17+6+5:1 p0 raw .env\n31+6+0:2 p0 raw \n"},
        {"/x/app", T("-isystem/x/app -Wl,-R/x/app"), "8+6+0:1 p0 raw \n21+6+0:1 p0 raw \n"},
        {"/x/app", T("'a\\n/x/app' 'a\\\\n/x/app'"), "4+6+0:1 p0 raw \n"},
        {"/x/app", T("%20/x/app %2F/x/app %41/x/app %3D/x/app"), "3+6+0:1 p0 raw \n33+6+0:1 p0 raw \n"},
        {"/x/app", T("a\\u003d/x/app a\\u0041/x/app"), "7+6+0:1 p0 raw \n"},
        {"/app", T("\"\\/y\\/app\" \"\\/app\\/b\""), "12+5+3:1 p0 json b\n"},
        {"/x/app", T("PATH=/x/app/bin:/x/app/sbin"), "5+6+4:1 p0 raw bin\n16+6+5:1 p0 raw sbin\n"},
    };
    check_samples(samples, VF_COUNT(samples), false);
}

static void right_boundaries(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"/x/app", T("/x/app2 /x/app-b /x/app_ /x/app.d /x/app\xC3\xA9 /x/app~ /x/app+ /x/ap"), ""},
        {"/x/app", T("(see /x/app)."), "5+6+0:1 p0 raw \n"},
        {"/x/app", T("in /x/app. In /x/app."), "3+6+0:1 p0 raw \n14+6+0:1 p0 raw \n"},
        {"/x/app", T("/x/app%20b /x/app%2Fb /x/app%41 /x/app%s"), "0+6+0:1 p0 raw \n11+6+0:1 p0 raw \n"},
        {"/x/app", T("'/x/app\\n' '/x/app\\u00e9' '/x/app\\u002fb' '/x/app\\x41'"),
         "1+6+0:1 p0 raw \n27+6+7:1 p0 raw b\n"},
        {"/x/app", T("/x/app\\ 2/bin /x/app\\\n"), "14+6+0:1 p0 raw \n"},
        {"/x/app", T("/x/app\0/x/app"), "0+6+0:1 p0 raw \n7+6+0:1 p0 raw \n"},
    };
    check_samples(samples, VF_COUNT(samples), false);
}

static void spellings(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"/x/my app", T("file:///x/my%20app/a%20b?c"), "7+11+6:1 p0 percent a b\n"},
        {"/x/my app", T("/x/my%20app2 /x/my%2Gapp"), ""},
        {"/x/\xC3\xA9~/e", T("/x/%c3%A9~/e /x/%C3%A9%7E/e /x/\xC3\xA9~/e"),
         "0+12+0:1 p0 percent \n13+14+0:1 p0 percent \n28+8+0:1 p0 raw \n"},
        {"/x/app", T("\"\\/x\\/app\\/bin\""), "1+8+5:1 p0 json bin\n"},
        {"/x/\xC3\xA9/e", T("\"/x/\\u00e9/e/f\" \"\\/x\\/\\u00E9\\/e\""),
         "1+11+2:1 p0 json f\n17+14+0:1 p0 json \n"},
        {"/x/\xF0\x9F\x90\x8D/e", T("\"/x/\\ud83d\\udc0d/e\" '/x/\\U0001f40d/e'"),
         "1+17+0:1 p0 json \n21+15+0:1 p0 py \n"},
        {"/x/\xFF/e", T("'/x/\\udcff/e' b'/x/\\xff/e'"), "1+11+0:1 p0 json \n16+9+0:1 p0 py \n"},
        {"/x/\xC3\xA9/e", T("'/x/\\xe9/e' b'/x/\\xc3\\xa9/e'"), "1+9+0:1 p0 py \n14+13+0:1 p0 py \n"},
        {"/x/q\"b\\/e", T("\"/x/q\\\"b\\\\/e/f\""), "1+11+2:1 p0 json f\n"},
        {"/x/it's/e", T("'/x/it\\'s/e' '/x/it'\\''s/e/f' '/x/it'\"'\"'s/e'"),
         "1+10+0:1 p0 py \n14+12+2:1 p0 shell f\n31+13+0:1 p0 shell \n"},
        {"/x/my app/e", T("cd /x/my\\ app/e/a\\ b"), "3+12+5:1 p0 shell a b\n"},
        {"/x/$a/e", T("\"/x/\\$a/e\""), "1+8+0:1 p0 shell \n"},
        {"/x/a&b'/e", T("<p>/x/a&amp;b&#39;/e/f</p> /x/a&#38;b&#x27;/e"),
         "3+17+2:1 p0 xml f\n27+18+0:1 p0 xml \n"},
        {"/x/a&b/e", T("/x/a&#0000038;b/e /x/a&#0038;b/e"), "18+14+0:1 p0 xml \n"},
        {"/x/a%41/e", T("/x/a%41/e /x/a%2541/e"), "0+9+0:1 p0 raw \n10+11+0:1 p0 percent \n"},
        {"/my app/b c/longest", T("'/my app/b c/longest' /my%20app/b%20c/longest"),
         "1+19+0:1 p0 raw \n22+23+0:1 p0 percent \n"},
    };
    check_samples(samples, VF_COUNT(samples), false);
}

static void rests(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"/x/a", T("/x/a/ /x/a//b/"), "0+4+1:1 p0 raw \n6+4+4:1 p0 raw b/\n"},
        {"/x/a", T("\"/x/a/script (dev) a,b.tmpl\" b"), "1+4+22:1 p0 raw script (dev) a,b.tmpl\n"},
        {"/x/a", T("\"/x/a/b -m pip\" \"/x/a/b /y\" \"/x/a/b && c\""),
         "1+4+2:1 p0 raw b\n17+4+2:1 p0 raw b\n29+4+2:1 p0 raw b\n"},
        {"/x/a", T("\"/x/a/b /x/a/c\""), "1+4+2:1 p0 raw b\n8+4+2:1 p0 raw c\n"},
        {"/x/a", T("\"/x/a/b:$PATH\""), "1+4+2:1 p0 raw b\n"},
        {"/x/a", T("{\\\"/x/a/b c\\\"}"), "3+4+4:1 p0 raw b c\n"},
        {"/x/a", T("/x/a/lib/*.py /x/a/@s/b@1 /x/a/b."),
         "0+4+5:1 p0 raw lib/\n14+4+5:1 p0 raw @s/b\n26+4+2:1 p0 raw b\n"},
        {"/x/a", T("/x/a/b.:c"), "0+4+3:1 p0 raw b.\n"},
        {"/x/a", T("file:///x/a/b%22c"), "7+4+2:1 p0 percent b\n"},
        {"/x/a", T("/x/a/b.py."), "0+4+5:1 p0 raw b.py\n"},
        {"/x/a", T("'/x/a/\\u00e9\\'"), "1+4+7:1 p0 raw \xC3\xA9\n"},
        {"/x/a", T("file:///x/a/b%20c%3A#d"), "7+4+9:1 p0 percent b c:\n"},
    };
    check_samples(samples, VF_COUNT(samples), false);
}

static void binaries(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"/x/app", T("\0z/x/app\0\n/x/app2"), "2+6+0:0 p0 raw \n"},
        {"/app", T("/app/app/b\0"), "0+4+6:0 p0 raw app/b\n"},
        {"/x/app", T("$ORIGIN:/x/app/lib:/x/app/l2\0"), "8+6+4:0 p0 raw lib\n19+6+3:0 p0 raw l2\n"},
        {"/x/app", T("\"/x/app/a b\""), "1+6+2:0 p0 raw a\n"},
        {"/x/app", T("\\/x\\/app"), ""},
        /* strings of a pickle: a length before them, an opcode behind them */
        {"/x/app", T("\x8c\x06/x/app\x94\x8c\x0a/x/app/lib\x94\x8c\x08/x/app\xC3\xA9\x94"),
         "2+6+0:0 p0 raw \n11+6+4:0 p0 raw lib\n"},
        {"/x/app", T("/x/app\x02/x/app/caf\xC3\xA9\x85"), "0+6+0:0 p0 raw \n7+6+6:0 p0 raw caf\xC3\xA9\n"},
    };
    check_samples(samples, VF_COUNT(samples), true);
}

static void longest_place_wins(void **state)
{
    (void)state;
    const struct vf_prefix prefixes[] = {
        {.path = VF_S_INIT("/a/b")}, {.path = VF_S_INIT("/a/b/c")}, {.path = VF_S_INIT("/a")}};
    struct vf_searcher *s = searcher(prefixes, VF_COUNT(prefixes));
    struct hits hits = {0};
    search_through(s, VF_S("/a/b/c/d /a/b/cc\n/a/x \"\\/a\\/b\\/c\" /a/b"), false, 0, &hits);
    assert_string_equal(vf_buf_cstr(&hits.text), "0+6+2:1 p1 raw d\n"
                                                 "9+4+3:1 p0 raw cc\n"
                                                 "17+2+2:2 p2 raw x\n"
                                                 "23+9+0:2 p1 json \n"
                                                 "34+4+0:2 p0 raw \n");
    vf_buf_release(&hits.text);
    vf_searcher_free(s);
}

static void windows_places(void **state)
{
    (void)state;
    const struct vf_prefix prefix = {VF_S_INIT("C:/Users/me/.venv"), VF_STYLE_WINDOWS, true};
    struct vf_searcher *s = searcher(&prefix, 1);
    struct hits hits = {0};
    search_through(s,
                   VF_S("c:\\users\\ME\\.venv\\Scripts\n\"C:\\\\Users\\\\me\\\\.venv\\\\a\\\\b\"\n"
                        "file:///C:/Users/me/.venv/x C:\\Users\\me\\.venv2 file:/C:/Users/me/.venv"),
                   false, 0, &hits);
    assert_string_equal(vf_buf_cstr(&hits.text), "0+17+8:1 p0 raw Scripts\n"
                                                 "27+20+6:2 p0 json a/b\n"
                                                 "63+17+2:3 p0 percent x\n"
                                                 "108+17+0:3 p0 percent \n");
    vf_buf_release(&hits.text);
    vf_searcher_free(s);
}

/* Deterministic noise made of the pieces that matter. */
static void put_noise(struct vf_buf *b, size_t size)
{
    static const struct vf_slice pieces[] = {
        VF_S_INIT("/x/my app"),
        VF_S_INIT("/x/my%20app"),
        VF_S_INIT("/x/my\\u0020app"),
        VF_S_INIT("\\/x\\/my app"),
        VF_S_INIT("/x/my app/lib"),
        VF_S_INIT("/x/my\\ app/lib"),
        VF_S_INIT("/x/"),
        VF_S_INIT("my app"),
        VF_S_INIT("/opt/v"),
        VF_S_INIT("/opt/v/w/e"),
        VF_S_INIT("\\/opt\\/v"),
        VF_S_INIT("file://"),
        VF_S_INIT("\n"),
        VF_S_INIT(" "),
        VF_S_INIT("\""),
        VF_S_INIT("'"),
        VF_S_INIT("/"),
        VF_S_INIT("\\"),
        VF_S_INIT("%20"),
        VF_S_INIT("."),
        VF_S_INIT("-L"),
        VF_S_INIT("a"),
        VF_S_INIT(":"),
        VF_S_INIT("/bin/python"),
    };
    uint32_t seed = 12345;
    while (b->n < size) {
        seed = seed * 1664525 + 1013904223;
        vf_buf_put(b, pieces[(seed >> 16) % VF_COUNT(pieces)]);
    }
}

static const struct vf_prefix noisy_places[] = {
    {.path = VF_S_INIT("/x/my app")},
    {.path = VF_S_INIT("/opt/v")},
    {.path = VF_S_INIT("/opt/v/w")},
    {.path = VF_S_INIT("/x/my app/lib")},
};

static void same_hits_through_any_window(void **state)
{
    (void)state;
    struct vf_searcher *s = searcher(noisy_places, VF_COUNT(noisy_places));
    struct vf_buf text = {0};
    put_noise(&text, 12000);
    size_t overlap = vf_searcher_overlap(s);
    assert_true(overlap < text.n / 2);
    for (int binary = 0; binary < 2; binary++) {
        struct hits whole = {0};
        search_through(s, vf_buf_slice(&text), binary, 0, &whole);
        assert_true(whole.n > 100);
        for (size_t size = overlap + 1; size <= text.n; size += size < overlap + 40 ? 1 : 13) {
            struct hits parts = {0};
            search_through(s, vf_buf_slice(&text), binary, size, &parts);
            assert_int_equal(parts.n, whole.n);
            assert_string_equal(vf_buf_cstr(&parts.text), vf_buf_cstr(&whole.text));
            vf_buf_release(&parts.text);
        }
        vf_buf_release(&whole.text);
    }
    vf_buf_release(&text);
    vf_searcher_free(s);
}

static void same_hits_without_jit(void **state)
{
    (void)state;
    struct vf_searcher *s = searcher(noisy_places, VF_COUNT(noisy_places));
    struct vf_buf text = {0};
    put_noise(&text, 300000);
    struct hits jit = {0};
    struct hits plain = {0};
    search_through(s, vf_buf_slice(&text), false, 70000, &jit);
    vf_searcher_without_jit(s);
    search_through(s, vf_buf_slice(&text), false, 0, &plain);
    assert_true(jit.n > 1000);
    assert_string_equal(vf_buf_cstr(&jit.text), vf_buf_cstr(&plain.text));
    vf_buf_release(&jit.text);
    vf_buf_release(&plain.text);
    vf_buf_release(&text);
    vf_searcher_free(s);
}

static void long_rests_and_big_files(void **state)
{
    (void)state;
    const struct vf_prefix prefix = {.path = VF_S_INIT("/x/app")};
    struct vf_searcher *s = searcher(&prefix, 1);
    struct vf_buf text = {0};
    for (int i = 0; i < 3000; i++)
        vf_buf_puts(&text, "nothing to be seen in this line\n");
    size_t at = text.n;
    vf_buf_puts(&text, "/x/app/");
    for (int i = 0; i < 70000; i++)
        vf_buf_putc(&text, 'r');
    vf_buf_puts(&text, "\n/x/app/end");
    struct vf_buf req = {0};
    vf_buf_printf(&req, "%zu+6+4096:3001 p0 raw ", at);
    for (int i = 0; i < 4095; i++)
        vf_buf_putc(&req, 'r');
    vf_buf_printf(&req, "\n%zu+6+4:3002 p0 raw end\n", text.n - 10);
    static const size_t sizes[] = {0, 5000, 8192, 65536};
    for (size_t i = 0; i < VF_COUNT(sizes); i++) {
        struct hits hits = {0};
        search_through(s, vf_buf_slice(&text), false, sizes[i], &hits);
        assert_string_equal(vf_buf_cstr(&hits.text), vf_buf_cstr(&req));
        vf_buf_release(&hits.text);
    }
    vf_buf_release(&req);
    vf_buf_release(&text);
    vf_searcher_free(s);
}

static void callback_stops_the_search(void **state)
{
    (void)state;
    const struct vf_prefix prefix = {.path = VF_S_INIT("/x/app")};
    struct vf_searcher *s = searcher(&prefix, 1);
    struct vf_search_state st = {.last = true};
    struct vf_arena a = {0};
    struct vf_err err = {0};
    struct hits hits = {.stop_after = 2};
    assert_int_equal(vf_search_window(s, &st, VF_S("/x/app /x/app /x/app"), &a, note_hit, &hits, &err),
                     VF_INTERRUPTED);
    assert_int_equal(hits.n, 2);
    vf_buf_release(&hits.text);
    vf_arena_release(&a);
    vf_searcher_free(s);
}

static void gives_up_on_text_made_to_be_slow(void **state)
{
    (void)state;
    static char path[4000];
    static char text[65536];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = "/a b"[i % 4];
    memcpy(path, text, sizeof path);
    path[sizeof path - 1] = '!';
    const struct vf_prefix prefix = {.path = {path, sizeof path}};
    struct vf_searcher *s = searcher(&prefix, 1);
    struct vf_search_state st = {.last = true};
    struct vf_arena a = {0};
    struct vf_err err = {0};
    struct hits hits = {0};
    assert_int_equal(
        vf_search_window(s, &st, (struct vf_slice){text, sizeof text}, &a, note_hit, &hits, &err), VF_LIMIT);
    vf_err_clear(&err);
    st = (struct vf_search_state){.last = true};
    assert_int_equal(
        vf_search_window(s, &st, (struct vf_slice){path, sizeof path}, &a, note_hit, &hits, &err), VF_OK);
    assert_int_equal(hits.n, 1);
    vf_buf_release(&hits.text);
    vf_arena_release(&a);
    vf_searcher_free(s);
}

static void counts_many_lines(void **state)
{
    (void)state;
    const struct vf_prefix prefix = {.path = VF_S_INIT("/x")};
    struct vf_searcher *s = searcher(&prefix, 1);
    struct vf_buf text = {0};
    for (unsigned i = 0; i < 9001; i++)
        vf_buf_puts(&text, i % 3 == 0 ? "a\n" : "\n");
    vf_buf_puts(&text, "/x");
    struct vf_buf req = {0};
    vf_buf_printf(&req, "%zu+2+0:9002 p0 raw \n", text.n - 2);
    for (size_t size = 0; size < 10000; size += 4999) {
        struct hits hits = {0};
        search_through(s, vf_buf_slice(&text), false, size, &hits);
        assert_string_equal(vf_buf_cstr(&hits.text), vf_buf_cstr(&req));
        vf_buf_release(&hits.text);
    }
    vf_buf_release(&req);
    vf_buf_release(&text);
    vf_searcher_free(s);
}

static void refuses_bad_places(void **state)
{
    (void)state;
    static char huge[5000];
    memset(huge, '/', sizeof huge);
    struct vf_prefix prefix = {.path = VF_S_INIT("")};
    struct vf_searcher *s;
    struct vf_err err = {0};
    assert_int_equal(vf_searcher_new(&prefix, 1, &s, &err), VF_USAGE);
    assert_null(s);
    vf_err_clear(&err);
    prefix.path = (struct vf_slice){huge, sizeof huge};
    assert_int_equal(vf_searcher_new(&prefix, 1, &s, &err), VF_PATH_TOO_LONG);
    vf_err_clear(&err);
    assert_int_equal(vf_searcher_new(NULL, 0, &s, &err), VF_OK);
    struct hits hits = {0};
    search_through(s, VF_S("/x"), false, 0, &hits);
    search_through(s, VF_S(""), false, 0, &hits);
    assert_int_equal(hits.n, 0);
    vf_searcher_free(s);
    vf_searcher_free(NULL);
}

static void writes_in_the_habit_of_the_original(void **state)
{
    (void)state;
    static const struct {
        enum vf_encoding sp;
        const char *path, *original, *req; /* want NULL: refused */
    } table[] = {
        {VF_ENC_RAW, "/n w", "/x", "/n w"},
        {VF_ENC_RAW, "/n\nw", "/x", NULL},
        {VF_ENC_PERCENT, "/n w~+\xC3\xA9", "/x%2a", "/n%20w~%2b%c3%a9"},
        {VF_ENC_PERCENT, "/n~+%", "/x+%7E", "/n%7E+%25"},
        {VF_ENC_JSON, "/n\"\xC3\xA9\xFF\xF0\x9F\x90\x8D", "\\/x", "\\/n\\\"\\u00e9\\udcff\\ud83d\\udc0d"},
        {VF_ENC_JSON, "/n\xC3\xA9", "/\xC3\xA9\\\"", "/n\xC3\xA9"},
        {VF_ENC_PY, "/n'\"\\\n\xFF", "/x\\'", "/n\\'\\\"\\\\\\n\\udcff"},
        {VF_ENC_SHELL, "/it's a", "/x'\\''", "/it'\\''s a"},
        {VF_ENC_SHELL, "/it's\na", "/x'\"'\"'", "/it'\"'\"'s\na"},
        {VF_ENC_SHELL, "/n w$", "/x\\ y", "/n\\ w\\$"},
        {VF_ENC_SHELL, "/n w'$", "/x y\\$", "/n w'\\$"},
        {VF_ENC_SHELL, "/n w", "/x;y\\$", "/n w"},
        {VF_ENC_SHELL, "/n w", "/x\\$", NULL},
        {VF_ENC_SHELL, "/n$", "/x\\$", "/n\\$"},
        {VF_ENC_SHELL, "/n\n", "/x\\ ", NULL},
        {VF_ENC_XML, "/a&<b>\"'", "/x&amp;", "/a&amp;&lt;b&gt;&quot;&#39;"},
        {VF_ENC_XML, "/a\xFF", "/x&amp;", NULL},
    };
    for (size_t i = 0; i < VF_COUNT(table); i++) {
        struct vf_buf b = {0};
        bool ok =
            vf_encoding_put(&b, table[i].sp, vf_slice_of(table[i].path), vf_slice_of(table[i].original));
        assert_int_equal(ok, table[i].req != NULL);
        assert_string_equal(vf_buf_cstr(&b), ok ? table[i].req : "");
        vf_buf_release(&b);
    }
    struct vf_buf b = {0};
    assert_false(vf_encoding_put(&b, VF_ENC_JSON, VF_S("/a\0b"), VF_S("/x")));
    vf_buf_release(&b);
}

/* What is written in a spelling is found again in it. */
static void written_is_found(void **state)
{
    (void)state;
    static const struct vf_prefix prefix = {.path = VF_S_INIT("/n'w \"&\\\xC3\xA9/env-dir")};
    static const char *const originals[VF_ENCODINGS] = {"/x",    "/x%20",   "/x\\\"",
                                                        "/x\\'", "/x'\\''", "/x&amp;"};
    struct vf_searcher *s = searcher(&prefix, 1);
    for (enum vf_encoding sp = VF_ENC_RAW; sp < VF_ENC_CONFIG; sp++) {
        struct vf_buf b = {0};
        vf_buf_putc(&b, ' ');
        assert_true(vf_encoding_put(&b, sp, prefix.path, vf_slice_of(originals[sp])));
        size_t n = b.n - 1;
        vf_buf_puts(&b, "/lib ");
        struct hits hits = {0};
        search_through(s, vf_buf_slice(&b), false, 0, &hits);
        assert_int_equal(hits.n, 1);
        struct vf_buf req = {0};
        vf_buf_printf(&req, "1+%zu+4:1 ", n);
        assert_true(vf_slice_starts(vf_buf_slice(&hits.text), vf_buf_slice(&req)));
        assert_true(vf_slice_ends(vf_buf_slice(&hits.text), VF_S(" lib\n")));
        vf_buf_release(&req);
        vf_buf_release(&hits.text);
        vf_buf_release(&b);
    }
    vf_searcher_free(s);
}

/* What configuration files write of `/n%2Fw $x y`: doubled, with backslashes, or with numbers. */
static void configuration_is_found(void **state)
{
    (void)state;
    static const struct vf_prefix prefix = {.path = VF_S_INIT("/n%2Fw $x 'y")};
    static const char *const texts[] = {
        " /n%%2Fw $x 'y/lib ",   " /n%%2Fw\\x20$$x\\x20'y/lib ", " /n\\%2Fw\\ \\$x\\ \\'y/lib ",
        " '/n%2Fw $x ''y/lib' ", " /n%2Fw\\ \\$$x\\ \\'y/lib ",  " \"/n%%2Fw \\\\$x 'y/lib\" ",
    };
    struct vf_searcher *s = searcher(&prefix, 1);
    for (size_t i = 0; i < VF_COUNT(texts); i++) {
        struct hits hits = {0};
        search_through(s, vf_slice_of(texts[i]), false, 0, &hits);
        if (hits.n != 1)
            fail_msg("%zu hits in %s", hits.n, texts[i]);
        vf_buf_release(&hits.text);
    }
    vf_searcher_free(s);
}

/* Hundreds of prefixes: the hits of each are those of a searcher of its own, whatever is beside it. */
static void many_prefixes(void **state)
{
    (void)state;
    enum { N = 300 };
    static char names[N][40];
    static struct vf_prefix prefixes[N];
    struct vf_buf text = {0};
    for (size_t i = 0; i < N; i++) {
        if (i % 3 == 1)
            (void)snprintf(names[i], sizeof names[i], "/srv/a b/app%zu", i);
        else
            (void)snprintf(names[i], sizeof names[i], "/nowhere/e%zu/.venv", i);
        prefixes[i] = (struct vf_prefix){.path = vf_slice_of(names[i])};
    }
    for (size_t i = N; i-- > 0;) {
        vf_buf_puts(&text, "key = ");
        if (i % 3 == 0) /* as JSON may write it */
            for (const char *c = names[i]; *c; c++)
                vf_buf_puts(&text, *c == '/' ? "\\/" : (char[]){*c, 0});
        else
            vf_buf_puts(&text, names[i]);
        vf_buf_puts(&text, i % 3 == 0 ? "\\/lib;\n" : "/lib;\n");
    }
    struct vf_searcher *s = NULL;
    struct vf_err err = {0};
    assert_int_equal(vf_searcher_new(prefixes, N, &s, &err), VF_OK);
    for (size_t size = 0; size <= 32768; size += 32768) {
        struct hits hits = {0};
        search_through(s, vf_buf_slice(&text), false, size, &hits);
        assert_int_equal(hits.n, N);
        struct vf_slice all = vf_buf_slice(&hits.text), line;
        for (size_t i = N; i-- > 0;) {
            char which[64];
            (void)snprintf(which, sizeof which, " p%zu %s ", i, i % 3 == 0 ? "json" : "raw");
            assert_true(vf_slice_next_line(&all, &line));
            if (vf_slice_find(line, vf_slice_of(which), 0) == VF_NPOS || !vf_slice_ends(line, VF_S("lib")))
                fail_msg("%zu: %.*s", i, (int)line.n, line.p);
        }
        vf_buf_release(&hits.text);
    }
    vf_searcher_free(s);
    vf_buf_release(&text);
}

#define BOTH(test) cmocka_unit_test(test), cmocka_unit_test_setup_teardown(test, begin_one_pass, end_one_pass)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_prefixes),
        BOTH(configuration_is_found),
        BOTH(left_boundaries),
        BOTH(right_boundaries),
        BOTH(spellings),
        BOTH(rests),
        BOTH(binaries),
        BOTH(longest_place_wins),
        BOTH(windows_places),
        BOTH(same_hits_through_any_window),
        BOTH(same_hits_without_jit),
        BOTH(long_rests_and_big_files),
        BOTH(callback_stops_the_search),
        BOTH(gives_up_on_text_made_to_be_slow),
        BOTH(counts_many_lines),
        BOTH(refuses_bad_places),
        BOTH(writes_in_the_habit_of_the_original),
        BOTH(written_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
