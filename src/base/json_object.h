/*
 * Small objects of JSON that somebody else has written, and their members: for
 * whoever links jansson. A member of what is NULL, or no object, is not there.
 */
#ifndef FOVEA_BASE_JSON_OBJECT_H
#define FOVEA_BASE_JSON_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <jansson.h>

#include "base/macros.h"

FOVEA_DEFINE_AUTO(json_t *, json_decref);

/** Parse an object without duplicate keys; NULL: it is none. */
static inline json_t *
fovea_json_object(const char *bytes, size_t size)
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
fovea_json_count(const json_t *object, const char *name, uint64_t *count_out)
{
    const json_t *value = json_object_get(object, name);
    *count_out = (uint64_t)json_integer_value(value);
    return json_is_integer(value) && json_integer_value(value) >= 0;
}

/** A text of fewer than room bytes, copied with its NUL; false: there is none. */
static inline bool
fovea_json_text(const json_t *object, const char *name, size_t room,
        char *text_out)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_string(value) || json_string_length(value) >= room) {
        return false;
    }
    memcpy(text_out, json_string_value(value), json_string_length(value) + 1);
    return true;
}

#endif
