/* One item of a job to a row: the half of the work that sees hostile bytes. */
#ifndef FOVEA_WORKER_DECODE_ITEM_H
#define FOVEA_WORKER_DECODE_ITEM_H

#include "worker/read.h"
#include "worker/worker_job.h"

struct fovea_decoder {
    const struct fovea_item_reader *reader;
    struct fovea_read_options options;
};

/**
 * Read an item; asks the job for memory where that takes more than a thread has
 * anyway. The item's input is finished with.
 *
 * @param row_out       [row_bytes] of the reader.
 * @param facts_out     As the reader's; zero on failure.
 * @param decode_ns_out How long it took, on failure, too.
 * @param error_out     As the reader's: notes on success.
 */
FOVEA_NODISCARD enum fovea_status fovea_decode_item(
        const struct fovea_decoder *decoder, const struct fovea_worker_job *job,
        size_t index, void *row_out, struct fovea_facts *facts_out,
        int64_t *decode_ns_out, struct fovea_error *error_out);

#endif
