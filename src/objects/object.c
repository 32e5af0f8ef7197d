/* See object.h. */
#include "objects/object.h"

#include <string.h>

bool
fovea_object_key_is_good(const char *key)
{
    size_t size = strnlen(key, FOVEA_OBJECT_MAX_KEY + 1);
    if (size == 0 || size > FOVEA_OBJECT_MAX_KEY || key[size - 1] == '/') {
        return false;
    }
    bool begins_part = true;
    for (const char *at = key; *at; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte <= ' ' || byte > '~' || byte == '\\' ||
                (begins_part && (byte == '.' || byte == '/'))) {
            return false;
        }
        begins_part = byte == '/';
    }
    return true;
}
