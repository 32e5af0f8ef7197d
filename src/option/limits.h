/* Limits: filling in what a caller left at its default, and what they are
 * called. */
#ifndef FOVEA_OPTION_LIMITS_H
#define FOVEA_OPTION_LIMITS_H

#include "fovea/limits.h"

#include "option/option.h"

/** Every zero field replaced by its FOVEA_DEFAULT_MAX_*. */
struct fovea_limits fovea_limits_resolve(const struct fovea_limits *limits);

/** The end of every message about a limit: where it is set,
 *  "(--max-pixels, fovea_limits.max_pixels)". Static. */
const char *fovea_limit_by(enum fovea_option_id limit);

#endif
