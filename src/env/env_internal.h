/* env_internal.h: the steps of vf_env_open, one file each; for src/env only. */
#ifndef VF_ENV_INTERNAL_H
#define VF_ENV_INTERNAL_H

#include "base/needles.h"
#include "env/cover.h"
#include "env/env.h"
#include "env/read_row.h"

/* Largest metadata file that is read (METADATA, WHEEL, direct_url.json, ...), and largest RECORD, bytes. */
#define VF_META_CAP   ((uint64_t)8 << 20)
#define VF_RECORD_CAP ((uint64_t)64 << 20)

/* locate.c: typed and resolved place, the tree, what kind of environment it is. */
VF_MUST_CHECK enum vf_status vf_env_locate_root(struct vf_env *env, struct vf_err *err);
/* walk.c: every entry, the directories, site-packages. */
VF_MUST_CHECK enum vf_status vf_env_walk(struct vf_env *env, struct vf_err *err);
/* interpreter.c: pyvenv.cfg and the links in BIN. */
VF_MUST_CHECK enum vf_status vf_env_interpreter(struct vf_env *env, struct vf_err *err);
/* dists.c: metadata directories; records.c: their RECORDs and which file each row means; owners.c: who owns
 * which file. */
VF_MUST_CHECK enum vf_status vf_env_dists(struct vf_env *env, struct vf_err *err);
VF_MUST_CHECK enum vf_status vf_env_records(struct vf_env *env, struct vf_err *err);
VF_MUST_CHECK enum vf_status vf_env_owners(struct vf_env *env, struct vf_err *err);
/* voters.c: reads the files that may vote; places.c: the vote. */
VF_MUST_CHECK enum vf_status vf_env_read_evidence(struct vf_env *env, struct vf_err *err);
VF_MUST_CHECK enum vf_status vf_env_add_evidence(struct vf_env *env, struct vf_err *err);
/* base_prefix.c: fills env->base_prefixes from pyvenv.cfg, orig-prefix.txt and the interpreter's link; after
 * the evidence for old prefixes was read, before it is counted. */
VF_MUST_CHECK enum vf_status vf_env_base_prefixes(struct vf_env *env, struct vf_err *err);
/* read.c: one file into facts. `bytes` may be given when it was read already (p NULL: read it). `searcher`
 * NULL: no search. */
struct vf_read_job {
    struct vf_env *env;
    struct vf_tree *tree;
    const struct vf_searcher *searcher;
    const struct vf_needles *needles; /* NULL: none */
    struct vf_arena *a;
    struct vf_read_tools *tools;
    bool hash; /* verify every row that has a hash */
};
/* What one worker keeps from file to file. Zero-initialise. */
struct vf_read_tools {
    char *buffer; /* VF_READ_BUFFER bytes, made when first needed */
    struct vf_tree_near near;
    struct vf_row_hasher hasher;
};
void vf_read_tools_release(struct vf_read_tools *tools);
bool vf_env_row_has_hash(const struct vf_env *env, const struct vf_file *f);
/* Bytes read at once. What was read is searched and hashed next, so it should still lie in the processor's
 * own cache then. */
#define VF_READ_BUFFER ((size_t)128 << 10)
VF_MUST_CHECK enum vf_status vf_env_read_syntaxes(const struct vf_read_job *job, struct vf_file *f,
                                                  struct vf_slice bytes, struct vf_err *err);
/* One syntax of a file: its references and flaws are added to the facts. */
VF_MUST_CHECK enum vf_status vf_env_read_syntax(const struct vf_read_job *job, struct vf_file *f,
                                                enum vf_syntax s, struct vf_slice bytes, struct vf_err *err);
/* read_elf.c: an ELF file in which places were found: those in its search path become references, and leave
 * the `hits` (struct vf_hit); those that no running program reads are marked idle. */
VF_MUST_CHECK enum vf_status vf_env_read_elf(const struct vf_read_job *job, struct vf_file *f,
                                             struct vf_vec *hits, struct vf_err *err);
/* The bytes that the references of a file claim. False: no memory. */
bool vf_env_claims(const struct vf_file *f, struct vf_arena *a, struct vf_cover *out);
/* read_elf.c: what the loader reads of an ELF file, for f->facts.elf. `whole`: the bytes of the file, where
 * they are at hand; else `rd` is read at offsets, or the file is read again. */
VF_MUST_CHECK enum vf_status vf_env_read_elf_object(const struct vf_read_job *job, struct vf_file *f,
                                                    struct vf_slice whole, struct vf_reader *rd,
                                                    struct vf_err *err);
VF_MUST_CHECK enum vf_status vf_env_read_contents(const struct vf_read_job *job, struct vf_file *f,
                                                  struct vf_err *err);

/* pyc.c: marks a compiled file that does not fit its source: VF_FILE_PYC_STALE. */
VF_MUST_CHECK enum vf_status vf_env_read_pyc(const struct vf_read_job *job, struct vf_file *f,
                                             struct vf_err *err);

/* locate.c: what is at a path below the root; kind NONE when there is nothing. An error: it could not be
 * seen. */
VF_MUST_CHECK enum vf_status vf_env_stat(struct vf_env *env, struct vf_slice path, struct vf_stat *out,
                                         struct vf_err *err);

/* VF_INTERRUPTED when the caller wants an end. Asked in every loop over files, distributions, rows. */
VF_MUST_CHECK enum vf_status vf_env_go_on(const struct vf_env *env, struct vf_err *err);
/* Keeps why a file could not be looked at. */
void vf_file_unexamined(struct vf_file *f, enum vf_status st, int sys, const char *why);

#endif
