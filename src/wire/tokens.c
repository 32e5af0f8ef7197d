/* See tokens.h. */
#include "wire/tokens.h"

#include <string.h>

_Static_assert(sizeof(struct fovea_tokens_place) == 256, "no padding");

size_t
fovea_tokens_row_bytes(size_t context)
{
    return sizeof(struct fovea_tokens_row) +
            context * sizeof(struct fovea_tokens_place);
}

void
fovea_tokens_row_put(struct fovea_tokens_row *row, size_t index, uint32_t id,
        const char *piece, size_t size)
{
    struct fovea_tokens_place *place = &row->places[index];
    size_t n = size;
    if (n > sizeof place->piece) {
        n = sizeof place->piece;
        while (n > 0 && (piece[n] & 0xc0) == 0x80) {
            n--; /* inside of a character */
        }
    }
    place->id = id;
    place->size = (uint8_t)n;
    if (n > 0) {
        memcpy(place->piece, piece, n);
    }
}
