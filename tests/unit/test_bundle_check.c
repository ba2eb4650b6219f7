/* Bundles against a target: of every rule what it finds and what it leaves alone. */
#include "fs_box.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/digest.h"
#include "bundle/check.h"
#include "bundle_box.h"

#define NONE "py3-none-any"

static const struct box_file file[] = {{"x.py", "x = 1\n", false}, {0}};
static const struct box_file other[] = {{"y.py", "y = 1\n", false}, {0}};

struct asked {
    const char *python, *platform;
    unsigned glibc;
};

/* The findings as "RULE path value\n". */
static char *findings(struct box *b, const struct box_bundle *in, const struct asked *asked,
                      enum vf_status req)
{
    struct vf_buf archive = {0}, text = {0};
    struct vf_findings f = {.a = &b->arena};
    struct vf_bundle_report report = {0};
    box_pack(in->members, in->n, VF_TAR_PLAIN, &archive);
    for (int i = 0; i < 2; i++) { /* in memory, and through a file */
        struct vf_bundle_check_opts o = {
            .archive = {.fd = -1, .size = archive.n, .bytes = vf_buf_slice(&archive), .label = VF_S("b")},
            .spool = i ? b->fd : -1,
            .python = vf_slice_of(asked->python),
            .platform = vf_slice_of(asked->platform),
            .arch = VF_S("x86_64"),
            .glibc_minor = asked->glibc};
        f.v.n = 0;
        vf_buf_clear(&text);
        enum vf_status st = vf_bundle_check(&o, &f, &report, &b->err);
        if (st != req)
            fail_msg("%d, not %d: %s", (int)st, (int)req, b->err.detail);
        vf_bundle_close(report.file);
        if (st != VF_OK)
            box_check_err(b, req);
        for (size_t k = 0; k < f.v.n; k++) {
            const struct vf_finding *fi = vf_findings_at(&f, k);
            vf_buf_puts(&text, vf_rule_info(fi->rule)->id + 2);
            vf_buf_putc(&text, ' ');
            vf_buf_put(&text, fi->path);
            vf_buf_putc(&text, ' ');
            vf_buf_put(&text, fi->value);
            vf_buf_putc(&text, '\n');
        }
    }
    vf_buf_release(&archive);
    vf_buf_putc(&text, '\0');
    return text.p;
}

static void expect(struct box *b, struct box_bundle *in, struct asked asked, const char *req)
{
    char *got = findings(b, in, &asked, VF_OK);
    if (strcmp(got, req) != 0)
        fail_msg("%s, not %s", got, req);
    free(got);
}

/* Two wheels, the second with this tag and these lines of METADATA. */
static void two(struct box_bundle *in, const char *tag, const char *metadata)
{
    box_bundle_begin(in);
    box_bundle_wheel(in, "a", NONE, "Provides-Extra: e\nRequires-Dist: gone; extra == 'e'\n", file);
    box_bundle_wheel(in, "c", tag, metadata, other);
}

static void pair(struct box *b, const char *tag, const char *metadata, struct asked asked, const char *req)
{
    struct box_bundle in;
    two(&in, tag, metadata);
    box_bundle_end(&in);
    expect(b, &in, asked, req);
    box_bundle_release(&in);
}

#define C "wheels/c-1.0-" NONE ".whl "

static void closure(void **state)
{
    struct box *b = *state;
    pair(b, NONE, "Requires-Dist: a\n", (struct asked){0}, "");
    pair(b, NONE, "Requires-Dist: z>=1\n", (struct asked){0}, "551 " C "z>=1\n");
    pair(b, NONE, "Requires-Dist: a>1\n", (struct asked){0}, "551 " C "a>1\n");
    pair(b, NONE, "Requires-Dist: z; sys_platform == 'win32'\n", (struct asked){0}, "");
    pair(b, NONE, "Requires-Dist: z; sys_platform == 'win32'\n", (struct asked){.platform = "win_amd64"},
         "551 " C "z\n");
    pair(b, NONE, "Requires-Dist: z; python_version < '3.12'\n", (struct asked){.python = "3.12"}, "");
    pair(b, NONE, "Requires-Dist: z; python_version < '3.12'\n", (struct asked){0}, "551 " C "z\n");
    pair(b, NONE, "Requires-Dist: a[e]\n", (struct asked){0}, "551 wheels/a-1.0-" NONE ".whl gone\n");
}

static void tags(void **state)
{
    struct box *b = *state;
    static const char *const many = "cp311-cp311-manylinux_2_28_x86_64";
    pair(b, many, "", (struct asked){0}, "");
    pair(b, many, "", (struct asked){.glibc = 28}, "");
    pair(b, many, "", (struct asked){.platform = "manylinux_2_31_x86_64"}, "");
    pair(b, many, "", (struct asked){.glibc = 27},
         "552 wheels/c-1.0-cp311-cp311-manylinux_2_28_x86_64.whl cp311-cp311-manylinux_2_28_x86_64\n");
    pair(b, many, "", (struct asked){.platform = "manylinux2014_x86_64"},
         "552 wheels/c-1.0-cp311-cp311-manylinux_2_28_x86_64.whl cp311-cp311-manylinux_2_28_x86_64\n");
    pair(b, many, "", (struct asked){.python = "3.12"},
         "552 wheels/c-1.0-cp311-cp311-manylinux_2_28_x86_64.whl cp311-cp311-manylinux_2_28_x86_64\n");
    pair(b, "cp39-abi3-linux_x86_64", "", (struct asked){.python = "3.12"}, "");
    pair(b, "cp311-cp311-musllinux_1_2_aarch64", "", (struct asked){0}, "");
    pair(b, "cp311-cp311-macosx_11_0_arm64", "", (struct asked){0}, "");
    pair(b, "cp311-cp311-win_amd64", "", (struct asked){0}, "");
}

static void python(void **state)
{
    struct box *b = *state;
    pair(b, NONE, "Requires-Python: >=3.11.4\n", (struct asked){0}, "");
    pair(b, NONE, "Requires-Python: >=3.11.4\n", (struct asked){.python = "3.11.3"}, "553 " C ">=3.11.4\n");
    pair(b, NONE, "Requires-Python: <3.13\n", (struct asked){.python = "3.13"}, "553 " C "<3.13\n");
    pair(b, NONE, "", (struct asked){.python = "3.10"}, "553 venvfix.json >=3.11\n");
}

/* --- wheels --- */

static void contents(void **state)
{
    struct box *b = *state;
    struct box_bundle in;
    two(&in, NONE, "");
    size_t at = vf_slice_find(vf_buf_slice(&in.wheels[1]), VF_S("y = 1"), 0);
    assert_int_not_equal(at, VF_NPOS);
    in.wheels[1].p[at] = 'z'; /* and its checksum in the zip is wrong: damaged */
    assert_true(vf_sha256(vf_buf_slice(&in.wheels[1]), in.dists[1].sum.sha256));
    box_bundle_end(&in);
    struct asked none = {0};
    free(findings(b, &in, &none, VF_BAD_ARCHIVE));
    box_bundle_release(&in);
}

/* A wheel whose RECORD has another hash for y.py, in a zip that is sound. */
static void record(void **state)
{
    struct box *b = *state;
    struct box_bundle in;
    two(&in, NONE, "");
    struct vf_slice w = vf_buf_slice(&in.wheels[1]);
    size_t at = vf_slice_find(w, VF_S("y.py,sha256="), 0);
    assert_int_not_equal(at, VF_NPOS);
    char *digit = in.wheels[1].p + at + 12;
    *digit = *digit == 'A' ? 'B' : 'A';
    /* the zip's checksum of RECORD, in its local header and in the directory */
    size_t first = VF_NPOS, second = VF_NPOS;
    for (size_t i = vf_slice_find(w, VF_S("c-1.0.dist-info/RECORD"), 0); i != VF_NPOS;
         i = vf_slice_find(w, VF_S("c-1.0.dist-info/RECORD"), i + 1)) {
        if (i >= 30 && memcmp(w.p + i - 30, "PK\3\4", 4) == 0)
            first = i - 30 + 14;
        if (i >= 46 && memcmp(w.p + i - 46, "PK\1\2", 4) == 0)
            second = i - 46 + 16;
    }
    assert_true(first != VF_NPOS && second != VF_NPOS);
    size_t body = first - 14 + 30 + strlen("c-1.0.dist-info/RECORD");
    struct vf_slice text = vf_slice_sub(w, body, vf_slice_find(w, VF_S("PK\1\2"), body));
    uint32_t crc = vf_zip_crc(0, text);
    for (int i = 0; i < 4; i++) {
        in.wheels[1].p[first + (size_t)i] = (char)(crc >> 8 * i);
        in.wheels[1].p[second + (size_t)i] = (char)(crc >> 8 * i);
    }
    assert_true(vf_sha256(vf_buf_slice(&in.wheels[1]), in.dists[1].sum.sha256));
    box_bundle_end(&in);
    expect(b, &in, (struct asked){0}, "554 " C "y.py\n");
    box_bundle_release(&in);
}

static void duplicate(void **state)
{
    struct box *b = *state;
    struct box_bundle in;
    two(&in, NONE, "");
    box_bundle_wheel(&in, "c", "py3.py4-none-any", "", other);
    in.own_requirements = VF_S("");
    in.dists[2].listed = false;
    box_bundle_end(&in);
    expect(b, &in, (struct asked){0}, "557 wheels/c-1.0-py3.py4-none-any.whl c-1.0-py3-none-any.whl\n");
    box_bundle_release(&in);
}

/* --- lists --- */

static void lists_say(struct box *b, const char *requirements, const char *lock, const char *req)
{
    struct box_bundle in;
    box_bundle_begin(&in);
    box_bundle_wheel(&in, "a", NONE, "", file);
    in.own_requirements = vf_slice_of(requirements);
    in.own_lock = vf_slice_of(lock);
    box_bundle_end(&in);
    expect(b, &in, (struct asked){0}, req);
    box_bundle_release(&in);
}

#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"
#define LOCK "lock-version = \"1.0\"\ncreated-by = \"x\"\n[[packages]]\nname = \"a\"\n"

static void lists(void **state)
{
    struct box *b = *state;
    lists_say(b, "a==1.0 --hash=sha256:" ZERO "\n", NULL,
              "559 requirements.txt a==1.0 --hash=sha256:" ZERO "\n");
    lists_say(b, "b==1\n", NULL, "559 requirements.txt a\n559 requirements.txt b==1\n");
    lists_say(b, "file:///x/a-1.0-py3-none-any.whl\n", NULL,
              "558 requirements.txt file:///x/a-1.0-py3-none-any.whl\n");
    lists_say(b, "-e ./a\n", NULL, "558 requirements.txt ./a\n559 requirements.txt a\n");
    lists_say(b, "a @ https://h/a-1.0.tar.gz\n", NULL, "555 requirements.txt https://h/a-1.0.tar.gz\n");
    lists_say(b, "--index-url https://h/\n", NULL,
              "559 requirements.txt --index-url https://h/\n559 requirements.txt a\n");
    lists_say(b, NULL, "lock-version = \"1.0\"\ncreated-by = \"x\"\npackages = []\n", "559 pylock.toml a\n");
    lists_say(b, NULL,
              LOCK "version = \"1.0\"\nsdist = {name = \"a-1.0.tar.gz\", path = \"a-1.0.tar.gz\", "
                   "hashes = {sha256 = \"" ZERO "\"}}\n",
              "555 pylock.toml a\n");
    lists_say(b, NULL, LOCK "directory = {path = \"/x\"}\n", "558 pylock.toml /x\n");
    lists_say(b, NULL,
              LOCK "version = \"1.0\"\nwheels = [{url = \"https://h/a-1.0-py3-none-any.whl\", "
                   "hashes = {sha256 = \"" ZERO "\"}}]\n",
              "558 pylock.toml https://h/a-1.0-py3-none-any.whl\n");
    lists_say(b, NULL,
              LOCK "version = \"1.0\"\nwheels = [{path = \"wheels/a-1.0-py3-none-any.whl\", "
                   "hashes = {sha256 = \"" ZERO "\"}}]\n",
              "559 pylock.toml a\n");
}

static void words(void **state)
{
    struct box *b = *state;
    struct box_bundle in;
    static const struct asked bad[] = {{.python = "3"},
                                       {.python = "2.7"},
                                       {.python = "three"},
                                       {.platform = "linux"},
                                       {.platform = "manylinux_2_x86_64"},
                                       {.platform = "win_amd64", .glibc = 28}};
    box_bundle_make(&in);
    for (size_t i = 0; i < VF_COUNT(bad); i++)
        free(findings(b, &in, &bad[i], VF_USAGE));
    box_bundle_release(&in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOX_TEST(closure), BOX_TEST(tags),      BOX_TEST(python), BOX_TEST(contents),
        BOX_TEST(record),  BOX_TEST(duplicate), BOX_TEST(lists),  BOX_TEST(words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
