/*
 * What a worker claims about itself, held against what the host knows: its
 * estimates, its own clock, the size of a file. A worker that is out of bounds
 * is not believed at all; inside them it can make the host's books wrong by no
 * more than the tolerance.
 *
 * Pure.
 */
#ifndef FOVEA_POOL_CLAIMS_H
#define FOVEA_POOL_CLAIMS_H

#include "pool/pool_settings.h"

/* Sizes may be over the estimate by a part of it and a bit. */
enum {
    FOVEA_CLAIMS_TOLERANCE_PCT = 25
};
#define FOVEA_CLAIMS_TOLERANCE_BYTES (UINT64_C(32) << 20)

/** NULL, or what does not make sense. lived_ns: since it was started. */
const char *fovea_claims_ready(const struct fovea_group_settings *settings,
        const struct fovea_ready *ready, int64_t lived_ns);

/** Of a good item: an image is within the limits, and a text is none. */
bool fovea_claims_facts(const struct fovea_group_settings *settings,
        const struct fovea_facts *facts);

/** Of a good item whose result goes to a file: row_bytes of the settings. */
bool fovea_claims_row(const struct fovea_group_settings *settings,
        const void *row);

/** Of an item; elapsed_ns: since its job was sent. */
bool fovea_claims_times(uint64_t decode_ns, uint64_t forward_ns,
        int64_t elapsed_ns);

#endif
