/* check_journal.c: the journal of an unfinished run, in words: what was being done, what is left to do, and
 * which command does it. */
#include "verbs/check_journal.h"

#include "base/digest.h"
#include "base/escape.h"
#include "fs/txn.h"

static void put_command(struct vf_buf *b, const char *verb, struct vf_slice path)
{
    vf_buf_puts(b, "`venvfix ");
    vf_buf_puts(b, verb);
    vf_buf_putc(b, ' ');
    vf_shell_word_put(b, path);
    vf_buf_puts(b, "`");
}

/* Is NEW, named by OLD's journal, complete, so that only the removal of OLD is left? */
static bool is_copied(struct vf_session *s, const struct vf_txn_info *old)
{
    struct vf_txn_info at_new;
    enum vf_status st = vf_txn_inspect(&s->key, old->to, s->a, &at_new, NULL);
    return st == VF_OK && at_new.state == VF_TXN_RETIRE &&
           vf_digest_eq(at_new.token, old->token, sizeof old->token);
}

static void put_leaving(struct vf_buf *b, struct vf_session *s, const struct vf_txn_info *info)
{
    if (!is_copied(s, info)) {
        vf_buf_puts(b, "an interrupted move to '");
        vf_buf_put(b, info->to);
        vf_buf_puts(
            b, "' did not get there; this directory is as it was, and the next command removes the journal");
        return;
    }
    vf_buf_puts(b, "this directory was moved to '");
    vf_buf_put(b, info->to);
    vf_buf_puts(b, "', and only its removal is unfinished; ");
    put_command(b, "fix", info->to);
    vf_buf_puts(b, " finishes it");
}

static void put_retire(struct vf_buf *b, const struct vf_txn_info *info)
{
    vf_buf_puts(b, "this directory was moved here from '");
    vf_buf_put(b, info->from);
    vf_buf_puts(b, "', and the removal of that one is unfinished; ");
    put_command(b, "fix", info->to);
    vf_buf_puts(b, " finishes it");
}

static void put_foreign(struct vf_buf *b, const char *why)
{
    vf_buf_puts(b, "a journal that is not used (");
    vf_buf_puts(b, why);
    vf_buf_puts(b, "); its originals, if any, are in .venvfix/new: remove .venvfix, then run `venvfix fix`");
}

static void put_message(struct vf_buf *b, struct vf_session *s, const struct vf_txn_info *info)
{
    switch (info->state) {
    case VF_TXN_LEAVING:
        put_leaving(b, s, info);
        return;
    case VF_TXN_RETIRE:
        put_retire(b, info);
        return;
    case VF_TXN_FOREIGN:
        put_foreign(b, info->why_foreign);
        return;
    case VF_TXN_BUSY:
        vf_buf_puts(b, "another venvfix is at work here");
        return;
    case VF_TXN_NONE:
    case VF_TXN_STAGED:
    case VF_TXN_COMMITTED:
    case VF_TXN_ROLLBACK:
        return;
    }
}

enum vf_status vf_check_journal(struct vf_session *s, struct vf_env *env)
{
    struct vf_txn_info info;
    struct vf_buf b = {0};
    struct vf_err ignored;
    if (env->params.host->ops->tree) { /* of an archive: a journal in it is somebody else's */
        env->journal_foreign = vf_tree_kind(env->tree, VF_S(VF_TXN_DIR)) != VF_KIND_NONE;
        return VF_OK;
    }
    vf_err_init(&ignored);
    enum vf_status st = vf_txn_inspect(&s->key, env->dir, s->a, &info, &ignored);
    vf_err_release(&ignored);
    if (st != VF_OK)
        return VF_OK;
    env->journal_foreign = info.state == VF_TXN_FOREIGN;
    put_message(&b, s, &info);
    if (b.n > 0 && !b.failed)
        env->journal_message = vf_arena_dup(s->a, vf_buf_slice(&b));
    bool no_memory = b.failed || (b.n > 0 && !env->journal_message.p);
    vf_buf_release(&b);
    return no_memory ? vf_err_nomem(&s->err) : VF_OK;
}
