/*
 * preprocessor_config.json: see preprocessor.h.
 *
 * A field that is missing (or null) has the default of the class of processors
 * that the file names, or else of the family's.
 * The old form has plain numbers for size and crop_size.
 * What the file may ask for and fovea does not do is refused, not ignored.
 */
#include "checkpoint/preprocessor.h"

#include <string.h>

#include "base/error.h"
#include "checkpoint/json.h"
#include "spec/families.h"
#include "spec/processor.h"

/* The class that the file names, the newer key before the older one; without
   either the one that *processor is. */
static enum fovea_status
read_processor(const struct fovea_fields *fields,
        const struct fovea_processor **processor, struct fovea_error *err)
{
    static const char *const keys[] = { "feature_extractor_type",
        "image_processor_type" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(keys); i++) {
        const char *name = (*processor)->name;
        enum fovea_status status =
                fovea_field_string(fields, keys[i], &name, err);
        if (status) {
            return status;
        }
        const struct fovea_processor *found = fovea_processor_find(name);
        if (!found) {
            return fovea_field_fail(fields, keys[i],
                    FOVEA_ERR_MODEL_UNSUPPORTED, err, "\"%s\" is none of %s",
                    fovea_show(name).text, fovea_processor_names());
        }
        *processor = found;
    }
    return FOVEA_OK;
}

/* Steps without which images of different sizes or modes would not fit. */
static enum fovea_status
check_steps(const struct fovea_fields *fields, struct fovea_error *err)
{
    static const char *const keys[] = { "do_resize", "do_convert_rgb" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(keys); i++) {
        bool value = true;
        enum fovea_status status =
                fovea_field_bool(fields, keys[i], &value, err);
        if (status) {
            return status;
        }
        if (!value) {
            return fovea_field_fail(fields, keys[i],
                    FOVEA_ERR_MODEL_UNSUPPORTED, err, "false is not supported");
        }
    }
    return FOVEA_OK;
}

static enum fovea_status
read_filter(const struct fovea_fields *fields, enum fovea_filter *filter,
        struct fovea_error *err)
{
    const json_t *json = fovea_field(fields, "resample");
    if (!json) {
        return FOVEA_OK;
    }
    if (!json_is_integer(json)) {
        return fovea_field_fail(fields, "resample", FOVEA_ERR_MODEL_CONFIG, err,
                "must be an integer");
    }
    json_int_t value = json_integer_value(json);
    if (value == FOVEA_FILTER_BILINEAR || value == FOVEA_FILTER_BICUBIC) {
        *filter = (enum fovea_filter)value;
        return FOVEA_OK;
    }
    static const char *const names[] = { "nearest", "Lanczos", "bilinear",
        "bicubic", "box", "Hamming" };
    bool is_known = value >= 0 && (size_t)value < FOVEA_ARRAY_LEN(names);
    return fovea_field_fail(fields, "resample",
            is_known ? FOVEA_ERR_MODEL_UNSUPPORTED : FOVEA_ERR_MODEL_CONFIG,
            err, "%lld (%s) is not 2 (bilinear) or 3 (bicubic)",
            (long long)value, is_known ? names[value] : "no filter");
}

/* {"height": h, "width": w}; both must be there. */
static enum fovea_status
read_rectangle(const struct fovea_fields *fields, uint32_t *height,
        uint32_t *width, struct fovea_error *err)
{
    uint32_t read[2] = { 0, 0 };
    static const char *const keys[2] = { "height", "width" };
    for (size_t i = 0; i < 2; i++) {
        enum fovea_status status = fovea_field_count(fields, keys[i],
                FOVEA_MAX_SIDE_PX, &read[i], err);
        if (status) {
            return status;
        }
        if (read[i] == 0) {
            return fovea_field_fail(fields, keys[i], FOVEA_ERR_MODEL_CONFIG,
                    err, "is missing");
        }
    }
    if (json_object_size(fields->object) != 2) {
        return fovea_fail(err, FOVEA_ERR_MODEL_CONFIG,
                "%s: %sheight and width stand beside other keys",
                fovea_show(fields->file).text, fields->path);
    }
    *height = read[0];
    *width = read[1];
    return FOVEA_OK;
}

static enum fovea_status
read_size_object(const struct fovea_fields *fields,
        struct fovea_preprocess *settings, struct fovea_error *err)
{
    if (!fovea_field(fields, "shortest_edge")) {
        settings->resize = FOVEA_RESIZE_EXACT;
        return read_rectangle(fields, &settings->resize_height_px,
                &settings->resize_width_px, err);
    }
    if (json_object_size(fields->object) != 1) {
        return fovea_field_fail(fields, "shortest_edge", FOVEA_ERR_MODEL_CONFIG,
                err, "stands beside other keys");
    }
    settings->resize = FOVEA_RESIZE_SHORTEST;
    enum fovea_status status = fovea_field_count(fields, "shortest_edge",
            FOVEA_MAX_SIDE_PX, &settings->resize_height_px, err);
    settings->resize_width_px = settings->resize_height_px;
    return status;
}

static enum fovea_status
read_size(const struct fovea_fields *fields, enum fovea_resize number,
        struct fovea_preprocess *settings, struct fovea_error *err)
{
    const json_t *json = fovea_field(fields, "size");
    if (json_is_object(json)) {
        const struct fovea_fields inner = { fields->file, "size.", json };
        return read_size_object(&inner, settings, err);
    }
    if (json && !json_is_integer(json)) {
        return fovea_field_fail(fields, "size", FOVEA_ERR_MODEL_CONFIG, err,
                "must be an integer or an object");
    }
    if (json) {
        settings->resize = number;
    }
    enum fovea_status status = fovea_field_count(fields, "size",
            FOVEA_MAX_SIDE_PX, &settings->resize_height_px, err);
    settings->resize_width_px = settings->resize_height_px;
    return status;
}

static enum fovea_status
read_crop_size(const struct fovea_fields *fields,
        struct fovea_preprocess *settings, struct fovea_error *err)
{
    const json_t *json = fovea_field(fields, "crop_size");
    if (!json || json_is_integer(json)) {
        enum fovea_status status = fovea_field_count(fields, "crop_size",
                FOVEA_MAX_SIDE_PX, &settings->crop_height_px, err);
        settings->crop_width_px = settings->crop_height_px;
        return status;
    }
    if (!json_is_object(json)) {
        return fovea_field_fail(fields, "crop_size", FOVEA_ERR_MODEL_CONFIG,
                err, "must be an integer or an object");
    }
    const struct fovea_fields inner = { fields->file, "crop_size.", json };
    return read_rectangle(&inner, &settings->crop_height_px,
            &settings->crop_width_px, err);
}

/* Without a crop, what is resized is what the model sees. */
static enum fovea_status
read_crop(const struct fovea_fields *fields, bool crops,
        struct fovea_preprocess *settings, struct fovea_error *err)
{
    enum fovea_status status =
            fovea_field_bool(fields, "do_center_crop", &crops, err);
    if (status) {
        return status;
    }
    if (crops) {
        return read_crop_size(fields, settings, err);
    }
    if (settings->resize != FOVEA_RESIZE_EXACT) {
        return fovea_field_fail(fields, "do_center_crop",
                FOVEA_ERR_MODEL_UNSUPPORTED, err,
                "false needs a size with height and width");
    }
    settings->crop_height_px = settings->resize_height_px;
    settings->crop_width_px = settings->resize_width_px;
    return FOVEA_OK;
}

static enum fovea_status
check_crop(const struct fovea_fields *fields, uint32_t image_size_px,
        const struct fovea_preprocess *settings, struct fovea_error *err)
{
    uint32_t height = settings->crop_height_px;
    uint32_t width = settings->crop_width_px;
    if (image_size_px == 0 && height != width) {
        return fovea_field_fail(fields, "crop_size",
                FOVEA_ERR_MODEL_UNSUPPORTED, err,
                "%u x %u is not square, only that is supported", height, width);
    }
    if (image_size_px != 0 &&
            (height != image_size_px || width != image_size_px)) {
        return fovea_field_fail(fields, "crop_size", FOVEA_ERR_MODEL_CONFIG,
                err, "%u x %u, but the model takes %u x %u", height, width,
                image_size_px, image_size_px);
    }
    return FOVEA_OK;
}

static enum fovea_status
read_arithmetic(const struct fovea_fields *fields,
        struct fovea_preprocess *settings, struct fovea_error *err)
{
    bool rescales = true;
    bool normalizes = true;
    enum fovea_status status =
            fovea_field_bool(fields, "do_rescale", &rescales, err);
    if (!status) {
        status = fovea_field_bool(fields, "do_normalize", &normalizes, err);
    }
    if (!status) {
        status = fovea_field_number(fields, "rescale_factor", 1e-9, 1e3,
                &settings->rescale, err);
    }
    if (!status) {
        status = fovea_field_triple(fields, "image_mean", -1e3, 1e3,
                settings->mean, err);
    }
    if (!status) {
        status = fovea_field_triple(fields, "image_std", 1e-6, 1e3,
                settings->std, err);
    }
    if (!rescales) {
        settings->rescale = 1.0F;
    }
    for (size_t i = 0; !normalizes && i < 3; i++) {
        settings->mean[i] = 0.0F;
        settings->std[i] = 1.0F;
    }
    return status;
}

/* preprocessor_config.json; `class_name` is the family's. */
static enum fovea_status
read_file(const struct fovea_fields *fields, const struct fovea_tower *tower,
        const char *class_name, struct fovea_preprocess *settings_out,
        struct fovea_error *err)
{
    const struct fovea_processor *processor = fovea_processor_find(class_name);
    FOVEA_ASSERT(processor);
    enum fovea_status status = read_processor(fields, &processor, err);
    struct fovea_preprocess settings = processor->pixels;
    if (!status) {
        status = check_steps(fields, err);
    }
    if (!status) {
        status = read_filter(fields, &settings.filter, err);
    }
    if (!status) {
        status = read_size(fields, processor->number, &settings, err);
    }
    if (!status) {
        status = read_crop(fields, processor->crops, &settings, err);
    }
    if (!status) {
        status = check_crop(fields, tower->side_px, &settings, err);
    }
    if (!status) {
        status = read_arithmetic(fields, &settings, err);
    }
    if (!status) {
        *settings_out = settings;
    }
    return status;
}

enum fovea_status
fovea_preprocess_config_parse(const char *name, const char *text, size_t size,
        const struct fovea_tower *tower, struct fovea_preprocess *settings_out,
        struct fovea_error *err)
{
    FOVEA_AUTO(json_decref_auto) json_t *object = NULL;
    enum fovea_status status = fovea_json_parse(name, text, size,
            FOVEA_ERR_MODEL_CONFIG, &object, err);
    if (status) {
        return status;
    }
    const struct fovea_fields top = { name, "", object };
    const struct fovea_family *family = fovea_family_get(tower->family);
    return family->read_pixels
            ? family->read_pixels(&top, tower, settings_out, err)
            : read_file(&top, tower, family->processor, settings_out, err);
}

enum fovea_status
fovea_preprocess_config_read(const char *directory,
        const struct fovea_tower *tower, struct fovea_preprocess *settings_out,
        struct fovea_error *err)
{
    const struct fovea_family *family = fovea_family_get(tower->family);
    const struct fovea_file_layout *layout =
            fovea_file_layout_get(family->layout);
    FOVEA_AUTO_FREE char *path = NULL;
    enum fovea_status status = fovea_join_path(directory,
            layout->processor ? layout->processor : layout->config, &path, err);
    if (status) {
        return status;
    }
    FOVEA_AUTO_FREE char *text = NULL;
    size_t size = 0;
    struct fovea_error problem;
    status = fovea_json_load(path, FOVEA_MAX_CONFIG_BYTES,
            FOVEA_ERR_MODEL_CONFIG, &text, &size, &problem);
    if (status == FOVEA_ERR_FILE_NOT_FOUND) {
        *settings_out = family->pixels(
                tower->side_px ? tower->side_px : family->free_side_px);
        settings_out->is_default = true;
        return FOVEA_OK;
    }
    if (status) {
        if (err) {
            *err = problem;
        }
        return status;
    }
    return fovea_preprocess_config_parse(path, text, size, tower, settings_out,
            err);
}
