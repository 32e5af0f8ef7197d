/*
 * The three files of a shard on their way: rows, a line a row, a line a bad input.
 * Results come in the order of the inputs; nothing is seen before it is published
 * (publish.h).
 */
#ifndef FOVEA_SHARDS_OUTPUT_H
#define FOVEA_SHARDS_OUTPUT_H

#include <stdint.h>

#include "base/text.h"
#include "bulk/row_result.h"
#include "objects/objects.h"
#include "shards/done.h"
#include "shards/manifest.h"
#include "store/row_layout.h"

struct fovea_shard_output {
    struct fovea_objects *objects; /* borrowed */
    const struct fovea_frozen *frozen;
    uint64_t number;
    struct fovea_row_layout layout;
    struct fovea_draft drafts[FOVEA_N_SHARD_FILES];
    struct fovea_text metadata; /* what is not yet written of it */
    struct fovea_text errors;   /* the same */
    uint16_t *halves; /* room for a row of them; NULL: rows are float32 */
    uint64_t n_rows;
    uint64_t n_errors;
};

/* All zero would name descriptor 0 as a draft's. */
#define FOVEA_SHARD_OUTPUT_INIT                                             \
    {                                                                       \
        .drafts = { FOVEA_DRAFT_INIT, FOVEA_DRAFT_INIT, FOVEA_DRAFT_INIT }, \
    }

/** Begin. To be finished in any case. As fovea_objects_draft(), fovea_draft_write(). */
FOVEA_NODISCARD enum fovea_status fovea_shard_output_open(
        struct fovea_objects *objects, const struct fovea_manifest *manifest,
        uint64_t number, struct fovea_shard_output *output_out,
        struct fovea_error *err);

/** Drop what was not published, free everything. Fine on FOVEA_SHARD_OUTPUT_INIT, and
 *  twice. */
void fovea_shard_output_finish(struct fovea_shard_output *output);

/**
 * Add what came of input number `item`: a row of float32 and its line, or a line of
 * errors.
 *
 * @return FOVEA_OK, FOVEA_ERR_DISK_FULL, FOVEA_ERR_IO, FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_shard_output_add(
        struct fovea_shard_output *output,
        const struct fovea_row_result *result, uint64_t item,
        struct fovea_error *err);

/** Add a row that is as it is kept, layout.size bytes, and its line behind
 *  {"row":N, - or a line of errors. As above. */
FOVEA_NODISCARD enum fovea_status fovea_shard_output_copy_row(
        struct fovea_shard_output *output, const void *row, const char *line,
        size_t size, struct fovea_error *err);
FOVEA_NODISCARD enum fovea_status fovea_shard_output_copy_error(
        struct fovea_shard_output *output, const char *line, size_t size,
        struct fovea_error *err);

/** Write what is left of the lines. As above. */
FOVEA_NODISCARD enum fovea_status fovea_shard_output_flush(
        struct fovea_shard_output *output, struct fovea_error *err);

/** All results were added: write what is left, and seal the drafts. As above. */
FOVEA_NODISCARD enum fovea_status fovea_shard_output_seal(
        struct fovea_shard_output *output, struct fovea_error *err);

#endif
