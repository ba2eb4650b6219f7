/* Requirement lists: text, lines, options, includes, and what is refused. */
#include "packaging_helper.h"

#include <stdlib.h>

#include "base/digest.h"
#include "packaging/reqlist.h"
#include "packaging/text.h"

#define H64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static struct vf_arena arena;
static struct vf_reqlist list;
static struct vf_err err;

/* Lists by name, for includes. */
static const char *const files[][2] = {
    {"reqs/sub/more.txt", "three==3\n-c ../bounds.txt\n"},
    {"reqs/bounds.txt", "four<5\n"},
    {"reqs/loop.txt", "-r main.txt\n"},
    {"reqs/bad.txt", "\n\nfine\nnot ! fine\n"},
    {"other/out.txt", "outside\n"},
    {"reqs/inc.txt", "inc1==1\n-c con.txt\n"},
    {"reqs/con.txt", "con1<2\n"},
};

static enum vf_status read_list(void *ctx, struct vf_slice path, struct vf_arena *a, struct vf_slice *bytes,
                                struct vf_err *e)
{
    (void)a;
    ++*(unsigned *)ctx;
    for (size_t i = 0; i < VF_COUNT(files); i++) {
        if (vf_slice_eq(path, vf_slice_of(files[i][0]))) {
            *bytes = vf_slice_of(files[i][1]);
            return VF_OK;
        }
    }
    return vf_err_set(e, VF_NOT_FOUND, 0, "read", path, NULL);
}

static bool variable(void *ctx, struct vf_slice name, struct vf_slice *value)
{
    (void)ctx;
    bool short_one = vf_slice_eq(name, VF_S("TOK"));
    *value = short_one ? VF_S("t0k") : VF_S("tok#en");
    return short_one || vf_slice_eq(name, VF_S("TOKEN_1"));
}

static unsigned reads;

static enum vf_status parse_bytes(struct vf_slice bytes, bool host)
{
    struct vf_list_reader r = {&reads, read_list, variable, host};
    vf_err_clear(&err);
    return vf_reqlist_parse(&arena, VF_S("reqs/main.txt"), bytes, &r, &list, &err);
}

static void parse(const char *text)
{
    if (parse_bytes(vf_slice_of(text), false) != VF_OK)
        fail_msg("%s", err.detail);
}

static void check_refused(const char *text, const char *words)
{
    assert_int_equal(parse_bytes(vf_slice_of(text), false), VF_BAD_LIST);
    if (!strstr(err.detail, words))
        fail_msg("'%s' lacks '%s'", err.detail, words);
}

static void joined_lines(void **state)
{
    (void)state;
    parse("\xef\xbb\xbf# head\r\n  one == 1.0  # why \r\n\r\ntwo>=2,\\\r\n  <3 \\\n --hash=sha256:" H64
          " \\\n# cut\nthree\\\n==3\nlast \\");
    assert_int_equal(list.n, 4);
    CHECK_SLICE(list.items[0].text, "one == 1.0");
    assert_int_equal(list.items[0].line, 2);
    CHECK_SLICE(list.items[1].req.name, "two");
    assert_int_equal(list.items[1].req.specifiers.n, 2);
    assert_int_equal(list.items[1].line, 4);
    assert_int_equal(list.items[1].n_hashes, 1);
    CHECK_SLICE(list.items[1].hashes[0].alg, "sha256");
    CHECK_SLICE(list.items[1].hashes[0].value, H64);
    assert_true(list.any_hash);
    CHECK_SLICE(list.items[2].text, "three==3");
    assert_int_equal(list.items[2].line, 8);
    CHECK_SLICE(list.items[3].req.name, "last");
    CHECK_SLICE(list.items[3].file, "reqs/main.txt");
    assert_false(list.items[3].constraint);
}

static void kinds_of_requirements(void **state)
{
    (void)state;
    parse("a[x,Y] ~= 1.2 ; python_version > '3'\n"
          "b @ https://h/b.zip#sha256=aa ; os_name == 'nt'\n"
          "https://h/d/C_x-1.0%2Bl.1-py3-none-any.whl ; os_name == 'nt'\n"
          "git+https://h/r@v1#egg=d[z]&subdirectory=s\n"
          "./local/e[p,q]\n"
          "wheels/f-2-py3-none-any.whl[t]\n"
          "g-1.0.tar.gz\n"
          "https://h/x;y\n");
    const struct vf_list_item *i = list.items;
    assert_int_equal(list.n, 8);
    assert_int_equal(i[0].source, VF_LIST_NAMED);
    assert_int_equal(i[0].req.n_extras, 2);
    assert_true(i[0].req.has_marker);
    assert_int_equal(i[1].source, VF_LIST_URL);
    CHECK_SLICE(i[1].location, "https://h/b.zip#sha256=aa");
    CHECK_SLICE(i[1].req.name, "b");
    assert_true(i[1].req.has_marker);
    assert_int_equal(i[2].source, VF_LIST_URL);
    CHECK_SLICE(i[2].req.name, "C_x");
    CHECK_SLICE(i[2].req.specifiers.v[0].text, "1.0+l.1");
    assert_true(i[2].req.has_marker);
    CHECK_SLICE(i[3].req.name, "d");
    assert_int_equal(i[3].req.n_extras, 1);
    assert_int_equal(i[4].source, VF_LIST_PATH);
    CHECK_SLICE(i[4].location, "./local/e");
    assert_int_equal(i[4].req.n_extras, 2);
    assert_int_equal(i[4].req.name.n, 0);
    assert_int_equal(i[5].source, VF_LIST_PATH);
    CHECK_SLICE(i[5].location, "wheels/f-2-py3-none-any.whl");
    CHECK_SLICE(i[5].req.name, "f");
    CHECK_SLICE(i[5].req.specifiers.v[0].text, "2");
    assert_int_equal(i[6].source, VF_LIST_PATH);
    CHECK_SLICE(i[7].location, "https://h/x;y");
    assert_false(i[7].req.has_marker);
}

static void editables(void **state)
{
    (void)state;
    parse("-e .\n--editable=./x[a]\n-e 'my dir'\n-egit+ssh://git@h/r@c#egg=My_proj&subdirectory=s\n"
          "-e \"name[b] @ file:///p\"\n--edit git://h/r#egg=g\n-e file:///q[c]\n");
    const struct vf_list_item *i = list.items;
    assert_int_equal(list.n, 7);
    for (size_t k = 0; k < list.n; k++)
        assert_int_equal(i[k].kind, VF_LIST_EDITABLE);
    CHECK_SLICE(i[0].location, ".");
    assert_int_equal(i[0].source, VF_LIST_PATH);
    CHECK_SLICE(i[1].location, "./x");
    CHECK_SLICE(i[1].req.extras[0], "a");
    CHECK_SLICE(i[2].location, "my dir");
    CHECK_SLICE(i[3].location, "git+ssh://git@h/r@c#egg=My_proj&subdirectory=s");
    CHECK_SLICE(i[3].req.name, "My_proj");
    CHECK_SLICE(i[4].req.name, "name");
    CHECK_SLICE(i[4].location, "file:///p");
    CHECK_SLICE(i[5].location, "git+git://h/r#egg=g");
    CHECK_SLICE(i[6].location, "file:///q");
    CHECK_SLICE(i[6].req.extras[0], "c");
}

static void check_option(size_t i, enum vf_list_option option, const char *value)
{
    assert_true(i < list.n);
    assert_int_equal(list.items[i].kind, VF_LIST_OPTION);
    assert_int_equal(list.items[i].option, option);
    CHECK_SLICE(list.items[i].value, value);
}

static void options_of_the_list(void **state)
{
    (void)state;
    parse("-i https://${TOKEN_1}@h/simple --extra-index-url=https://${lower}@h/${NOT_SET}\n--pypi-url "
          "x\n--no-index\n"
          "-fwheels\n--find-links \"a b\"\\'c\n--req\\\nuire-hashes\nsix --hash sha256:" H64
          " --config-settings k=v\n");
    check_option(0, VF_LISTOPT_INDEX_URL, "https://tok#en@h/simple");
    check_option(1, VF_LISTOPT_EXTRA_INDEX_URL, "https://${lower}@h/${NOT_SET}");
    check_option(2, VF_LISTOPT_INDEX_URL, "x");
    check_option(3, VF_LISTOPT_NO_INDEX, "");
    check_option(4, VF_LISTOPT_FIND_LINKS, "wheels");
    check_option(5, VF_LISTOPT_FIND_LINKS, "a b'c");
    check_option(6, VF_LISTOPT_REQUIRE_HASHES, "");
    assert_int_equal(list.items[7].n_hashes, 1);
    assert_true(list.items[7].has_config_settings);
    assert_int_equal(list.n, 8);
}

static void included_lists(void **state)
{
    (void)state;
    reads = 0;
    parse("one\n-r sub/more.txt\ntwo\n");
    assert_int_equal(reads, 2);
    assert_int_equal(list.n, 4);
    CHECK_SLICE(list.items[0].req.name, "one");
    CHECK_SLICE(list.items[1].req.name, "three");
    CHECK_SLICE(list.items[1].file, "reqs/sub/more.txt");
    CHECK_SLICE(list.items[2].req.name, "four");
    assert_true(list.items[2].constraint);
    CHECK_SLICE(list.items[3].req.name, "two");
    assert_false(list.items[3].constraint);
    assert_int_equal(list.n_files, 3);
    CHECK_SLICE(list.files[2], "reqs/bounds.txt");
}

static void includes_that_are_refused(void **state)
{
    (void)state;
    check_refused("-r ../other/out.txt\n", "outside the directory");
    check_refused("-c /etc/passwd\n", "outside the directory");
    check_refused("x\n-r loop.txt\n", "includes itself");
    check_refused("-r https://h/x.txt\n", "another host");
    check_refused("-r file://h/x.txt\n", "not a file of this host");
    check_refused("-r bad.txt\n", "list 'reqs/bad.txt', line 4");
    assert_int_equal(parse_bytes(VF_S("-r ../other/out.txt\n"), true), VF_OK);
    CHECK_SLICE(list.items[0].req.name, "outside");
    assert_int_equal(parse_bytes(VF_S("-r missing.txt\n"), false), VF_NOT_FOUND);
    struct vf_list_reader none = {NULL, NULL, NULL, true};
    vf_err_clear(&err);
    assert_int_equal(vf_reqlist_parse(&arena, VF_S("x"), VF_S("-r y"), &none, &list, &err), VF_BAD_LIST);
}

static void lines_that_are_refused(void **state)
{
    (void)state;
    check_refused("a\nb=1\n", "line 2");
    check_refused("six --no-index\n", "behind a requirement");
    check_refused("six --hash=md5:aa\n", "not a hash");
    check_refused("six --hash=sha256:aa\n", "not a hash");
    check_refused("--hash=sha256:" H64 "\n", "needs a requirement");
    check_refused("--nonsense\n", "not an option");
    check_refused("--re x\n", "can be several");
    check_refused("-z x\n", "not an option");
    check_refused("-i\n", "without its value");
    check_refused("--no-index=1\n", "takes no value");
    check_refused("-r a -r b\n", "has to be alone");
    check_refused("-e . -i x\n", "has to be alone");
    check_refused("-i x stray\n", "not an option");
    check_refused("-e 'open\n", "does not end");
    check_refused("-e ''\n", "without a path");
    check_refused("-e name>=1@2\n", "");
    check_refused("x ; bad marker\n", "line 1");
    check_refused("x-1-py3.whl\n", "name of a wheel");
    check_refused("git+https://h/r#egg=a>=1\n", "more than a name");
    assert_int_equal(parse_bytes(VF_S("-c bounds.txt\n"), false), VF_OK);
}

static void codings(void **state)
{
    (void)state;
    static const char utf16[] = "\xff\xfes\0i\0x\0=\0=\0\x31\0 \0#\0 \0\x3d\xd8\x00\xde\r\0\n\0";
    assert_int_equal(parse_bytes((struct vf_slice){utf16, sizeof utf16 - 1}, false), VF_OK);
    CHECK_SLICE(list.items[0].text, "six==1");
    static const char big[] = "\xfe\xff\0s\0i\0x";
    assert_int_equal(parse_bytes((struct vf_slice){big, sizeof big - 1}, false), VF_OK);
    CHECK_SLICE(list.items[0].text, "six");
    static const char utf32[] = "\xff\xfe\0\0s\0\0\0";
    assert_int_equal(parse_bytes((struct vf_slice){utf32, sizeof utf32 - 1}, false), VF_OK);
    CHECK_SLICE(list.items[0].text, "s");
    parse("# -*- coding: latin_1 -*-\n./caf\xe9\n");
    CHECK_SLICE(list.items[0].location, "./caf\xc3\xa9");
    parse("\n# coding=Windows-1252\n./\x80\n");
    CHECK_SLICE(list.items[0].location, "./\xe2\x82\xac");
    parse("./caf\xc3\xa9\n\n# coding: latin-1\n");
    CHECK_SLICE(list.items[0].location, "./caf\xc3\xa9");
    check_refused("ok\n./caf\xe9\n", "not UTF-8 at byte 8");
    check_refused("# coding: ascii\n./caf\xc3\xa9\n", "not ASCII");
    static const char half[] = "\xff\xfe\x3d\xd8x\0";
    assert_int_equal(parse_bytes((struct vf_slice){half, sizeof half - 1}, false), VF_BAD_LIST);
    static const char odd[] = "\xff\xfex\0y";
    assert_int_equal(parse_bytes((struct vf_slice){odd, sizeof odd - 1}, false), VF_BAD_LIST);
    assert_int_equal(parse_bytes(VF_S("# coding: koi8-r\n"), false), VF_NOT_SUPPORTED);
}

static void limits(void **state)
{
    (void)state;
    struct vf_buf b = {0};
    for (size_t i = 0; i <= VF_LIST_ITEMS_MAX; i++)
        vf_buf_puts(&b, "--pre\n");
    assert_int_equal(parse_bytes(vf_buf_slice(&b), false), VF_LIMIT);
    vf_buf_release(&b);
    parse("");
    assert_int_equal(list.n, 0);
}

/* ---- what pip reads, from fixtures/packaging/lists.tsv ---- */

/* One word of a row: R or E, c or r, the number of hashes, the text in hexadecimal digits. */
static bool is_word(const struct vf_list_item *it, struct vf_slice word)
{
    size_t colon = vf_slice_find_byte(word, ':', 0);
    uint64_t hashes = 0;
    struct vf_buf text = {0};
    bool editable = it->kind == VF_LIST_EDITABLE;
    bool same = colon != VF_NPOS && colon > 2 && vf_slice_to_u64(vf_slice_sub(word, 2, colon), &hashes) &&
                vf_hex_get(&text, vf_slice_from(word, colon + 1)) && word.p[0] == (editable ? 'E' : 'R') &&
                word.p[1] == (it->constraint ? 'c' : 'r') && hashes == it->n_hashes;
    struct vf_slice reported = vf_slice_trim(vf_buf_slice(&text));
    same = same && (editable ? vf_slice_starts(reported, it->location) : vf_slice_starts(it->text, reported));
    vf_buf_release(&text);
    return same;
}

static bool reads_the_same(struct vf_slice words)
{
    for (size_t i = 0; i < list.n; i++) {
        if (list.items[i].kind == VF_LIST_OPTION)
            continue;
        size_t blank = vf_slice_find_byte(words, ' ', 0);
        size_t end = blank == VF_NPOS ? words.n : blank;
        if (!is_word(&list.items[i], vf_slice_sub(words, 0, end)))
            return false;
        words = vf_slice_from(words, end + 1);
    }
    return words.n == 0;
}

/* pip refuses a path where nothing is; what is there is not the parser's business. */
static bool names_a_path(void)
{
    for (size_t i = 0; i < list.n; i++)
        if (list.items[i].kind != VF_LIST_OPTION && list.items[i].source == VF_LIST_PATH)
            return true;
    return false;
}

/* A list of lines that one would write is read, or refused, as by pip; of one put together anyhow more may be
 * refused. */
static void lists_as_pip_reads_them(void **state)
{
    (void)state;
    struct vf_arena kept = {0};
    const char *dir = getenv("VF_DIST_VECTORS");
    struct vf_buf path = {0};
    vf_buf_puts(&path, dir ? dir : "fixtures/packaging");
    vf_buf_puts(&path, "/lists.tsv");
    struct dist_vector v = {.rest = dist_read_file(&kept, vf_buf_cstr(&path))};
    unsigned wrong = 0, read = 0;
    while (dist_next_vector(&kept, &v)) {
        bool refused = vf_slice_eq(v.field[2], VF_S("-"));
        bool plain = vf_slice_eq(v.field[1], VF_S("plain"));
        bool ours = parse_bytes(v.field[0], false) == VF_OK;
        read += ours;
        bool fine = refused || !plain;
        if (ours)
            fine = refused ? names_a_path() : reads_the_same(v.field[2]);
        if (!fine && wrong++ < 20) {
            print_error("line %u: %s: %s\n", v.line, vf_quote(v.field[0]).s,
                        ours ? "read otherwise" : err.detail);
        }
        vf_arena_clear(&arena);
    }
    assert_int_equal(wrong, 0);
    assert_true(read > 100);
    vf_buf_release(&path);
    vf_arena_release(&kept);
}

static int setup(void **state)
{
    (void)state;
    vf_arena_init(&arena);
    vf_err_init(&err);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    vf_arena_release(&arena);
    vf_err_release(&err);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joined_lines),
        cmocka_unit_test(kinds_of_requirements),
        cmocka_unit_test(editables),
        cmocka_unit_test(options_of_the_list),
        cmocka_unit_test(included_lists),
        cmocka_unit_test(includes_that_are_refused),
        cmocka_unit_test(lines_that_are_refused),
        cmocka_unit_test(codings),
        cmocka_unit_test(limits),
        cmocka_unit_test(lists_as_pip_reads_them),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
