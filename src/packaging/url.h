/* url.h: URLs by their words: parts, file: paths, credentials. Split as Python's urllib.parse.urlsplit does
 * (RFC 3986), since that is how the URLs of requirements and direct_url.json are judged. Nothing is resolved
 * or opened. docs/formats.md 4.4, 6.1, 6.2. */
#ifndef VF_PACKAGING_URL_H
#define VF_PACKAGING_URL_H

#include "base/arena.h"

/* All parts borrow from the URL and are as written. */
struct vf_url {
    struct vf_slice scheme; /* before the first `:`, "git+https"; empty when there is none */
    bool has_authority;     /* `//` follows */
    struct vf_slice authority;
    struct vf_slice userinfo; /* of the authority, before its last `@`; p is NULL when there is no `@` */
    struct vf_slice host;     /* behind the `@`, with the port */
    struct vf_slice path;
    struct vf_slice query;    /* without `?` */
    struct vf_slice fragment; /* without `#` */
};
struct vf_url vf_url_split(struct vf_slice url);

/* ASCII case does not count. */
bool vf_url_has_scheme(struct vf_slice url, struct vf_slice scheme);
/* Is it a `file:` URL on this host (no host, or localhost) with an absolute path? Then *path is the decoded
 * path, in the arena; its p is NULL on no memory. */
bool vf_url_file_path(struct vf_arena *a, struct vf_slice url, struct vf_slice *path);
/* Appends `file://` and the absolute path, percent-encoded as pip does. */
void vf_url_file_put(struct vf_buf *out, struct vf_slice path);
/* The value of `key=value` in the fragment (parts are separated by `&`); false when there is none. Not
 * decoded. */
bool vf_url_fragment_get(struct vf_slice url, struct vf_slice key, struct vf_slice *value);

/* Does the user information tell a secret? Not when it is empty, `git`, `${USER}` or `${USER}:${PASSWORD}`
 * (PEP 610), or, where the scheme ends in `ssh`, a user without password. */
bool vf_url_has_secret(struct vf_slice url);
/* Appends the URL; a secret becomes `****`, so that the line shows that something is missing. */
void vf_url_redact_put(struct vf_buf *out, struct vf_slice url);
/* Appends the URL without its secret and the `@`. */
void vf_url_strip_put(struct vf_buf *out, struct vf_slice url);

#endif
