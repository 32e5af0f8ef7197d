/* Which picture of a group is the best: see duplicates.h. */
#ifndef FOVEA_FIND_BEST_H
#define FOVEA_FIND_BEST_H

#include "find/picture.h"

/** What the best is better by than the next that could have been it. */
enum fovea_best_reason {
    FOVEA_BEST_CENTRE, /* it alone is near all the others */
    FOVEA_BEST_PIXELS,
    FOVEA_BEST_BYTES,
    FOVEA_BEST_TIME, /* taken, or else its file changed, before the others */
    FOVEA_BEST_NAME,
};

/**
 * Whether one is better than another, and by what.
 *
 * @return True if a is. *reason_out, unless it is NULL, is what the two differ in
 *         first, whichever is the better.
 */
bool fovea_is_better(const struct fovea_picture *a,
        const struct fovea_picture *b, enum fovea_best_reason *reason_out);

/** Whether one is larger: by pixels, then bytes. */
bool fovea_is_larger(const struct fovea_picture *a,
        const struct fovea_picture *b);

/** "most pixels", ... Static. */
const char *fovea_best_reason_words(enum fovea_best_reason reason);

#endif
