/* See attend_room.h. Every part begins at whole lanes. */
#include "engine/cpu/attend_room.h"

#include "base/macros.h"
#include "base/size.h"
#include "engine/cpu/element.h"

size_t
fovea_attend_divide(size_t head_dim, size_t n_keys, float *scratch,
        struct fovea_attend_room *room_out)
{
    const size_t key_width = fovea_round_up(n_keys, FOVEA_LANES);
    const size_t dim = fovea_round_up(head_dim, FOVEA_LANES);
    const size_t sizes[] = { head_dim * key_width, n_keys * dim,
        fovea_round_up(FOVEA_ATTEND_ROWS * head_dim, FOVEA_LANES),
        FOVEA_ATTEND_ROWS * key_width, FOVEA_ATTEND_ROWS * dim };
    size_t begins[FOVEA_ARRAY_LEN(sizes)];
    size_t used = 0;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(sizes); i++) {
        begins[i] = used;
        used += sizes[i];
    }
    if (scratch) {
        *room_out = (struct fovea_attend_room){ key_width, dim,
            scratch + begins[0], scratch + begins[1], scratch + begins[2],
            scratch + begins[3], scratch + begins[4] };
    }
    return used;
}
