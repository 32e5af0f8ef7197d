/* See attend_room.h. Every part begins at a whole line. */
#include "engine/cpu/attend_room.h"

#include <stdint.h>

#include "base/size.h"

enum {
    UNIT = 4,       /* bytes */
    STEP = 16,      /* units of a sum, and columns, are multiples */
    UNALIASED = 16, /* floats that keep rows of scores off one cache set */
};

/* Units of so many elements. */
static size_t
units(size_t n, enum fovea_element element)
{
    return fovea_round_up(n * fovea_element_size(element), STEP * UNIT) / UNIT;
}

static void *
claim(uint8_t *scratch, size_t *used, size_t n_units)
{
    void *at = scratch ? scratch + *used : NULL;
    *used += fovea_round_up(n_units * UNIT, FOVEA_OPERAND_ALIGNMENT);
    return at;
}

static size_t
divide(const struct fovea_attend_size *size, uint8_t *scratch,
        struct fovea_attend_room *room)
{
    const size_t columns = fovea_round_up(size->head_dim, FOVEA_ATTEND_COLUMNS);
    const size_t n_keys = fovea_round_up(size->n_keys, FOVEA_ATTEND_COLUMNS);
    *room = (struct fovea_attend_room){
        .key_depth = units(size->head_dim, size->element),
        .value_depth = units(n_keys, size->element),
        .score_stride = n_keys + UNALIASED,
        .keeps_panels = size->n_queries > FOVEA_ATTEND_ROWS,
    };
    const size_t rows = FOVEA_ATTEND_ROWS;
    const size_t one = FOVEA_ATTEND_COLUMNS;
    const bool keeps = room->keeps_panels;
    size_t used = 0;
    room->inverse = claim(scratch, &used, rows);
    room->gathered = claim(scratch, &used, rows * one);
    room->queries = claim(scratch, &used, rows * room->key_depth);
    room->staged = claim(scratch, &used,
            rows * (room->key_depth > one ? room->key_depth : one));
    room->scores = claim(scratch, &used, rows * room->score_stride);
    room->keys =
            claim(scratch, &used, room->key_depth * (keeps ? n_keys : one));
    room->values =
            claim(scratch, &used, room->value_depth * (keeps ? columns : one));
    return used;
}

size_t
fovea_attend_scratch_size(const struct fovea_attend_size *size)
{
    struct fovea_attend_room room;
    return divide(size, NULL, &room);
}

struct fovea_attend_room
fovea_attend_divide(const struct fovea_attend_size *size, void *scratch)
{
    struct fovea_attend_room room;
    (void)divide(size, scratch, &room);
    return room;
}
