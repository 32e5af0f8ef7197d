/*
 * Which chunks of a PNG can be believed.
 *
 * Each chunk has a checksum, and the data of the pixels, which may be spread
 * over many, have another one at their end, zlib's. A wrong checksum of a chunk
 * that is not used concerns nobody. Of a chunk of pixels it says where the data
 * may be wrong: they are, unless zlib's says otherwise.
 */
#ifndef FOVEA_IMAGE_CODEC_PNG_CHECK_H
#define FOVEA_IMAGE_CODEC_PNG_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "sys/input.h"

#define FOVEA_PNG_SOUND UINT64_MAX

struct fovea_png_check {
    bool header_is_bad;  /* the checksum of IHDR is wrong */
    bool palette_is_bad; /* that of PLTE */
    uint64_t data_at;    /* the first IDAT; 0: there is none */
    uint64_t bad_at;     /* the first IDAT not to be believed */
    bool is_cut;         /* the file ends in the data of an IDAT */
    bool is_open;        /* or behind them: nothing else follows */
    /* By fovea_png_check_data() of a file that is open: it lacks nothing. */
    bool has_all_data;
};

/** Look at the checksums. FOVEA_OK or FOVEA_ERR_IO. */
FOVEA_NODISCARD enum fovea_status fovea_png_check(
        const struct fovea_input *input, struct fovea_png_check *check_out,
        struct fovea_error *err);

/**
 * Of a file with a wrong checksum, or one that ends with its data: inflate the pixels' data,
 * which takes its time, to find out whether they are right all the same.
 *
 * @param n_bytes  That they should be.
 * @return FOVEA_OK, FOVEA_ERR_IO or FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_png_check_data(
        const struct fovea_input *input, uint64_t n_bytes,
        struct fovea_png_check *check, struct fovea_error *err);

#endif
