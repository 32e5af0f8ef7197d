/* See tile_packing.h. */
#include "engine/cpu/tile_packing.h"

#include <stdint.h>
#include <string.h>

#include "base/size.h"
#include "engine/cpu/tile_kernels.h"

enum {
    GROUP_BYTES = 4, /* of a column, that lie one after the other */
    TILE_COLUMNS = 16,
    TILE_ROW_BYTES = TILE_COLUMNS * GROUP_BYTES,
};

size_t
fovea_tile_lines(enum fovea_element element, size_t k)
{
    return fovea_round_up(k * fovea_element_size(element), FOVEA_LINE_BYTES) /
            FOVEA_LINE_BYTES;
}

size_t
fovea_tile_panels_size(enum fovea_element element, size_t k, size_t n)
{
    return fovea_round_up(n, FOVEA_PANEL_COLUMNS) / FOVEA_PANEL_COLUMNS *
            fovea_tile_lines(element, k) * FOVEA_PANEL_STEP;
}

void
fovea_tile_put_column(enum fovea_element element, size_t k, size_t column,
        const void *weights, void *panels)
{
    const size_t n_lines = fovea_tile_lines(element, k);
    const size_t size = weights ? k * fovea_element_size(element) : 0;
    const size_t in_panel = column % FOVEA_PANEL_COLUMNS;
    uint8_t *to = (uint8_t *)panels +
            column / FOVEA_PANEL_COLUMNS * n_lines * FOVEA_PANEL_STEP +
            in_panel / TILE_COLUMNS * (FOVEA_PANEL_STEP / 2) +
            in_panel % TILE_COLUMNS * GROUP_BYTES;
    for (size_t line = 0; line < n_lines; line++) {
        for (size_t i = 0; i < FOVEA_LINE_BYTES / GROUP_BYTES; i++) {
            const size_t from = line * FOVEA_LINE_BYTES + i * GROUP_BYTES;
            uint8_t group[GROUP_BYTES] = { 0 };
            if (from < size) {
                const size_t left = size - from;
                memcpy(group, (const uint8_t *)weights + from,
                        left < GROUP_BYTES ? left : GROUP_BYTES);
            }
            memcpy(to + i * TILE_ROW_BYTES, group, GROUP_BYTES);
        }
        to += FOVEA_PANEL_STEP;
    }
}
