/* See member_name.h. */
#include "wire/member_name.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Whether a part of a path, up to the next slash, is this one. */
static bool
is_part(const char *part, size_t size, const char *what)
{
    return size == strlen(what) && memcmp(part, what, size) == 0;
}

/* The next part of a path that is not empty; NULL: there is none. */
static const char *
next_part(const char *path, size_t *size_out)
{
    path += strspn(path, "/");
    *size_out = strcspn(path, "/");
    return *size_out > 0 ? path : NULL;
}

/* What stands behind the last "..". */
static const char *
behind_dots(const char *path)
{
    const char *begin = path;
    size_t size = 0;
    for (const char *at = path; (at = next_part(at, &size)); at += size) {
        begin = is_part(at, size, "..") ? at + size : begin;
    }
    return begin;
}

bool
fovea_member_name_make(const char *path, uint64_t number,
        char name_out[FOVEA_MEMBER_NAME_BYTES + 1])
{
    size_t used = 0;
    size_t size = 0;
    const char *at = behind_dots(path);
    for (; (at = next_part(at, &size)); at += size) {
        if (is_part(at, size, ".")) {
            continue;
        }
        size_t room = FOVEA_MEMBER_NAME_BYTES - used - (used > 0);
        if (room == 0 || room > FOVEA_MEMBER_NAME_BYTES) {
            break;
        }
        size_t n = size < room ? size : room;
        if (used > 0) {
            name_out[used++] = '/';
        }
        memcpy(name_out + used, at, n);
        used += n;
        if (n < size) {
            break;
        }
    }
    name_out[used] = '\0';
    if (used == 0) {
        (void)snprintf(name_out, FOVEA_MEMBER_NAME_BYTES, "member-%" PRIu64,
                number);
    }
    return at == NULL;
}

bool
fovea_member_name_is_safe(const char *name)
{
    size_t size = 0;
    const char *at = name;
    do {
        size = strcspn(at, "/");
        if (size == 0 || is_part(at, size, ".") || is_part(at, size, "..")) {
            return false;
        }
        at += size;
    } while (*at && *++at);
    return at[-1] != '/';
}

size_t
fovea_member_key_size(const char *name)
{
    const char *slash = strrchr(name, '/');
    const char *base = slash ? slash + 1 : name;
    return (size_t)(base - name) + strcspn(base, ".");
}
