/* Strings of any bytes as valid UTF-8. */
#ifndef FOVEA_EXPORT_VALID_TEXT_H
#define FOVEA_EXPORT_VALID_TEXT_H

#include "base/text.h"

/** Add a string; each byte that is not part of a valid sequence becomes
 *  U+FFFD. */
void fovea_valid_text_add(struct fovea_text *text, const char *string);

#endif
