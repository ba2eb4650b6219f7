/* json_parts.c: members of JSON objects, by jansson. */
#include "report/json_parts.h"

#include "base/digest.h"
#include "base/escape.h"

/* Sets key to a string or null; adds key_base64 where bytes would be lost. Takes nothing over. */
bool vf_js_set_bytes(json_t *o, const char *key, struct venvfix_bytes v)
{
    struct vf_slice s = {v.p, v.n};
    if (!v.p)
        return json_object_set_new(o, key, json_null()) == 0;
    if (vf_utf8_valid(s))
        return json_object_set_new(o, key, json_stringn(v.p, v.n)) == 0;
    struct vf_buf lossy, exact, name;
    vf_buf_init(&lossy);
    vf_buf_init(&exact);
    vf_buf_init(&name);
    vf_utf8_lossy(&lossy, s);
    vf_base64_put(&exact, s);
    vf_buf_puts(&name, key);
    vf_buf_puts(&name, "_base64");
    const char *second = vf_buf_cstr(&name);
    bool ok = !lossy.failed && !exact.failed && second &&
              json_object_set_new(o, key, json_stringn(lossy.p, lossy.n)) == 0 &&
              json_object_set_new(o, second, json_stringn(exact.p, exact.n)) == 0;
    vf_buf_release(&lossy);
    vf_buf_release(&exact);
    vf_buf_release(&name);
    return ok;
}

bool vf_js_set_number(json_t *o, const char *key, uint64_t v)
{
    return json_object_set_new(o, key, json_integer((json_int_t)v)) == 0;
}

bool vf_js_set_nullable(json_t *o, const char *key, int64_t v)
{
    return json_object_set_new(o, key, v < 0 ? json_null() : json_integer((json_int_t)v)) == 0;
}

bool vf_js_set_bool(json_t *o, const char *key, bool v)
{
    return json_object_set_new(o, key, json_boolean(v)) == 0;
}

/* -1 is null. */
bool vf_js_set_maybe(json_t *o, const char *key, int v)
{
    return json_object_set_new(o, key, v < 0 ? json_null() : json_boolean(v)) == 0;
}

bool vf_js_set_text(json_t *o, const char *key, const char *v)
{
    return json_object_set_new(o, key, v ? json_string(v) : json_null()) == 0;
}

bool vf_js_set_head(json_t *o)
{
    json_t *tool = json_pack("{s:s, s:s}", "name", "venvfix", "version", VENVFIX_VERSION);
    return vf_js_set_number(o, "schema", 1) && tool && json_object_set_new(o, "tool", tool) == 0;
}

static int append(const char *text, size_t n, void *data)
{
    struct vf_buf *b = data;
    vf_buf_put(b, (struct vf_slice){text, n});
    return b->failed ? -1 : 0;
}

/* Prints the object, ends the line, and releases the object. */
void vf_js_print(struct vf_buf *out, json_t *o, bool ok, size_t flags)
{
    ok = ok && json_dump_callback(o, append, out, flags) == 0;
    vf_buf_putc(out, '\n');
    json_decref(o);
    if (!ok)
        out->failed = true;
}
