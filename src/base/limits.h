/* Limits: filling in what a caller left at its default. */
#ifndef FOVEA_BASE_LIMITS_H
#define FOVEA_BASE_LIMITS_H

#include "fovea/limits.h"

/** Every zero field replaced by its FOVEA_DEFAULT_MAX_*. */
struct fovea_limits fovea_limits_resolve(const struct fovea_limits *limits);

#endif
