/* pylock.h: lock files, pylock.toml (PEP 751, lock-version 1.0): reading, choosing for a target, writing.
 * docs/formats.md 6.4.
 *
 * Valid is what the newest `packaging` takes, which is what pip installs from: canonical names, at least one
 * hash for every file, exactly one kind of source, file names that fit name and version. */
#ifndef VF_PACKAGING_PYLOCK_H
#define VF_PACKAGING_PYLOCK_H

#include "packaging/direct_url.h"
#include "packaging/marker.h"
#include "packaging/tags.h"
#include "packaging/toml.h"

#define VF_LOCK_PACKAGES_MAX 65536

/* A wheel, sdist or archive. url or path or both; a relative path starts at the lock file's directory. */
struct vf_lock_file {
    struct vf_slice
        name;      /* file name: as given, else the last part of path or url, decoded; empty for archives */
    bool has_name; /* it was given (for wheels and sdists only where it differs from the last part) */
    struct vf_slice url, path;
    bool has_size;
    uint64_t size;                 /* bytes */
    struct vf_slice upload_time;   /* RFC 3339, or empty */
    struct vf_direct_hash *hashes; /* never empty in what is read */
    size_t n_hashes;
};

enum vf_lock_source { VF_LOCK_FILES, VF_LOCK_VCS, VF_LOCK_DIRECTORY, VF_LOCK_ARCHIVE };

struct vf_lock_package {
    struct vf_slice name;    /* canonical */
    struct vf_slice version; /* as written; empty when there is none */
    bool has_marker;
    struct vf_marker marker;
    bool has_requires_python;
    struct vf_specifiers requires_python;
    struct vf_slice index;                    /* base URL of the index, or empty */
    const struct vf_toml_value *dependencies; /* array of tables, or NULL: for information only */
    const struct vf_toml_value *attestations; /* attestation-identities: kept, not judged */
    const struct vf_toml_value *tool;
    enum vf_lock_source source;
    struct vf_slice subdirectory;                      /* VCS, DIRECTORY, ARCHIVE */
    struct vf_slice vcs, vcs_url, vcs_path, commit_id; /* VCS; vcs is "git", ... */
    struct vf_slice requested_revision;
    struct vf_slice directory; /* DIRECTORY: its path */
    bool editable;
    struct vf_lock_file archive; /* ARCHIVE */
    bool has_sdist;              /* FILES */
    struct vf_lock_file sdist;
    struct vf_lock_file *wheels;
    size_t n_wheels;
    uint32_t line; /* in the file, 1-based; 0 unknown */
};

struct vf_pylock {
    struct vf_slice version; /* lock-version as written: "1.0" */
    bool newer; /* a minor version above 1.0: there may be things in it that are not understood */
    struct vf_slice created_by;
    bool has_requires_python;
    struct vf_specifiers requires_python;
    struct vf_marker *environments;
    size_t n_environments;
    struct vf_slice *extras, *groups, *default_groups; /* dependency-groups, default-groups */
    size_t n_extras, n_groups, n_default_groups;
    struct vf_lock_package *packages;
    size_t n_packages;
    const struct vf_toml_value *tool; /* table, or NULL */
};

/* `pylock.toml` or `pylock.<name without dots>.toml`. */
bool vf_pylock_is_name(struct vf_slice base);
/* VF_BAD_LIST with words for people; VF_NOT_SUPPORTED (another major lock-version); VF_LIMIT; VF_NO_MEMORY.
 */
VF_MUST_CHECK enum vf_status vf_pylock_parse(struct vf_arena *a, struct vf_slice text, struct vf_pylock *out,
                                             struct vf_err *err);

/* What is to be installed of one package. */
struct vf_lock_choice {
    const struct vf_lock_package *package;
    const struct vf_lock_file
        *file; /* a wheel; the sdist where no wheel fits; the archive; NULL for VCS and directories */
    bool is_wheel;
};
/* The packages whose markers hold, and of each the wheel with the best tag. `env` needs has_sets; its groups
 * are the lock's default groups unless the caller chose others. VF_INCOMPATIBLE: the lock is not for this
 * target (requires-python, environments), or no file of a package fits; VF_BAD_LIST: two entries of one
 * project apply, or a marker has no meaning; VF_NO_MEMORY. */
VF_MUST_CHECK enum vf_status vf_pylock_select(struct vf_arena *a, const struct vf_pylock *lock,
                                              const struct vf_marker_env *env, const struct vf_tags *tags,
                                              struct vf_lock_choice **out, size_t *n, struct vf_err *err);

/* Appends the lock as TOML, in the order of its packages. Texts of versions, markers and specifiers are
 * written as they are. VF_BAD_LIST when something is not UTF-8 (TOML cannot hold it), VF_NO_MEMORY. */
VF_MUST_CHECK enum vf_status vf_pylock_put(struct vf_buf *out, const struct vf_pylock *lock,
                                           struct vf_err *err);

#endif
