/* See built_tower.h. */
#include "support/built_tower.h"

#include <math.h>

#include "checkpoint/random.h"
#include "engine/cpu/fill.h"
#include "engine/cpu/machine.h"
#include "support/naive_vit.h"
#include "support/test.h"

const struct fovea_preprocess tower_settings = {
    .rescale = 1.0F / 255.0F,
    .mean = { 0.48145466F, 0.4578275F, 0.40821073F },
    .std = { 0.26862954F, 0.26130258F, 0.27577711F },
};

bool
tower_is_text(const struct tower *tower)
{
    return tower->config->modality == FOVEA_MODALITY_TEXT;
}

struct fovea_text_row *
tower_text(const struct tower *tower, size_t i)
{
    return (struct fovea_text_row *)(void *)(tower->rows +
            i * tower->row_bytes);
}

static void
make_text(const struct tower *tower, size_t i, uint32_t *noise)
{
    const struct fovea_tower *config = tower->config;
    struct fovea_text_row *row = tower_text(tower, i);
    for (size_t k = 0; k < config->context; k++) {
        *noise = *noise * 1664525U + 1013904223U;
        row->ids[k] = (*noise >> 8) % (config->vocabulary - 1);
    }
    row->ids[(3 * i + 1) % config->context] = config->vocabulary - 1;
    row->n = (uint32_t)fovea_tower_text_length(config, row->ids,
            config->context);
}

static void
make_picture(const struct tower *tower, size_t i, uint32_t *noise)
{
    for (size_t k = 0; k < tower->row_bytes; k++) {
        *noise = *noise * 1664525U + 1013904223U;
        tower->rows[i * tower->row_bytes + k] =
                (uint8_t)((25 * i + (*noise >> 26)) & 255U);
    }
}

static void
make_rows(struct tower *tower, size_t n)
{
    uint32_t noise = 7;
    tower->row_bytes = fovea_tower_row_bytes(tower->config);
    tower->rows = calloc(n, tower->row_bytes);
    assert_non_null(tower->rows);
    for (size_t i = 0; i < n; i++) {
        if (tower_is_text(tower)) {
            make_text(tower, i, &noise);
        } else {
            make_picture(tower, i, &noise);
        }
    }
}

void
tower_build(struct tower *tower, const struct fovea_tower *config,
        enum fovea_precision precision, size_t max_batch, size_t n_rows)
{
    struct fovea_error error;
    (void)fovea_machine_set_threads(1);
    *tower = (struct tower){ .config = config };
    fovea_pixel_table_init(&tower->table, &tower_settings);
    assert_ok(fovea_checkpoint_create_random(config, 11, &tower->checkpoint,
                      &error),
            &error);
    assert_ok(fovea_weights_load(config, tower->checkpoint, precision,
                      &tower->weights, &error),
            &error);
    assert_ok(
            fovea_plan_create(tower->weights, max_batch, &tower->plan, &error),
            &error);
    assert_ok(fovea_forward_warm_up(tower->plan, &tower->table, &error),
            &error);
    make_rows(tower, n_rows);
}

void
tower_demolish(struct tower *tower)
{
    fovea_plan_destroy(tower->plan);
    fovea_weights_destroy(tower->weights);
    fovea_checkpoint_close(tower->checkpoint);
    free(tower->rows);
}

void
tower_embed(const struct tower *tower, size_t first, size_t n, float *embeds)
{
    struct fovea_error error;
    assert_ok(fovea_forward_run(tower->plan, &tower->table,
                      tower->rows + first * tower->row_bytes, n, embeds,
                      &error),
            &error);
}

void
tower_embed_naively(const struct tower *tower, size_t i, double *expected)
{
    if (tower_is_text(tower)) {
        const struct fovea_text_row *row = tower_text(tower, i);
        naive_text(tower->config, tower->checkpoint, row->ids, row->n - 1,
                expected);
    } else {
        naive_vit(tower->config, &tower_settings, tower->checkpoint,
                tower->rows + i * tower->row_bytes, expected);
    }
}

void
assert_near(const float *got, const double *expected, size_t n,
        double min_cosine, double max_difference)
{
    double dot = 0.0;
    double got_square = 0.0;
    double square = 0.0;
    double most = 0.0;
    for (size_t i = 0; i < n; i++) {
        const double value = (double)got[i];
        dot += value * expected[i];
        got_square += value * value;
        square += expected[i] * expected[i];
        most = fmax(most, fabs(value - expected[i]));
    }
    const double cosine = dot / sqrt(square * got_square);
    if (!(cosine >= min_cosine) || !(most <= max_difference * sqrt(square))) {
        fail_msg("cosine %.9f, difference %.2e of the norm", cosine,
                most / sqrt(square));
    }
}
