/* What a caller may ask of a library, checked, with the defaults filled in. */
#ifndef FOVEA_RUNTIME_OPTIONS_H
#define FOVEA_RUNTIME_OPTIONS_H

#include "fovea/fovea.h"

#include "pool/pool.h"
#include "source/fetch.h"

/**
 * Check every option and replace what stands for a default by its value.
 *
 * @param options  NULL for defaults.
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT, naming the option and its range.
 */
FOVEA_NODISCARD enum fovea_status fovea_options_resolve(
        const struct fovea_options *options, struct fovea_options *all_out,
        struct fovea_error *err);

/** The pool's part of options that are resolved; strings are borrowed. */
struct fovea_pool_settings fovea_options_pool(
        const struct fovea_options *options);

/** The fetcher's. */
struct fovea_fetch_settings fovea_options_fetch(
        const struct fovea_options *options);

#endif
