/* cli.h: the command line: one table of options for each verb, one file for each verb. Only this layer
 * prints, handles signals and reads the process environment.
 *
 * Call sequence: main.c finds the verb -> vf_cli_parse fills its arguments by the table -> the verb's run
 * reads them, calls the library and hands the result to vf_cli_report -> vf_cli_args_free.
 *
 * A verb's arguments are a plain struct that begins with struct vf_cli_common. An option names its member by
 * offset, so that an option is declared in one row: help, man page, completions, configuration and parsing
 * all read that row. */
#ifndef VF_CLI_CLI_H
#define VF_CLI_CLI_H

#include <stddef.h>

#include "base/arena.h"
#include "report/report.h"
#include "venvfix.h"

#ifdef __APPLE__
extern char **environ; /* other systems declare it in <unistd.h> */
#endif

enum vf_option_kind {
    VF_OPT_FLAG,   /* bool */
    VF_OPT_VALUE,  /* const char *; the last one given counts */
    VF_OPT_LIST,   /* const char *const * with a size_t for their number; may be given again */
    VF_OPT_CHOICE, /* an enum: the position of the word in `choices` */
    VF_OPT_COUNT,  /* unsigned, 1 to 256 */
    VF_OPT_FORMAT  /* struct vf_output * with a size_t: FORMAT[=FILE], a writer for the verb's report */
};

struct vf_config;

struct vf_option {
    const char *name; /* without dashes */
    char letter;      /* 0: none */
    enum vf_option_kind kind;
    const char *value;   /* name of the value in help; NULL for flags */
    const char *help;    /* a phrase for --help; no period */
    const char *choices; /* "text|json": the only words, where they are fixed; NULL: any */
    size_t at;           /* offset of the member in the verb's arguments */
    size_t n_at;         /* LIST, FORMAT: offset of the number of values */
    const char *man;     /* sentences for the man page, with periods; NULL: help says it all */
    bool config;         /* may be set in a configuration file, under its long name */
};

/* Where one report goes. */
struct vf_output {
    const struct vf_writer *writer;
    const char *file; /* NULL: standard output */
};

/* What every verb has: the first member of its arguments. */
struct vf_cli_common {
    struct vf_arena memory;    /* of lists */
    struct vf_output *outputs; /* --format */
    size_t n_outputs;
    const char *const *args; /* positional arguments; owned */
    size_t n_args;
    unsigned jobs; /* 0: one a processor */
    enum { VF_COLOR_AUTO, VF_COLOR_ALWAYS, VF_COLOR_NEVER } color;
    bool quiet, verbose, help;
    const char *config; /* --config */
    bool isolated;
    uint64_t given;           /* bit i: the command line gave option i of the verb's table */
    struct vf_config *loaded; /* the configuration file; NULL: none. Owned by main.c */
    bool archive_by_format;   /* pack: --format named the kind of archive, which --archive-format does now */
};

struct vf_verb {
    const char *name;
    const char *usage;    /* "[ENV]" */
    const char *what;     /* one line, for the list of verbs */
    const char *details;  /* paragraphs for --help, separated by LF; may be "" */
    const char *examples; /* command lines, each ended by LF; may be "" */
    const struct vf_option *options;
    size_t n_options;
    size_t min_args, max_args;
    enum vf_report_kind report; /* which writers --format takes */
    size_t args_size;           /* of its arguments struct */
    int (*run)(const struct vf_verb *verb, const void *args);
};

extern const struct vf_verb vf_verb_check, vf_verb_move, vf_verb_recreate, vf_verb_fix, vf_verb_upgrade,
    vf_verb_freeze, vf_verb_pack, vf_verb_explain, vf_verb_config, vf_verb_completion;
extern const struct vf_verb *const vf_verbs[]; /* NULL at the end */
/* By name; NULL when there is none. */
const struct vf_verb *vf_cli_verb(const char *name);

/* Parses argv behind the verb into zeroed *args (verb->args_size bytes). False: `why` (n bytes) has a
 * sentence. It goes on after the first mistake, so that the outputs that were asked for are known when the
 * mistake is reported. Everything in *args borrows from argv or goes with vf_cli_args_free. */
bool vf_cli_parse(const struct vf_verb *verb, int argc, char **argv, void *args, char *why, size_t n);
/* Sets one option from `text` as the command line does; `most`: the values that a list may get in all. `text`
 * is borrowed. False: `why` (n bytes) has a sentence. */
bool vf_cli_set(const struct vf_verb *verb, const struct vf_option *o, const char *text, size_t most,
                void *args, char *why, size_t n);
void vf_cli_args_free(const struct vf_verb *verb, void *args);

/* suggest.c: the word of `words` (n of them) that `word` was probably meant to be; NULL: none is near. */
const char *vf_cli_suggest(const char *word, const char *const *words, size_t n);

/* default_env.c: the environment that is meant when none is named: $VIRTUAL_ENV, else `.venv` of this
 * directory or of the nearest directory above that has one, else ".venv". `space` (n bytes) holds it where it
 * is made. Says on standard error which one it took, unless it is `.venv` itself or `quiet`. */
const char *vf_cli_default_env(char *space, size_t n, bool quiet);

/* Appends all of standard input, with a NUL behind it. False: more than `most` bytes, or it cannot be read.
 */
bool vf_cli_read_input(struct vf_buf *out, size_t most);
/* read_file.c: a whole file; free() it, NUL behind its *n bytes. NULL with errno; EFBIG: more than `most`
 * bytes. */
char *vf_cli_read_file(const char *path, size_t most, size_t *n);

/* terminal.c */
/* Colour and verbosity for what goes to `fd`: --color, NO_COLOR, FORCE_COLOR, TERM=dumb, is it a terminal. */
struct vf_report_style vf_cli_style(const struct vf_cli_common *c, int fd);
/* Columns of the terminal on `fd`, or of COLUMNS; 80 where neither is known. */
size_t vf_cli_width(int fd);
/* Hooks with progress on a terminal and Ctrl-C as cancel flag. */
void vf_cli_hooks(const struct vf_cli_common *c, struct venvfix_hooks *hooks);
void vf_cli_progress_end(void);
/* SOURCE_DATE_EPOCH (reproducible-builds.org): seconds since 1970; 0 when it is not set. False: no number. */
bool vf_cli_epoch(int64_t *epoch);
/* Where state of this user is kept: $XDG_STATE_HOME/venvfix, else ~/.local/state/venvfix (XDG Base Directory
 * Specification), in `space`; NULL when neither variable names an absolute path. */
const char *vf_cli_state_dir(char *space, size_t n);
/* Prints a buffer to fd, whole; 2 when that fails. */
int vf_cli_print(int fd, struct vf_buf *b, int exit_code);

/* output.c */
/* Writes the report to every output, and as text to standard output where no output goes there. Returns
 * `exit_code`; 2 when a report could not be written. */
int vf_cli_report(const struct vf_verb *verb, const struct vf_cli_common *c, const struct vf_report *report,
                  int exit_code);
/* Reports of checks: begin gives one for each output (*n of them, NULL: no memory), add writes an environment
 * to all of them, end finishes and frees them. `like`: what is the same for all. */
struct vf_cli_checks;
struct vf_cli_checks *vf_cli_checks_begin(const struct vf_verb *verb, const struct vf_cli_common *c,
                                          const struct vf_checks *like, size_t *n);
void vf_cli_checks_add(struct vf_cli_checks *v, size_t n, const struct vf_checked *one);
int vf_cli_checks_end(struct vf_cli_checks *v, size_t n, int exit_code);
void vf_cli_checks_drop(struct vf_cli_checks *v, size_t n); /* frees them; nothing is written */
/* Prints an error as text on standard error, and in the form of each output. Returns 2. */
int vf_cli_error(const struct vf_verb *verb, const struct vf_cli_common *c, const struct venvfix_error *e);
/* The same for a mistake on the command line; `c` may be NULL (no verb). */
int vf_cli_usage_error(const struct vf_verb *verb, const struct vf_cli_common *c, const char *message);

/* baseline.c */
/* Reads a baseline or a JSON report; `file` NULL: *out is NULL. False: the error was printed. */
bool vf_cli_baseline_open(const struct vf_verb *verb, const struct vf_cli_common *c, const char *file,
                          struct venvfix_baseline **out);
/* Returns `exit_code`; 2 when it could not be written. */
int vf_cli_baseline_write(const struct vf_verb *verb, const struct vf_cli_common *c, const char *file,
                          const struct venvfix_baseline *b, int exit_code);
/* Says on standard error which entries no longer occur. */
void vf_cli_baseline_report(const struct vf_cli_common *c, const char *file,
                            const struct venvfix_baseline *b);
/* output.c: replaces a file, complete or not at all; a pipe or device is written into. Returns `exit_code`,
 * or 2. */
int vf_cli_write_file(const char *file, struct vf_buf *b, int exit_code);

/* help.c: --help; verb NULL: of the whole command. Lines wrap at `width` columns. */
void vf_cli_help(struct vf_buf *out, const struct vf_verb *verb, size_t width);

/* completion.c: the completion script for bash, zsh or fish. False: another shell. */
bool vf_cli_completion(struct vf_buf *out, const char *shell);
/* man.c: the verbs and their options as roff, the part of docs/venvfix.1 that follows from the tables. */
void vf_cli_man(struct vf_buf *out);

/* --- rows that several tables have: members of struct vf_cli_common --- */
#define VF_AT_COMMON(member) offsetof(struct vf_cli_common, member)
#define VF_OPT_COMMON                                                                                        \
    {"jobs",                                                                                                 \
     'j',                                                                                                    \
     VF_OPT_COUNT,                                                                                           \
     "N",                                                                                                    \
     "number of workers (default: one a processor)",                                                         \
     NULL,                                                                                                   \
     VF_AT_COMMON(jobs),                                                                                     \
     .man = "Use N workers, from 1 to 256. The default is one for each processor. The result is the same "   \
            "for every N.",                                                                                  \
     .config = true},                                                                                        \
        {"color",                                                                                            \
         0,                                                                                                  \
         VF_OPT_CHOICE,                                                                                      \
         "WHEN",                                                                                             \
         "colour the text: auto, always, never",                                                             \
         "auto|always|never",                                                                                \
         VF_AT_COMMON(color),                                                                                \
         .man = "Colour the text. The default, auto, colours it on a terminal unless NO_COLOR is set or "    \
                "TERM is dumb; FORCE_COLOR colours it everywhere.",                                          \
         .config = true},                                                                                    \
        {"quiet",                                                                                            \
         'q',                                                                                                \
         VF_OPT_FLAG,                                                                                        \
         NULL,                                                                                               \
         "print errors only",                                                                                \
         NULL,                                                                                               \
         VF_AT_COMMON(quiet),                                                                                \
         .man = "Print errors only. The exit code stays the same."},                                         \
        {"verbose",                                                                                          \
         'v',                                                                                                \
         VF_OPT_FLAG,                                                                                        \
         NULL,                                                                                               \
         "print every finding on lines of its own",                                                          \
         NULL,                                                                                               \
         VF_AT_COMMON(verbose),                                                                              \
         .man = "Print every finding with its value, what was expected, and owner."},                        \
        {"config",                                                                                           \
         0,                                                                                                  \
         VF_OPT_VALUE,                                                                                       \
         "FILE",                                                                                             \
         "read this configuration file",                                                                     \
         NULL,                                                                                               \
         VF_AT_COMMON(config),                                                                               \
         .man = "Read this configuration file instead of venvfix.toml or pyproject.toml in this directory "  \
                "or above it."},                                                                             \
        {"isolated",                                                                                         \
         0,                                                                                                  \
         VF_OPT_FLAG,                                                                                        \
         NULL,                                                                                               \
         "read no configuration file",                                                                       \
         NULL,                                                                                               \
         VF_AT_COMMON(isolated),                                                                             \
         .man = "Read no configuration file."},                                                              \
    {                                                                                                        \
        "help", 'h', VF_OPT_FLAG, NULL, "print this text", NULL, VF_AT_COMMON(help),                         \
            .man = "Print the options of the verb."                                                          \
    }
#define VF_OPT_FORMAT_ROW(words, sentences)                                                                  \
    {                                                                                                        \
        "format", 'f', VF_OPT_FORMAT, "FORMAT[=FILE]", (words), NULL, VF_AT_COMMON(outputs),                 \
            VF_AT_COMMON(n_outputs), .man = (sentences), .config = true                                      \
    }

#endif
