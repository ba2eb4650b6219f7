/* launcher.h: which Python a Windows launcher of a script (Scripts\NAME.exe) starts: launchers of distlib and
 * all generations of uv's. docs/formats.md 5.2, 5.3. Pure: bytes in, slices of them out. Any bytes are
 * accepted. */
#ifndef VF_SYNTAX_LAUNCHER_H
#define VF_SYNTAX_LAUNCHER_H

#include "base/str.h"

#define VF_LAUNCHER_CAP ((uint64_t)8 << 20) /* bytes of a launcher; a larger program is none */

enum vf_launcher_kind {
    VF_LAUNCHER_NONE,     /* another program */
    VF_LAUNCHER_SHEBANG,  /* stub, `#!` line, zip archive (distlib, uv before 0.1.8) */
    VF_LAUNCHER_TRAILER,  /* stub, zip archive, path, its length, a magic word (uv before 0.9.9) */
    VF_LAUNCHER_RESOURCE, /* the path is a resource (uv) */
    VF_LAUNCHER_SCRIPT    /* starts NAME-script.py beside it (setuptools) */
};

struct vf_launcher {
    enum vf_launcher_kind kind;
    struct vf_slice python; /* as written, without quotes and arguments; empty for SCRIPT */
    size_t offset;          /* of it */
};

struct vf_launcher vf_launcher_read(struct vf_slice bytes);
/* `C:\x`, `C:/x`, `\\server\share`: an absolute path of Windows. */
bool vf_path_is_windows_abs(struct vf_slice p);

#endif
