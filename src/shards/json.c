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
