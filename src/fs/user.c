/* user.c: passwd and group files, and what modes allow. */
#include "fs/user.h"

#define TABLE_CAP ((uint64_t)16 << 20)

/* The i-th field of a line whose fields are separated by colons. */
static struct vf_slice field(struct vf_slice line, unsigned i)
{
    for (; i > 0; i--) {
        size_t colon = vf_slice_find_byte(line, ':', 0);
        if (colon == VF_NPOS)
            return (struct vf_slice){NULL, 0};
        line = vf_slice_from(line, colon + 1);
    }
    return vf_slice_sub(line, 0, vf_slice_find_byte(line, ':', 0));
}

static bool number(struct vf_slice text, uint32_t *out)
{
    uint64_t v;
    if (!vf_slice_to_u64(text, &v) || v >= UINT32_MAX)
        return false;
    *out = (uint32_t)v;
    return true;
}

/* An empty text where there is no such file. */
static enum vf_status read_table(struct vf_host *host, struct vf_slice path, struct vf_arena *a,
                                 struct vf_slice *out, struct vf_err *err)
{
    *out = VF_S("");
    if (vf_host_kind(host, path, NULL) != VF_KIND_FILE)
        return VF_OK;
    return vf_host_read(host, path, TABLE_CAP, a, out, err);
}

/* The line with this text in a field; empty: there is none. */
static struct vf_slice line_with(struct vf_slice table, unsigned i, struct vf_slice text)
{
    struct vf_slice line;
    while (vf_slice_next_line(&table, &line))
        if (text.n && vf_slice_eq(field(line, i), text))
            return line;
    return (struct vf_slice){NULL, 0};
}

static enum vf_status unknown(const char *what, struct vf_slice name, struct vf_err *err)
{
    return vf_err_set(err, VF_USAGE, 0, "check", (struct vf_slice){NULL, 0},
                      "there is no %s '%.*s' in /etc there: give its number", what,
                      (int)(name.n < 100 ? name.n : 100), name.p ? name.p : "");
}

static bool add_group(struct vf_arena *a, struct vf_vec *v, uint32_t gid)
{
    uint32_t *one = vf_vec_push(a, v, sizeof *one);
    if (one)
        *one = gid;
    return one != NULL;
}

static bool is_member(struct vf_slice members, struct vf_slice name)
{
    while (members.n && name.n) {
        size_t comma = vf_slice_find_byte(members, ',', 0);
        if (vf_slice_eq(vf_slice_sub(members, 0, comma == VF_NPOS ? members.n : comma), name))
            return true;
        members = comma == VF_NPOS ? VF_S("") : vf_slice_from(members, comma + 1);
    }
    return false;
}

/* The groups that list the user as a member. */
static bool add_memberships(struct vf_arena *a, struct vf_slice groups, struct vf_slice name,
                            struct vf_vec *v)
{
    struct vf_slice line;
    uint32_t gid;
    while (vf_slice_next_line(&groups, &line))
        if (is_member(field(line, 3), name) && number(field(line, 2), &gid) && !add_group(a, v, gid))
            return false;
    return true;
}

enum vf_status vf_user_find(struct vf_host *host, struct vf_slice words, bool image, struct vf_arena *a,
                            struct vf_user *out, struct vf_err *err)
{
    struct vf_slice passwd, groups, group = field(words, 1);
    struct vf_vec gids = {0};
    uint32_t gid;
    *out = (struct vf_user){.name = field(words, 0)};
    enum vf_status st = read_table(host, VF_S("/etc/passwd"), a, &passwd, err);
    if (st == VF_OK)
        st = read_table(host, VF_S("/etc/group"), a, &groups, err);
    if (st != VF_OK)
        return st;
    bool numeric = number(out->name, &out->uid);
    struct vf_slice line = line_with(passwd, numeric ? 2 : 0, out->name);
    if (!numeric && (!line.n || !number(field(line, 2), &out->uid)))
        return unknown("user", out->name, err);
    bool ok = true;
    if (group.p) {
        struct vf_slice row = number(group, &gid) ? VF_S("") : line_with(groups, 0, group);
        if (!number(group, &gid) && !number(field(row, 2), &gid))
            return unknown("group", group, err);
        ok = add_group(a, &gids, gid);
    } else if (line.n) {
        ok = (!number(field(line, 3), &gid) || add_group(a, &gids, gid)) &&
             add_memberships(a, groups, field(line, 0), &gids);
    } else if (image) {
        ok = add_group(a, &gids, 0);
    }
    out->gids = gids.base;
    out->n_gids = gids.n;
    return ok ? VF_OK : vf_err_nomem(err);
}

unsigned vf_user_rights(const struct vf_user *user, const struct vf_stat *st)
{
    if (user->uid == 0)
        return 6u | (st->kind == VF_KIND_DIR || st->mode & 0111 ? 1u : 0u);
    if (st->uid == user->uid)
        return st->mode >> 6 & 7u;
    for (size_t i = 0; i < user->n_gids; i++)
        if (st->gid == user->gids[i])
            return st->mode >> 3 & 7u;
    return st->mode & 7u;
}
