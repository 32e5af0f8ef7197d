/* What follows from a model: see frozen.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "shards/frozen.h"
#include "spec/dtype.h"

static enum fovea_status
hash_limits(const struct fovea_limits *limits, char hex_out[FOVEA_SHA256_SIZE],
        struct fovea_error *err)
{
    const uint64_t all[][2] = {
        { limits->max_bytes, FOVEA_DEFAULT_MAX_BYTES },
        { limits->max_pixels, FOVEA_DEFAULT_MAX_PIXELS },
        { limits->max_side_px, FOVEA_DEFAULT_MAX_SIDE_PX },
        { limits->damaged, FOVEA_DAMAGED_REFUSE },
        { limits->max_decode_bytes, FOVEA_DEFAULT_MAX_DECODE_BYTES },
        { limits->max_decode_work, FOVEA_DEFAULT_MAX_DECODE_WORK },
    };
    struct fovea_sha256 hash;
    fovea_sha256_begin(&hash);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(all); i++) {
        char text[24];
        (void)snprintf(text, sizeof text, "%" PRIu64,
                all[i][0] ? all[i][0] : all[i][1]);
        fovea_sha256_add_text(&hash, text);
    }
    return fovea_sha256_end(&hash, hex_out, err);
}

enum fovea_status
fovea_frozen_of_model(struct fovea_model *model,
        const struct fovea_limits *limits, bool is_half, bool is_raw,
        struct fovea_frozen *frozen_out, struct fovea_error *err)
{
    const struct fovea_model_info *info = fovea_model_describe(model);
    struct fovea_frozen frozen = {
        .dimension = info->embedding_dimension,
        .is_half = is_half,
        .is_raw = is_raw,
    };
    (void)snprintf(frozen.version, sizeof frozen.version, "%s",
            fovea_version());
    (void)snprintf(frozen.dtype, sizeof frozen.dtype, "%s",
            fovea_dtype_word(info->dtype));
    (void)snprintf(frozen.pixels, sizeof frozen.pixels, "%s", info->pixels);
    enum fovea_status status =
            fovea_model_weights_digest(model, frozen.weights, err);
    if (!status) {
        status = hash_limits(limits, frozen.limits, err);
    }
    if (!status) {
        frozen.model = strdup(info->key);
        status = frozen.model
                ? FOVEA_OK
                : fovea_fail_memory(err, strlen(info->key), "a model's key");
    }
    if (!status) {
        *frozen_out = frozen;
    }
    return status;
}
