/*
 * Inputs of a shard that are to be tried again: what they failed with may pass. What
 * comes of them goes to its place among the others when all have been tried.
 */
#ifndef FOVEA_SHARDS_DEFERRED_H
#define FOVEA_SHARDS_DEFERRED_H

#include <stdbool.h>
#include <stdint.h>

#include "bulk/row_result.h"
#include "bulk/source.h"
#include "shards/output.h"

struct fovea_deferred_input {
    struct fovea_entry entry; /* its path alone is owned */
    struct fovea_error error; /* what came of it last; code FOVEA_OK: a row */
    bool is_open;             /* to be tried again */
    bool is_skipped;          /* it was found, and is no image */
    uint64_t row;             /* of good ones: in the file */
};

/** All zero, with a draft that is FOVEA_DRAFT_INIT: none. */
struct fovea_deferred {
    struct fovea_deferred_input *all; /* in the order of their numbers */
    uint64_t n;
    uint64_t room;
    struct fovea_draft rows; /* of good ones, float32: never put */
    uint64_t n_rows;
};

void fovea_deferred_finish(struct fovea_deferred *deferred);

/** Keep an input that failed. FOVEA_ERR_NO_MEMORY. */
FOVEA_NODISCARD enum fovea_status fovea_deferred_add(
        struct fovea_deferred *deferred, const struct fovea_row_result *result,
        struct fovea_error *err);

/** How many are to be tried. */
uint64_t fovea_deferred_n_open(const struct fovea_deferred *deferred);

/** The inputs that are to be tried as a source: it opens a pointer to
 *  them. The number of each is its index. */
extern const struct fovea_source_kind fovea_source_deferred;

/**
 * Keep what came of one that was tried.
 *
 * @param is_last    It is not tried again, whatever came of it.
 * @param row_size   Bytes of a row.
 * @return FOVEA_OK, FOVEA_ERR_DISK_FULL, FOVEA_ERR_IO.
 */
FOVEA_NODISCARD enum fovea_status fovea_deferred_settle(
        struct fovea_deferred *deferred, const struct fovea_row_result *result,
        bool is_last, size_t row_size, struct fovea_error *err);

/**
 * Make one output of what came of all others and of these, in the order of inputs.
 *
 * @param others  Not sealed; finished by the caller.
 * @param merged  Open and empty.
 * @return As fovea_shard_output_add(); FOVEA_ERR_IO.
 */
FOVEA_NODISCARD enum fovea_status fovea_deferred_merge(
        const struct fovea_deferred *deferred,
        struct fovea_shard_output *others, struct fovea_shard_output *merged,
        struct fovea_error *err);

#endif
