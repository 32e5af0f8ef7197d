/* See units.h. */
#include "engine/cpu/units.h"

#include "base/macros.h"

enum {
    /* Not every number of images has a plan: one costs 2.5 ms of a worker's
       start. */
    EXACT_PLANS = 8,
    MOST_ROWS = FOVEA_MOST_UNITS * FOVEA_UNIT_ROWS,
};

_Static_assert((int)FOVEA_MAX_CONTEXT <= (int)MOST_ROWS,
        "a pass has room for a text");

bool
fovea_units_are_prepared(enum fovea_modality modality, size_t n)
{
    if (n <= EXACT_PLANS) {
        return true;
    }
    /* The highest digits of the number, of which all others are 0. */
    const size_t most = modality == FOVEA_MODALITY_TEXT ? EXACT_PLANS : 2;
    while (n >= most) {
        if (n % 2) {
            return false;
        }
        n /= 2;
    }
    return true;
}

size_t
fovea_units_of_rows(size_t n_rows)
{
    FOVEA_ASSERT(n_rows <= MOST_ROWS);
    size_t n = (n_rows + FOVEA_UNIT_ROWS - 1) / FOVEA_UNIT_ROWS;
    while (!fovea_units_are_prepared(FOVEA_MODALITY_TEXT, n)) {
        n++;
    }
    return n;
}

size_t
fovea_units_of_texts(size_t n_texts, size_t n_tokens)
{
    const size_t n_rows = n_texts * n_tokens;
    return fovea_units_of_rows(n_rows < MOST_ROWS ? n_rows : MOST_ROWS);
}
