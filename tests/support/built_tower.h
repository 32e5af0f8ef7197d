/*
 * For tests of forward passes: a tower of random weights with a plan, and rows for
 * it, of pictures or of texts.
 */
#ifndef FOVEA_SUPPORT_BUILT_TOWER_H
#define FOVEA_SUPPORT_BUILT_TOWER_H

#include "engine/cpu/forward.h"
#include "spec/pixels.h"

/* How its pictures' samples become numbers. */
extern const struct fovea_preprocess tower_settings;

struct tower {
    const struct fovea_tower *config;
    struct fovea_checkpoint *checkpoint;
    struct fovea_weights *weights;
    struct fovea_plan *plan;
    struct fovea_pixel_table table;
    size_t row_bytes;
    uint8_t *rows; /* of pixels, or of ids */
};

/** @param n_rows  Pictures that differ in brightness too, or texts of different
 *                 lengths, behind whose end token is noise. */
void tower_build(struct tower *tower, const struct fovea_tower *config,
        enum fovea_precision precision, size_t max_batch, size_t n_rows);
void tower_demolish(struct tower *tower);

bool tower_is_text(const struct tower *tower);
struct fovea_text_row *tower_text(const struct tower *tower, size_t i);

/** Embed n rows from the first on. */
void tower_embed(const struct tower *tower, size_t first, size_t n,
        float *embeds);

/** What the naive forward pass makes of a row. */
void tower_embed_naively(const struct tower *tower, size_t i, double *expected);

/** Fails if the cosine is less, or a value is further away than so many times the
 *  expected vector's norm. */
void assert_near(const float *got, const double *expected, size_t n,
        double min_cosine, double max_difference);

#endif
