/* text.h: writing a place into text whose language is known well enough to keep it valid. Private to TEXT. */
#ifndef VF_SYNTAX_TEXT_H
#define VF_SYNTAX_TEXT_H

#include "syntax/syntax.h"

enum vf_text_lang {
    VF_LANG_RAW,   /* no quoting known: INI, logs, documentation */
    VF_LANG_CODE,  /* some programming language: only what needs no escape anywhere */
    VF_LANG_SHELL, /* sh, bash, dash, zsh, ksh */
    VF_LANG_CSH,
    VF_LANG_FISH,
    VF_LANG_PYTHON,
    VF_LANG_JSON,
    VF_LANG_PC, /* pkg-config */
    VF_LANG_XML
};
/* By the interpreter in line 1, the name, then `export NAME=` at the start of a line. */
VF_MUST_CHECK enum vf_status vf_text_lang_of(const struct vf_source *src, enum vf_text_lang *lang,
                                             struct vf_err *err);

/* Where an offset of a shell script lies. */
enum vf_shell_context {
    VF_SHELL_BARE,
    VF_SHELL_DOUBLE, /* "..." */
    VF_SHELL_SINGLE, /* '...' */
    VF_SHELL_ANSI,   /* $'...' */
    VF_SHELL_COMMENT,
    VF_SHELL_HERE,     /* here-document that is expanded */
    VF_SHELL_HERE_RAW, /* here-document with a quoted delimiter */
    VF_SHELL_UNKNOWN   /* inside backticks, or nested too deep */
};
enum vf_shell_context vf_shell_context_at(struct vf_slice script, size_t off);
/* fish and csh: no here-documents, no nesting of quotes. `lang` tells their escapes apart. */
enum vf_shell_context vf_simple_context_at(struct vf_slice script, size_t off, enum vf_text_lang lang);
/* Writes path for that context; false when it cannot stand there. */
bool vf_shell_context_put(struct vf_buf *out, struct vf_slice path, enum vf_shell_context at,
                          enum vf_text_lang lang, struct vf_slice original);

#endif
