/* All members of struct fovea_options that a caller left at their defaults. */
#ifndef FOVEA_OPTION_MEMBERS_H
#define FOVEA_OPTION_MEMBERS_H

#include "fovea/options.h"

/**
 * Check every member that has a row, and replace what stands for a default by
 * its value; max_workers by as many as the process may use CPUs, at least 2; the
 * sandbox by what this build has. A drain_ns below 0 becomes 0. Left alone:
 * texts.
 *
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT, naming the option and its range.
 */
FOVEA_NODISCARD enum fovea_status fovea_options_fill(
        struct fovea_options *options, struct fovea_error *err);

#endif
