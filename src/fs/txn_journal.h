/* txn_journal.h: the text of a transaction's journal: written, and parsed as the untrusted input that it is.
 *
 * One field a line, `key value`, in this order, LF at each end; places and paths percent-encoded; times in
 * whole seconds and nanoseconds; hashes in hex:
 *
 *     venvfix-journal 2
 *     verb move                                 fix | move
 *     root 1312                                 inode of the environment directory
 *     dir 1410                                  inode of the journal directory
 *     lock 1411                                 inode of the lock file
 *     lock-changed 1700000000123456789          its last change of attributes, in nanoseconds
 *     lock-born 1700000000123456789             its birth; 0 where none is known
 *     retire 0                                  inode of the directory that is to be retired, or 0
 *     token 3f9a...                             random; the same in OLD and NEW of a copying move; or zeros
 *     copied 77e1...                            sha256 of the list of what was copied (copied.h); or zeros
 *     from /srv/old
 *     to /srv/new
 *     edits 1
 *     edit splice                               splice | write | link | delete
 *     path bin/pip
 *     old file                                  file | link | none; `none` ends the group
 *     ino 1320
 *     size 231
 *     mtime 1700000000
 *     mtime-ns 12
 *     sha256 9f86...                            of the contents; of a link: its target
 *     new file                                  a group as for `old`; `none` for a deletion
 *     ...
 *     mac 90c2...                               HMAC-SHA256 of everything above under the user's secret;
 * zeros where there was none end 3a7b...                               sha256 of everything above this line
 *
 * The parser is strict: what it accepts, vf_journal_put writes back byte for byte. */
#ifndef VF_FS_TXN_JOURNAL_H
#define VF_FS_TXN_JOURNAL_H

#include "fs/edit.h"
#include "fs/key.h"
#include "fs/sys.h"

#define VF_JOURNAL_MAX ((uint64_t)64 << 20) /* bytes of a journal that is still read */

/* One file or link as the journal knows it. kind NONE: there is none, the rest is 0. */
struct vf_jfile {
    enum vf_kind kind; /* NONE, FILE or LINK */
    uint64_t ino, size;
    int64_t mtime_s;
    uint32_t mtime_ns;
    unsigned char sum[32];
};

struct vf_jedit {
    enum vf_edit_kind kind;
    struct vf_slice path;    /* vf_journal_path_ok */
    struct vf_jfile was, is; /* what stood there; the staged new file */
    struct vf_stat was_st;   /* of `was`, when it was staged; never written: kind NONE after parsing */
};

enum vf_jmac {
    VF_JMAC_NONE,  /* it was written without a secret */
    VF_JMAC_OURS,  /* made with the secret of this user */
    VF_JMAC_OTHER, /* made with another one, or the journal was altered */
};

struct vf_journal {
    const char *verb; /* "fix" or "move"; static */
    uint64_t root_ino, dir_ino, retire_ino;
    struct vf_file_id lock;
    unsigned char token[32], copied[32], mac[32];
    struct vf_slice from, to; /* absolute */
    struct vf_jedit *v;
    size_t n;
};

/* May a journal name this path: relative, clean, no `..`, no NUL, not empty, not the journal directory or
 * below it. */
bool vf_journal_path_ok(struct vf_slice path);
/* key NULL: j->mac is written as it is. */
void vf_journal_put(struct vf_buf *out, const struct vf_journal *j, const struct vf_key *key);
/* The slices are copies in the arena. VF_MALFORMED with a detail for anything that vf_journal_put would not
 * have written. */
VF_MUST_CHECK enum vf_status vf_journal_parse(struct vf_slice text, struct vf_arena *a,
                                              struct vf_journal *out, struct vf_err *err);
/* Who made the journal whose text this is (parsed as j)? */
enum vf_jmac vf_journal_mac(struct vf_slice text, const struct vf_journal *j, const struct vf_key *key);

#endif
