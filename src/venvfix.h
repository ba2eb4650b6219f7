/* venvfix.h: the public interface of libvenvfix: what the command is made of, for other programs.
 *
 * Call sequence: fill an options struct (zeroed is the default of every option), call a verb, look at its
 * result, free it. A verb returns 0, 1 or 2, the exit code of the command (docs/report.md); with 2 the result
 * holds the error. The library prints nothing, never exits, reads no environment variable and changes neither
 * working directory nor umask nor signals. Results are plain structs; all their memory belongs to the result
 * and goes with venvfix_*_free. Bytes may hold anything but are NUL-terminated behind their length.
 *
 * The meaning of every field of a report is that of the JSON report (docs/report.md), with the same name. */
#ifndef VENVFIX_H
#define VENVFIX_H

#ifdef __cplusplus
#include <atomic>
using std::atomic_bool; /* as <stdatomic.h> of C++23 does it */
#else
#include <stdatomic.h>
#endif
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this header, for the preprocessor. While the major version is 0, another minor version may
 * change any struct: use the header and the library of one version. */
#define VENVFIX_VERSION       "0.1.0"
#define VENVFIX_VERSION_MAJOR 0
#define VENVFIX_VERSION_MINOR 1
#define VENVFIX_VERSION_PATCH 0

/* Return the version of the library, which should be VENVFIX_VERSION. Static. */
const char *venvfix_version(void);

/* Bytes with a length; p is NULL for "null". */
struct venvfix_bytes {
    const char *p;
    size_t n;
};

/* Progress and cancelling, for every verb. */
struct venvfix_hooks {
    atomic_bool *cancel; /* set it from a signal handler or another thread: the call ends with code
                            "interrupted"; may be NULL */
    void (*progress)(void *ctx, const char *phase, uint64_t done,
                     uint64_t total);              /* from the calling thread; may be NULL */
    void (*note)(void *ctx, const char *sentence); /* something worth telling a person; may be NULL */
    void *ctx;
    unsigned jobs; /* workers; 0: one a processor */
};

/* The words of the JSON report (docs/report.md), each with a function that gives its name. Names are static.
 */
enum venvfix_level { VENVFIX_LEVEL_INFO, VENVFIX_LEVEL_WARNING, VENVFIX_LEVEL_ERROR };
enum venvfix_verdict {
    VENVFIX_BROKEN,
    VENVFIX_ASTRAY,
    VENVFIX_TAMPERED,
    VENVFIX_FORBIDDEN,
    VENVFIX_BOUND,
    VENVFIX_HOST,
    VENVFIX_UNEXAMINED,
    VENVFIX_INCONSISTENT,
    VENVFIX_EXPOSED,
    VENVFIX_STALE
};
enum venvfix_how_fixed { /* what `fix`, `recreate` and `move` do about a finding */
                         VENVFIX_BY_REWRITE,
                         VENVFIX_BY_REINSTALL,
                         VENVFIX_BY_HAND,
                         VENVFIX_NOT_FIXED
};
enum venvfix_kind { VENVFIX_KIND_VENV, VENVFIX_KIND_VIRTUALENV, VENVFIX_KIND_UV, VENVFIX_KIND_UNKNOWN };
enum venvfix_implementation {
    VENVFIX_IMPLEMENTATION_UNKNOWN, /* null in the report */
    VENVFIX_CPYTHON,
    VENVFIX_PYPY
};
enum venvfix_how { VENVFIX_REUSED, VENVFIX_INSTALLED, VENVFIX_CARRIED };
enum venvfix_origin {                      /* of a wheel */
                      VENVFIX_ORIGIN_NONE, /* null in the report */
                      VENVFIX_ORIGIN_FIND_LINKS,
                      VENVFIX_ORIGIN_BUNDLE,
                      VENVFIX_ORIGIN_CACHE,
                      VENVFIX_ORIGIN_INDEX,
                      VENVFIX_ORIGIN_BUILT,
                      VENVFIX_ORIGIN_DIRECT,
                      VENVFIX_ORIGIN_ENVIRONMENT
};
enum venvfix_source { VENVFIX_FROM_NAME, VENVFIX_FROM_ARCHIVE, VENVFIX_FROM_DIRECTORY, VENVFIX_FROM_VCS };
const char *venvfix_level_name(enum venvfix_level v);                   /* "warning" */
const char *venvfix_verdict_name(enum venvfix_verdict v);               /* "broken" */
const char *venvfix_how_fixed_name(enum venvfix_how_fixed v);           /* "rewrite" */
const char *venvfix_kind_name(enum venvfix_kind v);                     /* "virtualenv" */
const char *venvfix_implementation_name(enum venvfix_implementation v); /* "cpython"; NULL for UNKNOWN */
const char *venvfix_how_name(enum venvfix_how v);                       /* "reused" */
const char *venvfix_origin_name(enum venvfix_origin v);                 /* "find-links"; NULL for NONE */
const char *venvfix_source_name(enum venvfix_source v);                 /* "vcs" */

enum venvfix_fail_on { VENVFIX_FAIL_WARNING, VENVFIX_FAIL_ERROR, VENVFIX_FAIL_INFO, VENVFIX_FAIL_NEVER };
const char *venvfix_fail_on_name(enum venvfix_fail_on v); /* "warning" */

struct venvfix_error {
    const char *code;      /* "not-found"; NULL when there is no error */
    const char *operation; /* "open" */
    struct venvfix_bytes path;
    struct venvfix_bytes message; /* one sentence, errno text included */
};

/* What the command line named, and a finding rests on: a set of these. */
enum venvfix_assumed {
    VENVFIX_ASSUMES_ROOT = 1,
    VENVFIX_ASSUMES_PYTHON = 2,
    VENVFIX_ASSUMES_PLATFORM = 4,
    VENVFIX_ASSUMES_GLIBC = 8,
    VENVFIX_ASSUMES_USER = 16
};

struct venvfix_finding {
    const char *rule; /* "VF201" */
    const char *name; /* "script-bound" */
    enum venvfix_verdict verdict;
    enum venvfix_level level;
    enum venvfix_how_fixed fix;
    struct venvfix_bytes path, value, expected, target, distribution, message;
    int64_t line, offset; /* -1: null */
    uint32_t count;
    bool suppressed;
    unsigned assumes; /* enum venvfix_assumed; 0: it holds for every target */
};

struct venvfix_findings {
    struct venvfix_finding *v;
    size_t n;
};

struct venvfix_old_place {
    struct venvfix_bytes path;
    uint32_t votes;
    bool exists;
};

/* ---- baselines: findings that are known already ---- */

/* A set of findings by content: rule, file and value, in which the paths of environment and project are left
 * out, so that it holds when checkout or environment move. Owned by the caller. */
struct venvfix_baseline;
struct venvfix_baseline_entry {
    struct venvfix_bytes rule, path, fingerprint; /* borrowed from the baseline */
    uint64_t count;                               /* findings that no longer occur */
};
struct venvfix_baseline *venvfix_baseline_new(void); /* empty; NULL: no memory */
/* A baseline file, or an earlier JSON report of check. NULL: it is neither (or no memory). */
struct venvfix_baseline *venvfix_baseline_read(const char *text, size_t n);
/* The file: JSON, the same bytes for the same findings. free() it; NULL: no memory. */
char *venvfix_baseline_text(const struct venvfix_baseline *b, size_t *n);
/* Entries that no check has met since the baseline was read: how many there are; the first n of them in out.
 */
size_t venvfix_baseline_unused(const struct venvfix_baseline *b, struct venvfix_baseline_entry *out,
                               size_t n);
void venvfix_baseline_free(struct venvfix_baseline *b); /* NULL: nothing */

/* ---- archives ---- */

/* An archive (tar, packed or not, or zip) with environments in it. It is read once; then each of them can be
 * checked. Nothing is unpacked but into one file without a name. */
struct venvfix_archive;

struct venvfix_archive_options {
    const char *path;    /* "-": standard input */
    const char *scratch; /* directory for the file without a name; NULL: only plain tars can be read */
    struct venvfix_hooks hooks;
};
struct venvfix_archive_result {
    struct venvfix_error error;
    struct venvfix_archive *archive; /* NULL: the path leads to a directory, a lock bundle, or nothing */
    struct venvfix_bytes *members;   /* the environments in it, by path; "" is the root of the archive */
    size_t n_members;
    int exit;
    void *own;
};
int venvfix_archive_open(const struct venvfix_archive_options *options,
                         struct venvfix_archive_result *result);
void venvfix_archive_close(struct venvfix_archive_result *result);

/* ---- check ---- */

struct venvfix_check_options {
    const char *path; /* ENV, a lock bundle, or an archive with one environment in it */
    /* An archive that is open: its environment `member` is checked, and path only names it in messages. NULL:
     * path is looked at. */
    const struct venvfix_archive *archive;
    size_t member;
    const char *at; /* --at, or NULL */
    /* A directory with the file system of another host or of an image, or an archive with one: all but the
     * environment is looked for there. ENV below it is checked for its path there; for another one `at` says
     * it, or it is an error
     * ("usage"). NULL: this host. Not for bundles. */
    const char *root;
    /* The target. NULL, of a bundle: what it was made for; of an environment: the host, or root. With any of
     * them nothing is asked of this host for an environment; what then cannot be known is not claimed. */
    const char *python;   /* "3.12", "3.12.1"; for an environment also the path of an interpreter */
    const char *platform; /* "manylinux_2_28_x86_64" */
    const char *glibc;    /* "2.28" */
    const char *user; /* whose rights count: "app", "1000", "app:web"; NULL: not asked. For environments */
    const char *state_dir;   /* as in venvfix_change_options */
    const char *scratch;     /* directory for a nameless file while a bundle (NULL: memory) or an archive is
                                read */
    const char *const *from; /* --from, n_from of them */
    size_t n_from;
    bool hashes;
    /* A requirements list or lock file (--frozen): what is installed is compared with it. frozen_text: its
     * bytes, of which `frozen` is only the name; p NULL: the file is read. Not for bundles. */
    const char *frozen;
    struct venvfix_bytes frozen_text;
    const char *project;       /* --project: what is imported has to lie here or in ENV; NULL: anywhere */
    const char *const *forbid; /* --forbid: strings that may occur nowhere */
    size_t n_forbid;
    /* Which rules count: lists of ids (VF201), beginnings of ids (VF2) and names, separated by commas; levels
     * as "VF201=error". The longer word wins, of equal ones `ignore`. */
    const char *const *select, *const *ignore, *const *levels;
    size_t n_select, n_ignore, n_levels;
    struct venvfix_baseline *baseline; /* findings in it are suppressed; NULL: none */
    struct venvfix_baseline *collect;  /* gets every finding that counts; NULL: none */
    enum venvfix_fail_on fail_on;
    const char *const *environ; /* "K=V", NULL at the end: PATH and HOME, for `next`; NULL: none */
    struct venvfix_hooks hooks;
};

/* A command that would help, made of what the program would really do. */
struct venvfix_command {
    struct venvfix_bytes argv[8];
    size_t n;
    uint32_t repairs; /* findings that it repairs */
};

struct venvfix_check_result {
    struct venvfix_error error; /* code NULL: there is none */
    struct venvfix_bytes path, resolved;
    enum venvfix_kind kind;
    enum venvfix_implementation implementation;
    struct venvfix_bytes python, base;
    int base_exists, system_site_packages; /* 0, 1; -1: null */
    bool relocatable_claim;
    bool bundle;                 /* it is a lock bundle */
    bool windows;                /* laid out for Windows: `layout` */
    struct venvfix_bytes member; /* path in the archive that `path` is; p NULL: it is no archive */
    struct venvfix_old_place *old_places;
    size_t n_old_places;
    uint64_t distributions, files, bytes;
    struct venvfix_bytes at; /* p NULL: null */
    /* What the options named; p NULL: not named. All NULL: there is no target. */
    struct venvfix_bytes target_root, target_python, target_platform, target_glibc, target_user;
    /* A directory that looks like the root of an image that the environment is in, at a path that its own
     * files name; p NULL: none. Not set with a root. */
    struct venvfix_bytes image_root;
    bool sound, self_contained;
    int movable;                      /* 0, 1; -1: null */
    struct venvfix_findings findings; /* sorted as docs/report.md says */
    uint32_t errors, warnings, infos; /* without those that are suppressed */
    uint32_t suppressed;              /* in the baseline */
    uint32_t ignored;                 /* left out by select and ignore; they are not among the findings */
    struct venvfix_command *next; /* one of these; empty where the environment is sound or nothing helps */
    size_t n_next;
    uint64_t examined, unexamined;
    enum venvfix_fail_on fail_on;
    int exit;
    void *own; /* memory of the result */
};

/* Examines one environment, which may be in an archive, or a lock bundle: is it complete for its target? (A
 * bundle's `python` is the target's; `files` are its members.) An environment in an archive is checked for
 * the path that `at` names, else for the one that its own files name. Never writes, never executes, follows
 * no link out of it. */
int venvfix_check(const struct venvfix_check_options *options, struct venvfix_check_result *result);
void venvfix_check_free(struct venvfix_check_result *result);

/* ---- find ---- */

struct venvfix_find_options {
    const char *path; /* a directory */
    /* Called for each environment below it, and for each directory that cannot be listed (whose check says
     * why), from the calling thread, in the order of their paths. The path is borrowed. false: no more. */
    bool (*found)(void *ctx, const char *path);
    void *ctx;
    struct venvfix_hooks hooks;
};
struct venvfix_find_result {
    struct venvfix_error error;
    void *own;
};
/* The environments below a directory, each once: links are not followed. 0, or 2 with the error. */
int venvfix_find(const struct venvfix_find_options *options, struct venvfix_find_result *result);
void venvfix_find_free(struct venvfix_find_result *result);

/* ---- freeze ---- */

struct venvfix_freeze_options {
    const char *path;
    bool all;                   /* also pip, and before 3.12 setuptools, wheel, distribute */
    const char *const *exclude; /* names, any spelling */
    size_t n_exclude;
    const char *const *find_links; /* directories with wheels */
    size_t n_find_links;
    bool hashes; /* a line without a hash is an error ("incomplete"): installers take such a list whole or not
                  */
    bool lock;   /* text is a lock file (PEP 751), which implies hashes, instead of a requirements list */
    struct venvfix_hooks hooks;
};
struct venvfix_wheel_file {
    struct venvfix_bytes name;   /* file name */
    struct venvfix_bytes path;   /* as reached from the directory that was given */
    struct venvfix_bytes sha256; /* hexadecimal digits */
    uint64_t size;               /* bytes */
};
struct venvfix_frozen {
    struct venvfix_bytes requirement; /* its line, without comments and hashes */
    struct venvfix_bytes name, version;
    enum venvfix_source source;
    struct venvfix_bytes url; /* of the source, without secrets; p NULL: there is none */
    bool editable;
    bool local;                        /* the line means a place of this host */
    bool redacted;                     /* a secret was left out of it */
    struct venvfix_wheel_file *wheels; /* of this name and version in find_links */
    size_t n_wheels;
};
struct venvfix_freeze_result {
    struct venvfix_error error;
    struct venvfix_bytes path;   /* absolute, as typed */
    struct venvfix_bytes python; /* version; p NULL: not known */
    struct venvfix_bytes text;   /* what `pip freeze` prints, or the lock file; LF lines */
    struct venvfix_bytes
        notes; /* lines for people (standard error): credentials left out, distributions passed over */
    struct venvfix_frozen *requirements; /* in the order of the list */
    size_t n_requirements;
    int exit;
    void *own;
};
int venvfix_freeze(const struct venvfix_freeze_options *options, struct venvfix_freeze_result *result);
void venvfix_freeze_free(struct venvfix_freeze_result *result);

/* ---- recreate, move, fix ---- */

enum venvfix_verb { VENVFIX_RECREATE, VENVFIX_MOVE, VENVFIX_FIX, VENVFIX_PACK };
const char *venvfix_verb_name(enum venvfix_verb v); /* "recreate" */
enum venvfix_link { VENVFIX_LINK_AUTO, VENVFIX_LINK_REFLINK, VENVFIX_LINK_COPY };

/* recreate from a list, a lock file or a lock bundle, or from an environment for another interpreter. */
struct venvfix_install_options {
    /* fix: the base interpreter that ENV gets, of its own minor version. recreate: the interpreter: a path, a
     * name on PATH, "3.12", or the directory of an environment (its base). NULL: the environment's base, or
     * the first of python3.X (as the bundle says) and python3 on PATH that the source allows. */
    const char *python;
    const char *const *find_links; /* directories with wheels, or URLs for pip and uv */
    size_t n_find_links;
    const char *index_url; /* NULL: what pip's or uv's own configuration says */
    const char *const *extra_index_urls;
    size_t n_extra_index_urls;
    bool offline;        /* only what is at hand */
    bool require_hashes; /* of every requirement */
    bool build;          /* sources may be built, by the host's pip or uv: that runs their code */
    bool reinstall;      /* from an environment: everything from wheels, nothing of the old files */
    bool allow_outside;  /* -r and -c may leave the directory of the list */
    bool compile;        /* by the target interpreter */
    bool copies;         /* the interpreter is copied, not linked */
    bool prove_imports;  /* every top-level module is imported at NEW */
    const char *prompt;  /* NULL: the directory's name */
    const char *sha256;  /* of the bundle, hexadecimal; NULL: not asked */
    /* "K=V", NULL at the end: for the tools, ${NAME} in lists, and PATH. NULL: none. */
    const char *const *environ;
    const char *pip_cache, *uv_cache; /* directories; NULL: not looked at */
};

struct venvfix_change_options {
    enum venvfix_verb verb;
    const char *from_path;   /* OLD; for fix: ENV */
    const char *to_path;     /* NEW; NULL for fix */
    const char *const *from; /* --from: more old places */
    size_t n_from;
    const char *const *map; /* --map: "OLD=NEW", directories outside of ENV that were moved */
    size_t n_map;
    bool dry_run; /* plan and diff only; nothing is changed */
    bool leave;   /* go on although references without a writer stay */
    const char
        *at; /* fix: ENV is written for this path and stays where it is (a build root); NULL: its own */
    /* recreate: NEW may be an environment, FROM itself too: the new one is made beside it and takes its name
     * by one rename; what was there goes to `keep`, or, where that is NULL, is removed. */
    bool replace;
    const char *keep;
    bool undo;    /* fix: nothing is repaired; what the last fix changed is put back */
    bool no_undo; /* fix: what is replaced is not kept for that */
    enum venvfix_link link;
    struct venvfix_install_options install; /* recreate; of fix only python, compile and environ */
    /* Absolute: where the secret is kept that journals are signed with ("key", made when it is not there
     * yet); $XDG_STATE_HOME/venvfix by convention. NULL, or not usable: a run that is cut off is finished by
     * the next one only inside the environment; a directory is neither renamed nor removed then. */
    const char *state_dir;
    const char *bundle; /* --bundle: a lock bundle is packed, too; NULL: none. Not for fix */
    int64_t epoch;      /* of it: SOURCE_DATE_EPOCH; 0: 1980-01-01 */
    struct venvfix_hooks hooks;
};

struct venvfix_requirement {
    struct venvfix_bytes requirement; /* "flask==3.0.3"; p NULL for carried files */
    struct venvfix_bytes name, version;
    enum venvfix_how how;
    bool modified;              /* files of it differ from RECORD and are carried as they are */
    struct venvfix_bytes wheel; /* made new: the file's name; else p NULL */
    enum venvfix_origin origin; /* made new: where the wheel came from */
    struct venvfix_bytes
        was; /* recreate ENV for another interpreter: the tags that it had, where they differ */
};
struct venvfix_edit {
    struct venvfix_bytes path;
    const char *rule;
    uint32_t count;
};

struct venvfix_change_result {
    struct venvfix_error error;
    enum venvfix_verb verb;
    bool dry_run;
    struct venvfix_bytes from, to; /* absolute */
    struct venvfix_requirement *requirements;
    size_t n_requirements;
    struct venvfix_edit *edits;
    size_t n_edits;
    struct venvfix_bytes *carried; /* paths of files that no RECORD lists */
    size_t n_carried;
    struct venvfix_findings warnings;  /* what still names another place, and what remains wrong */
    struct venvfix_findings unwritten; /* error code "unwritable": the references that have no writer */
    int proof_static, proof_freeze, proof_record, proof_interpreter; /* 0, 1; -1: null, could not be tried */
    int proof_packages; /* the started interpreter finds what is installed; -1: nothing is, or not started */
    struct venvfix_bytes not_found;   /* proof_packages 0: the first module that it does not find */
    int proof_imports;                /* the same; -1 also when it was not asked for */
    struct venvfix_bytes python;      /* made new: the full version; else p NULL */
    struct venvfix_bytes interpreter; /* made new: path of the base interpreter; else p NULL */
    bool recreated;                   /* made new from wheels, not copied */
    double plan_s, stage_s, prove_s, commit_s, retire_s; /* seconds; negative: did not happen */
    struct venvfix_bytes diff;                           /* dry_run: unified diff */
    struct venvfix_bytes sha256; /* pack: of the new file, hexadecimal; recreate --sha256: of the bundle */
    uint64_t bytes;              /* pack: of the new file */
    struct venvfix_bytes bundle, bundle_sha256; /* --bundle: the file that was packed; p NULL: none */
    struct venvfix_bytes
        *changed; /* what somebody else changed in OLD meanwhile, relative to it: OLD stays */
    size_t n_changed;
    struct venvfix_not_kept {
        struct venvfix_bytes path; /* below NEW; "." is NEW itself */
        /* "xattr", "capability": the file system or the user may not; "hardlink": it was one file with
         * another name in the environment; "time": of a directory, lost by a run that was cut off */
        const char *what;
    } * not_kept; /* what the environment does not have any more; sorted */
    size_t n_not_kept;
    bool renamed; /* by one rename (not by copying) */
    bool resumed; /* an earlier run was finished */
    int exit;
    bool undone; /* fix --undo: `edits` are the files that are again as they were */
    void *own;
};

int venvfix_change(const struct venvfix_change_options *options, struct venvfix_change_result *result);
void venvfix_change_free(struct venvfix_change_result *result);

/* ---- pack ---- */

enum venvfix_packing {
    VENVFIX_PACK_BY_NAME, /* of the file: .tar.gz, .tgz, .tar.xz, .txz, .tar, .zip; zstd for all others */
    VENVFIX_PACK_ZSTD,
    VENVFIX_PACK_GZIP,
    VENVFIX_PACK_XZ,
    VENVFIX_PACK_TAR,
    VENVFIX_PACK_ZIP
};

struct venvfix_pack_options {
    const char *path;        /* ENV, or a list: requirements.txt, pylock.toml */
    const char *python;      /* of a list: the Python that it is for, "3.12"; NULL: not a list */
    const char *platform;    /* of a list: one platform tag; NULL: this host's */
    const char *output;      /* the new file; what stands there is never replaced */
    const char *const *from; /* --from: more old places */
    size_t n_from;
    const char *const *links; /* --find-links: directories with original wheels */
    size_t n_links;
    const char *const *exclude; /* distributions that are left out */
    size_t n_exclude;
    enum venvfix_packing packing;
    bool allow_modified; /* files that differ from RECORD are packed as they are */
    bool pycache;        /* compiled files go along: used only by who is given the bundle's own sha256 */
    int64_t epoch;       /* SOURCE_DATE_EPOCH; 0: 1980-01-01 */
    struct venvfix_hooks hooks;
};
/* Packs a lock bundle (docs/bundle.md). In the result `from` is the environment, `to` the file, `how` is
 * "reused" for a wheel made of the installed files and "installed" for an original one; nothing is proven by
 * running. Free it with venvfix_change_free. */
int venvfix_pack(const struct venvfix_pack_options *options, struct venvfix_change_result *result);

/* ---- rules ---- */

struct venvfix_rule {
    const char *id, *name;
    enum venvfix_verdict verdict; /* usual ones: a finding may have another */
    enum venvfix_level level;
    enum venvfix_how_fixed fix;
    const char *what, *why, *how; /* sentences */
};
size_t venvfix_rule_count(void);
const struct venvfix_rule *venvfix_rule_at(size_t i); /* NULL past the end; static memory */
/* By id or name, in any case; NULL when there is none. */
const struct venvfix_rule *venvfix_rule_find(const char *id_or_name);

#ifdef __cplusplus
}
#endif
#endif
