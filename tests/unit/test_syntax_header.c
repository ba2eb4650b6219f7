/* Headers of scripts: docs/formats.md 2.2 forms A to O, the chooser of 2.4.
 */
#include "syntax_fixture.h"

#include <string.h>

#include "syntax/header.h"

#define SH      "#!/bin/sh\n'''exec' "
#define ARGS    " \"$0\" \"$@\"\n"
#define END     "' '''\n"
#define SELF    "\"$(dirname -- \"$(realpath -- \"$0\")\")"
#define SELF_CD "\"$(CDPATH= cd -- \"$(dirname -- \"$0\")\" && echo \"$PWD\")"
#define OURS    SH SELF "/python\"" ARGS END
#define BODY    "import sys\n"

struct row {
    const char *text;
    enum vf_header_form form;
    const char *value, *extra, *moved; /* moved: with /n/env/bin/python, the whole file; NULL: not written */
};

static const struct row rows[] = {
    {"#!/p/env/bin/python\n" BODY, VF_HEADER_A, "/p/env/bin/python", "", "#!/n/env/bin/python\n" BODY},
    {"#! /p/env/bin/python \n" BODY, VF_HEADER_A, "/p/env/bin/python", "", "#! /n/env/bin/python \n" BODY},
    {"#!/p/env/bin/python\n\n" BODY, VF_HEADER_A, "/p/env/bin/python", "",
     "#!/n/env/bin/python\n\n" BODY}, /* A' */
    {"#!/p/env/bin/python -E\n" BODY, VF_HEADER_A, "/p/env/bin/python", "-E",
     "#!/n/env/bin/python -E\n" BODY},
    {"#!/p/env/bin/python\t-E  -s\n" BODY, VF_HEADER_A, "/p/env/bin/python", "-E  -s",
     "#!/n/env/bin/python\t-E  -s\n" BODY},
    {"#!/p/env/bin/python", VF_HEADER_A, "/p/env/bin/python", "", "#!/n/env/bin/python"},
    {"#!/p/env/bin/python\n# -*- coding: latin-1 -*-\n" BODY, VF_HEADER_A, "/p/env/bin/python", "",
     "#!/n/env/bin/python\n# -*- coding: latin-1 -*-\n" BODY},
    {SH "\"/p x/env/bin/python\"" ARGS END BODY, VF_HEADER_B, "/p x/env/bin/python", "",
     "#!/n/env/bin/python\n" BODY},
    {SH "\"/p x/env/bin/python\" -E" ARGS END BODY, VF_HEADER_B, "/p x/env/bin/python", "-E",
     "#!/n/env/bin/python -E\n" BODY},
    {SH "/p/long/env/bin/python" ARGS END BODY, VF_HEADER_C, "/p/long/env/bin/python", "",
     "#!/n/env/bin/python\n" BODY},
    {SH "'/p x/it'\"'\"'s/bin/python'" ARGS END BODY, VF_HEADER_D, "/p x/it's/bin/python", "",
     "#!/n/env/bin/python\n" BODY},
    {SH SELF "\"/'python'" ARGS END BODY, VF_HEADER_F1, "python", "", SH SELF "\"/'python'" ARGS END BODY},
    {SH SELF "\"/'python3'" ARGS END BODY, VF_HEADER_F1, "python3", "", SH SELF "\"/'python'" ARGS END BODY},
    {SH SELF_CD "\"/'python3'" ARGS END BODY, VF_HEADER_F2, "python3", "",
     SH SELF_CD "\"/'python'" ARGS END BODY},
    {SH "\"$(dirname \"$0\")/python3\" -E" ARGS END BODY, VF_HEADER_F_OTHER, "python3", "-E",
     SH "\"$(dirname \"$0\")/python\" -E" ARGS END BODY},
    {OURS BODY, VF_HEADER_F_OURS, "python", "", "#!/n/env/bin/python\n" BODY},
    {"#!/usr/bin/env -S sh -c 'exec " SELF "\"/python \"$0\" \"$@\"'\n" BODY, VF_HEADER_G, "python", "",
     "#!/usr/bin/env -S sh -c 'exec " SELF "\"/python \"$0\" \"$@\"'\n" BODY},
    {"#!/usr/bin/env -S sh -c 'exec " SELF "/python\" -E \"$0\" \"$@\"'\n" BODY, VF_HEADER_G_OURS, "python",
     "-E", "#!/n/env/bin/python -E\n" BODY},
    {SH "\"/p x/env/bin/python\" \"$0\" \"$@\" #'''\n" BODY, VF_HEADER_H, "/p x/env/bin/python", "",
     "#!/n/env/bin/python\n" BODY},
    {"#!\"/p x/env/bin/python\" -x\n" BODY, VF_HEADER_I, "/p x/env/bin/python", "-x",
     "#!/n/env/bin/python -x\n" BODY},
    {"#!/usr/bin/env python3\n" BODY, VF_HEADER_J, "python3", "", NULL},
    {"#!/usr/bin/env -S python3.12 -E\n" BODY, VF_HEADER_J, "python3.12", "-E", NULL},
    {"#!/usr/bin/env /p/env/bin/python\n" BODY, VF_HEADER_J_ABS, "/p/env/bin/python", "",
     "#!/usr/bin/env /n/env/bin/python\n" BODY},
    {"#!python\n" BODY, VF_HEADER_K, "python", "", "#!/n/env/bin/python\n" BODY},
    {"#!pythonw -E\n" BODY, VF_HEADER_K, "pythonw", "-E", "#!/n/env/bin/python -E\n" BODY},
    {"#! python\n" BODY, VF_HEADER_K, "python", "", "#! /n/env/bin/python\n" BODY},
    {"#!/usr/bin/python3\n" BODY, VF_HEADER_A, "/usr/bin/python3", "", "#!/n/env/bin/python\n" BODY}, /* L */
    {"#!/bin/sh\necho\n", VF_HEADER_M, "/bin/sh", "", NULL},
    {"#!/usr/bin/env node\n", VF_HEADER_M, "node", "", NULL},
    {"#!/p/env/bin/python\n# EASY-INSTALL-ENTRY-SCRIPT: 'D==1','console_scripts','n'\n", VF_HEADER_O,
     "/p/env/bin/python", "",
     "#!/n/env/bin/python\n# EASY-INSTALL-ENTRY-SCRIPT: 'D==1','console_scripts','n'\n"},
    /* the cookie variant */
    {"#!/bin/sh\n# -*- coding: latin-1 -*-\n'''exec' '/p x/bin/python'" ARGS END BODY, VF_HEADER_D,
     "/p x/bin/python", "", "#!/n/env/bin/python\n# -*- coding: latin-1 -*-\n" BODY},
    /* a path with a line feed: four physical lines */
    {SH "\"/p\nx/env/bin/python\"" ARGS END BODY, VF_HEADER_B, "/p\nx/env/bin/python", "",
     "#!/n/env/bin/python\n" BODY},
};

static struct vf_slice crlf(struct syn *s, struct vf_slice text)
{
    struct vf_buf b = {0};
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\n')
            vf_buf_putc(&b, '\r');
        vf_buf_putc(&b, text.p[i]);
    }
    struct vf_slice out = vf_arena_dup(&s->a, vf_buf_slice(&b));
    vf_buf_release(&b);
    return out;
}

static void check_row(struct syn *s, const struct row *row, bool cr, bool bom)
{
    struct vf_slice text = vf_slice_of(row->text);
    bool lines = vf_slice_find(text, VF_S("\nx/"), 0) == VF_NPOS;
    text = cr ? crlf(s, text) : text;
    text = bom ? vf_arena_concat(&s->a, VF_S("\xEF\xBB\xBF"), text, VF_S("")) : text;
    syn_read(s, VF_SYN_HEADER, text);
    assert_int_equal(syn_refs(s), 1);
    const struct vf_ref *r = syn_ref(s, 0);
    assert_string_equal(vf_header_form_name(r->form), vf_header_form_name((uint16_t)row->form));
    if (lines || !cr)
        assert_bytes(r->value, vf_slice_of(row->value));
    assert_bytes(r->extra, vf_slice_of(row->extra));
    assert_int_equal(r->role, VF_ROLE_INTERPRETER);
    assert_int_equal(r->off, bom ? 3 : 0);
    assert_int_equal(syn_flaw(s, VF_FLAW_HEADER_BOM) != NULL, bom);
    bool ends = vf_slice_find_byte(vf_slice_of(row->text), '\n', 0) != VF_NPOS;
    assert_int_equal(syn_flaw(s, VF_FLAW_HEADER_CR) != NULL, cr && ends);
    struct vf_slice at = vf_slice_from(text, r->value_off);
    if (r->raw.n == 0 && row->form != VF_HEADER_D)
        assert_true(vf_slice_starts(at, cr ? crlf(s, r->value) : r->value) || vf_slice_starts(at, r->value));
    if (!row->moved)
        return;
    struct vf_slice req = vf_slice_of(row->moved), have = syn_put(s, 0, VF_S("/n/env/bin/python"), NULL);
    if (!cr) {
        assert_bytes(vf_slice_from(have, bom ? 3 : 0), req);
        return;
    }
    /* the header has LF, the body what it had */
    struct vf_slice line, rest = have;
    assert_true(vf_slice_next_line(&rest, &line));
    assert_false(vf_slice_ends(line, VF_S("\r")));
    syn_read(s, VF_SYN_HEADER, vf_slice_from(have, bom ? 3 : 0));
    assert_null(syn_flaw(s, VF_FLAW_HEADER_CR));
}

static void every_form(void **state)
{
    (void)state;
    struct syn s;
    static const struct vf_slice bin[] = {VF_S_INIT("python")};
    syn_init(&s);
    s.target.bin = bin;
    s.target.n_bin = 1;
    for (size_t i = 0; i < VF_COUNT(rows); i++)
        for (unsigned k = 0; k < 4; k++)
            check_row(&s, &rows[i], k & 1, k & 2);
    syn_release(&s);
}

/* Writing the path it has gives the same bytes, for every form that works. */
static void own_path(void **state)
{
    (void)state;
    struct syn s;
    syn_init(&s);
    s.target.bin = NULL;
    s.target.n_bin = 0;
    for (size_t i = 0; i < VF_COUNT(rows); i++) {
        syn_read(&s, VF_SYN_HEADER, vf_slice_of(rows[i].text));
        struct vf_ref r = *syn_ref(&s, 0);
        if (r.form == VF_HEADER_I || r.form == VF_HEADER_C)
            continue; /* never worked; a plain path becomes line 1 */
        bool plain = vf_slice_find(r.value, VF_S(" "), 0) == VF_NPOS &&
                     vf_slice_find(r.value, VF_S("\n"), 0) == VF_NPOS;
        struct vf_slice again = syn_put(&s, 0, r.value, NULL);
        if (plain || r.form == VF_HEADER_B || r.form == VF_HEADER_D || r.form == VF_HEADER_H)
            assert_bytes(again, vf_slice_of(rows[i].text));
    }
    syn_release(&s);
}

static void no_header(void **state)
{
    (void)state;
    struct syn s;
    static const struct vf_slice files[] = {VF_S_INIT(""), VF_S_INIT("#"),
                                            VF_S_INIT("\x7f"
                                                      "ELF"),
                                            VF_S_INIT("import x\n#!/p/env/bin/python\n"),
                                            VF_S_INIT(" #!/bin/sh\n")};
    syn_init(&s);
    for (size_t i = 0; i < VF_COUNT(files); i++) {
        syn_read(&s, VF_SYN_HEADER, files[i]);
        assert_int_equal(syn_refs(&s) + syn_flaws(&s), 0);
    }
    syn_read(&s, VF_SYN_HEADER, VF_S("#!\nx\n"));
    assert_int_equal(syn_refs(&s), 0);
    assert_non_null(syn_flaw(&s, VF_FLAW_HEADER_MALFORMED));
    syn_release(&s);
}

/* N with an awkward byte: form A or ours, and the way back gives the same bytes (docs/formats.md 2.2). */
static void awkward_places(void **state)
{
    (void)state;
    static const struct {
        struct vf_slice root;
        bool line_1;
    } prefixes[] = {
        {VF_S_INIT("/n/with blank"), false},        {VF_S_INIT("/n/tab\there"), false},
        {VF_S_INIT("/n/line\nfeed"), false},        {VF_S_INIT("/n/carriage\rx"), false},
        {VF_S_INIT("/n/it's;\"q\"$HOME`x`"), true}, {VF_S_INIT("/n/back\\Ux blank"), false},
        {VF_S_INIT("/n/bad\xFF"), false},           {VF_S_INIT("/n/gr\xC3\xBC\xC3\x9F"), true},
        {VF_S_INIT("/n/'''three"), true},           {VF_S_INIT("/n/-dash"), true},
    };
    static const struct vf_slice scripts[] = {
        VF_S_INIT("#!/p/env/bin/python\n" BODY),
        VF_S_INIT("#!/p/env/bin/python"),
        VF_S_INIT("#!/p/env/bin/python3 -E\n\n" BODY),
        VF_S_INIT("#! \t/p/env/bin/python  -E -s \n" BODY),
        VF_S_INIT("#!/p/env/bin/python\n# vim: set fileencoding=latin-1 :\nx = '\xE9'\n"),
        VF_S_INIT("#!/usr/bin/env -S /p/env/bin/python -E\n" BODY),
        VF_S_INIT("#!/p/env/bin/python\nPK\x03\x04 zip"),
        VF_S_INIT("#!/p/env/bin/python -E  -s\n'''doc'''\nfrom __future__ import x\nprint(__doc__)\n"),
    };
    struct syn s;
    syn_init(&s);
    s.target.env_s = true;
    for (size_t i = 0; i < VF_COUNT(prefixes); i++) {
        for (size_t k = 0; k < VF_COUNT(scripts); k++) {
            syn_read(&s, VF_SYN_HEADER, scripts[k]);
            struct vf_slice name = vf_slice_find(scripts[k], VF_S("python3"), 0) == VF_NPOS
                                       ? VF_S("/bin/python")
                                       : VF_S("/bin/python3");
            struct vf_slice to = vf_arena_concat(&s.a, prefixes[i].root, name, VF_S(""));
            s.target.root = prefixes[i].root;
            struct vf_slice moved = syn_put(&s, 0, to, NULL);
            syn_read(&s, VF_SYN_HEADER, moved);
            const struct vf_ref *r = syn_ref(&s, 0);
            assert_int_equal(syn_flaws(&s), 0);
            bool env = vf_slice_starts(scripts[k], VF_S("#!/usr/bin/env"));
            if (!env)
                assert_int_equal(vf_header_is_ours(r), !prefixes[i].line_1);
            if (vf_header_is_ours(r))
                assert_true(r->flags & VF_REF_SELF);
            else
                assert_bytes(r->value, to);
            s.target.root = VF_S("/p/env");
            struct vf_slice back =
                syn_put(&s, 0, vf_arena_concat(&s.a, VF_S("/p/env"), name, VF_S("")), NULL);
            if (!env || vf_header_is_ours(r))
                assert_bytes(back, scripts[k]);
        }
    }
    syn_release(&s);
}

static struct vf_slice long_path(struct syn *s, size_t total)
{
    char *p = vf_arena_alloc(&s->a, total + 1);
    assert_non_null(p);
    memset(p, 'x', total);
    memcpy(p, "/n/", 3);
    memcpy(p + total - 11, "/bin/python", 11);
    return (struct vf_slice){p, total};
}

/* The limits, with LF 127 by choice, 256 by the kernel. */
static void lengths(void **state)
{
    (void)state;
    struct syn s;
    static const struct {
        size_t line; /* bytes of line 1 with its LF */
        bool portable, too_long;
    } sizes[] = {{127, false, false}, {128, true, false}, {256, true, false}, {257, false, true}};
    syn_init(&s);
    for (size_t i = 0; i < VF_COUNT(sizes); i++) {
        struct vf_slice path = long_path(&s, sizes[i].line - 3);
        syn_read(&s, VF_SYN_HEADER, vf_arena_concat(&s.a, VF_S("#!"), path, VF_S("\n" BODY)));
        assert_bytes(syn_ref(&s, 0)->value, path);
        assert_int_equal(syn_flaw(&s, VF_FLAW_HEADER_LONG_PORTABLE) != NULL, sizes[i].portable);
        assert_int_equal(syn_flaw(&s, VF_FLAW_HEADER_TOO_LONG) != NULL, sizes[i].too_long);
        syn_read(&s, VF_SYN_HEADER, VF_S("#!/p/env/bin/python\n" BODY));
        s.target.root = vf_slice_sub(path, 0, path.n - 11);
        struct vf_slice moved = syn_put(&s, 0, path, NULL);
        assert_int_equal(vf_slice_starts(moved, VF_S("#!/bin/sh\n")), sizes[i].line > 127);
        s.target.line_limit = 256;
        moved = syn_put(&s, 0, path, NULL);
        assert_int_equal(vf_slice_starts(moved, VF_S("#!/bin/sh\n")), sizes[i].line > 256);
        s.target.line_limit = 0;
    }
    /* form C again, with another long path */
    struct vf_slice path = long_path(&s, 200), other = long_path(&s, 201);
    syn_read(&s, VF_SYN_HEADER, vf_arena_concat(&s.a, VF_S(SH), path, VF_S(ARGS END)));
    s.target.root = vf_slice_sub(other, 0, other.n - 11);
    assert_bytes(syn_put(&s, 0, other, NULL), vf_arena_concat(&s.a, VF_S(SH), other, VF_S(ARGS END)));
    syn_release(&s);
}

/* Old forms are kept where they can hold the new path: there and back the same bytes. */
static void same_form(void **state)
{
    (void)state;
    static const struct {
        struct vf_slice before, path, after;
    } cases[] = {
        {VF_S_INIT(SH "\"/p x/bin/python\" -E" ARGS END), VF_S_INIT("/n y/bin/python"),
         VF_S_INIT(SH "\"/n y/bin/python\" -E" ARGS END)},
        {VF_S_INIT(SH "'/p x/bin/python'" ARGS END), VF_S_INIT("/n y/bin/python"),
         VF_S_INIT(SH "'/n y/bin/python'" ARGS END)},
        {VF_S_INIT("#!/bin/bash\n# coding=utf-8\n'''exec' '/p x/bin/python'" ARGS END),
         VF_S_INIT("/n y's/bin/python"),
         VF_S_INIT("#!/bin/bash\n# coding=utf-8\n'''exec' '/n y'\"'\"'s/bin/python'" ARGS END)},
        {VF_S_INIT("#!/bin/sh\n'''exec' \"/p x/bin/python\" \"$0\" \"$@\" #'''\n"),
         VF_S_INIT("/n y/bin/python"),
         VF_S_INIT("#!/bin/sh\n'''exec' \"/n y/bin/python\" \"$0\" \"$@\" #'''\n")},
        /* cannot hold it: ours */
        {VF_S_INIT(SH "\"/p x/bin/python\"" ARGS END), VF_S_INIT("/n $y z/bin/python"), VF_S_INIT(OURS)},
        {VF_S_INIT(SH "'/p x/bin/python'" ARGS END), VF_S_INIT("/n \\Ux/bin/python"), VF_S_INIT(OURS)},
        {VF_S_INIT(SH "/p/long/bin/python" ARGS END), VF_S_INIT("/n y/bin/python"), VF_S_INIT(OURS)},
        {VF_S_INIT(SH "'/p x/bin/python'" ARGS END), VF_S_INIT("/n \xFF/bin/python"), VF_S_INIT(OURS)},
    };
    struct syn s;
    syn_init(&s);
    for (size_t i = 0; i < VF_COUNT(cases); i++) {
        syn_read(&s, VF_SYN_HEADER, cases[i].before);
        s.target.root = vf_slice_sub(cases[i].path, 0, cases[i].path.n - 11);
        assert_bytes(syn_put(&s, 0, cases[i].path, NULL), cases[i].after);
    }
    syn_release(&s);
}

/* docs/formats.md 2.2: forms that do not work where they are, with what the writer meant. */
static void wrong_quoting(void **state)
{
    (void)state;
    static const struct {
        struct vf_slice text, value, raw;
        enum vf_flaw_kind flaw;
    } cases[] = {
        {VF_S_INIT(SH "\"/p $x/bin/python\"" ARGS END), VF_S_INIT("/p $x/bin/python"), VF_S_INIT(""),
         VF_FLAW_HEADER_BAD_QUOTING},
        {VF_S_INIT(SH "\"/p \"q\" x/bin/python\"" ARGS END), VF_S_INIT("/p q x/bin/python"),
         VF_S_INIT("/p \"q\" x/bin/python"), VF_FLAW_HEADER_BAD_QUOTING},
        {VF_S_INIT(SH "\"/p \"x/bin/python\" -E" ARGS END), VF_S_INIT("/p \"x/bin/python"), VF_S_INIT(""),
         VF_FLAW_HEADER_BAD_QUOTING},
        {VF_S_INIT(SH "\"/p `x`/bin/python\"" ARGS END), VF_S_INIT("/p `x`/bin/python"), VF_S_INIT(""),
         VF_FLAW_HEADER_BAD_QUOTING},
        {VF_S_INIT(SH "\"/p '''/bin/python\"" ARGS END), VF_S_INIT("/p '''/bin/python"), VF_S_INIT(""),
         VF_FLAW_HEADER_BAD_QUOTING},
        {VF_S_INIT(SH "'/p \\Ux/bin/python'" ARGS END), VF_S_INIT("/p \\Ux/bin/python"), VF_S_INIT(""),
         VF_FLAW_HEADER_BAD_QUOTING},
        {VF_S_INIT(SH "/p;x/bin/python" ARGS END), VF_S_INIT("/p;x/bin/python"), VF_S_INIT(""),
         VF_FLAW_HEADER_BAD_QUOTING},
        {VF_S_INIT(SH "/p x/bin/python" ARGS END), VF_S_INIT("/p"), VF_S_INIT("/p x/bin/python"),
         VF_FLAW_HEADER_BAD_QUOTING},
        {VF_S_INIT(SH "/p\\x/bin/python" ARGS END), VF_S_INIT("/px/bin/python"),
         VF_S_INIT("/p\\x/bin/python"), VF_FLAW_HEADER_BAD_QUOTING},
        {VF_S_INIT(SH "'/p \xFF/bin/python'" ARGS END), VF_S_INIT("/p \xFF/bin/python"), VF_S_INIT(""),
         VF_FLAW_HEADER_UNDECODABLE},
        {VF_S_INIT("#!/p\xFF/bin/python\n"), VF_S_INIT("/p\xFF/bin/python"), VF_S_INIT(""),
         VF_FLAW_HEADER_UNDECODABLE},
        {VF_S_INIT("#!/tmp/e 2/bin/python3\n"), VF_S_INIT("/tmp/e"), VF_S_INIT("/tmp/e 2/bin/python3"),
         VF_FLAW_HEADER_BLANK},
        {VF_S_INIT("#!/tmp/python 2/b c/bin/python3.12 -E\n"), VF_S_INIT("/tmp/python"),
         VF_S_INIT("/tmp/python 2/b c/bin/python3.12"), VF_FLAW_HEADER_BLANK},
        {VF_S_INIT("#!\"/p \\\"x/bin/python\"\n"), VF_S_INIT("/p \"x/bin/python"), VF_S_INIT(""),
         VF_FLAW_HEADER_QUOTED},
        {VF_S_INIT("#!/p/bin/python\0x\n"), VF_S_INIT("/p/bin/python"), VF_S_INIT(""), VF_FLAW_HEADER_NUL},
        {VF_S_INIT(SH "'/p x/bin/python' \"$0\"\n"), VF_S_INIT("/bin/sh"), VF_S_INIT(""),
         VF_FLAW_HEADER_MALFORMED},
        {VF_S_INIT(SH "'/p x/bin/python'" ARGS "import x\n"), VF_S_INIT("/p x/bin/python"), VF_S_INIT(""),
         VF_FLAW_HEADER_MALFORMED},
        {VF_S_INIT("#!/usr/bin/env python -E\n"), VF_S_INIT("python"), VF_S_INIT(""),
         VF_FLAW_HEADER_MALFORMED},
    };
    struct syn s;
    syn_init(&s);
    for (size_t i = 0; i < VF_COUNT(cases); i++) {
        syn_read(&s, VF_SYN_HEADER, cases[i].text);
        assert_bytes(syn_ref(&s, 0)->value, cases[i].value);
        assert_bytes(syn_ref(&s, 0)->raw, cases[i].raw);
        assert_non_null(syn_flaw(&s, cases[i].flaw));
        /* writing what was meant mends it */
        struct vf_slice meant = cases[i].raw.n ? cases[i].raw : cases[i].value;
        if (meant.n < 12 || cases[i].flaw == VF_FLAW_HEADER_MALFORMED)
            continue;
        s.target.root = vf_slice_sub(meant, 0, vf_slice_find(meant, VF_S("/bin/python"), 0));
        syn_read(&s, VF_SYN_HEADER, syn_put(&s, 0, meant, NULL));
        assert_int_equal(syn_flaws(&s), 0);
        assert_true(vf_header_is_python(syn_ref(&s, 0)));
    }
    syn_release(&s);
}

/* Form B with a backslash: POSIX leaves it before an ordinary byte, so this one works. */
static void near_misses(void **state)
{
    (void)state;
    static const struct vf_slice fine[] = {
        VF_S_INIT(SH "\"/p \\d/bin/python\"" ARGS END), VF_S_INIT(SH "\"/p it's/bin/python\"" ARGS END),
        VF_S_INIT(SH "'/p \"$x`/bin/python'" ARGS END), VF_S_INIT("#!/p\"$`'/bin/python\n"),
        VF_S_INIT("#!/p/bin/python -c 2/x\n"),          VF_S_INIT("#!/bin/sh /x/bin/python\n"),
        VF_S_INIT("#!/usr/bin/env -S python -E\n"),     VF_S_INIT("#!/usr/bin/perl /x/bin/python\n"),
    };
    struct syn s;
    syn_init(&s);
    for (size_t i = 0; i < VF_COUNT(fine); i++) {
        syn_read(&s, VF_SYN_HEADER, fine[i]);
        assert_int_equal(syn_flaws(&s), 0);
    }
    syn_release(&s);
}

static enum vf_status move_to_blank(struct syn *s, const char *text, struct vf_slice *moved)
{
    enum vf_status st;
    s->target.root = VF_S("/n y");
    syn_read(s, VF_SYN_HEADER, vf_slice_of(text));
    *moved = syn_put(s, 0, VF_S("/n y/bin/python"), &st);
    return st;
}

/* docs/formats.md 2.4: docstring, __doc__, __future__, cookie. */
static void docstrings(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        bool env_s, writable, line_1;
    } cases[] = {
        {"import x\n", true, true, false},
        {"# c\n\n'''doc'''\nx = __doc__\n", true, true, true},
        {"# c\n\n'''doc'''\nx = __doc__\n", false, false, false},
        {"\"doc\"\n", true, true, true},
        {"\"doc\"\n", false, true, false}, /* nobody asks for it */
        {"r'''doc'''\nfrom __future__ import x\n", true, true, true},
        {"r'''doc'''\nfrom __future__ import x\n", false, false, false},
        {"from __future__ import x\n", false, true, false}, /* our string is the docstring: legal */
        {"print(__doc__)\n", true, true, true},
        {"print(__doc__)\n", false, true, false},
        {"b'no docstring'\n", true, true, false},
    };
    struct syn s;
    syn_init(&s);
    for (size_t i = 0; i < VF_COUNT(cases); i++) {
        struct vf_slice moved;
        char text[256] = "#!/p/bin/python\n";
        strcat(text, cases[i].body);
        s.target.env_s = cases[i].env_s;
        assert_int_equal(move_to_blank(&s, text, &moved), cases[i].writable ? VF_OK : VF_UNWRITABLE);
        if (!cases[i].writable) {
            assert_true(strstr(s.err.detail, "env -S") != NULL);
            continue;
        }
        assert_int_equal(vf_slice_starts(moved, VF_S("#!/usr/bin/env -S sh -c '")), cases[i].line_1);
        assert_true(vf_slice_ends(moved, vf_slice_of(cases[i].body)));
        syn_read(&s, VF_SYN_HEADER, moved);
        assert_true(vf_header_is_ours(syn_ref(&s, 0)));
    }
    /* a docstring behind a trampoline is lost already */
    syn_read(&s, VF_SYN_HEADER, VF_S(SH "'/p x/bin/python'" ARGS END "\n'''doc'''\n"));
    assert_non_null(syn_flaw(&s, VF_FLAW_HEADER_DOC_LOST));
    assert_int_equal(syn_flaw(&s, VF_FLAW_HEADER_DOC_LOST)->line, 5);
    assert_int_equal(syn_flaw(&s, VF_FLAW_HEADER_DOC_LOST)->value.n, 0);
    syn_read(&s, VF_SYN_HEADER,
             VF_S(SH "'/p x/bin/python'" ARGS END "'''doc'''\nfrom __future__ import x\n"));
    assert_text(syn_flaw(&s, VF_FLAW_HEADER_DOC_LOST)->value, "from __future__");
    syn_release(&s);
}

static void cookie(void **state)
{
    (void)state;
    struct syn s;
    struct vf_slice moved;
    syn_init(&s);
    assert_int_equal(move_to_blank(&s, "#!/p/bin/python\n# -*- coding: latin-1 -*-\r\nx\n", &moved), VF_OK);
    assert_text(moved, "#!/bin/sh\n# -*- coding: latin-1 -*-\r\n'''exec' " SELF "/python\"" ARGS END "x\n");
    syn_release(&s);
}

/* Options: kept; what no quoting carries through sh and Python is refused. */
static void options(void **state)
{
    (void)state;
    struct syn s;
    struct vf_slice moved;
    syn_init(&s);
    assert_int_equal(move_to_blank(&s, "#!/p/bin/python -X utf8\nx\n", &moved), VF_OK);
    assert_text(moved, SH SELF "/python\" -X utf8" ARGS END "x\n");
    assert_int_equal(move_to_blank(&s, "#!/p/bin/python -W a;b\nx\n", &moved), VF_OK);
    assert_text(moved, SH SELF "/python\" -W 'a;b'" ARGS END "x\n");
    syn_read(&s, VF_SYN_HEADER, moved);
    assert_text(syn_ref(&s, 0)->extra, "-W a;b");
    assert_int_equal(move_to_blank(&s, "#!/p/bin/python -W it's\nx\n", &moved), VF_UNWRITABLE);
    assert_int_equal(move_to_blank(&s, "#!/p/bin/python  -E\nx\n", &moved), VF_OK);
    assert_text(moved, "#!/bin/sh\n'''exec' " SELF "/python\" -E" ARGS "' #!@  -E '''\nx\n");
    syn_release(&s);
}

/* A name that is missing in BIN. */
static void names_in_bin(void **state)
{
    (void)state;
    struct syn s;
    syn_init(&s);
    syn_read(&s, VF_SYN_HEADER, VF_S(SH SELF "\"/'python3.12'" ARGS END));
    assert_text(syn_put(&s, 0, VF_S("/n/env/bin/python3.12"), NULL), SH SELF "\"/'python'" ARGS END);
    syn_read(&s, VF_SYN_HEADER, VF_S("#!/p/env/bin/python3.11\n"));
    assert_text(syn_put(&s, 0, VF_S("/n/env/bin/python3.11"), NULL), "#!/n/env/bin/python\n");
    assert_text(syn_put(&s, 0, VF_S("/n/env/bin/python3"), NULL), "#!/n/env/bin/python3\n");
    static const struct vf_slice pypy[] = {VF_S_INIT("pypy3")};
    s.target.bin = pypy;
    s.target.n_bin = 1;
    assert_text(syn_put(&s, 0, VF_S("/n/env/bin/python3.11"), NULL), "#!/n/env/bin/pypy3\n");
    assert_text(syn_put(&s, 0, VF_S("/usr/bin/python3.11"), NULL), "#!/usr/bin/python3.11\n");
    syn_release(&s);
}

/* A path that is not in the target's BIN cannot be found from the script. */
static void elsewhere(void **state)
{
    (void)state;
    struct syn s;
    enum vf_status st;
    syn_init(&s);
    syn_read(&s, VF_SYN_HEADER, VF_S("#!/p/env/bin/python -E\n" BODY));
    assert_text(syn_put(&s, 0, VF_S("/o/bin/python3"), NULL), "#!/o/bin/python3 -E\n" BODY);
    assert_text(syn_put(&s, 0, VF_S("/o x/bin/python3"), NULL), SH "'/o x/bin/python3' -E" ARGS END BODY);
    (void)syn_put(&s, 0, VF_S("/o x\\N/bin/python3"), &st);
    assert_int_equal(st, VF_UNWRITABLE);
    syn_read(&s, VF_SYN_HEADER, VF_S(OURS BODY));
    assert_text(syn_put(&s, 0, VF_S("/o/bin/python3"), NULL), "#!/o/bin/python3\n" BODY);
    syn_release(&s);
}

static void relocatable(void **state)
{
    (void)state;
    struct syn s;
    syn_init(&s);
    s.target.relocatable = true;
    syn_read(&s, VF_SYN_HEADER, VF_S("#!/p/env/bin/python -E\n" BODY));
    struct vf_slice made = syn_put(&s, 0, VF_S("/n/env/bin/python"), NULL);
    assert_text(made, SH SELF "\"/'python' -E" ARGS END BODY);
    syn_read(&s, VF_SYN_HEADER, made);
    assert_false(vf_header_is_ours(syn_ref(&s, 0)));
    s.target.relocatable = false;
    assert_bytes(syn_put(&s, 0, VF_S("/n/env/bin/python"), NULL), made);
    s.target.relocatable = s.target.env_s = true;
    syn_read(&s, VF_SYN_HEADER, VF_S("#!/p/env/bin/python\n'''d'''\n"));
    made = syn_put(&s, 0, VF_S("/n/env/bin/python"), NULL);
    assert_text(made, "#!/usr/bin/env -S sh -c 'exec " SELF "\"/python \"$0\" \"$@\"'\n'''d'''\n");
    syn_read(&s, VF_SYN_HEADER, made);
    assert_int_equal(syn_ref(&s, 0)->form, VF_HEADER_G);
    syn_release(&s);
}

/* Scripts of other programs inside the environment (nodeenv). */
static void other_programs(void **state)
{
    (void)state;
    struct syn s;
    enum vf_status st;
    syn_init(&s);
    syn_read(&s, VF_SYN_HEADER, VF_S("#!/p/env/bin/node --x\ny\n"));
    assert_string_equal(vf_header_form_name(syn_ref(&s, 0)->form), "M");
    assert_text(syn_put(&s, 0, VF_S("/n/env/bin/node"), NULL), "#!/n/env/bin/node --x\ny\n");
    s.target.root = VF_S("/n y");
    (void)syn_put(&s, 0, VF_S("/n y/bin/node"), &st);
    assert_int_equal(st, VF_UNWRITABLE);
    s.target.env_s = true;
    struct vf_slice made = syn_put(&s, 0, VF_S("/n y/bin/node"), NULL);
    assert_text(made, "#!/usr/bin/env -S sh -c 'exec " SELF "/node\" --x \"$0\" \"$@\"'\ny\n");
    syn_read(&s, VF_SYN_HEADER, made);
    s.target.root = VF_S("/p/env");
    assert_text(syn_put(&s, 0, VF_S("/p/env/bin/node"), NULL), "#!/p/env/bin/node --x\ny\n");
    syn_release(&s);
}

/* EASY-INSTALL-DEV-SCRIPT names its source (docs/formats.md 2.2, form O). */
static void develop_script(void **state)
{
    (void)state;
    struct syn s;
    syn_init(&s);
    syn_read(&s, VF_SYN_HEADER,
             VF_S("#!/p/env/bin/python\n# EASY-INSTALL-DEV-SCRIPT: 'x==1.0','x'\n"
                  "__requires__ = 'x==1.0'\n__file__ = '/src/x\\'y'\nexec(x)\n"));
    assert_int_equal(syn_refs(&s), 2);
    const struct vf_ref *r = syn_ref(&s, 1);
    assert_int_equal(r->role, VF_ROLE_EDITABLE);
    assert_int_equal(r->line, 4);
    assert_text(r->value, "/src/x'y");
    assert_text(syn_put(&s, 1, VF_S("/new"), NULL),
                "#!/p/env/bin/python\n# EASY-INSTALL-DEV-SCRIPT: 'x==1.0','x'\n"
                "__requires__ = 'x==1.0'\n__file__ = '/new'\nexec(x)\n");
    syn_release(&s);
}

static void bare_names(void **state)
{
    (void)state;
    struct syn s;
    syn_init(&s);
    syn_read(&s, VF_SYN_HEADER, VF_S("#!/usr/bin/env -S 'python3.9' -E\n"));
    assert_text(syn_put(&s, 0, VF_S("python3"), NULL), "#!/usr/bin/env -S 'python3' -E\n");
    struct vf_buf b = {0};
    syn_read(&s, VF_SYN_HEADER, VF_S("#!/p/env/bin/pythonw -E\n# coding: utf-8\nx\n"));
    assert_int_equal(vf_header_put_placeholder(syn_ref(&s, 0), &s.src, &b, &s.err), VF_OK);
    assert_text(vf_buf_slice(&b), "#!pythonw\n# coding: utf-8");
    vf_buf_clear(&b);
    syn_read(&s, VF_SYN_HEADER, VF_S(OURS "x\n"));
    assert_int_equal(vf_header_put_placeholder(syn_ref(&s, 0), &s.src, &b, &s.err), VF_OK);
    assert_text(vf_buf_slice(&b), "#!python");
    vf_buf_release(&b);
    syn_release(&s);
}

static void python_names(void **state)
{
    (void)state;
    static const char *const yes[] = {"python",      "python3",     "python3.12", "python3.13t",
                                      "pythonw",     "pypy3",       "pypy3.10",   "graalpy",
                                      "python3.8dm", "python3-dbg", "python.exe"};
    static const char *const no[] = {"",        "pythonx",        "ipython", "python-config",
                                     "bpython", "python3-config", "sh",      "py"};
    for (size_t i = 0; i < VF_COUNT(yes); i++)
        assert_true(vf_name_is_python(vf_slice_of(yes[i])));
    for (size_t i = 0; i < VF_COUNT(no); i++)
        assert_false(vf_name_is_python(vf_slice_of(no[i])));
}

/* Python 2 reads no non-ASCII byte in line 1. */
static void python_2(void **state)
{
    (void)state;
    struct syn s;
    syn_init(&s);
    s.target.py_major = 2;
    s.target.root = VF_S("/n/\xC3\xBC");
    syn_read(&s, VF_SYN_HEADER, VF_S("#!/p/bin/python\n"));
    assert_text(syn_put(&s, 0, VF_S("/n/\xC3\xBC/bin/python"), NULL), OURS);
    syn_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form),     cmocka_unit_test(own_path),    cmocka_unit_test(no_header),
        cmocka_unit_test(awkward_places), cmocka_unit_test(lengths),     cmocka_unit_test(same_form),
        cmocka_unit_test(wrong_quoting),  cmocka_unit_test(near_misses), cmocka_unit_test(docstrings),
        cmocka_unit_test(cookie),         cmocka_unit_test(options),     cmocka_unit_test(names_in_bin),
        cmocka_unit_test(elsewhere),      cmocka_unit_test(relocatable), cmocka_unit_test(other_programs),
        cmocka_unit_test(develop_script), cmocka_unit_test(bare_names),  cmocka_unit_test(python_names),
        cmocka_unit_test(python_2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
