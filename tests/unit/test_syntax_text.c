/* Places in other files: the language around them, and what a real shell and Python make of the result. */
#include "syntax_fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/search.h"
#include "syntax/text.h"

#define P "/p/env"

/* A reference as the search would make it: the n-th occurrence of `text`. */
static void add_hit(struct syn *s, const char *path, struct vf_slice bytes, struct vf_slice text,
                    enum vf_encoding sp)
{
    s->src.path = vf_slice_of(path);
    syn_read(s, VF_SYN_TEXT, bytes);
    size_t at = vf_slice_find(bytes, text, 0);
    assert_true(at != VF_NPOS);
    struct vf_ref *r = vf_out_ref(&s->out);
    assert_non_null(r);
    *r = (struct vf_ref){.syntax = VF_SYN_TEXT,
                         .role = VF_ROLE_TEXT,
                         .form = (uint16_t)sp,
                         .off = at,
                         .len = text.n,
                         .value_off = at,
                         .value = text};
}

static void languages(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        struct vf_slice text, to; /* to: empty when it cannot be */
        const char *result;
    } cases[] = {
        {"bin/x", VF_S_INIT("#!/bin/bash\nexec " P "/bin/y\n"), VF_S_INIT("/n x"),
         "#!/bin/bash\nexec /n\\ x/bin/y\n"},
        {"bin/x.sh", VF_S_INIT("a=\"" P "/y\"\n"), VF_S_INIT("/n \"$`\\"), "a=\"/n \\\"\\$\\`\\\\/y\"\n"},
        {"bin/x.sh", VF_S_INIT("a='" P "/y'\n"), VF_S_INIT("/it's"), "a='/it'\\''s/y'\n"},
        {"bin/x.sh", VF_S_INIT("a='it'\"'\"'s " P "/y'\n"), VF_S_INIT("/it's"),
         "a='it'\"'\"'s /it'\\''s/y'\n"},
        {"bin/x.sh", VF_S_INIT("a=$'" P "/y'\n"), VF_S_INIT("/it's\\\n"), "a=$'/it\\'s\\\\\\n/y'\n"},
        {"bin/x.sh", VF_S_INIT("a=x # " P "/y\n"), VF_S_INIT("/it's"), "a=x # /it's/y\n"},
        {"bin/x.sh", VF_S_INIT("a=\"$(b '" P "/y')\"\n"), VF_S_INIT("/it's"), "a=\"$(b '/it'\\''s/y')\"\n"},
        {"bin/x.sh", VF_S_INIT("cat <<EOF\n" P "/y\nEOF\n"), VF_S_INIT("/n '$x"),
         "cat <<EOF\n/n '\\$x/y\nEOF\n"},
        {"bin/x.sh", VF_S_INIT("cat <<-'E F'\n" P "\nE F\n"), VF_S_INIT("/n $x"),
         "cat <<-'E F'\n/n $x\nE F\n"},
        {"bin/x.sh", VF_S_INIT("a=`b " P "`\n"), VF_S_INIT("/n x"), NULL},
        {"bin/x.sh", VF_S_INIT("a=`b " P "`\n"), VF_S_INIT("/n"), "a=`b /n`\n"},
        {"bin/x.sh", VF_S_INIT("a=file://" P "/x\n"), VF_S_INIT("/n x&"), "a=file:///n%20x%26/x\n"},
        {"bin/postactivate", VF_S_INIT("# hook\nexport X=" P "/lib\n"), VF_S_INIT("/n x"),
         "# hook\nexport X=/n\\ x/lib\n"},
        {"x.csh", VF_S_INIT("setenv X '" P "'\n"), VF_S_INIT("/it's"), "setenv X '/it'\\''s'\n"},
        {"x.csh", VF_S_INIT("setenv X \"" P "\"\n"), VF_S_INIT("/a$b"), NULL},
        {"x.csh", VF_S_INIT("setenv X '" P "'\n"), VF_S_INIT("/a!b"), NULL},
        {"x.fish", VF_S_INIT("set -x X '" P "'\n"), VF_S_INIT("/it's\\"), "set -x X '/it\\'s\\\\'\n"},
        {"x.fish", VF_S_INIT("set -x X \"" P "\"\n"), VF_S_INIT("/a$b\"`"), "set -x X \"/a\\$b\\\"`\"\n"},
        {"x.py", VF_S_INIT("a = '" P "/x'\n"), VF_S_INIT("/it's\n\xC3\xA9"), "a = '/it\\'s\\n\xC3\xA9/x'\n"},
        {"x.py", VF_S_INIT("a = \"" P "/x\"\n"), VF_S_INIT("/it's\"q\""), "a = \"/it's\\\"q\\\"/x\"\n"},
        {"x.py", VF_S_INIT("a = r'" P "/x'\n"), VF_S_INIT("/n x"), "a = r'/n x/x'\n"},
        {"x.py", VF_S_INIT("a = r'" P "/x'\n"), VF_S_INIT("/n\\x"), NULL},
        {"x.py", VF_S_INIT("a = f'" P "/{x}'\n"), VF_S_INIT("/n{y}"), "a = f'/n{{y}}/{x}'\n"},
        {"x.py", VF_S_INIT("a = b'" P "/x'\n"), VF_S_INIT("/n\xC3\xA9"), "a = b'/n\\xc3\\xa9/x'\n"},
        {"x.py", VF_S_INIT("a = '''it's\n" P "/x'''\n"), VF_S_INIT("/'''"), "a = '''it's\n/\\'\\'\\'/x'''\n"},
        {"x.py", VF_S_INIT("# it's " P "/x\n"), VF_S_INIT("/it's"), "# it's /it's/x\n"},
        {"x.py", VF_S_INIT("# it's " P "/x\n"), VF_S_INIT("/a\nb"), NULL},
        {"x.py", VF_S_INIT("# \xE9\na = '" P "'\n"), VF_S_INIT("/\xC3\xA9"), "# \xE9\na = '/\\u00e9'\n"},
        {"bin/x", VF_S_INIT("#!/usr/bin/python3\na = '" P "'\n"), VF_S_INIT("/it's"),
         "#!/usr/bin/python3\na = '/it\\'s'\n"},
        {"x.json", VF_S_INIT("{\"a\": \"" P "/x\"}"), VF_S_INIT("/n \"\\"), "{\"a\": \"/n \\\"\\\\/x\"}"},
        {"x.pc", VF_S_INIT("prefix=" P "\n"), VF_S_INIT("/n x#'"), "prefix=/n\\ x\\#\\'\n"},
        {"x.pc", VF_S_INIT("prefix=" P "\n"), VF_S_INIT("/n$"), "prefix=/n$\n"},
        {"x.pc", VF_S_INIT("prefix=" P "/x\n"), VF_S_INIT("/a$b$$c${d}$(e)$"),
         "prefix=/a$b$\\$c$\\{d}$(e)$/x\n"},
        {"x.pc", VF_S_INIT("prefix=" P "${x}\n"), VF_S_INIT("/n$"), NULL},
        {"x.pc", VF_S_INIT("Libs: \"-L" P "/x\"\n"), VF_S_INIT("/a b'c#\"\\$$d"),
         "Libs: \"-L/a b'c\\#\\\"\\\\$\\$d/x\"\n"},
        {"x.pc", VF_S_INIT("Libs: \"-L" P "/x\"\n"), VF_S_INIT("/n${x}"), NULL},
        {"x.pc", VF_S_INIT("Libs: '-L" P "/x'\n"), VF_S_INIT("/a b\"#\\$c"), "Libs: '-L/a b\"\\#\\$c/x'\n"},
        {"x.pc", VF_S_INIT("Libs: '-L" P "/x'\n"), VF_S_INIT("/n\\#"), NULL},
        {"x.pc", VF_S_INIT("Libs: '-L" P "/x'\n"), VF_S_INIT("/n$$"), NULL},
        {"x.pc", VF_S_INIT("Libs: '-L" P "/x'\n"), VF_S_INIT("/it's"), NULL},
        {"x.xml", VF_S_INIT("<a b=\"" P "\"/>"), VF_S_INIT("/a&b<"), "<a b=\"/a&amp;b&lt;\"/>"},
        {"x.ini", VF_S_INIT("home = " P "/x\n"), VF_S_INIT("/n x'"), "home = /n x'/x\n"},
        {"x.ini", VF_S_INIT("home = " P "/x\n"), VF_S_INIT("/n\nx"), NULL},
        {"x.ini", VF_S_INIT("home = " P "/x\n"), VF_S_INIT("/n\xFF"), NULL}, /* it is UTF-8 now */
        {"x.ini", VF_S_INIT("# \xE9\nhome = " P "/x\n"), VF_S_INIT("/n\xFF"), "# \xE9\nhome = /n\xFF/x\n"},
        {"x.toml", VF_S_INIT("a = \"" P "/x\"\n"), VF_S_INIT("/n\"x"), "a = \"/n\\\"x/x\"\n"},
        {"x.toml", VF_S_INIT("a = \"" P "/x\"\n"), VF_S_INIT("/n\\x"), "a = \"/n\\\\x/x\"\n"},
        {"x.toml", VF_S_INIT("a = '" P "/x'\n"), VF_S_INIT("/it's"), NULL},
        {"x.toml", VF_S_INIT("a = \"\"\"\n" P "/x\"\"\"\n"), VF_S_INIT("/n\"x"),
         "a = \"\"\"\n/n\\\"x/x\"\"\"\n"},
        {"x.toml", VF_S_INIT("# it's " P "/x\n"), VF_S_INIT("/n\"x"), "# it's /n\"x/x\n"},
        {"x.ini", VF_S_INIT("[a]\nhome = " P "/x\n"), VF_S_INIT("/a%2Fb c"), "[a]\nhome = /a%%2Fb c/x\n"},
        {"x.ini", VF_S_INIT("[a]\nu = file://" P "/x\n"), VF_S_INIT("/a b"), "[a]\nu = file:///a%%20b/x\n"},
        {"x.ini", VF_S_INIT("home = " P "/x\n"), VF_S_INIT("/a%b"), NULL}, /* who reads it? */
        {"x.ini", VF_S_INIT("[a]\nf = %d\nhome = " P "/x\n"), VF_S_INIT("/a%b"), NULL},
        {"x.ini", VF_S_INIT("[a]\nhome = " P "/x " P "\n"), VF_S_INIT("/a b"), NULL},
        {"x.ini", VF_S_INIT("[a]\nhome = " P ":/x\n"), VF_S_INIT("/a:b"), NULL},
        {"setup.cfg", VF_S_INIT("[a]\nhome = " P "/x\n"), VF_S_INIT("/a%b"), "[a]\nhome = /a%b/x\n"},
        {"s.conf", VF_S_INIT("[program:a]\nx=%(here)s\ncommand=" P "/x y\n"), VF_S_INIT("/a b%"),
         "[program:a]\nx=%(here)s\ncommand=/a\\ b%%/x y\n"},
        {"x.service", VF_S_INIT("ExecStart=" P "/x y\n"), VF_S_INIT("/a b%"), "ExecStart=/a\\x20b%%/x y\n"},
        {"x.service", VF_S_INIT("ExecStart=/x " P "/y\n"), VF_S_INIT("/a$b'c"),
         "ExecStart=/x /a$$b\\x27c/y\n"},
        {"x.service", VF_S_INIT("ExecStart=" P "/x y\n"), VF_S_INIT("/a$b"), NULL},
        {"x.service", VF_S_INIT("WorkingDirectory=" P "\n"), VF_S_INIT("/a b%"), "WorkingDirectory=/a b%%\n"},
        {"x.service", VF_S_INIT("Environment=\"A=" P "\"\n"), VF_S_INIT("/a b\""),
         "Environment=\"A=/a b\\x22\"\n"},
        {"x.service.d/a.conf", VF_S_INIT("ReadWritePaths=" P " /x\n"), VF_S_INIT("/a b"),
         "ReadWritePaths=/a\\ b /x\n"},
        {"cron.d/x", VF_S_INIT("@daily me " P "/x\n"), VF_S_INIT("/a %b"), "@daily me /a\\ \\%b/x\n"},
        {"crontab", VF_S_INIT("* * * * * '" P "/x'\n"), VF_S_INIT("/it's%"), "* * * * * '/it'\\''s\\%/x'\n"},
        {"crontab", VF_S_INIT("A=" P "/x\n"), VF_S_INIT("/a %b"), "A=/a %b/x\n"},
        {"Makefile", VF_S_INIT("V=" P "\na:\n\t$(V)/x\n"), VF_S_INIT("/a b$"),
         "V=/a\\ b\\$$\na:\n\t$(V)/x\n"},
        {"Makefile", VF_S_INIT("V=" P "\na:\n\t'$(V)/x'\n"), VF_S_INIT("/a b$"),
         "V=/a b$$\na:\n\t'$(V)/x'\n"},
        {"Makefile", VF_S_INIT("V=" P "\nW=$(V)\na:\n\t'$V' \"$(W)\" '$(W)'\n"), VF_S_INIT("/a b"), NULL},
        {"Makefile", VF_S_INIT("a: " P "/x\n"), VF_S_INIT("/a b"), "a: /a\\ b/x\n"},
        {"x.desktop", VF_S_INIT("Exec=\"" P "/x\" y\n"), VF_S_INIT("/a b%$"), "Exec=\"/a b%%\\\\$/x\" y\n"},
        {"x.desktop", VF_S_INIT("Exec=--a=" P "/x\n"), VF_S_INIT("/a b"), NULL},
        {"x.desktop", VF_S_INIT("Icon=" P "/x\n"), VF_S_INIT("/a b\\"), "Icon=/a b\\\\/x\n"},
        {"x.yaml", VF_S_INIT("a: " P "/x\n"), VF_S_INIT("/a b'c"), "a: /a b'c/x\n"},
        {"x.yaml", VF_S_INIT("a: " P "/x\n"), VF_S_INIT("/a #b"), NULL},
        {"x.yaml", VF_S_INIT("a: [" P "/x]\n"), VF_S_INIT("/a,b"), NULL},
        {"x.yaml", VF_S_INIT("a: run " P "/x\n"), VF_S_INIT("/a b"), NULL},
        {"x.yaml", VF_S_INIT("a: it's '\nb: '" P "/x'\n"), VF_S_INIT("/it's"), "a: it's '\nb: '/it''s/x'\n"},
        {"x.yaml", VF_S_INIT("a: |\n  it's \"\nb: \"" P "/x\"\n"), VF_S_INIT("/a\\"),
         "a: |\n  it's \"\nb: \"/a\\\\/x\"\n"},
        {"x.properties", VF_S_INIT("a=" P "/x\n"), VF_S_INIT("/a b\\\xC3\xA9"), "a=/a b\\\\\\u00e9/x\n"},
        {"x.sed", VF_S_INIT("s|" P "|y|\n"), VF_S_INIT("/a-b"), "s|/a-b|y|\n"},
        {"x.sed", VF_S_INIT("s,x," P ",\n"), VF_S_INIT("/a,b"), NULL},
        {"x.sed", VF_S_INIT("s|x|" P "|\n"), VF_S_INIT("/a&b"), NULL},
        {"x.rc", VF_S_INIT("a " P "/x\n"), VF_S_INIT("/a b"), NULL},
        {"x.rc", VF_S_INIT("a " P "/x\n"), VF_S_INIT("/a%b"), NULL},
        {"x.rc", VF_S_INIT("a " P "/x\n"), VF_S_INIT("/a-b_\xC3\xA9"), "a /a-b_\xC3\xA9/x\n"},
        {"x.rc", VF_S_INIT("a \"" P "/x\"\n"), VF_S_INIT("/a b"), "a \"/a b/x\"\n"},
        {"x.md", VF_S_INIT("a " P "/x\n"), VF_S_INIT("/a b"), "a /a b/x\n"},
        {"x.toml", VF_S_INIT("a = '" P "/x'\n"), VF_S_INIT("/n\\x"), "a = '/n\\x/x'\n"},
        {"x.js", VF_S_INIT("a = \"" P "/x\";\n"), VF_S_INIT("/n x"), "a = \"/n x/x\";\n"},
        {"x.js", VF_S_INIT("a = \"" P "/x\";\n"), VF_S_INIT("/n'x"), NULL},
        {"x.js", VF_S_INIT("a = 1 // " P "/x\n"), VF_S_INIT("/n x"), NULL},
        {"x.dat", VF_S_INIT("a\0" P "\0"), VF_S_INIT("/n"), NULL},
    };
    struct syn s;
    syn_init(&s);
    for (size_t i = 0; i < VF_COUNT(cases); i++) {
        enum vf_status st;
        add_hit(&s, cases[i].path, cases[i].text, VF_S(P), VF_ENC_RAW);
        struct vf_slice moved = syn_put(&s, 0, cases[i].to, &st);
        if (st != (cases[i].result ? VF_OK : VF_UNWRITABLE))
            fail_msg("case %zu: %s", i, cases[i].text.p);
        if (cases[i].result)
            assert_bytes(moved, vf_slice_of(cases[i].result));
    }
    syn_release(&s);
}

/* The spelling of the hit, where no language is known. */
static void spellings(void **state)
{
    (void)state;
    static const struct {
        enum vf_encoding sp;
        const char *text, *result; /* moved to /n "x */
    } cases[] = {
        {VF_ENC_PERCENT, "/p%20env", "/n%20%22x"}, {VF_ENC_JSON, "\\/p\\/env", "\\/n \\\"x"},
        {VF_ENC_PY, "/p\\x20env", "/n \\\"x"},     {VF_ENC_SHELL, "/p\\ env", "/n\\ \\\"x"},
        {VF_ENC_XML, "/p&amp;env", "/n &quot;x"},  {VF_ENC_CONFIG, "/p\"\"env", "/n \"\"x"},
    };
    struct syn s;
    syn_init(&s);
    for (size_t i = 0; i < VF_COUNT(cases); i++) {
        struct vf_slice text = vf_slice_of(cases[i].text);
        add_hit(&s, "x.conf", vf_arena_concat(&s.a, VF_S("k = "), text, VF_S("/y\n")), text, cases[i].sp);
        assert_bytes(syn_put(&s, 0, VF_S("/n \"x"), NULL),
                     vf_arena_concat(&s.a, VF_S("k = "), vf_slice_of(cases[i].result), VF_S("/y\n")));
    }
    syn_release(&s);
}

/* Every context of a script, moved to hostile places and printed by the real shell. */
static const char *const contexts[] = {
    "printf %s @",
    "x=@; printf %s \"$x\"",
    "printf %s '@'",
    "printf %s \"@\"",
    "printf %s \"`echo a >/dev/null`@\"",
    "printf %s \"$(printf %s '@')\"",
    "printf %s \"$(printf %s \"@\")\"",
    "printf %s \"${x:-\"a\"}\" >/dev/null # it's \"\nprintf %s '@'",
    "x='a'\\''b'; printf %s \"@\"",
    "case a in a) printf %s \"@\";; esac",
    "if [ $# = 0 ]; then printf %s @; fi",
    "printf %s \"${#x}\" >/dev/null; printf %s @",
    "read -r x <<EOF\n@\nEOF\nprintf %s \"$x\"",
    "cat >/dev/null <<'A' <<B\n it's \"\nA\n`echo`\nB\nprintf %s '@'",
    "x=$((1 << 2)); printf %s '@'",
    "( printf %s \"@\" )",
};

static const struct vf_slice hostile[] = {
    VF_S_INIT("/n/plain"),      VF_S_INIT("/n/a b"),    VF_S_INIT("/n/it's"),
    VF_S_INIT("/n/\"q\""),      VF_S_INIT("/n/$HOME"),  VF_S_INIT("/n/`id`"),
    VF_S_INIT("/n/a\\b\\\\c"),  VF_S_INIT("/n/a\tb"),   VF_S_INIT("/n/;&|<>()*?[]#~!{}=%"),
    VF_S_INIT("/n/gr\xC3\xBC"), VF_S_INIT("/n/x#y #z"), VF_S_INIT("/n/a\nb"),
};

static void shell_prints(void **state)
{
    (void)state;
    struct syn s;
    syn_init(&s);
    for (size_t i = 0; i < VF_COUNT(contexts) * VF_COUNT(hostile); i++) {
        const char *text = contexts[i / VF_COUNT(hostile)];
        struct vf_slice to = hostile[i % VF_COUNT(hostile)], at = vf_slice_of(strchr(text, '@'));
        struct vf_slice before = vf_slice_sub(vf_slice_of(text), 0, (size_t)(at.p - text));
        struct vf_slice script = vf_arena_concat(&s.a, before, VF_S(P), vf_slice_from(at, 1));
        enum vf_status st;
        add_hit(&s, "x.sh", script, VF_S(P), VF_ENC_RAW);
        struct vf_slice moved = syn_put(&s, 0, to, &st);
        bool here = strstr(text, "EOF") != NULL, feed = vf_slice_find(to, VF_S("\n"), 0) != VF_NPOS;
        if (here && feed) {
            assert_int_equal(st, VF_UNWRITABLE);
            continue;
        }
        assert_int_equal(st, VF_OK);
        char name[] = "/tmp/vf-text-XXXXXX", command[64], out[256];
        int fd = mkstemp(name);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, moved.p, moved.n), (ssize_t)moved.n);
        close(fd);
        snprintf(command, sizeof command, "/bin/sh %s", name);
        FILE *f = popen(command, "r");
        assert_non_null(f);
        size_t n = fread(out, 1, sizeof out, f);
        assert_int_equal(pclose(f), 0);
        (void)unlink(name);
        assert_bytes((struct vf_slice){out, n}, to);
    }
    syn_release(&s);
}

/* There and back: the same bytes, for a plain old place. */
static void back_again(void **state)
{
    (void)state;
    struct syn s;
    syn_init(&s);
    for (size_t i = 0; i < VF_COUNT(contexts) * VF_COUNT(hostile); i++) {
        const char *text = contexts[i / VF_COUNT(hostile)];
        struct vf_slice to = hostile[i % VF_COUNT(hostile)], at = vf_slice_of(strchr(text, '@'));
        struct vf_slice before = vf_slice_sub(vf_slice_of(text), 0, (size_t)(at.p - text));
        struct vf_slice script = vf_arena_concat(&s.a, before, VF_S(P), vf_slice_from(at, 1));
        enum vf_status st;
        add_hit(&s, "x.sh", script, VF_S(P), VF_ENC_RAW);
        struct vf_slice moved = syn_put(&s, 0, to, &st);
        if (st != VF_OK || vf_slice_find(to, VF_S("\n"), 0) != VF_NPOS)
            continue;
        struct vf_slice spelled = vf_slice_sub(moved, before.n, moved.n - (at.n - 1));
        add_hit(&s, "x.sh", moved, spelled, vf_slice_eq(spelled, to) ? VF_ENC_RAW : VF_ENC_SHELL);
        assert_bytes(syn_put(&s, 0, VF_S(P), NULL), script);
    }
    syn_release(&s);
}

static enum vf_shell_context shell_at(struct vf_slice script, size_t off)
{
    struct vf_shell_scan fresh = {0};
    return vf_shell_context_at(&fresh, script, off);
}

static enum vf_shell_context simple_at(struct vf_slice script, size_t off, enum vf_text_lang lang)
{
    struct vf_shell_scan fresh = {0};
    return vf_simple_context_at(&fresh, script, off, lang);
}

static void same_python(struct vf_py_scan *py, struct vf_slice s, size_t off)
{
    struct vf_py_scan fresh = {0};
    const struct vf_py_string *one = vf_py_string_at(py, s, off), *two = vf_py_string_at(&fresh, s, off);
    assert_int_equal(one == NULL, two == NULL);
    assert_int_equal(one ? one->body : 0, two ? two->body : 0);
}

static void same_line(struct vf_line_scan *line, struct vf_slice s, size_t off)
{
    struct vf_line_scan fresh = {0};
    vf_line_scan_to(line, s, off);
    vf_line_scan_to(&fresh, s, off);
    assert_int_equal(line->start, fresh.start);
    assert_int_equal(line->quote, fresh.quote);
    assert_int_equal(line->hash, fresh.hash);
}

/* A scanner that goes on from question to question says what a fresh one says. */
static void scan_on(struct vf_slice s, size_t step)
{
    struct vf_shell_scan sh = {0}, csh = {0}, fish = {0};
    struct vf_py_scan py = {0};
    struct vf_line_scan line = {0};
    for (size_t off = 0; off < s.n; off += step) {
        assert_int_equal(vf_shell_context_at(&sh, s, off), shell_at(s, off));
        assert_int_equal(vf_simple_context_at(&csh, s, off, VF_LANG_CSH), simple_at(s, off, VF_LANG_CSH));
        assert_int_equal(vf_simple_context_at(&fish, s, off, VF_LANG_FISH), simple_at(s, off, VF_LANG_FISH));
        same_python(&py, s, off);
        same_line(&line, s, off);
    }
    assert_int_equal(vf_shell_context_at(&sh, s, 1), shell_at(s, 1)); /* back again */
    same_python(&py, s, 1);
    same_line(&line, s, 1);
}

static void scans_go_on(void **state)
{
    (void)state;
    static const char *const odd[] = {
        "a=\"b $(c '\"' \"d\") e\"; f='g' # h\ni=`j \"k\"`\n",
        "cat <<A; cat <<'B' <<-C\nx $y\nA\nz\nB\n\t\tC\nC\necho \"q\"\n",
        "cat <<E\nnever ends \"'\n",
        "x=$'a\\'b' y=${z:-\"'\"} # c\\\n\\\n\"open",
        "a \"b\\\"c\" 'd\\' e # f 'g'\n'h",
        "s = 'a' + \"b\" # c 'd\nt = '''e\n\"f''' + r'g\\' + 'open\nu = \"v\"\n",
    };
    for (size_t step = 1; step <= 7; step += 3) {
        for (size_t k = 0; k < VF_COUNT(odd); k++)
            scan_on(vf_slice_of(odd[k]), step);
        for (size_t k = 0; k < VF_COUNT(contexts); k++)
            scan_on(vf_slice_of(contexts[k]), step);
    }
}

/* A script that never ends its quotes, nests without end, or ends in a backslash. */
static void odd_scripts(void **state)
{
    (void)state;
    struct vf_buf b = {0};
    for (int i = 0; i < 1000; i++)
        vf_buf_puts(&b, "$(\"${`");
    for (size_t i = 0; i <= b.n; i += 7)
        (void)shell_at(vf_buf_slice(&b), i);
    assert_int_equal(shell_at(vf_buf_slice(&b), b.n), VF_SHELL_UNKNOWN);
    vf_buf_release(&b);
    assert_int_equal(shell_at(VF_S("a\\"), 2), VF_SHELL_UNKNOWN);
    assert_int_equal(shell_at(VF_S("a 'b"), 3), VF_SHELL_SINGLE);
    assert_int_equal(shell_at(VF_S("cat <<"), 6), VF_SHELL_BARE);
    assert_int_equal(shell_at(VF_S("cat <<< x"), 8), VF_SHELL_BARE);
    assert_int_equal(simple_at(VF_S("a \"b\\"), 5, VF_LANG_FISH), VF_SHELL_DOUBLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(languages),  cmocka_unit_test(spellings),   cmocka_unit_test(shell_prints),
        cmocka_unit_test(back_again), cmocka_unit_test(odd_scripts), cmocka_unit_test(scans_go_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
