/*
 * Flags of the rows whose values have a place of their own: the library's options
 * and the server's settings.
 */
#ifndef FOVEA_CLI_OPTION_FLAGS_H
#define FOVEA_CLI_OPTION_FLAGS_H

#include "cli/args.h"

/**
 * Write the flags that a command has of the library's options.
 *
 * @param flags  Room for FOVEA_N_OPTIONS in all.
 * @return how many.
 */
size_t fovea_option_flags(struct fovea_options *options,
        enum fovea_command_id command, struct fovea_flag *flags);

/** Copy those of n flags that a command has; how many. */
size_t fovea_option_flags_choose(const struct fovea_flag *all, size_t n,
        enum fovea_command_id command, struct fovea_flag *flags);

/**
 * Put the library's defaults in for what was not given, where a command has to
 * know them. More threads each: fewer workers.
 *
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT as fovea_open().
 */
FOVEA_NODISCARD enum fovea_status fovea_option_flags_resolve(
        struct fovea_options *options, struct fovea_error *err);

#endif
