/*
 * "preprocess_cfg" of open_clip_config.json: see open_clip.h.
 *
 * open_clip resizes with Pillow and gives a picture the size that the tower takes,
 * whatever "size" says. "random" interpolation is bicubic outside of training.
 */
#include <string.h>

#include "base/macros.h"
#include "spec/open_clip.h"

struct fovea_preprocess
fovea_oc_pixels(uint32_t side_px)
{
    return (struct fovea_preprocess){
        .filter = FOVEA_FILTER_BICUBIC,
        .resize = FOVEA_RESIZE_SHORTEST,
        .resize_height_px = side_px,
        .resize_width_px = side_px,
        .centre = FOVEA_CENTRE_OPEN_CLIP,
        .crop_height_px = side_px,
        .crop_width_px = side_px,
        .rescale = (float)(1.0 / 255.0),
        .mean = { 0.48145466F, 0.4578275F, 0.40821073F },
        .std = { 0.26862954F, 0.26130258F, 0.27577711F },
    };
}

struct word {
    const char *text;
    int value;
};

/* One of some words; *value stays where none is given. */
static enum fovea_status
read_word(const struct fovea_fields *fields, const char *key,
        const struct word *words, size_t n, int *value, struct fovea_error *err)
{
    const char *given = NULL;
    enum fovea_status status = fovea_field_string(fields, key, &given, err);
    if (status || !given) {
        return status;
    }
    for (size_t i = 0; i < n; i++) {
        if (strcmp(given, words[i].text) == 0) {
            *value = words[i].value;
            return FOVEA_OK;
        }
    }
    return fovea_field_fail(fields, key, FOVEA_ERR_MODEL_UNSUPPORTED, err,
            "\"%s\" is none of %s, %s and %s", fovea_show(given).text,
            words[0].text, words[1].text, words[2].text);
}

static enum fovea_status
read_words(const struct fovea_fields *fields, struct fovea_preprocess *settings,
        struct fovea_error *err)
{
    static const struct word filters[] = {
        { "bicubic", FOVEA_FILTER_BICUBIC },
        { "bilinear", FOVEA_FILTER_BILINEAR },
        { "random", FOVEA_FILTER_BICUBIC },
    };
    static const struct word modes[] = {
        { "shortest", FOVEA_RESIZE_SHORTEST },
        { "longest", FOVEA_RESIZE_LONGEST },
        { "squash", FOVEA_RESIZE_EXACT },
    };
    int filter = (int)settings->filter;
    int resize = (int)settings->resize;
    enum fovea_status status = fovea_oc_check_word(fields, "mode", "RGB", err);
    if (!status) {
        status = read_word(fields, "interpolation", filters,
                FOVEA_ARRAY_LEN(filters), &filter, err);
    }
    if (!status) {
        status = read_word(fields, "resize_mode", modes, FOVEA_ARRAY_LEN(modes),
                &resize, err);
    }
    settings->filter = (enum fovea_filter)filter;
    settings->resize = (enum fovea_resize)resize;
    return status;
}

/* Three numbers, or one for all channels. */
static enum fovea_status
read_colours(const struct fovea_fields *fields, const char *key, double min,
        float values[3], struct fovea_error *err)
{
    const json_t *given = fovea_field(fields, key);
    if (!json_is_number(given)) {
        return fovea_field_triple(fields, key, min, 1e3, values, err);
    }
    float value = 0.0F;
    enum fovea_status status =
            fovea_field_number(fields, key, min, 1e3, &value, err);
    for (size_t i = 0; i < 3 && !status; i++) {
        values[i] = value;
    }
    return status;
}

/* What a picture that fits into its box is surrounded by; 0..255. */
static enum fovea_status
read_fill(const struct fovea_fields *fields, struct fovea_preprocess *settings,
        struct fovea_error *err)
{
    const json_t *given = fovea_field(fields, "fill_color");
    if (!given || settings->resize != FOVEA_RESIZE_LONGEST) {
        return FOVEA_OK;
    }
    const json_int_t value = json_integer_value(given);
    if (!json_is_integer(given) || value < 0 || value > 255) {
        return fovea_field_fail(fields, "fill_color", FOVEA_ERR_MODEL_CONFIG,
                err, "is not an integer in 0..255");
    }
    settings->fill = (uint8_t)value;
    return FOVEA_OK;
}

enum fovea_status
fovea_oc_read_pixels(const struct fovea_fields *top,
        const struct fovea_tower *tower, struct fovea_preprocess *settings_out,
        struct fovea_error *err)
{
    struct fovea_preprocess settings = fovea_oc_pixels(tower->side_px);
    const json_t *object = fovea_field(top, "preprocess_cfg");
    if (!object) {
        settings.is_default = true;
        *settings_out = settings;
        return FOVEA_OK;
    }
    if (!json_is_object(object)) {
        return fovea_field_fail(top, "preprocess_cfg", FOVEA_ERR_MODEL_CONFIG,
                err, "must be an object");
    }
    const struct fovea_fields fields = { top->file, "preprocess_cfg.", object };
    enum fovea_status status = read_words(&fields, &settings, err);
    if (!status) {
        status = read_colours(&fields, "mean", -1e3, settings.mean, err);
    }
    if (!status) {
        status = read_colours(&fields, "std", 1e-6, settings.std, err);
    }
    if (!status) {
        status = read_fill(&fields, &settings, err);
    }
    if (!status) {
        *settings_out = settings;
    }
    return status;
}
