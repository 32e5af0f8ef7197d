/* See json.h. */
#include "shards/json.h"

#include <string.h>

bool
fovea_marker_text(const json_t *object, const char *name, size_t room,
        char *text_out)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_string(value) || json_string_length(value) >= room) {
        return false;
    }
    memcpy(text_out, json_string_value(value), json_string_length(value) + 1);
    return true;
}

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
