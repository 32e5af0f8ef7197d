/*
 * Where the data of a JPEG end: what stands behind entropy-coded bytes.
 *
 * In these ff is followed by 00, or by a marker. A file need not have the end
 * marker, and anything may stand behind the picture.
 */
#ifndef FOVEA_IMAGE_CODEC_JPEG_END_H
#define FOVEA_IMAGE_CODEC_JPEG_END_H

#include <stdbool.h>
#include <stdint.h>

#include "sys/input.h"

struct fovea_jpeg_marker {
    uint64_t at;    /* of its ff, or where the input ends */
    uint8_t code;   /* 0: there is none */
    bool has_bytes; /* others than zeros stand before it */
};

/** The first marker from an offset on. FOVEA_OK or FOVEA_ERR_IO. */
FOVEA_NODISCARD enum fovea_status fovea_jpeg_find_marker(
        const struct fovea_input *input, uint64_t from,
        struct fovea_jpeg_marker *marker_out, struct fovea_error *err);

/** Whether the n bytes before an offset are zeros, with which some encoders
 *  fill up. FOVEA_OK or FOVEA_ERR_IO. */
FOVEA_NODISCARD enum fovea_status fovea_jpeg_is_padding(
        const struct fovea_input *input, uint64_t before, uint64_t n,
        bool *is_out, struct fovea_error *err);

/**
 * Go through a picture of several scans from its first entropy-coded byte on:
 * through data, segments and markers until the end marker, or until something
 * that cannot be part of it.
 *
 * @param end_out  code: EOI, what cannot belong to it, or 0. Where it begins is
 *                 where the picture's data end.
 * @return FOVEA_OK or FOVEA_ERR_IO.
 */
FOVEA_NODISCARD enum fovea_status fovea_jpeg_find_end(
        const struct fovea_input *input, uint64_t from,
        struct fovea_jpeg_marker *end_out, struct fovea_error *err);

#endif
