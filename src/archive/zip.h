/* zip.h: the zip file of a wheel, read and written (PKWARE's APPNOTE 6.3; PEP 427; docs/formats.md 7.2, 7.3).
 *
 * Reading goes by the central directory, as pip does, and refuses what another reader could see otherwise: a
 * local header that says something else, members that overlap, bytes that belong to no member, two members
 * of one name. Nothing of the file is trusted: names, links, sizes and ratios are checked when it is opened,
 * sizes and checksums while a member is read.
 *
 *   vf_zip_open -> members -> vf_zip_read or vf_zip_load, from any thread -> vf_zip_free
 *   vf_zip_writer_new -> (vf_zip_writer_member -> vf_zip_writer_data...)... -> vf_zip_writer_finish -> _free
 *
 * What is written: stored members in the order given, so that the same input gives the same bytes with every
 * version of every library. No extra fields, data descriptors, comments or directories; zip64 only where a
 * number needs it. */
#ifndef VF_ARCHIVE_ZIP_H
#define VF_ARCHIVE_ZIP_H

#include "base/arena.h"
#include "base/err.h"

/* Limits of a file whatever the caller allows. */
#define VF_ZIP_MEMBERS_MAX   (1u << 20)
#define VF_ZIP_DIRECTORY_MAX (256u << 20) /* bytes of the central directory */
#define VF_ZIP_NAME_MAX      4095         /* bytes */
#define VF_ZIP_DEPTH_MAX     100          /* parts of a name: each is a directory to be made */

/* Where the bytes are: `size` bytes of an open file from `base` on (fd is borrowed, and only read with
 * pread), or in memory when fd is negative. */
struct vf_zip_source {
    int fd;
    uint64_t base, size;
    struct vf_slice bytes;
    struct vf_slice label; /* name for errors; borrowed */
};

/* Zero: the default. Above a limit: VF_BAD_ARCHIVE. */
struct vf_zip_limits {
    uint64_t members;      /* VF_ZIP_MEMBERS_MAX */
    uint64_t member_bytes; /* unpacked: 8 GiB */
    uint64_t total_bytes;  /* unpacked: 32 GiB */
    uint64_t ratio;        /* all of it unpacked is at most so many times the file, and 16 MiB: 200 */
    bool fold_case; /* names that differ in ASCII case only are the same (the target's file system folds) */
};

struct vf_zip_member {
    struct vf_slice
        name; /* relative, clean, UTF-8, `/` between components; without the slash of a directory */
    uint64_t size, packed;
    uint64_t data; /* offset of the packed bytes */
    uint32_t crc;
    uint32_t mode; /* st_mode as the zip has it: S_IFREG, S_IFDIR or no kind; 0 when it has none */
    bool is_dir;
    bool deflated;
};

/* Everything lives in its arena; read-only once it is open. */
struct vf_zip {
    struct vf_arena arena;
    struct vf_zip_source source;
    struct vf_zip_member *members; /* in the order of the central directory */
    size_t n;
    uint64_t total; /* bytes unpacked */
    struct vf_map by_name;
};

/* VF_BAD_ARCHIVE with the member named, VF_NOT_SUPPORTED (encryption, several disks, other methods than
 * stored and deflate), VF_NO_MEMORY, VF_IO and the like. */
VF_MUST_CHECK enum vf_status vf_zip_open(const struct vf_zip_source *source,
                                         const struct vf_zip_limits *limits, struct vf_zip **out,
                                         struct vf_err *err);
void vf_zip_free(struct vf_zip *z); /* NULL is fine */
/* The member with this name (a directory without slash); VF_NPOS when there is none. */
size_t vf_zip_find(const struct vf_zip *z, struct vf_slice name);
/* A regular file with an execute bit, as pip judges. */
bool vf_zip_executable(const struct vf_zip_member *m);
/* Why no member may have this name: a static sentence; NULL when it may. One `/` at the end is allowed. */
const char *vf_zip_name_flaw(struct vf_slice name);

/* Gets the bytes piece by piece. What it returns other than VF_OK ends the call and is returned. */
typedef enum vf_status (*vf_zip_sink)(void *ctx, struct vf_slice bytes, struct vf_err *err);

/* Unpacks one member. The sink may have had bytes of a member that turns out to be broken. */
VF_MUST_CHECK enum vf_status vf_zip_read(const struct vf_zip *z, size_t member, vf_zip_sink sink, void *ctx,
                                         struct vf_err *err);
/* The whole member into the arena, with a NUL behind. More than `cap` bytes: VF_LIMIT. */
VF_MUST_CHECK enum vf_status vf_zip_load(const struct vf_zip *z, size_t member, uint64_t cap,
                                         struct vf_arena *a, struct vf_slice *out, struct vf_err *err);

/* All bytes of a source, whatever they are. */
VF_MUST_CHECK enum vf_status vf_zip_source_read(const struct vf_zip_source *s, vf_zip_sink sink, void *ctx,
                                                struct vf_err *err);

/* The first bytes, at most n; needs no memory. Their number; 0 also when they cannot be read. */
size_t vf_zip_source_head(const struct vf_zip_source *s, char *buf, size_t n);

/* --- writing --- */

/* The checksum of zip files: begins with 0, goes on with what it returned. */
uint32_t vf_zip_crc(uint32_t crc, struct vf_slice bytes);

/* What has to be known before the first byte of a member is written. */
struct vf_zip_entry {
    struct vf_slice name; /* UTF-8 or not; copied */
    uint64_t size;
    uint32_t crc;
    bool executable;
};

/* Bytes of the whole file that these members give. */
uint64_t vf_zip_size(const struct vf_zip_entry *entries, size_t n);

struct vf_zip_writer; /* opaque */

/* `epoch`: time of all members, seconds since 1970 in UTC (SOURCE_DATE_EPOCH), clamped to what zip can say:
 * 1980 to 2107, even seconds; 0 gives 1980-01-01. */
VF_MUST_CHECK enum vf_status vf_zip_writer_new(vf_zip_sink sink, void *ctx, int64_t epoch,
                                               struct vf_zip_writer **out, struct vf_err *err);
/* From here on the checksums that are announced are believed: for who has just computed them. */
void vf_zip_writer_trust(struct vf_zip_writer *w);
/* Begins a member. VF_USAGE: the name is not one that vf_zip_open would take, or the member before is not
 * complete; VF_EXISTS: it is there already; VF_UNWRITABLE: the name is no UTF-8. */
VF_MUST_CHECK enum vf_status vf_zip_writer_member(struct vf_zip_writer *w, const struct vf_zip_entry *entry,
                                                  struct vf_err *err);
/* The next bytes of the member. VF_CHANGED: they are more than announced. */
VF_MUST_CHECK enum vf_status vf_zip_writer_data(struct vf_zip_writer *w, struct vf_slice bytes,
                                                struct vf_err *err);
/* Writes the central directory. VF_CHANGED: a member has not the size or checksum that was announced (the one
 * before is judged by vf_zip_writer_member, too). */
VF_MUST_CHECK enum vf_status vf_zip_writer_finish(struct vf_zip_writer *w, struct vf_err *err);
uint64_t vf_zip_writer_offset(const struct vf_zip_writer *w); /* bytes written so far */
void vf_zip_writer_free(struct vf_zip_writer *w);             /* NULL is fine */

#endif
