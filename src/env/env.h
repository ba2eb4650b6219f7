/* env.h: what an environment is: its place, its base interpreter, its files, its distributions and who owns
 * which file, what was read of them, and the places it ever called its own (docs/architecture.md).
 *
 * Call sequence:  vf_env_open (locate, walk, distributions, voters, old places) -> vf_env_scan (contents of
 * every other file)
 *                 -> judged by src/rules, mapped by src/relocate -> vf_env_free.
 * Everything in these structs is owned by the environment's arenas and is read-only after the call that made
 * it. */
#ifndef VF_ENV_ENV_H
#define VF_ENV_ENV_H

#include "base/hooks.h"
#include "base/prefix.h"
#include "base/search.h"
#include "fs/host.h"
#include "fs/tree.h"
#include "packaging/direct_url.h"
#include "packaging/entry_points.h"
#include "packaging/record.h"
#include "packaging/target.h"
#include "syntax/elf_object.h"
#include "syntax/syntax.h"

#define VF_NONE UINT32_MAX

enum vf_env_kind { VF_ENV_VENV, VF_ENV_VIRTUALENV, VF_ENV_UV, VF_ENV_UNKNOWN };

/* Is the RECORD row of a file true? Needs its hash, so it is asked only of files that matter (hits, edits) or
 * with hashes wanted. */
enum vf_row_truth {
    VF_ROW_UNKNOWN,
    VF_ROW_TRUE,
    VF_ROW_FALSE,
    VF_ROW_NO_HASH,
    VF_ROW_NONE /* nobody owns the file */
};

enum vf_file_flag {
    VF_FILE_IN_BIN = 1,     /* directly in BIN */
    VF_FILE_IN_SITE = 2,    /* below a site-packages directory */
    VF_FILE_PYC = 4,        /* compiled: contents are not searched (docs/architecture.md) */
    VF_FILE_BINARY = 8,     /* a NUL in its first 8 KiB */
    VF_FILE_EVIDENCE = 16,  /* read while places were voted on */
    VF_FILE_JOURNAL = 32,   /* venvfix's own journal: not searched, not counted */
    VF_FILE_HITS_CUT = 64,  /* more hits than are kept: count goes on, the file cannot be edited as text */
    VF_FILE_HASHED = 128,   /* digest was compared with the row */
    VF_FILE_SIZE_BAD = 256, /* RECORD says another size */
    VF_FILE_ROW_UNVERIFIED = 512, /* the row's algorithm is not to be had */
    VF_FILE_PYC_STALE = 2048,     /* compiled for another time or size of its source */
    VF_FILE_PYC_OTHER = 4096,     /* Python takes it unchecked, and its source has another hash; --hashes */
    VF_FILE_CAPABILITY = 8192,    /* the kernel gives whoever starts it capabilities */
    VF_FILE_SHARED = 1024         /* a second distribution lists it, too: second_dist */
};

/* What was read from one file. */
struct vf_facts {
    struct vf_ref *refs;
    struct vf_flaw *flaws;
    struct vf_hit *hits; /* outside the ranges that refs claim */
    uint32_t n_refs, n_flaws, n_hits;
    uint32_t hits_total;             /* also those not kept */
    uint32_t forbidden;              /* occurrences of params.forbid in the contents */
    uint32_t forbidden_string;       /* index of the one that occurs first; with forbidden */
    uint64_t forbidden_off;          /* where */
    const struct vf_elf_object *elf; /* of an ELF file; has_symbol tells whether it is an extension module */
};

struct vf_file {
    struct vf_slice path; /* relative to the root */
    struct vf_stat st;
    struct vf_slice target;    /* links */
    enum vf_status unexamined; /* VF_OK, or why it could not be looked at */
    int sys;                   /* errno of that */
    const char *why;           /* static words for it: "larger than 1 MiB", NULL: the errno says it */
    uint32_t flags;            /* enum vf_file_flag */
    uint32_t syntaxes;         /* bit set of enum vf_syntax that were read */
    uint32_t dist, row;        /* owner and its RECORD row; VF_NONE */
    uint32_t info_of; /* lies in this distribution's metadata directory, though no row lists it; VF_NONE */
    uint32_t second_dist; /* another distribution that lists the file; VF_NONE */
    enum vf_row_truth truth;
    struct vf_facts facts;
};

struct vf_env_dist {
    struct vf_slice info;      /* path of *.dist-info or *.egg-info (or egg-link), relative to the root */
    struct vf_slice site;      /* directory that it lies in: RECORD paths start there */
    struct vf_slice name;      /* Name header as printed, or from the directory */
    struct vf_slice canonical; /* PEP 503 */
    struct vf_slice version;   /* from the directory's name; of an egg-info the header's */
    struct vf_slice header_version;  /* Version header; p NULL when there is none */
    struct vf_slice requires_python; /* its header; empty when there is none */
    struct vf_slice installer;       /* contents of INSTALLER, trimmed */
    struct vf_slice metadata;        /* bytes of METADATA or PKG-INFO; empty when missing */
    struct vf_slice wheel;           /* bytes of WHEEL */
    bool is_egg, is_egg_link, has_metadata, has_record, valid_name, duplicate;
    bool built_here;            /* direct_url file:, a linux_* tag, or uv_build.json (docs/architecture.md) */
    bool editable;              /* dir_info.editable, or an egg-link */
    struct vf_slice egg_source; /* of an egg-link: absolute directory of the project */
    bool has_url;
    struct vf_direct_url url; /* when has_url */
    bool url_invalid;
    struct vf_record record; /* rows; empty when missing */
    uint32_t *row_files;     /* of each row: the file that it means; VF_NONE: none that is there */
    uint32_t record_file;    /* index of the RECORD file, VF_NONE */
    struct vf_slice record_bytes;
    bool unseen; /* the metadata directory is a link or could not be listed */
    bool seeded; /* by virtualenv: phantom rows are its habit */
    bool poetry; /* INSTALLER says poetry: absolute rows are its habit */
    struct vf_entry_points entry_points;
};

enum vf_prefix_kind {
    VF_PREFIX_PRESENT, /* the environment as typed, as resolved, or another spelling of the same directory */
    VF_PREFIX_OLD,     /* was the environment's, is not there any more (or is no environment) */
    VF_PREFIX_LIVE,    /* voted for, but another environment lives there: what names it is astray */
    VF_PREFIX_NEW      /* --at, or the place a move goes to */
};
struct vf_env_prefix {
    struct vf_prefix prefix;
    enum vf_prefix_kind kind;
    uint32_t votes;
    bool exists; /* something is there */
    bool given;  /* by --from */
    int why;     /* 0; else the errno value that kept the path from being examined: exists is false then */
};

struct vf_interpreter {
    struct vf_slice home, version; /* from pyvenv.cfg; empty when not there */
    struct vf_slice
        link; /* name in BIN of the absolute link or the copied interpreter: "python", "python3" */
    struct vf_slice link_target; /* its target as stored; empty for copies */
    struct vf_slice base;        /* what the chain of links ends at, or home + name; empty when unknown */
    struct vf_slice library; /* --copies: path of the libpython that the copy loads from outside, or its name
                                when it is nowhere on its own search path; p NULL: it needs none */
    bool library_found;
    bool base_exists, copies, has_cfg;
    int base_why;   /* 0; else the errno value that kept the base from being examined: it may be there */
    unsigned minor; /* of lib/python3.X and pyvenv.cfg; 0 unknown */
    bool pypy;
    bool python2;
    bool legacy; /* of a virtualenv older than 20: no pyvenv.cfg, a site.py of its own, links into the
                    standard library */
};

/* The base interpreter that the environment is to get. */
struct vf_base_python {
    struct vf_slice program; /* absolute path, as it is to be written */
    struct vf_slice real;    /* the same, every link resolved */
    struct vf_slice prefix;  /* the directory above its BIN, as written */
    struct vf_slice version; /* "3.12.4"; empty: what is recorded stays */
    bool home_only;          /* only `home` is wrong */
};

/* A directory outside of the environment that was moved. */
struct vf_dir_map {
    struct vf_slice from, to; /* absolute, clean */
};

struct vf_user;
struct vf_env_params {
    struct vf_slice path;        /* as typed (ENV); relative ones are taken from cwd */
    struct vf_slice cwd;         /* absolute */
    const struct vf_slice *from; /* --from */
    size_t n_from;
    struct vf_slice root; /* resolved directory of --root on this host; then path is absolute and as seen from
                             there; empty: path is one of this host */
    struct vf_slice outer; /* with --root: the path on this host, as typed; absolute, clean */
    struct vf_slice at;    /* --at or the NEW of a move: absolute, clean; empty when none */
    bool build_root; /* `at` is written for, and the environment is not taken there: what leads out of it by
                        a relative path does so from there, too */
    const struct vf_slice *forbid; /* --forbid: strings to be searched for in all contents; borrowed */
    size_t n_forbid;
    struct vf_slice at_windows; /* --at for an environment of Windows, as typed; empty: none */
    struct vf_slice project;    /* --project: absolute, clean; empty: not asked */
    bool hashes;                /* verify every row that has a hash */
    bool proven; /* what a RECORD row with a hash lists, the caller has just written with that hash, as its
                    wheel has it: it is read only in BIN, and where its name says that something refers to
                    places */
    bool settle; /* to be changed: a file that was written a moment ago is read only when the clock of its
                    file system has moved on, so that a later write is seen by its time */
    const struct vf_dir_map *maps; /* --map: what names `from` is to name `to` */
    size_t n_maps;
    const struct vf_base_python *base; /* another base interpreter, for planning; NULL: the one it has */
    const struct vf_target *target;    /* what it is checked for; NULL: the host, as it is. Borrowed */
    const struct vf_user *user;        /* whose rights count; NULL: the caller's. Borrowed */
    bool host_unknown; /* nothing is known of the target but `target`: what is not found there may be there */
    struct vf_host *host;         /* borrowed */
    const struct vf_hooks *hooks; /* borrowed; may be NULL */
};

struct vf_env {
    struct vf_arena arena;
    struct vf_arena *worker_arenas; /* facts live there */
    unsigned n_workers;
    struct vf_env_params params;
    struct vf_tree *tree; /* owned unless borrowed_tree */
    bool borrowed_tree;
    struct vf_slice typed, resolved; /* absolute paths, as seen from params.root */
    struct vf_slice dir;             /* the same directory on this host, without links */
    enum vf_env_kind kind;
    struct vf_interpreter py;
    struct vf_slice cfg; /* bytes of pyvenv.cfg */
    bool system_site, system_site_known, relocatable_claim;
    bool windows;           /* laid out for Windows, or made by a Python there: only to be read here */
    struct vf_slice bin;    /* "bin" or "Scripts" */
    struct vf_slice *sites; /* site-packages directories, relative */
    size_t n_sites;
    struct vf_file
        *files; /* every entry below the root but directories that could be listed; sorted by path */
    size_t n_files;
    struct vf_map by_path; /* path -> index into files */
    struct vf_map dirs;    /* directory path -> its permission bits, VF_DIR_SEEN added */
    struct vf_map infos;   /* path of a metadata directory -> index of the distribution */
    struct vf_map missing; /* path below the root that some RECORD lists, though no file is there -> 1 */
    struct vf_env_dist *dists;
    size_t n_dists;
    struct vf_env_prefix *prefixes; /* PRESENT first */
    size_t n_prefixes;
    struct vf_prefix *place_list;   /* the same, as the searcher wants them */
    struct vf_map by_prefix;        /* path -> index into prefixes */
    struct vf_slice *base_prefixes; /* of the base interpreter, as recorded here, existing or not */
    size_t n_base_prefixes;
    uint64_t bytes;   /* of regular files */
    uint32_t counted; /* regular files and links, journal left out */
    uint32_t examined, n_unexamined;
    bool scanned;
    bool metadata_only;   /* opened for freeze: files holds the entries of BIN, of distributions only name,
                             version and direct_url.json were read */
    uint32_t egg_link;    /* while what it leads to is read: its file; else VF_NONE */
    bool journal_foreign; /* ENV/.venvfix is there and is not to be trusted */
    struct vf_slice journal_message; /* what it says, for people; p NULL: nothing but that it is there */
};

/* Finds the environment at params->path: a directory, a link to one, or a one-line file that names one.
 * VF_NOT_FOUND, VF_NOT_AN_ENVIRONMENT, VF_CONDA, VF_UNREADABLE (the root). On success *out is owned by the
 * caller. */
VF_MUST_CHECK enum vf_status vf_env_open(const struct vf_env_params *params, struct vf_env **out,
                                         struct vf_err *err);
/* Is `text`, the contents of `file`, one line that names a directory with a pyvenv.cfg (a `.venv` that is a
 * file)? Without memory the answer is no, and the arena has failed. */
bool vf_env_is_named_by(struct vf_host *host, struct vf_slice file, struct vf_slice text, struct vf_arena *a);
/* Reads every other file, in parallel: syntaxes, places, hashes. */
VF_MUST_CHECK enum vf_status vf_env_scan(struct vf_env *env, struct vf_err *err);
/* Could every file be read, and every directory be listed? VF_UNREADABLE names the first one that could not:
 * who makes something of all files of the environment asks this, since what was not seen would be missing in
 * it. `metadata`: metadata that is too large to be read counts, too. */
VF_MUST_CHECK enum vf_status vf_env_must_be_readable(const struct vf_env *env, bool metadata,
                                                     struct vf_err *err);
void vf_env_free(struct vf_env *env);
/* Looks at pyvenv.cfg and the interpreter in BIN again, in the tree and the links that `env` has now (a copy
 * with a planned tree); what is found lives in `a`. */
VF_MUST_CHECK enum vf_status vf_env_reread_interpreter(struct vf_env *env, struct vf_arena *a,
                                                       struct vf_err *err);

/* Reads single files again, from another tree (the planned one) and into fresh facts; the rest of the
 * environment is shared and stays. For the proof. Both are borrowed. */
struct vf_reread;
VF_MUST_CHECK enum vf_status vf_reread_new(struct vf_env *env, struct vf_tree *tree, struct vf_reread **out,
                                           struct vf_err *err);
VF_MUST_CHECK enum vf_status vf_reread_file(struct vf_reread *r, uint32_t file, struct vf_file *out,
                                            struct vf_arena *a, struct vf_err *err);
void vf_reread_free(struct vf_reread *r); /* NULL is fine */

/* The file at this path; VF_NONE when there is none. */
uint32_t vf_env_find(const struct vf_env *env, struct vf_slice path);
bool vf_env_has_dir(const struct vf_env *env, struct vf_slice path);
/* Added to the mode of a directory in `dirs`, so that no value is 0. */
#define VF_DIR_SEEN 010000u
/* Does this path below the root exist (file, link or directory)? Links in the middle are followed inside the
 * tree. What lies below a directory that could not be listed is taken to be there. */
bool vf_env_has(const struct vf_env *env, struct vf_slice rel);
/* The distribution whose RECORD is this file; VF_NONE: none. */
uint32_t vf_env_record_of(const struct vf_env *env, uint32_t file);
/* The path below the root that a RECORD row of this distribution means (absolute rows of old places
 * included). False: it lies elsewhere. Clears out. */
bool vf_env_row_path(const struct vf_env *env, const struct vf_env_dist *d, struct vf_slice row,
                     struct vf_buf *out);
/* Does the row mean a file of a `pip install --target SITE`, which is not where the row says but below SITE
 * (`rel`, relative to the root, as vf_env_row_path gave it)? */
bool vf_env_row_is_in_target(const struct vf_env_dist *d, struct vf_slice row, struct vf_slice rel);
/* Does a row that means `rel` (relative to the root) keep the wheel's own name of a script that an entry
 * point hides? pip never puts such a file there: "SITE/x-1.0.data/scripts/NAME". */
bool vf_env_row_is_hidden_script(const struct vf_env_dist *d, struct vf_slice rel);
/* share/jupyter/kernels/NAME/kernel.json (rel: relative to the root). */
bool vf_env_is_kernelspec(struct vf_slice rel);
/* Files that Jupyter's own commands write over after a wheel brought them: kernelspecs (`python -m ipykernel
 * install --sys-prefix`; other kernels do the same), and its configuration in etc/jupyter. */
bool vf_env_jupyter_rewrites(struct vf_slice rel);
/* Does the environment's interpreter look into this site-packages directory? Not when it is
 * another minor version's, which `venv --upgrade` leaves behind. */
bool vf_env_site_is_used(const struct vf_env *env, struct vf_slice site);
/* The source as the syntax readers and writers want it. */
struct vf_source vf_env_source(const struct vf_env *env, struct vf_slice path, struct vf_slice bytes);

/* --- places --- */
enum vf_where {
    VF_WHERE_HERE, /* the present place */
    VF_WHERE_NEW,  /* the place of --at (when it is not the present one) */
    VF_WHERE_OLD,
    VF_WHERE_LIVE,    /* another environment that was voted for */
    VF_WHERE_HOST,    /* absolute, none of the above */
    VF_WHERE_RELATIVE /* not absolute */
};
struct vf_location {
    enum vf_where where;
    uint32_t prefix;      /* index into env->places; VF_NONE */
    struct vf_slice rest; /* below that place, "" for the place itself */
    struct vf_slice path; /* the path, clean */
    bool by_raw;          /* ref->raw matched, not ref->value */
};
/* Where a decoded path leads. Longest place wins. */
VF_MUST_CHECK enum vf_status vf_env_locate(const struct vf_env *env, struct vf_slice path, struct vf_arena *a,
                                           struct vf_location *out, struct vf_err *err);
/* The same for a reference: its value, or its raw reading where only that lies in a known place
 * (docs/formats.md 2.3, 3.4). */
VF_MUST_CHECK enum vf_status vf_env_locate_ref(const struct vf_env *env, const struct vf_ref *ref,
                                               struct vf_arena *a, struct vf_location *out,
                                               struct vf_err *err);
/* Is this the prefix of the base interpreter by what the environment records, existing or not? */
bool vf_env_is_base_prefix(const struct vf_env *env, struct vf_slice path);
/* The root of the environment that an outside path lies in (a directory above it with a pyvenv.cfg, at most 6
 * levels up), or empty. */
struct vf_slice vf_env_other_root(const struct vf_env *env, struct vf_slice path, struct vf_arena *a);

#endif
