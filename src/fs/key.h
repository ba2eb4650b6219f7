/* key.h: the secret of this user that a journal is authenticated with. It is kept outside of every
 * environment, in one file that only this user can read, so that no archive, no copy and no other user can
 * bring a journal that is believed.
 *
 * The file is DIR/key: 32 random bytes, a regular file with one name, owned by the caller, mode 0600. DIR is
 * given by the caller (the command line takes $XDG_STATE_HOME/venvfix, see the XDG Base Directory
 * Specification). A file that is anything else is not used and not replaced. */
#ifndef VF_FS_KEY_H
#define VF_FS_KEY_H

#include <stdbool.h>

#include "base/str.h"

struct vf_key {
    bool known; /* false: there is none, and `secret` is zero */
    unsigned char secret[32];
};

/* Reads the key below `dir` (absolute; NULL: there is none). `make`: where there is no key yet it is made,
 * and with it the directories that are missing (0700), but only below a directory that belongs to the caller.
 * It never fails: without a usable key out->known is false. */
void vf_key_load(const char *dir, bool make, struct vf_key *out);

#endif
