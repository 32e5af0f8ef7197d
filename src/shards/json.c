/* See json.h. */
#include "shards/json.h"

enum fovea_status
fovea_marker_status(uint64_t number)
{
    switch (number) {
#define X(name, value, string, text, http, exit, retryable) \
    case (value):                                           \
        return (value) ? FOVEA_##name : FOVEA_ERR_SHARD_FAILED;
#include "fovea/status.def"
#undef X
    default:
        return FOVEA_ERR_SHARD_FAILED;
    }
}
