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

static size_t
size_of(const void *given)
{
    size_t size = 0;
    memcpy(&size, given, sizeof size);
    return size;
}

enum fovea_status
fovea_sized_check(const void *given, size_t least, const char *name,
        const char *initialiser, struct fovea_error *err)
{
    size_t size = size_of(given);
    if (size < least || size > FOVEA_SIZED_MAX) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "struct_size of struct %s is %zu: begin with %s", name, size,
                initialiser);
    }
    return FOVEA_OK;
}

void
fovea_sized_give(const void *all, size_t size, void *given)
{
    size_t known = size_of(given);
    memset(given, 0, known);
    memcpy(given, all, known < size ? known : size);
    memcpy(given, &known, sizeof known);
}

enum fovea_status
fovea_sized_take(const void *given, const char *name, const char *initialiser,
        void *all, size_t size, struct fovea_error *err)
{
    if (given) {
        enum fovea_status status = fovea_sized_check(given, sizeof(size_t),
                name, initialiser, err);
        if (status) {
            return status;
        }
        size_t given_size = size_of(given);
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
