/* See head.h. */
#include "image/head.h"

#include <string.h>

#include "image/byte_order.h"

bool
fovea_head_has(const struct fovea_head *head, size_t at, const char *magic,
        size_t size)
{
    return head->size >= at + size &&
            memcmp(head->bytes + at, magic, size) == 0;
}

uint32_t
fovea_head_number(const struct fovea_head *head, size_t at, size_t size)
{
    if (at + size > head->size) {
        return 0;
    }
    return (uint32_t)fovea_little_endian(head->bytes + at, size);
}
