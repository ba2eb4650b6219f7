/* env_fixture.c: written by plain calls, so that a test does not rest on what it tests. */
#include "env_fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"

static const char *const plain[] = {
    "pyvenv.cfg|home = {HOME}\ninclude-system-site-packages = false\nversion = {V}.1\n",
    "bin/python@|{PY}",
    "bin/python3@|python",
    "{S}/|",
    "lib64@|lib",
    NULL,
};

/* ---- text ---- */

static void put_digest(struct envfix *f, struct vf_buf *b, const char *rel, size_t n)
{
    char *name = strndup(rel, n), *path = ef_text(f, name, NULL), *bytes = fx_read(f->env, path);
    unsigned char d[32];
    assert_non_null(bytes);
    assert_true(vf_sha256(vf_slice_of(bytes), d));
    vf_buf_puts(b, "sha256=");
    vf_base64url_put(b, (struct vf_slice){(const char *)d, sizeof d});
    free(bytes);
    free(path);
    free(name);
}

static void put_word(struct envfix *f, struct vf_buf *b, const char *word, size_t n)
{
    char site[40], *home = strdup(f->base);
    (void)snprintf(site, sizeof site, "lib/python%s/site-packages", f->version);
    *strrchr(home, '/') = 0;
    const struct {
        const char *word, *text;
    } words[] = {{"E", f->env},       {"OLD", f->old}, {"LIVE", f->live}, {"OUT", f->out},
                 {"T", f->box->path}, {"PY", f->base}, {"HOME", home},    {"S", site},
                 {"V", f->version},   {"CR", "\r"},    {"FF", "\xFF"}};
    bool known = true;
    size_t i = 0;
    while (i < sizeof words / sizeof *words &&
           (strlen(words[i].word) != n || memcmp(words[i].word, word, n) != 0))
        i++;
    if (i < sizeof words / sizeof *words)
        vf_buf_puts(b, words[i].text);
    else if (n == 1 && *word == 'D')
        vf_buf_printf(b, "%s/demo-1.0.dist-info", site);
    else if (n == 3 && memcmp(word, "NUL", 3) == 0)
        vf_buf_putc(b, '\0');
    else if (n > 4 && memcmp(word, "sha:", 4) == 0)
        put_digest(f, b, word + 4, n - 4);
    else if (n > 1 && *word == '/')
        for (long k = strtol(word + 1, NULL, 10); k > 0; k--)
            vf_buf_putc(b, '/');
    else
        known = false;
    free(home);
    if (!known)
        vf_buf_printf(b, "{%.*s}", (int)n, word);
}

/* The brace that ends the word which begins at `text`; NULL: it is no word. */
static const char *word_end(const char *text)
{
    if (*text != '{')
        return NULL;
    if (strncmp(text, "{sha:", 5) == 0) { /* a path, which may hold a word */
        int depth = 0;
        do
            depth += *text == '{' ? 1 : *text == '}' ? -1 : 0;
        while (depth > 0 && *++text);
        return *text ? text : NULL;
    }
    const char *end = text + 1 + strcspn(text + 1, "{} \"':\n");
    return *end == '}' ? end : NULL;
}

char *ef_text(struct envfix *f, const char *text, size_t *n)
{
    struct vf_buf b = {0};
    while (*text) {
        const char *end = word_end(text);
        if (!end) {
            vf_buf_putc(&b, *text++);
            continue;
        }
        put_word(f, &b, text + 1, (size_t)(end - text) - 1);
        text = end + 1;
    }
    if (n)
        *n = b.n;
    vf_buf_putc(&b, '\0');
    assert_false(b.failed);
    return b.p;
}

/* ---- files ---- */

static void make_parents(const char *path)
{
    char *copy = strdup(path);
    for (char *at = strchr(copy + 1, '/'); at; at = strchr(at + 1, '/')) {
        *at = 0;
        (void)mkdir(copy, 0755);
        *at = '/';
    }
    free(copy);
}

static void write_bytes(const char *path, const char *bytes, size_t n, mode_t mode)
{
    fx_remove(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, n), n);
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(close(fd), 0);
}

static void write_one(const char *path, char mark, mode_t mode, const char *text, size_t n)
{
    if (mark == '-') {
        fx_remove(path);
        return;
    }
    make_parents(path);
    if (mark == '/') {
        (void)mkdir(path, 0755);
    } else if (mark == '@') {
        fx_remove(path);
        assert_int_equal(symlink(text, path), 0);
    } else if (mark == '!') {
        assert_int_equal(mkfifo(path, 0644), 0);
    } else {
        write_bytes(path, text, n, mark == '*' ? 0755 : mode);
    }
}

void ef_write(struct envfix *f, const char *line)
{
    const char *bar = strchr(line, '|');
    assert_non_null(bar);
    size_t n;
    char *left = strndup(line, (size_t)(bar - line)), *name = ef_text(f, left, NULL),
         *text = ef_text(f, bar + 1, &n);
    char *percent = strrchr(name, '%'), mark = name[strlen(name) - 1];
    mode_t mode = percent ? (mode_t)strtol(percent + 1, NULL, 8) : 0644;
    if (percent)
        *percent = mark = 0;
    else if (strchr("*@!-/", mark))
        name[strlen(name) - 1] = 0;
    char *path = *name == '/' ? strdup(name) : fx_join(f->env, name);
    write_one(path, mark, mode, text, n);
    free(path);
    free(text);
    free(name);
    free(left);
}

void ef_lines(struct envfix *f, const char *const *lines)
{
    for (size_t i = 0; i < EF_LINES && lines[i]; i++)
        ef_write(f, lines[i]);
}

void ef_reset(struct envfix *f)
{
    fx_remove(f->env);
    ef_lines(f, plain);
}

/* ---- set up ---- */

static void find_base(struct envfix *f)
{
    static const char *const names[] = {"/usr/bin/python3", "/usr/local/bin/python3",
                                        "/opt/homebrew/bin/python3"};
    for (size_t i = 0; i < sizeof names / sizeof *names && !f->base; i++)
        f->base = realpath(names[i], NULL);
    assert_non_null(f->base);
    const char *minor = strstr(strrchr(f->base, '/'), "python3.");
    assert_non_null(minor);
    (void)snprintf(f->version, sizeof f->version, "%s", minor + strlen("python"));
}

int ef_enter(void **state)
{
    struct envfix *f = calloc(1, sizeof *f);
    void *box;
    assert_int_equal(box_enter(&box), 0);
    f->box = box;
    find_base(f);
    f->env = fx_join(f->box->path, "env");
    f->old = fx_join(f->box->path, "old");
    f->live = fx_join(f->box->path, "live");
    f->out = fx_join(f->box->path, "out");
    f->next = fx_join(f->box->path, "next/env");
    make_parents(f->next);
    static const char *const around[] = {"{LIVE}/pyvenv.cfg|home = {HOME}\n",
                                         "{LIVE}/bin/python@|{PY}",
                                         "{LIVE}/bin/tool*|#!/bin/sh\n",
                                         "{LIVE}/src/|",
                                         "{LIVE}/etc/conf|x",
                                         "{OUT}/thing|x",
                                         NULL};
    ef_lines(f, around);
    ef_reset(f);
    *state = f;
    return 0;
}

int ef_leave(void **state)
{
    struct envfix *f = *state;
    void *box = f->box;
    free(f->env);
    free(f->old);
    free(f->live);
    free(f->out);
    free(f->next);
    free(f->base);
    free(f);
    return box_leave(&box);
}

/* ---- verbs ---- */

int ef_check(struct envfix *f, const struct ef_check *how, struct venvfix_check_result *r)
{
    const char *from[3] = {f->old, f->live, how->from};
    struct venvfix_check_options o = {
        .path = how->path ? how->path : f->env, .at = how->at, .hashes = how->hashes, .from = from};
    o.n_from = how->alone ? 0 : how->from ? 3 : 2;
    o.hooks.jobs = how->jobs ? how->jobs : 1;
    return venvfix_check(&o, r);
}

int ef_change(struct envfix *f, enum venvfix_verb verb, const char *from, const char *to, bool dry_run,
              struct venvfix_change_result *r)
{
    const char *prefixes[] = {f->old, f->live};
    struct venvfix_change_options o = {.verb = verb,
                                       .from_path = from,
                                       .to_path = verb == VENVFIX_FIX ? NULL : to,
                                       .from = prefixes,
                                       .n_from = 2,
                                       .dry_run = dry_run,
                                       .hooks = {.jobs = 1}};
    return venvfix_change(&o, r);
}

size_t ef_count(const struct venvfix_findings *fs, const char *rule, const char *path)
{
    size_t n = 0;
    for (size_t i = 0; i < fs->n; i++)
        n += !strcmp(fs->v[i].rule, rule) && (!path || !strcmp(fs->v[i].path.p, path));
    return n;
}

void ef_show(const struct venvfix_findings *fs)
{
    for (size_t i = 0; i < fs->n; i++)
        (void)fprintf(stderr, "  %s %s %s %s:%lld value %s expected %s fix %s\n", fs->v[i].rule,
                      venvfix_level_name(fs->v[i].level), fs->v[i].name, fs->v[i].path.p,
                      (long long)fs->v[i].line, fs->v[i].value.p ? fs->v[i].value.p : "-",
                      fs->v[i].expected.p ? fs->v[i].expected.p : "-", venvfix_how_fixed_name(fs->v[i].fix));
}
