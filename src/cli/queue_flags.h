/* How a broker is reached, as flags: of the commands that work with one. */
#ifndef FOVEA_CLI_QUEUE_FLAGS_H
#define FOVEA_CLI_QUEUE_FLAGS_H

#include "cli/args.h"
#include "queue/queue.h"

enum {
    FOVEA_N_QUEUE_FLAGS = 7
};

/** Write them, for fovea_args_parse(); settings outlive that. */
void fovea_queue_flags(struct fovea_queue_settings *settings,
        struct fovea_flag flags_out[FOVEA_N_QUEUE_FLAGS]);

/** Once they are parsed: whether there is a broker at all. FOVEA_ERR_ARGUMENT. */
FOVEA_NODISCARD enum fovea_status fovea_queue_flags_check(
        const struct fovea_queue_settings *settings, struct fovea_error *err);

#endif
