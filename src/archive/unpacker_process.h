/* Inside of archive/: an unpacker that runs. */
#ifndef FOVEA_ARCHIVE_UNPACKER_PROCESS_H
#define FOVEA_ARCHIVE_UNPACKER_PROCESS_H

#include "fovea/status.h"

#include "sys/process.h"
#include "wire/unpacker_order.h"

struct fovea_unpacker_process {
    struct fovea_process process; /* pid 0: none */
    int output_fd;                /* what it sends; does not block; -1: none */
};

#define FOVEA_UNPACKER_PROCESS_INIT              \
    {                                            \
        .process = { .fd = -1 }, .output_fd = -1 \
    }

/**
 * Start one. It is killed when this thread ends.
 *
 * @param input_fd  The archive; borrowed.
 * @return FOVEA_OK; FOVEA_ERR_WORKER_START; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_unpacker_start(
        const struct fovea_unpacker_order *order, int input_fd,
        struct fovea_unpacker_process *process_out, struct fovea_error *err);

/** Kill it, if it has not ended, and free everything. Fine on one that was not
 *  started, and twice. */
void fovea_unpacker_end(struct fovea_unpacker_process *process);

/** Why one has ended that did not say so, and which is ended by this call:
 *  FOVEA_ERR_ARCHIVE, FOVEA_ERR_WORKER_KILLED, FOVEA_ERR_WORKER_START. */
enum fovea_status fovea_unpacker_judge(struct fovea_unpacker_process *process,
        struct fovea_error *err);

#endif
