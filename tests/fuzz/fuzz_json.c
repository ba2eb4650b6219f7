/* The JSON scanner against jansson, and the two syntaxes that rest on it. */
#include <jansson.h>

#include "syntax/json_strings.h"
#include "syntax_round.h"

/* What jansson takes, the scanner takes, too. */
static void compare(struct vf_slice text)
{
    struct vf_json_scan scan = {.text = text};
    struct vf_json_string str;
    while (vf_json_next(&scan, &str))
        if (str.off + str.len > text.n || str.len < 2)
            abort();
    if (vf_slice_find_byte(text, '\0', 0) != VF_NPOS)
        return; /* to jansson the end of the text */
    json_t *tree = json_loadb(text.n > 0 ? text.p : "", text.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    if (tree && !vf_json_valid(&scan) && scan.depth < VF_JSON_DEPTH)
        abort();
    json_decref(tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vf_slice text = {(const char *)data, size};
    compare(text);
    round_trips(VF_SYN_DIRECT_URL, text);
    round_trips(VF_SYN_KERNELSPEC, text);
    return 0;
}
