/*
 * From an image's bytes to the pixels a model sees.
 *
 *   input -> sniff -> decoder (rows of RGB) -> sink
 *
 * A decoder pushes its image row by row into a sink, so that a picture stands
 * in memory as a whole only where its format leaves no choice. The one sink of
 * the product is the resampler (preprocess.h); tests and the bench have others.
 */
#ifndef FOVEA_IMAGE_IMAGE_H
#define FOVEA_IMAGE_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/limits.h"
#include "fovea/status.h"

#include "base/format.h"
#include "image/exif.h"
#include "image/rows.h"
#include "sys/input.h"

/** What the header says, before any pixel is decoded. */
struct fovea_image_info {
    enum fovea_format format;
    uint32_t width_px; /* as stored: before orientation */
    uint32_t height_px;
    unsigned orientation; /* EXIF, 1..8: how to turn the stored rows */
    struct fovea_taken taken;
    /* What decoding will cost (struct fovea_limits). */
    uint64_t decode_bytes; /* at most, besides some rows; 0: it streams */
    uint64_t decode_work;  /* at least; 0: one pass */
    const char *raw_kind;  /* of a raw photograph's preview: "NEF"; or NULL */
    /* What comes of it. Decoders that give it as it is stored leave the sides 0;
       sinks always have them. */
    struct fovea_image_rows rows;
};

/** Where decoded rows go. Any function may fail; the decoder then stops. */
struct fovea_row_sink {
    void *context;
    /* Once, after the limits were checked and before the first row. */
    enum fovea_status (*begin)(void *context,
            const struct fovea_image_info *info, struct fovea_error *err);
    /* rows.height_px times, top to bottom: rows.width_px samples R, G, B of 8
       bits, interleaved. The row is borrowed for the call. */
    enum fovea_status (
            *row)(void *context, const uint8_t *rgb, struct fovea_error *err);
    /* May decoding take this memory? Asked before begin, and once more before
       that by formats that load the file before they know the picture (the
       orientation is 0 then): the first answer holds for both. NULL: it
       may. */
    enum fovea_status (*reserve)(void *context,
            const struct fovea_image_info *info, struct fovea_error *err);
    /* The least sides of rows that will do, across and down, for a decoder that
       can give a smaller picture than the stored one. Asked before reserve; where
       the orientation is not known yet (0) they do for any. NULL: as stored. */
    enum fovea_status (*least)(void *context,
            const struct fovea_image_info *info, uint32_t least_out[2],
            struct fovea_error *err);
    /* Which samples count, asked once it has begun: whatever lies outside may be
       anything, but rows come all. NULL: all do. */
    void (*window)(void *context, struct fovea_window *window_out);
};

/**
 * Find the format from the first bytes, never from a name.
 *
 * @return FOVEA_OK; FOVEA_ERR_NOT_AN_IMAGE (also for an empty input);
 *         FOVEA_ERR_IO.
 */
FOVEA_NODISCARD enum fovea_status fovea_image_sniff(
        const struct fovea_input *input, enum fovea_format *format_out,
        struct fovea_error *err);

/**
 * Let codecs look now for what they would look for when they are first used,
 * plug-ins of their own: for a process that will soon not be allowed to.
 */
void fovea_image_warm_up(void);

/**
 * Sniff, check the limits, decode the first frame into the sink.
 *
 * @param limits  Every field set (fovea_limits_resolve()).
 * @param err     May be NULL. Written in any case: on success the code is
 *                FOVEA_OK, with the notes that there are about the picture.
 * @return FOVEA_OK after the last row; FOVEA_ERR_NOT_AN_IMAGE,
 *         _IMAGE_TRUNCATED, _IMAGE_CORRUPT, _IMAGE_UNSUPPORTED, or the code of
 *         the limit that was passed; FOVEA_ERR_IO; FOVEA_ERR_NO_MEMORY; what
 *         the sink returned.
 * Threads: no shared state; safe on distinct inputs and sinks.
 */
FOVEA_NODISCARD enum fovea_status fovea_image_decode(struct fovea_input *input,
        const struct fovea_limits *limits, const struct fovea_row_sink *sink,
        struct fovea_error *err);

#endif
