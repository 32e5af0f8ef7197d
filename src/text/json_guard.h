/* Inside of text/: what JSON must not have before a parser sees it. */
#ifndef FOVEA_TEXT_JSON_GUARD_H
#define FOVEA_TEXT_JSON_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FOVEA_JSON_MAX_STRING = 1 << 19, /* bytes between quotes */
    FOVEA_JSON_MAX_WORD = 512,       /* of a number */
    FOVEA_JSON_MAX_DEPTH = 32
};

/** All zero at the beginning of a text. */
struct fovea_json_guard {
    bool is_string;
    bool is_escape;    /* behind a backslash */
    bool wants_low;    /* behind the first half of a surrogate pair */
    unsigned n_digits; /* of an escape that are to come */
    unsigned value;
    size_t size; /* of the token so far */
    size_t depth;
};

/** Look at the next bytes of a text. NULL, or what is wrong with the one at
 *  *at_out. */
const char *fovea_json_guard(struct fovea_json_guard *guard,
        const uint8_t *bytes, size_t size, size_t *at_out);

#endif
