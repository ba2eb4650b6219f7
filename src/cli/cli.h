/* cli.h: the command line: option tables, one file a verb. Only here is anything printed, are signals handled
 * and is the environment read. */
#ifndef VF_CLI_CLI_H
#define VF_CLI_CLI_H

#include "report/report.h"
#include "venvfix.h"

enum vf_option_kind { VF_OPT_FLAG, VF_OPT_VALUE, VF_OPT_LIST };

struct vf_option {
    const char *name; /* without dashes */
    char letter;      /* 0: none */
    enum vf_option_kind kind;
    const char *value; /* name of the value in help; NULL for flags */
    const char *help;
    const char *choices; /* "text|json": the only values; NULL: any */
};

#define VF_CLI_OPTIONS 40u
struct vf_parsed {
    const char
        *values[VF_CLI_OPTIONS]; /* of VALUE options, by index into the table; the last one given counts */
    bool flags[VF_CLI_OPTIONS];
    const char **lists[VF_CLI_OPTIONS]; /* LIST options, in order; owned */
    size_t n_lists[VF_CLI_OPTIONS];
    const char **args; /* positional; owned */
    size_t n_args;
};

struct vf_verb {
    const char *name;
    const char *usage;   /* "[ENV]" */
    const char *what;    /* one line */
    const char *details; /* for --help, ends with a newline; may be "" */
    const struct vf_option *options;
    size_t n_options;
    size_t min_args, max_args;
    int (*run)(const struct vf_verb *verb, const struct vf_parsed *p);
};

extern const struct vf_verb vf_verb_check, vf_verb_move, vf_verb_recreate, vf_verb_fix, vf_verb_freeze,
    vf_verb_pack, vf_verb_explain;
extern const struct vf_verb *const vf_verbs[]; /* NULL at the end */

/* Parses argv behind the verb. False: *error says why (static or in `space`). */
bool vf_cli_parse(const struct vf_verb *verb, int argc, char **argv, struct vf_parsed *out, char *space,
                  size_t n);
void vf_cli_parsed_free(struct vf_parsed *p);
/* Index of an option by its name; the table is known at compile time, so an unknown name is a defect (abort).
 */
size_t vf_cli_index(const struct vf_verb *verb, const char *name);
const char *vf_cli_value(const struct vf_verb *verb, const struct vf_parsed *p,
                         const char *name); /* NULL: not given */
bool vf_cli_flag(const struct vf_verb *verb, const struct vf_parsed *p, const char *name);

/* Colour, verbosity from --color, --verbose, --quiet, NO_COLOR and whether `fd` is a terminal. */
struct vf_report_style vf_cli_style(const struct vf_verb *verb, const struct vf_parsed *p, int fd);
bool vf_cli_json(const struct vf_verb *verb, const struct vf_parsed *p);
/* Hooks with progress on a terminal and Ctrl-C as cancel flag. False: --jobs is no number (said on stderr).
 */
bool vf_cli_hooks(const struct vf_verb *verb, const struct vf_parsed *p, struct venvfix_hooks *hooks);
/* SOURCE_DATE_EPOCH (reproducible-builds.org): seconds since 1970; 0 when it is not set. False: no number. */
bool vf_cli_epoch(int64_t *epoch);
/* Where state of this user is kept: $XDG_STATE_HOME/venvfix, else ~/.local/state/venvfix (XDG Base Directory
 * Specification), in `space`; NULL when neither variable names an absolute path. */
const char *vf_cli_state_dir(char *space, size_t n);
void vf_cli_progress_end(void);
/* Prints a buffer to fd, whole; 2 when that fails. */
int vf_cli_print(int fd, struct vf_buf *b, int exit_code);
/* Prints an error, as text on stderr or as JSON on stdout. Returns 2. */
int vf_cli_error(const struct venvfix_error *e, bool json, const struct vf_report_style *style);
int vf_cli_usage_error(const struct vf_verb *verb, bool json, const char *message);
void vf_cli_help(struct vf_buf *out, const struct vf_verb *verb); /* verb NULL: of the whole command */

/* Options that several verbs have. */
#define VF_OPT_COMMON                                                                                        \
    {"jobs", 'j', VF_OPT_VALUE, "N", "workers; the default is one a processor", NULL},                       \
        {"color",                                                                                            \
         0,                                                                                                  \
         VF_OPT_VALUE,                                                                                       \
         "WHEN",                                                                                             \
         "colour: auto (on a terminal), always, never",                                                      \
         "auto|always|never"},                                                                               \
        {"quiet", 'q', VF_OPT_FLAG, NULL, "errors only", NULL},                                              \
        {"verbose", 'v', VF_OPT_FLAG, NULL, "every finding on a line of its own", NULL},                     \
    {                                                                                                        \
        "help", 'h', VF_OPT_FLAG, NULL, "this text", NULL                                                    \
    }
#define VF_OPT_FORMAT                                                                                        \
    {                                                                                                        \
        "format", 'f', VF_OPT_VALUE, "FORMAT", "text or json", "text|json"                                   \
    }

#endif
