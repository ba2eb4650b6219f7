/* config.h: configuration files: `venvfix.toml`, or the table [tool.venvfix] of `pyproject.toml` (PEP 518),
 * in the current directory or above it up to the root of the repository (the directory that holds .git);
 * without a repository only in the current directory, and never in an environment.
 *
 * Keys are long options without dashes; a table [path."build/.venv"] is for that environment alone. Paths are
 * relative to the file's directory. The command line wins over the file, a path's table over the keys of all.
 *
 * Call sequence: vf_config_load -> vf_config_apply -> [vf_config_apply_path for each environment] ->
 * vf_config_free. */
#ifndef VF_CLI_CONFIG_H
#define VF_CLI_CONFIG_H

#include "cli/cli.h"

struct vf_config; /* opaque */

/* Finds and reads the file: `named` (--config) or the one that is found; *out NULL: there is none. False:
 * *error says what is wrong, with file and line; its texts live as long as the program. */
bool vf_config_load(const char *named, struct vf_config **out, struct venvfix_error *error);
/* Sets the options of `verb` that the command line did not give. A key that no verb has, or a value of
 * another type, is an error. cfg may be NULL: nothing. */
bool vf_config_apply(struct vf_config *cfg, const struct vf_verb *verb, void *args,
                     struct venvfix_error *error);
/* The same from the table of the environment at `path`, relative to the current directory. */
bool vf_config_apply_path(struct vf_config *cfg, const struct vf_verb *verb, const char *path, void *args,
                          struct venvfix_error *error);
/* What is in force and from where, for people. */
void vf_config_print(const struct vf_config *cfg, struct vf_buf *out);
void vf_config_free(struct vf_config *cfg);

#endif
