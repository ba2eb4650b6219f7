/* rpath.c: DT_RUNPATH and DT_RPATH of an ELF file (docs/formats.md 8.2): a list, parted by colons, of the
 * directories in which its libraries are looked for. Texts in an ELF file cannot grow, and linkers let other
 * texts share their ends; so an element is written in exactly its own room. */
#include "syntax/elf.h"
#include "syntax/syntax.h"

#include <string.h>

#include "base/path.h"

/* The names of the needed libraries, one a line. */
static enum vf_status join_needed(const struct vf_elf *elf, struct vf_read_out *out, struct vf_slice *names,
                                  struct vf_err *err)
{
    struct vf_buf b;
    vf_buf_init(&b);
    for (size_t i = 0; i < elf->n_needed; i++) {
        vf_buf_put(&b, elf->needed[i]);
        vf_buf_putc(&b, '\n');
    }
    return vf_out_keep(out, &b, names, err);
}

static enum vf_status add_element(const struct vf_elf *elf, struct vf_slice element, struct vf_slice needed,
                                  struct vf_read_out *out, struct vf_err *err)
{
    if (!vf_path_is_abs(element))
        return VF_OK;
    struct vf_ref *r = vf_out_ref(out);
    if (!r)
        return vf_err_nomem(err);
    *r = (struct vf_ref){.syntax = VF_SYN_RPATH,
                         .role = VF_ROLE_LIBRARY_DIR,
                         .flags = VF_REF_LIST,
                         .len = element.n,
                         .value = vf_arena_dup(out->a, element),
                         .extra = needed};
    r->off = r->value_off = elf->runpath_off + (uint64_t)(element.p - elf->runpath.p);
    if (elf->runpath_shared)
        r->flags |= VF_REF_READONLY;
    return r->value.p ? VF_OK : vf_err_nomem(err);
}

static enum vf_status read_list(const struct vf_elf *elf, struct vf_read_out *out, struct vf_err *err)
{
    struct vf_slice needed, rest = elf->runpath;
    enum vf_status st = join_needed(elf, out, &needed, err);
    while (st == VF_OK && rest.n) {
        size_t colon = vf_slice_find_byte(rest, ':', 0);
        struct vf_slice element = vf_slice_sub(rest, 0, colon == VF_NPOS ? rest.n : colon);
        st = add_element(elf, element, needed, out, err);
        rest = vf_slice_from(rest, colon == VF_NPOS ? rest.n : colon + 1);
    }
    return st;
}

enum vf_status vf_read_RPATH(const struct vf_source *src, struct vf_read_out *out, struct vf_err *err)
{
    struct vf_arena scratch;
    struct vf_elf elf;
    enum vf_status st = VF_OK;
    vf_arena_init(&scratch);
    bool read = vf_elf_read(src->bytes, &scratch, &elf);
    if (read && elf.runpath.n && elf.runpath_off <= src->bytes.n) {
        struct vf_slice there =
            vf_slice_sub(src->bytes, (size_t)elf.runpath_off, (size_t)elf.runpath_off + elf.runpath.n);
        if (vf_slice_eq(there, elf.runpath))
            st = read_list(&elf, out, err);
    } else if (scratch.failed) {
        st = vf_err_nomem(err);
    }
    vf_arena_release(&scratch);
    return st;
}

/* `head`, as many slashes as fill the room, `last`. */
static bool blow_up(struct vf_slice head, struct vf_slice last, size_t room, struct vf_buf *out)
{
    if (room <= last.n || head.n > room - last.n - 1)
        return false;
    vf_buf_put(out, head);
    for (size_t i = head.n; i < room - last.n; i++)
        vf_buf_putc(out, '/');
    vf_buf_put(out, last);
    return true;
}

/* $ORIGIN and the way from the file's directory to the directory `up`. */
static void put_origin(struct vf_slice file, struct vf_slice up, struct vf_buf *out)
{
    struct vf_buf from, to, way;
    vf_buf_init(&from);
    vf_buf_init(&to);
    vf_buf_init(&way);
    vf_path_join_buf(&from, VF_S("/"), vf_path_dir(file));
    vf_path_join_buf(&to, VF_S("/"), up);
    vf_path_relative(&way, vf_buf_slice(&from), vf_buf_slice(&to));
    vf_buf_puts(out, "$ORIGIN");
    if (!vf_slice_eq(vf_buf_slice(&way), VF_S("."))) {
        vf_buf_putc(out, '/');
        vf_buf_put(out, vf_buf_slice(&way));
    }
    out->failed = out->failed || from.failed || to.failed || way.failed;
    vf_buf_release(&from);
    vf_buf_release(&to);
    vf_buf_release(&way);
}

bool vf_rpath_put(struct vf_slice file, struct vf_slice root, struct vf_slice dir, size_t room,
                  struct vf_buf *out)
{
    struct vf_slice up = vf_path_dir(dir), last = vf_path_base(dir);
    struct vf_buf head;
    if (!dir.n)
        return false; /* the root has another name at another place */
    vf_buf_init(&head);
    put_origin(file, up, &head);
    bool fits = blow_up(vf_buf_slice(&head), last, room, out);
    if (!fits && vf_slice_find_byte(root, ':', 0) == VF_NPOS && vf_slice_find_byte(root, '$', 0) == VF_NPOS) {
        vf_buf_clear(&head);
        vf_buf_put(&head, root);
        if (up.n) {
            vf_buf_putc(&head, '/');
            vf_buf_put(&head, up);
        }
        fits = blow_up(vf_buf_slice(&head), last, room, out);
    }
    out->failed = out->failed || head.failed;
    vf_buf_release(&head);
    return fits;
}

enum vf_status vf_write_RPATH(const struct vf_ref *ref, const struct vf_source *src, struct vf_slice path,
                              const struct vf_write_ctx *target, struct vf_buf *out, struct vf_err *err)
{
    struct vf_slice dir;
    if (!vf_path_under(target->root, path, &dir) ||
        !vf_rpath_put(src->path, target->root, dir, ref->len, out))
        return vf_unwritable(err, path, "the search path of an ELF file cannot grow");
    return VF_OK;
}
