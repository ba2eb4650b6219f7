/* suggest.c: the word that a mistyped one was probably meant to be. */
#include <string.h>

#include "cli/cli.h"

#define LONGEST 40u

static size_t least(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;
    return m < c ? m : c;
}

/* Edits between two words of at most LONGEST bytes: insert, delete, replace, or swap two neighbours (optimal
 * string alignment). */
static size_t distance(const char *a, size_t na, const char *b, size_t nb)
{
    size_t rows[3][LONGEST + 1]; /* of the table: before the last one, the last one, this one */
    size_t *older = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= nb; j++)
        last[j] = j;
    for (size_t i = 1; i <= na; i++) {
        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            row[j] = least(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped && older[j - 2] + 1 < row[j])
                row[j] = older[j - 2] + 1;
        }
        size_t *oldest = older;
        older = last;
        last = row;
        row = oldest;
    }
    return last[nb];
}

const char *vf_cli_suggest(const char *word, const char *const *words, size_t n)
{
    const char *best = NULL;
    size_t len = strlen(word), found = len / 3 + 2; /* further away it is another word */
    if (len == 0 || len > LONGEST)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        size_t other = strlen(words[i]);
        if (other > LONGEST)
            continue;
        bool begins = len >= 3 && other > len && !memcmp(words[i], word, len);
        size_t d = begins ? 1 : distance(word, len, words[i], other);
        if (d < found) {
            found = d;
            best = words[i];
        }
    }
    return best;
}
