/* activate.bat for cmd. docs/formats.md 3.2 (line forms), 3.5, 5.4.
 *
 * A value stands as it is, only `%` is doubled (four times behind `call`, which reads its line again). Lines
 * end in CR LF, the text is UTF-8. */
#include "syntax/activate.h"

#include <string.h>

#define ROOT VF_ROLE_ENV_ROOT
#define NAME VF_ROLE_PROMPT
#define LIB  VF_ROLE_HOST_LIB

#define CMD (ACT_INNER | ACT_CMD)

static const struct act_form forms[] = {
    {"@for %%i in (\"%~dp0", "\n", ROOT, ACT_TO_LINE_END, 0, "VIRTUAL_ENV"},
    {"@for %%i in (\"", "\") do @set \"VIRTUAL_ENV=", ROOT, 0, CMD, "VIRTUAL_ENV"},
    {"@set \"VIRTUAL_ENV=", "\"\n", ROOT, 0, CMD, "VIRTUAL_ENV"},
    {"set \"VIRTUAL_ENV=", "\"\n", ROOT, 0, CMD, "VIRTUAL_ENV"},
    {"set VIRTUAL_ENV=", "\n", ROOT, 0, CMD, "VIRTUAL_ENV"},
    {"@call \"", "\"\n", VF_ROLE_ENV_FILE, ACT_ANYWHERE, CMD | ACT_CALL, "deactivate"},
    {"@set \"TCL_LIBRARY=", "\"\n", LIB, ACT_ANYWHERE, CMD, "TCL_LIBRARY"},
    {"@set \"TK_LIBRARY=", "\"\n", LIB, ACT_ANYWHERE, CMD, "TK_LIBRARY"},
    {"@if NOT \"", "\"==\"\"", LIB, 0, CMD, "test"},
    {"@set \"VIRTUAL_ENV_PROMPT=", "\"\n", NAME, 0, CMD, "VIRTUAL_ENV_PROMPT"},
    {"set \"VIRTUAL_ENV_PROMPT=(", ") \"\n", NAME, 0, CMD, "VIRTUAL_ENV_PROMPT"},
    {"set \"VIRTUAL_ENV_PROMPT=", "\"\n", NAME, 0, CMD, "VIRTUAL_ENV_PROMPT"},
    {"set VIRTUAL_ENV_PROMPT=(", ") \n", NAME, 0, CMD, "VIRTUAL_ENV_PROMPT"},
    {"set VIRTUAL_ENV_PROMPT=", "\n", NAME, 0, CMD, "VIRTUAL_ENV_PROMPT"},
    {"@if \"", "\" NEQ \"\" (", NAME, 0, CMD, "test"},
    {"@set \"PROMPT=(", ") %PROMPT%\"\n", NAME, 0, CMD, "prompt"},
    {"set \"PROMPT=(", ") %PROMPT%\"\n", NAME, 0, CMD, "prompt"},
    {"set PROMPT=(", ") %PROMPT%\n", NAME, 0, CMD, "prompt"},
};

static struct act_word decode_bat(struct vf_buf *out, struct vf_slice text)
{
    struct act_word w = {.used = text.n};
    for (size_t i = 0; i < text.n; i++) {
        bool twice = text.p[i] == '%' && i + 1 < text.n && text.p[i + 1] == '%';
        w.dynamic = w.dynamic || (text.p[i] == '%' && !twice);
        i += twice;
        vf_buf_putc(out, text.p[i]);
    }
    return w;
}

static void encode_bat(struct vf_buf *out, struct vf_slice value, unsigned shape)
{
    (void)shape;
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] == '%')
            vf_buf_putc(out, '%');
        vf_buf_putc(out, value.p[i]);
    }
}

static unsigned style_bat(struct vf_slice file, unsigned quote)
{
    (void)file;
    (void)quote;
    return CMD;
}

static const char *refuses_bat(struct vf_slice value, unsigned shape)
{
    for (size_t i = 0; i < value.n; i++)
        if (value.p[i] != '\0' && strchr("\"\r\n\x1a", value.p[i]))
            return "a double quote, a line end or Ctrl-Z";
    return act_refuses_bytes(value, shape);
}

static const uint16_t correct[] = {ACT_CMD, ACT_BARE};

static const struct act_shell bat = {
    .syntax = VF_SYN_ACTIVATE_BAT,
    .forms = forms,
    .n_forms = VF_COUNT(forms),
    .decode = decode_bat,
    .encode = encode_bat,
    .style = style_bat,
    .refuses = refuses_bat,
    .correct = correct,
    .windows = true,
};

enum vf_status vf_read_ACTIVATE_BAT(const struct vf_source *src, struct vf_read_out *out, struct vf_err *err)
{
    return act_read(&bat, src, out, err);
}

enum vf_status vf_write_ACTIVATE_BAT(const struct vf_ref *ref, const struct vf_source *src,
                                     struct vf_slice path, const struct vf_write_ctx *target,
                                     struct vf_buf *out, struct vf_err *err)
{
    (void)src;
    (void)target;
    return act_write(&bat, ref, path, out, err);
}
