/*
 * config.json and preprocessor_config.json, and the config of every other layout:
 * the same bytes are tried as all of them.
 * What is accepted must keep every promise of the headers.
 */
#include <math.h>

#include "base/macros.h"
#include "checkpoint/config.h"
#include "checkpoint/preprocessor.h"
#include "fuzz.h"
#include "spec/families.h"

static void
check_failure(enum fovea_status status, const struct fovea_error *error)
{
    FOVEA_ASSERT(status == FOVEA_ERR_MODEL_CONFIG ||
            status == FOVEA_ERR_MODEL_UNSUPPORTED);
    FOVEA_ASSERT(error->code == status && error->message[0]);
}

static void
check_config(const struct fovea_tower *config)
{
    FOVEA_ASSERT(config->width > 0 && config->mlp > 0);
    FOVEA_ASSERT(config->n_layers > 0 && config->dimension > 0);
    FOVEA_ASSERT(config->width <= FOVEA_MAX_WIDTH);
    FOVEA_ASSERT(config->mlp <= FOVEA_MAX_MLP);
    FOVEA_ASSERT(config->n_layers <= FOVEA_MAX_LAYERS);
    FOVEA_ASSERT(config->width % config->n_heads == 0);
    FOVEA_ASSERT(config->side_px >= config->patch_px);
    FOVEA_ASSERT(fovea_tower_tokens(config) > 0);
    FOVEA_ASSERT(fovea_tower_tokens(config) <= FOVEA_MAX_TOKENS);
    FOVEA_ASSERT(config->eps > 0 && config->eps < 1);
    struct fovea_tensor_walk walk = { 0 };
    struct fovea_tensor_spec tensor;
    while (fovea_tensor_next(config, &walk, &tensor)) {
        FOVEA_ASSERT(tensor.n_dims > 0 && tensor.n_elements > 0);
    }
}

static void
check_settings(const struct fovea_preprocess *settings, uint32_t size_px)
{
    FOVEA_ASSERT(settings->crop_height_px == size_px);
    FOVEA_ASSERT(settings->crop_width_px == size_px);
    FOVEA_ASSERT(settings->resize_height_px > 0);
    FOVEA_ASSERT(settings->resize_width_px > 0);
    FOVEA_ASSERT(settings->resize == FOVEA_RESIZE_EXACT ||
            settings->resize_width_px == settings->resize_height_px);
    FOVEA_ASSERT(settings->filter == FOVEA_FILTER_BILINEAR ||
            settings->filter == FOVEA_FILTER_BICUBIC);
    for (size_t i = 0; i < 3; i++) {
        FOVEA_ASSERT(isfinite(settings->mean[i]) && settings->std[i] > 0);
    }
}

static void
check_text(const struct fovea_tower *tower)
{
    FOVEA_ASSERT(tower->modality == FOVEA_MODALITY_TEXT);
    FOVEA_ASSERT(tower->width > 0 && tower->width <= FOVEA_MAX_WIDTH);
    FOVEA_ASSERT(tower->width % tower->n_heads == 0);
    FOVEA_ASSERT(tower->mlp > 0 && tower->mlp <= FOVEA_MAX_MLP);
    FOVEA_ASSERT(tower->vocabulary > 0 && tower->dimension > 0);
    FOVEA_ASSERT(tower->vocabulary <= FOVEA_MAX_VOCABULARY);
    FOVEA_ASSERT(tower->context > 0 && tower->context <= FOVEA_MAX_CONTEXT);
    FOVEA_ASSERT(tower->side_px == 0 && tower->patch_px == 0);
}

static void
try_layout(enum fovea_file_layout_id layout, const char *text, size_t size)
{
    struct fovea_tower config;
    struct fovea_error error;
    enum fovea_status status = fovea_tower_parse(layout, "fuzz", text, size,
            FOVEA_MODALITY_IMAGE, &config, &error);
    if (status) {
        check_failure(status, &error);
    } else {
        check_config(&config);
    }
    status = fovea_tower_parse(layout, "fuzz", text, size, FOVEA_MODALITY_TEXT,
            &config, &error);
    if (status && status != FOVEA_ERR_TEXT_UNSUPPORTED) {
        check_failure(status, &error);
    } else if (!status) {
        check_text(&config);
    }
}

static void
try_pixels(enum fovea_family_id family, const char *text, size_t size)
{
    const struct fovea_tower any = { .side_px = 224, .family = family };
    struct fovea_preprocess settings;
    struct fovea_error error;
    enum fovea_status status = fovea_preprocess_config_parse("fuzz", text, size,
            &any, &settings, &error);
    if (status) {
        check_failure(status, &error);
    } else {
        check_settings(&settings, any.side_px);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    for (size_t i = 0; i < FOVEA_N_FILE_LAYOUTS; i++) {
        try_layout((enum fovea_file_layout_id)i, text, size);
    }
    for (size_t i = 0; i < FOVEA_N_FAMILIES; i++) {
        try_pixels((enum fovea_family_id)i, text, size);
    }
    return 0;
}
