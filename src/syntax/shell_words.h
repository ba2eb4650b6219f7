/* shell_words.h: words of a POSIX shell, decoded (quotes and backslashes removed; nothing is expanded). */
#ifndef VF_SYNTAX_SHELL_WORDS_H
#define VF_SYNTAX_SHELL_WORDS_H

#include "base/str.h"

/* Decodes the word at the start of `s` into out. It ends before an unquoted blank, TAB, LF or one of
 * `;&|<>()`, or with s. *used: bytes read. *expands: the shell would change the word further (`$`, backtick,
 * `*?[`, a leading `~`, a `#` that starts a comment). False when there is no word or a quote is not closed.
 */
bool vf_shell_word_get(struct vf_buf *out, struct vf_slice s, size_t *used, bool *expands);
/* Letters, digits and `_@%+=:,./-` only: the same in every quoting. */
bool vf_shell_is_plain(struct vf_slice s);
/* Always in single quotes, ' as '"'"' (the spelling of uv and shlex). */
void vf_shell_put_single(struct vf_buf *out, struct vf_slice s);

#endif
