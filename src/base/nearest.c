/* See nearest.h. Levenshtein's distance, one row at a time. */
#include "base/nearest.h"

#include <stdint.h>
#include <string.h>

enum {
    MAX_LENGTH = 127,
    NEARLY = 5, /* further than the nearest, not named beside it any more */
};

static size_t
least(size_t a, size_t b, size_t c)
{
    size_t smaller = a < b ? a : b;
    return smaller < c ? smaller : c;
}

/* Number of letters to insert, delete or replace; SIZE_MAX for long names and
   where no letter would stay. */
static size_t
edit_distance(const char *a, const char *b)
{
    size_t a_length = strlen(a);
    size_t b_length = strlen(b);
    if (a_length > MAX_LENGTH || b_length > MAX_LENGTH) {
        return SIZE_MAX;
    }
    size_t row[MAX_LENGTH + 1];
    for (size_t k = 0; k <= b_length; k++) {
        row[k] = k;
    }
    for (size_t i = 1; i <= a_length; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t k = 1; k <= b_length; k++) {
            size_t above = row[k];
            size_t replaced = diagonal + (a[i - 1] != b[k - 1]);
            row[k] = least(above + 1, row[k - 1] + 1, replaced);
            diagonal = above;
        }
    }
    size_t longer = a_length > b_length ? a_length : b_length;
    return row[b_length] < longer ? row[b_length] : SIZE_MAX;
}

/* The first distance that is too far to be meant. */
static size_t
too_far(const char *name)
{
    size_t third = strlen(name) / 3;
    return (third > 2 ? third : 2) + 1;
}

size_t
fovea_nearest_few(const char *name, const char *const *candidates, size_t n,
        const char **near_out, size_t max)
{
    size_t found = 0;
    size_t limit = too_far(name);
    for (size_t distance = 0; distance < limit && found < max; distance++) {
        for (size_t i = 0; i < n && found < max; i++) {
            if (edit_distance(name, candidates[i]) == distance) {
                near_out[found++] = candidates[i];
                size_t beside = distance + NEARLY;
                limit = beside < limit ? beside : limit;
            }
        }
    }
    return found;
}

const char *
fovea_nearest(const char *name, const char *const *candidates, size_t n)
{
    const char *nearest = NULL;
    return fovea_nearest_few(name, candidates, n, &nearest, 1) ? nearest : NULL;
}
