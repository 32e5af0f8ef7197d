/* `fovea embed --shard`: the shards of this process, one after the other. */
#ifndef FOVEA_CLI_SHARD_COMMAND_H
#define FOVEA_CLI_SHARD_COMMAND_H

#include "cli/request.h"

/** Do it, with the library's options resolved. The exit code. */
int fovea_shard_command(const struct fovea_run_request *request,
        const struct fovea_inputs_settings *inputs);

#endif
