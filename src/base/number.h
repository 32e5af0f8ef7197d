/* Numbers from text. */
#ifndef FOVEA_BASE_NUMBER_H
#define FOVEA_BASE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "fovea/export.h"

/** Digits and nothing else, up to UINT64_MAX. False, and nothing written, for
 *  anything else. */
FOVEA_NODISCARD bool fovea_number_parse(const char *text, uint64_t *number_out);

/** The digits that *text starts with, up to UINT64_MAX; *text then points behind
 *  them. False, and nothing written, where there is none or they are too many. */
FOVEA_NODISCARD bool fovea_number_scan(const char **text, uint64_t *number_out);

/** A decimal fraction: digits, at most 18 of them, with a point among them or
 *  not, and a minus before them or not; whatever the locale. As above. */
FOVEA_NODISCARD bool fovea_number_fraction(const char *text,
        double *number_out);

#endif
