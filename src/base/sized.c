/* Structs with a size of their own: see sized.h. */
#include "base/sized.h"

#include <string.h>

#include "base/error.h"

/* Where the first byte from begin on is that is not zero; end: none. */
static size_t
find_set(const unsigned char *bytes, size_t begin, size_t end)
{
    size_t at = begin;
    while (at < end && bytes[at] == 0) {
        at++;
    }
    return at;
}

enum fovea_status
fovea_sized_take(const void *given, const char *name, const char *initialiser,
        void *all, size_t size, struct fovea_error *err)
{
    size_t given_size = size;
    if (given) {
        memcpy(&given_size, given, sizeof given_size);
        if (given_size < sizeof given_size || given_size > FOVEA_SIZED_MAX) {
            return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                    "struct_size of struct %s is %zu: begin with %s", name,
                    given_size, initialiser);
        }
        size_t at = find_set(given, size, given_size);
        if (at < given_size) {
            return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                    "struct %s has a member at byte %zu that this version of "
                    "the library does not know; its own has %zu bytes",
                    name, at, size);
        }
        memcpy(all, given, given_size < size ? given_size : size);
    }
    memcpy(all, &size, sizeof size);
    return FOVEA_OK;
}
