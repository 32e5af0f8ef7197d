/* Members of markers, which are small objects of JSON. */
#ifndef FOVEA_SHARDS_JSON_H
#define FOVEA_SHARDS_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "fovea/status.h"

#include "base/macros.h"

enum {
    FOVEA_MARKER_MAX_BYTES = 16 << 10
};

FOVEA_DEFINE_AUTO(json_t *, json_decref);

/** Parse an object without duplicate keys; NULL: it is none. */
static inline json_t *
fovea_marker_parse(const char *bytes, size_t size)
{
    json_t *object = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(object)) {
        json_decref(object);
        return NULL;
    }
    return object;
}

/** A whole number that is not negative; false: there is none. */
static inline bool
fovea_marker_number(const json_t *object, const char *name,
        uint64_t *number_out)
{
    const json_t *value = json_object_get(object, name);
    *number_out = (uint64_t)json_integer_value(value);
    return json_is_integer(value) && json_integer_value(value) >= 0;
}

/** A text of fewer than room bytes, copied with its NUL; false: there is none. */
bool fovea_marker_text(const json_t *object, const char *name, size_t room,
        char *text_out);

/** The status of a number; what is none, or FOVEA_OK, is FOVEA_ERR_SHARD_FAILED. */
enum fovea_status fovea_marker_status(uint64_t number);

#endif
