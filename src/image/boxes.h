/*
 * Boxes (ISO/IEC 14496-12), what files of HEIF, AVIF and CR3 are made of: read
 * by their place in the input, as many as anybody writes.
 */
#ifndef FOVEA_IMAGE_BOXES_H
#define FOVEA_IMAGE_BOXES_H

#include <stdbool.h>
#include <stdint.h>

#include "sys/input.h"

enum {
    FOVEA_MAX_BOXES = 1024 /* beside each other; beyond them nobody looks */
};

struct fovea_box {
    char type[5]; /* empty: there is none */
    uint64_t at;  /* of what is in it */
    uint64_t end;
};

/**
 * Read the head of the box at a place in what ends at `end`. There is none where
 * that ends, where the input does, and where a box would be longer than it may.
 *
 * @return FOVEA_OK, FOVEA_ERR_IO.
 */
FOVEA_NODISCARD enum fovea_status fovea_box_read(
        const struct fovea_input *input, uint64_t at, uint64_t end,
        struct fovea_box *box_out, struct fovea_error *err);

/**
 * Find the first box of a type beside the one at `at`.
 *
 * @return as fovea_box_read(), and what it gives: maybe none.
 */
FOVEA_NODISCARD enum fovea_status fovea_box_find(
        const struct fovea_input *input, uint64_t at, uint64_t end,
        const char *type, struct fovea_box *box_out, struct fovea_error *err);

/**
 * Read a big-endian number of up to 8 bytes inside a box and step over it; 0
 * where the box ends before.
 */
FOVEA_NODISCARD enum fovea_status fovea_box_number(
        const struct fovea_input *input, struct fovea_box *box, size_t size,
        uint64_t *number_out, struct fovea_error *err);

#endif
