/* completion.c: venvfix completion: scripts for bash, zsh and fish, from the option tables. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

struct completion_args {
    struct vf_cli_common common;
};

static const struct vf_option options[] = {VF_OPT_COMMON};

/* Words that an option takes, separated by `separator`; "" where any will do. */
static void words_of(const struct vf_verb *v, const struct vf_option *o, char separator, char *out, size_t n)
{
    *out = '\0';
    if (o->kind == VF_OPT_FORMAT)
        vf_writer_names(v->report, out, n);
    else if (o->choices)
        (void)snprintf(out, n, "%s", o->choices);
    for (; *out; out++)
        if (*out == '|')
            *out = separator;
}

static bool takes_path(const struct vf_option *o)
{
    return o->value && (!strcmp(o->value, "PATH") || !strcmp(o->value, "FILE") || !strcmp(o->value, "DIR"));
}

static bool lists_rules(const struct vf_verb *v)
{
    return v == &vf_verb_explain;
}

/* --- bash --- */

static void put_bash(struct vf_buf *out)
{
    vf_buf_puts(out, "# bash completion for venvfix; made by `venvfix completion bash`\n_venvfix()\n{\n"
                     "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
                     "    local verb=${COMP_WORDS[1]} words\n"
                     "    COMPREPLY=()\n    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
                     "        COMPREPLY=($(compgen -W \"");
    for (size_t i = 0; vf_verbs[i]; i++)
        vf_buf_printf(out, "%s ", vf_verbs[i]->name);
    vf_buf_puts(out,
                "--help --version\" -- \"$word\"))\n        return\n    fi\n    case $verb:$before in\n");
    for (size_t i = 0; vf_verbs[i]; i++)
        for (size_t k = 0; k < vf_verbs[i]->n_options; k++) {
            char words[256];
            const struct vf_option *o = &vf_verbs[i]->options[k];
            words_of(vf_verbs[i], o, ' ', words, sizeof words);
            if (*words)
                vf_buf_printf(out, "    %s:--%s) COMPREPLY=($(compgen -W \"%s\" -- \"$word\")); return ;;\n",
                              vf_verbs[i]->name, o->name, words);
        }
    vf_buf_puts(out, "    esac\n    case $verb in\n");
    for (size_t i = 0; vf_verbs[i]; i++) {
        vf_buf_printf(out, "    %s) words=\"", vf_verbs[i]->name);
        for (size_t k = 0; k < vf_verbs[i]->n_options; k++)
            vf_buf_printf(out, "%s--%s", k ? " " : "", vf_verbs[i]->options[k].name);
        vf_buf_puts(out, "\" ;;\n");
    }
    vf_buf_puts(out, "    *) return ;;\n    esac\n    case $word in\n"
                     "    -*) COMPREPLY=($(compgen -W \"$words\" -- \"$word\")) ;;\n"
                     "    *) case $verb in\n"
                     "       explain) words=$(venvfix explain 2>/dev/null | grep -o '^VF[0-9]*')\n"
                     "                COMPREPLY=($(compgen -W \"$words\" -- \"$word\")) ;;\n"
                     "       completion) COMPREPLY=($(compgen -W \"bash zsh fish\" -- \"$word\")) ;;\n"
                     "       *) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n"
                     "       esac ;;\n    esac\n}\ncomplete -o filenames -F _venvfix venvfix\n");
}

/* --- zsh --- */

static void put_zsh_text(struct vf_buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\'')
            vf_buf_puts(out, "'\\''");
        else if (strchr("[]:", *text))
            vf_buf_printf(out, "\\%c", *text);
        else
            vf_buf_putc(out, *text);
    }
}

static void put_zsh_spec(struct vf_buf *out, const struct vf_verb *v, const struct vf_option *o,
                         const char *dashed)
{
    char words[256];
    words_of(v, o, ' ', words, sizeof words);
    bool again = o->kind == VF_OPT_LIST || o->kind == VF_OPT_FORMAT;
    vf_buf_printf(out, "            '%s%s[", again ? "*" : "", dashed);
    put_zsh_text(out, o->help);
    vf_buf_putc(out, ']');
    if (o->value) {
        vf_buf_putc(out, ':');
        put_zsh_text(out, o->value);
        vf_buf_putc(out, ':');
        if (*words)
            vf_buf_printf(out, "(%s)", words);
        else if (takes_path(o))
            vf_buf_puts(out, "_files");
    }
    vf_buf_puts(out, "' \\\n");
}

static void put_zsh_verb(struct vf_buf *out, const struct vf_verb *v)
{
    vf_buf_printf(out, "    %s)\n        _arguments \\\n", v->name);
    for (size_t k = 0; k < v->n_options; k++) {
        char dashed[64];
        const struct vf_option *o = &v->options[k];
        if (o->letter) {
            (void)snprintf(dashed, sizeof dashed, "-%c", o->letter);
            put_zsh_spec(out, v, o, dashed);
        }
        (void)snprintf(dashed, sizeof dashed, "--%s", o->name);
        put_zsh_spec(out, v, o, dashed);
    }
    if (lists_rules(v))
        vf_buf_puts(out,
                    "            '*:rule:($(venvfix explain 2>/dev/null | grep -o \"^VF[0-9]*\"))' ;;\n");
    else if (v == &vf_verb_completion)
        vf_buf_puts(out, "            '*:shell:(bash zsh fish)' ;;\n");
    else
        vf_buf_puts(out, "            '*:path:_files' ;;\n");
}

static void put_zsh(struct vf_buf *out)
{
    vf_buf_puts(out, "#compdef venvfix\n# zsh completion for venvfix; made by `venvfix completion zsh`\n"
                     "_venvfix() {\n    local -a verbs=(\n");
    for (size_t i = 0; vf_verbs[i]; i++) {
        vf_buf_printf(out, "        '%s:", vf_verbs[i]->name);
        put_zsh_text(out, vf_verbs[i]->what);
        vf_buf_puts(out, "'\n");
    }
    vf_buf_puts(
        out, "    )\n    if (( CURRENT == 2 )); then\n        _describe verb verbs\n        return\n    fi\n"
             "    local verb=$words[2]\n    shift words\n    (( CURRENT-- ))\n    case $verb in\n");
    for (size_t i = 0; vf_verbs[i]; i++)
        put_zsh_verb(out, vf_verbs[i]);
    vf_buf_puts(out, "    esac\n}\n_venvfix \"$@\"\n");
}

/* --- fish --- */

static void put_fish_text(struct vf_buf *out, const char *text)
{
    vf_buf_putc(out, '\'');
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\')
            vf_buf_putc(out, '\\');
        vf_buf_putc(out, *text);
    }
    vf_buf_putc(out, '\'');
}

static void put_fish_option(struct vf_buf *out, const struct vf_verb *v, const struct vf_option *o)
{
    char words[256];
    words_of(v, o, ' ', words, sizeof words);
    vf_buf_printf(out, "complete -c venvfix -n '__fish_seen_subcommand_from %s' ", v->name);
    if (o->letter)
        vf_buf_printf(out, "-s %c ", o->letter);
    vf_buf_printf(out, "-l %s ", o->name);
    if (*words)
        vf_buf_printf(out, "-x -a '%s' ", words);
    else if (o->value)
        vf_buf_puts(out, "-r ");
    vf_buf_puts(out, "-d ");
    put_fish_text(out, o->help);
    vf_buf_putc(out, '\n');
}

static void put_fish(struct vf_buf *out)
{
    vf_buf_puts(out, "# fish completion for venvfix; made by `venvfix completion fish`\n"
                     "complete -c venvfix -n __fish_use_subcommand -l help -d 'list the verbs'\n"
                     "complete -c venvfix -n __fish_use_subcommand -l version -d 'print the version'\n");
    for (size_t i = 0; vf_verbs[i]; i++) {
        vf_buf_printf(out, "complete -c venvfix -n __fish_use_subcommand -a %s -d ", vf_verbs[i]->name);
        put_fish_text(out, vf_verbs[i]->what);
        vf_buf_putc(out, '\n');
        for (size_t k = 0; k < vf_verbs[i]->n_options; k++)
            put_fish_option(out, vf_verbs[i], &vf_verbs[i]->options[k]);
    }
    vf_buf_puts(out,
                "complete -c venvfix -n '__fish_seen_subcommand_from explain' -f "
                "-a \"(venvfix explain 2>/dev/null | string match -r '^VF[0-9]+')\"\n"
                "complete -c venvfix -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'\n");
}

bool vf_cli_completion(struct vf_buf *out, const char *shell)
{
    static const struct {
        const char *name;
        void (*put)(struct vf_buf *out);
    } shells[] = {{"bash", put_bash}, {"zsh", put_zsh}, {"fish", put_fish}};
    for (size_t i = 0; i < VF_COUNT(shells); i++) {
        if (strcmp(shell, shells[i].name) != 0)
            continue;
        shells[i].put(out);
        return true;
    }
    return false;
}

static int run(const struct vf_verb *verb, const void *args)
{
    const struct vf_cli_common *c = &((const struct completion_args *)args)->common;
    struct vf_buf b = {0};
    bool known = vf_cli_completion(&b, c->args[0]);
    int code =
        known ? vf_cli_print(1, &b, 0) : vf_cli_usage_error(verb, c, "completion takes bash, zsh or fish");
    vf_buf_release(&b);
    return code;
}

const struct vf_verb vf_verb_completion = {
    .name = "completion",
    .usage = "SHELL",
    .what = "print a completion script for bash, zsh or fish",
    .details = "Load it into the running shell, or write it to where the shell looks for completions.",
    .examples = "eval \"$(venvfix completion bash)\"\n"
                "venvfix completion fish > ~/.config/fish/completions/venvfix.fish\n",
    .options = options,
    .n_options = VF_COUNT(options),
    .min_args = 1,
    .max_args = 1,
    .args_size = sizeof(struct completion_args),
    .run = run,
};
