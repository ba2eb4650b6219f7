/* config.c: options from a configuration file. */
#include "cli/config.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/path.h"
#include "packaging/toml.h"

struct vf_config {
    struct vf_arena a;
    struct vf_slice file, dir; /* absolute */
    struct vf_toml_value root;
    const struct vf_toml_value *table; /* the file's own, or [tool.venvfix] */
};

static char message[700], error_path[4096];

/* Sets *error; returns false. `line` 0: unknown. */
VF_PRINTF(4, 5)
static bool fail(struct venvfix_error *error, struct vf_slice file, uint32_t line, const char *fmt, ...)
{
    size_t used = 0;
    va_list ap;
    if (line > 0)
        used = (size_t)snprintf(message, sizeof message, "line %u: ", (unsigned)line);
    va_start(ap, fmt);
    vsnprintf(message + used, sizeof message - used, fmt, ap);
    va_end(ap);
    (void)snprintf(error_path, sizeof error_path, "%.*s", (int)file.n, file.p ? file.p : "");
    *error = (struct venvfix_error){.code = "bad-config",
                                    .operation = "read",
                                    .path = {error_path, strlen(error_path)},
                                    .message = {message, strlen(message)}};
    return false;
}

/* --- finding the file --- */

static bool exists(const char *dir, const char *name)
{
    char path[PATH_MAX];
    struct stat st;
    int n = snprintf(path, sizeof path, "%s/%s", dir, name);
    return n > 0 && (size_t)n < sizeof path && stat(path, &st) == 0;
}

/* `dir` becomes its parent; false at the root. */
static bool go_up(char *dir)
{
    char *slash = strrchr(dir, '/');
    if (!slash || !dir[1])
        return false;
    slash[slash == dir] = '\0';
    return true;
}

static bool in_repository(const char *cwd)
{
    char dir[PATH_MAX];
    (void)snprintf(dir, sizeof dir, "%s", cwd);
    do
        if (exists(dir, ".git"))
            return true;
    while (go_up(dir));
    return false;
}

static bool read_file(struct vf_config *cfg, const char *path, struct vf_slice *text,
                      struct venvfix_error *error)
{
    size_t n;
    char *bytes = vf_cli_read_file(path, VF_TOML_MAX, &n);
    if (!bytes)
        return fail(error, vf_slice_of(path), 0, "%s", strerror(errno));
    *text = vf_arena_dup(&cfg->a, (struct vf_slice){bytes, n});
    free(bytes);
    return text->p ? true : fail(error, vf_slice_of(path), 0, "no memory");
}

/* *used: the file has a configuration. */
static bool read_config(struct vf_config *cfg, const char *path, bool *used, struct venvfix_error *error)
{
    static const char table_name[] = "pyproject.toml";
    struct vf_slice text;
    struct vf_err err;
    size_t n = strlen(path);
    bool project = n >= sizeof table_name - 1 && !strcmp(path + n - (sizeof table_name - 1), table_name);
    *used = false;
    if (!read_file(cfg, path, &text, error))
        return false;
    if (project && vf_slice_find(text, VF_S("venvfix"), 0) == VF_NPOS)
        return true; /* whatever else is wrong with it is not our business */
    vf_err_init(&err);
    bool ok = vf_toml_parse(&cfg->a, text, &cfg->root, &err) == VF_OK;
    if (!ok)
        (void)fail(error, vf_slice_of(path), 0, "%s", *err.detail ? err.detail : vf_status_name(err.code));
    vf_err_release(&err);
    if (!ok)
        return false;
    cfg->table = project ? vf_toml_get(vf_toml_get(&cfg->root, VF_S("tool")), VF_S("venvfix")) : &cfg->root;
    *used = cfg->table != NULL;
    return true;
}

static bool read_in(struct vf_config *cfg, const char *dir, const char *name, bool *used,
                    struct venvfix_error *error)
{
    char path[PATH_MAX];
    if (*used || !exists(dir, name))
        return true;
    int n = snprintf(path, sizeof path, "%s/%s", dir[1] ? dir : "", name);
    if (n < 0 || (size_t)n >= sizeof path)
        return true;
    if (!read_config(cfg, path, used, error))
        return false;
    if (*used)
        cfg->file = vf_arena_dup(&cfg->a, vf_slice_of(path));
    return true;
}

static bool find(struct vf_config *cfg, bool *used, struct venvfix_error *error)
{
    char dir[PATH_MAX];
    *used = false;
    if (!getcwd(dir, sizeof dir))
        return true;
    bool repository = in_repository(dir), last;
    do {
        last = !repository || exists(dir, ".git");
        bool environment = exists(dir, "pyvenv.cfg");
        if (!environment && (!read_in(cfg, dir, "venvfix.toml", used, error) ||
                             !read_in(cfg, dir, "pyproject.toml", used, error)))
            return false;
    } while (!*used && !last && go_up(dir));
    return true;
}

static bool load_named(struct vf_config *cfg, const char *named, bool *used, struct venvfix_error *error)
{
    char real[PATH_MAX];
    if (!realpath(named, real))
        return fail(error, vf_slice_of(named), 0, "%s", strerror(errno));
    if (!read_config(cfg, real, used, error))
        return false;
    cfg->file = vf_arena_dup(&cfg->a, vf_slice_of(real));
    return *used || fail(error, vf_slice_of(real), 0, "it has no table [tool.venvfix]");
}

bool vf_config_load(const char *named, struct vf_config **out, struct venvfix_error *error)
{
    struct vf_config *cfg = calloc(1, sizeof *cfg);
    bool used = false;
    *out = NULL;
    if (!cfg)
        return fail(error, vf_slice_of(""), 0, "no memory");
    vf_arena_init(&cfg->a);
    bool ok = named ? load_named(cfg, named, &used, error) : find(cfg, &used, error);
    if (ok && used) {
        cfg->dir = vf_path_dir(cfg->file);
        *out = cfg;
        return true;
    }
    vf_config_free(cfg);
    return ok;
}

void vf_config_free(struct vf_config *cfg)
{
    if (!cfg)
        return;
    vf_arena_release(&cfg->a);
    free(cfg);
}

/* --- setting options --- */

static const struct vf_option *option_of(const struct vf_verb *verb, struct vf_slice key)
{
    for (size_t i = 0; i < verb->n_options; i++)
        if (verb->options[i].config && vf_slice_eq(key, vf_slice_of(verb->options[i].name)))
            return &verb->options[i];
    return NULL;
}

static bool known_to_a_verb(struct vf_slice key)
{
    for (size_t i = 0; vf_verbs[i]; i++)
        if (option_of(vf_verbs[i], key))
            return true;
    return false;
}

static bool unknown_key(const struct vf_config *cfg, struct vf_slice key, uint32_t line,
                        struct venvfix_error *error)
{
    const char *words[256];
    char typed[64];
    size_t n = 0;
    for (size_t v = 0; vf_verbs[v]; v++)
        for (size_t i = 0; i < vf_verbs[v]->n_options && n < VF_COUNT(words); i++)
            if (vf_verbs[v]->options[i].config)
                words[n++] = vf_verbs[v]->options[i].name;
    (void)snprintf(typed, sizeof typed, "%.*s", (int)(key.n < 60 ? key.n : 60), key.p);
    const char *near = vf_cli_suggest(typed, words, n);
    if (near)
        return fail(error, cfg->file, line, "unknown key '%s' (did you mean '%s'?)", typed, near);
    return fail(error, cfg->file, line, "unknown key '%s'", typed);
}

static bool names_a_path(const struct vf_option *o)
{
    return o->value && (!strcmp(o->value, "PATH") || !strcmp(o->value, "FILE") || !strcmp(o->value, "DIR") ||
                        !strcmp(o->value, "FILE[:LINE]"));
}

/* The text of a value as the option takes it, NUL-terminated, in the arena; NULL: no memory. */
static const char *text_of(struct vf_config *cfg, const struct vf_option *o, struct vf_slice text)
{
    struct vf_slice s = text;
    if (names_a_path(o) && text.n > 0)
        s = vf_path_join(&cfg->a, cfg->dir, text);
    s = vf_arena_dup(&cfg->a, s);
    return s.p;
}

static bool wrong_type(const struct vf_config *cfg, const struct vf_option *o, const struct vf_toml_value *v,
                       const char *expected, struct venvfix_error *error)
{
    return fail(error, cfg->file, v->line, "'%s' takes %s, not %s", o->name, expected,
                vf_toml_type_words(v->type));
}

static bool set_texts(struct vf_config *cfg, const struct vf_verb *verb, const struct vf_option *o,
                      const struct vf_toml_value *v, void *args, struct venvfix_error *error)
{
    const struct vf_toml_value *items = v->type == VF_TOML_ARRAY ? v->items : v;
    size_t n = v->type == VF_TOML_ARRAY ? v->n : 1;
    char why[400];
    for (size_t i = 0; i < n; i++) {
        if (items[i].type != VF_TOML_STRING)
            return wrong_type(cfg, o, &items[i], "a string or an array of strings", error);
        const char *text = text_of(cfg, o, items[i].text);
        if (!text)
            return fail(error, cfg->file, 0, "no memory");
        if (!vf_cli_set(verb, o, text, n, args, why, sizeof why))
            return fail(error, cfg->file, items[i].line, "%s", why);
    }
    return true;
}

static bool set_option(struct vf_config *cfg, const struct vf_verb *verb, const struct vf_option *o,
                       const struct vf_toml_value *v, void *args, struct venvfix_error *error)
{
    char number[32], why[400];
    const char *text = number;
    switch (o->kind) {
    case VF_OPT_FLAG:
        if (v->type != VF_TOML_BOOLEAN)
            return wrong_type(cfg, o, v, "true or false", error);
        *(bool *)((char *)args + o->at) = v->boolean;
        return true;
    case VF_OPT_COUNT:
        if (v->type != VF_TOML_INTEGER)
            return wrong_type(cfg, o, v, "a number", error);
        (void)snprintf(number, sizeof number, "%lld", (long long)v->integer);
        break;
    case VF_OPT_VALUE:
    case VF_OPT_CHOICE:
        if (v->type != VF_TOML_STRING)
            return wrong_type(cfg, o, v, "a string", error);
        text = text_of(cfg, o, v->text);
        break;
    case VF_OPT_LIST:
    case VF_OPT_FORMAT:
        return set_texts(cfg, verb, o, v, args, error);
    }
    if (!text)
        return fail(error, cfg->file, 0, "no memory");
    return vf_cli_set(verb, o, text, 1, args, why, sizeof why) || fail(error, cfg->file, v->line, "%s", why);
}

/* An empty list with room for the values, in the arena: a later table replaces it, and vf_cli_args_free
 * leaves it. */
static bool begin_list(struct vf_config *cfg, const struct vf_option *o, const struct vf_toml_value *v,
                       void *args)
{
    size_t room = (v->type == VF_TOML_ARRAY ? v->n : 1) + 1;
    size_t size = o->kind == VF_OPT_FORMAT ? sizeof(struct vf_output) : sizeof(const char *);
    if (o->kind != VF_OPT_LIST && o->kind != VF_OPT_FORMAT)
        return true;
    void *list = vf_arena_array(&cfg->a, room, size);
    *(void **)(void *)((char *)args + o->at) = list;
    *(size_t *)(void *)((char *)args + o->n_at) = 0;
    return list != NULL;
}

static bool is_given(const struct vf_verb *verb, const struct vf_option *o, const void *args)
{
    const struct vf_cli_common *c = args;
    return c->given & UINT64_C(1) << (o - verb->options);
}

static bool apply_table(struct vf_config *cfg, const struct vf_verb *verb, const struct vf_toml_value *table,
                        void *args, struct venvfix_error *error)
{
    for (size_t i = 0; i < table->n; i++) {
        const struct vf_toml_member *m = &table->members[i];
        const struct vf_option *o = option_of(verb, m->key);
        bool paths =
            m->value.type == VF_TOML_TABLE && vf_slice_eq(m->key, VF_S("path")) && table == cfg->table;
        if (paths)
            continue;
        if (!known_to_a_verb(m->key))
            return unknown_key(cfg, m->key, m->value.line, error);
        if (!o || is_given(verb, o, args))
            continue;
        if (!begin_list(cfg, o, &m->value, args))
            return fail(error, cfg->file, 0, "no memory");
        if (!set_option(cfg, verb, o, &m->value, args, error))
            return false;
    }
    return true;
}

bool vf_config_apply(struct vf_config *cfg, const struct vf_verb *verb, void *args,
                     struct venvfix_error *error)
{
    return !cfg || apply_table(cfg, verb, cfg->table, args, error);
}

bool vf_config_apply_path(struct vf_config *cfg, const struct vf_verb *verb, const char *path, void *args,
                          struct venvfix_error *error)
{
    const struct vf_toml_value *paths = cfg ? vf_toml_get(cfg->table, VF_S("path")) : NULL;
    char cwd[PATH_MAX];
    if (!paths || paths->type != VF_TOML_TABLE || !getcwd(cwd, sizeof cwd))
        return true;
    struct vf_slice asked = vf_path_join(&cfg->a, vf_slice_of(cwd), vf_slice_of(path));
    asked = asked.p ? vf_path_clean_dup(&cfg->a, asked) : asked;
    for (size_t i = 0; i < paths->n; i++) {
        const struct vf_toml_member *m = &paths->members[i];
        struct vf_slice own = vf_path_join(&cfg->a, cfg->dir, m->key);
        own = own.p ? vf_path_clean_dup(&cfg->a, own) : own;
        if (!asked.p || !own.p)
            return fail(error, cfg->file, 0, "no memory");
        if (m->value.type != VF_TOML_TABLE)
            return fail(error, cfg->file, m->value.line, "'path' takes tables: [path.\"build/.venv\"]");
        if (vf_slice_eq(asked, own) && !apply_table(cfg, verb, &m->value, args, error))
            return false;
    }
    return true;
}

/* --- venvfix config --- */

static void print_table(const struct vf_config *cfg, const struct vf_toml_value *table, struct vf_buf *out)
{
    for (size_t i = 0; i < table->n; i++) {
        const struct vf_toml_member *m = &table->members[i];
        if (m->value.type == VF_TOML_TABLE)
            continue;
        struct vf_buf value = {0};
        (void)vf_toml_value_put(&value, &m->value);
        vf_term_put(out, m->key);
        vf_buf_puts(out, " = ");
        vf_term_put(out, vf_buf_slice(&value));
        vf_buf_puts(out, "    # ");
        vf_term_put(out, cfg->file);
        vf_buf_printf(out, ":%u\n", (unsigned)m->value.line);
        vf_buf_release(&value);
    }
}

void vf_config_print(const struct vf_config *cfg, struct vf_buf *out)
{
    const struct vf_toml_value *paths = vf_toml_get(cfg->table, VF_S("path"));
    print_table(cfg, cfg->table, out);
    for (size_t i = 0; paths && paths->type == VF_TOML_TABLE && i < paths->n; i++) {
        vf_buf_puts(out, "\n[path.\"");
        vf_term_put(out, paths->members[i].key);
        vf_buf_puts(out, "\"]\n");
        if (paths->members[i].value.type == VF_TOML_TABLE)
            print_table(cfg, &paths->members[i].value, out);
    }
}
