/*
 * Inside of the parser of requests: what a string is.
 *
 * Where a field says that it is an image it is one: an http(s) URL, a data URI
 * or bare base64, and never a path. One that stands for itself is a text, unless
 * it is one of these:
 *
 *     a data URI             "data:" without a blank before the comma
 *     a URL                  "http:", "https:" or another scheme and ":/", without
 *                            a blank
 *     a path                 begins as one, without a blank
 *     base64 of an image     its letters begin as an image does
 *     what is left of one    more than FOVEA_TEXT_SIZE bytes, without a blank, of
 *                            ASCII where it begins
 *
 * Of these, paths, other schemes and what is left are errors: nobody gets the
 * vector of a text for an image that went wrong on its way. A blank is a space or
 * a tab between others; base64 has line ends, and blanks from its 17th letter on.
 */
#ifndef FOVEA_SERVER_ITEM_STRING_H
#define FOVEA_SERVER_ITEM_STRING_H

#include <stdbool.h>
#include <stddef.h>

#include "fovea/export.h"
#include "fovea/input.h"
#include "fovea/status.h"

enum {
    FOVEA_TEXT_SIZE = 1024 /* most bytes of ASCII that are a text without
                              blanks */
};

/** Whether a string that stands for itself is a text. size bytes and a NUL. */
bool fovea_string_is_text(const char *text, size_t size);

/**
 * Read a string that can only be an image.
 *
 * @param text  size bytes and a NUL, borrowed as long as the item.
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT if it is empty or looks like a path,
 *         FOVEA_ERR_BASE64 or FOVEA_ERR_URL.
 */
FOVEA_NODISCARD enum fovea_status fovea_string_read_image(const char *text,
        size_t size, struct fovea_item *item_out, struct fovea_error *err);

#endif
