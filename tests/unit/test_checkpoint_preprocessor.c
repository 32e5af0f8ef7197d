/* preprocessor_config.json: both forms, defaults, and every refusal. */
#include <unistd.h>

#include "base/macros.h"
#include "checkpoint/config.h"
#include "checkpoint/preprocessor.h"
#include "support/test.h"

static const char file_name[] = "preprocessor_config.json";

static enum fovea_status
parse(const char *text, uint32_t side_px, struct fovea_preprocess *settings,
        struct fovea_error *error)
{
    const struct fovea_tower tower = { .side_px = side_px };
    return fovea_preprocess_config_parse(file_name, text, strlen(text), &tower,
            settings, error);
}

static enum fovea_status
read_file(const char *directory, uint32_t side_px,
        struct fovea_preprocess *settings, struct fovea_error *error)
{
    const struct fovea_tower tower = { .side_px = side_px };
    return fovea_preprocess_config_read(directory, &tower, settings, error);
}

static void
check_refused(const char *text, enum fovea_status code, const char *part)
{
    struct fovea_error error;
    struct fovea_preprocess settings = { .crop_width_px = 7 };
    assert_fails(parse(text, 224, &settings, &error), &error, code, part);
    assert_non_null(strstr(error.message, file_name));
    assert_int_equal(settings.crop_width_px, 7);
}

static void
check_invalid(const char *text, const char *part)
{
    check_refused(text, FOVEA_ERR_MODEL_CONFIG, part);
}

static void
check_unsupported(const char *text, const char *part)
{
    check_refused(text, FOVEA_ERR_MODEL_UNSUPPORTED, part);
}

/* CLIP's own settings for a size. */
static void
check_clip(const struct fovea_preprocess *settings, uint32_t size_px)
{
    static const double mean[3] = { 0.48145466, 0.4578275, 0.40821073 };
    static const double std[3] = { 0.26862954, 0.26130258, 0.27577711 };
    assert_int_equal(settings->filter, FOVEA_FILTER_BICUBIC);
    assert_int_equal(settings->resize, FOVEA_RESIZE_SHORTEST);
    assert_int_equal(settings->resize_height_px, size_px);
    assert_int_equal(settings->resize_width_px, size_px);
    assert_int_equal(settings->crop_height_px, size_px);
    assert_int_equal(settings->crop_width_px, size_px);
    assert_float_equal(settings->rescale, 1.0F / 255.0F, 1e-9);
    for (size_t i = 0; i < 3; i++) {
        assert_float_equal(settings->mean[i], mean[i], 1e-7);
        assert_float_equal(settings->std[i], std[i], 1e-7);
    }
}

static void
missing_fields_have_defaults(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_preprocess settings;
    assert_ok(parse("{}", 224, &settings, &error), &error);
    check_clip(&settings, 224);
    assert_ok(parse("{\"size\": null, \"crop_size\": null}", 224, &settings,
                      &error),
            &error);
    check_clip(&settings, 224);
    assert_fails(parse("{}", 336, &settings, &error), &error,
            FOVEA_ERR_MODEL_CONFIG, "the model takes 336 x 336");
}

static void
both_forms_read_alike(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"size\": 64, \"crop_size\": 64, \"resample\": 3, "
        "\"feature_extractor_type\": \"CLIPFeatureExtractor\"}",
        "{\"size\": {\"shortest_edge\": 64}, "
        "\"crop_size\": {\"height\": 64, \"width\": 64}, \"resample\": 3, "
        "\"image_processor_type\": \"CLIPImageProcessorFast\", "
        "\"do_resize\": true, \"do_center_crop\": true, \"do_rescale\": true, "
        "\"do_normalize\": true, \"do_convert_rgb\": true, "
        "\"rescale_factor\": 0.00392156862745098, "
        "\"image_mean\": [0.48145466, 0.4578275, 0.40821073], "
        "\"image_std\": [0.26862954, 0.26130258, 0.27577711]}",
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(texts); i++) {
        struct fovea_error error;
        struct fovea_preprocess settings;
        assert_ok(parse(texts[i], 64, &settings, &error), &error);
        check_clip(&settings, 64);
    }
}

static void
values_are_taken(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_preprocess settings;
    assert_ok(parse("{\"size\": {\"height\": 90, \"width\": 80}, "
                    "\"crop_size\": 64, \"resample\": 2, "
                    "\"rescale_factor\": 0.5, \"image_mean\": [0, -1, 0.25], "
                    "\"image_std\": [1, 2, 0.5]}",
                      64, &settings, &error),
            &error);
    assert_int_equal(settings.filter, FOVEA_FILTER_BILINEAR);
    assert_int_equal(settings.resize, FOVEA_RESIZE_EXACT);
    assert_int_equal(settings.resize_height_px, 90);
    assert_int_equal(settings.resize_width_px, 80);
    assert_int_equal(settings.crop_height_px, 64);
    assert_int_equal(settings.crop_width_px, 64);
    assert_float_equal(settings.rescale, 0.5, 0);
    assert_float_equal(settings.mean[1], -1, 0);
    assert_float_equal(settings.mean[2], 0.25, 0);
    assert_float_equal(settings.std[1], 2, 0);
}

struct processor_case {
    const char *text;
    enum fovea_resize resize;
    uint32_t resize_px;
    enum fovea_filter filter;
    double mean;
};

/* What a class leaves out is its own, whatever the family; an old file's number is
   a shortest edge to some and both sides to others. */
static void
processors_have_their_own_defaults(void **state)
{
    (void)state;
    static const struct processor_case cases[] = {
        { "{\"image_processor_type\": \"CLIPImageProcessorPil\"}",
                FOVEA_RESIZE_SHORTEST, 224, FOVEA_FILTER_BICUBIC, 0.48145466 },
        { "{\"image_processor_type\": \"SiglipImageProcessor\"}",
                FOVEA_RESIZE_EXACT, 224, FOVEA_FILTER_BICUBIC, 0.5 },
        { "{\"image_processor_type\": \"SiglipImageProcessorFast\", "
          "\"size\": 224, \"resample\": 2, \"do_convert_rgb\": null}",
                FOVEA_RESIZE_EXACT, 224, FOVEA_FILTER_BILINEAR, 0.5 },
        { "{\"image_processor_type\": \"BitImageProcessor\", "
          "\"crop_size\": {\"height\": 224, \"width\": 224}, "
          "\"size\": {\"shortest_edge\": 256}, "
          "\"image_mean\": [0.485, 0.456, 0.406]}",
                FOVEA_RESIZE_SHORTEST, 256, FOVEA_FILTER_BICUBIC, 0.485 },
        { "{\"image_processor_type\": \"BitImageProcessorFast\", "
          "\"size\": 256, \"crop_size\": 224}",
                FOVEA_RESIZE_SHORTEST, 256, FOVEA_FILTER_BICUBIC, 0.48145466 },
        { "{\"feature_extractor_type\": \"ViTFeatureExtractor\", "
          "\"size\": 224}",
                FOVEA_RESIZE_EXACT, 224, FOVEA_FILTER_BILINEAR, 0.5 },
        { "{\"image_processor_type\": \"ViTImageProcessor\", "
          "\"feature_extractor_type\": \"CLIPFeatureExtractor\"}",
                FOVEA_RESIZE_EXACT, 224, FOVEA_FILTER_BILINEAR, 0.5 },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        struct fovea_error error;
        struct fovea_preprocess settings;
        assert_ok(parse(cases[i].text, 224, &settings, &error), &error);
        assert_int_equal(settings.resize, cases[i].resize);
        assert_int_equal(settings.resize_height_px, cases[i].resize_px);
        assert_int_equal(settings.resize_width_px, cases[i].resize_px);
        assert_int_equal(settings.crop_height_px, 224);
        assert_int_equal(settings.crop_width_px, 224);
        assert_int_equal(settings.filter, cases[i].filter);
        assert_float_equal(settings.mean[0], cases[i].mean, 1e-7);
        assert_int_equal(settings.pixels, FOVEA_PIXELS_PIL);
    }
}

static void
steps_may_be_left_out_where_that_works(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_preprocess settings;
    assert_ok(parse("{\"do_rescale\": false, \"do_normalize\": false, "
                    "\"rescale_factor\": 0.5, \"image_mean\": [1, 1, 1]}",
                      224, &settings, &error),
            &error);
    assert_float_equal(settings.rescale, 1, 0);
    for (size_t i = 0; i < 3; i++) {
        assert_float_equal(settings.mean[i], 0, 0);
        assert_float_equal(settings.std[i], 1, 0);
    }
    assert_ok(parse("{\"do_center_crop\": false, \"crop_size\": 9, "
                    "\"size\": {\"height\": 224, \"width\": 224}}",
                      224, &settings, &error),
            &error);
    assert_int_equal(settings.crop_height_px, 224);
    assert_int_equal(settings.crop_width_px, 224);
    check_unsupported("{\"do_center_crop\": false}", "do_center_crop: false");
    check_unsupported("{\"do_resize\": false}", "do_resize: false");
    check_unsupported("{\"do_convert_rgb\": false}", "do_convert_rgb: false");
    check_invalid("{\"do_center_crop\": false, "
                  "\"size\": {\"height\": 224, \"width\": 225}}",
            "224 x 225");
}

static void
booleans_must_be_booleans(void **state)
{
    (void)state;
    static const char *const keys[] = { "do_resize", "do_center_crop",
        "do_rescale", "do_normalize", "do_convert_rgb" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(keys); i++) {
        char text[64];
        (void)snprintf(text, sizeof text, "{\"%s\": 1}", keys[i]);
        check_invalid(text, keys[i]);
        check_invalid(text, "must be true or false");
    }
}

static void
other_filters_and_processors_are_refused(void **state)
{
    (void)state;
    check_unsupported("{\"resample\": 0}", "resample: 0 (nearest) is not");
    check_unsupported("{\"resample\": 5}", "resample: 5 (Hamming) is not");
    check_invalid("{\"resample\": 6}", "resample: 6 (no filter) is not");
    check_invalid("{\"resample\": -1}", "resample: -1 (no filter) is not");
    check_invalid("{\"resample\": 3.0}", "resample: must be an integer");
    check_invalid("{\"resample\": \"bicubic\"}", "resample: must be");
    check_unsupported("{\"resample\": 1}", "1 (Lanczos) is not 2 (bilinear)");
    check_unsupported("{\"image_processor_type\": \"Siglip2ImageProcessor\"}",
            "image_processor_type: \"Siglip2ImageProcessor\" is none of "
            "CLIPImageProcessor, SiglipImageProcessor, BitImageProcessor");
    check_unsupported("{\"image_processor_type\": \"CLIPImageProcessorSlow\"}",
            "CLIPImageProcessorSlow");
    check_unsupported("{\"image_processor_type\": \"CLIPImageProcessor\", "
                      "\"feature_extractor_type\": \"\"}",
            "\"\" is none of");
    check_unsupported("{\"feature_extractor_type\": \"Other\"}", "Other");
    check_invalid("{\"image_processor_type\": 1}", "must be a string");
}

static void
bad_sizes_are_refused(void **state)
{
    (void)state;
    static const char *const values[] = { "0", "-224", "5000", "224.5", "true",
        "\"224\"", "[224]", "{}", "{\"height\": 224}", "{\"width\": 224}",
        "{\"height\": 224, \"width\": 0}", "{\"height\": 5000, \"width\": 224}",
        "{\"height\": 224, \"width\": \"224\"}",
        "{\"height\": 224, \"width\": 224, \"shortest_edge\": 224}" };
    static const char *const keys[] = { "size", "crop_size" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(keys); i++) {
        for (size_t j = 0; j < FOVEA_ARRAY_LEN(values); j++) {
            char text[128];
            (void)snprintf(text, sizeof text, "{\"%s\": %s}", keys[i],
                    values[j]);
            check_invalid(text, keys[i]);
        }
    }
    check_invalid("{\"size\": {\"shortest_edge\": 0}}", "size.shortest_edge");
    check_invalid("{\"size\": {\"shortest_edge\": 224, \"longest_edge\": 300}}",
            "beside other keys");
    check_invalid("{\"crop_size\": {\"shortest_edge\": 224}}",
            "crop_size.height: is missing");
}

static void
the_crop_must_be_what_the_model_takes(void **state)
{
    (void)state;
    check_invalid("{\"crop_size\": 200}", "200 x 200, but the model takes");
    check_invalid("{\"crop_size\": {\"height\": 224, \"width\": 220}}",
            "224 x 220");
    check_invalid("{\"image_processor_type\": \"SiglipImageProcessor\", "
                  "\"size\": {\"height\": 224, \"width\": 223}}",
            "224 x 223");
    /* A larger one than what is resized is filled up. */
    struct fovea_error error;
    struct fovea_preprocess settings;
    assert_ok(parse("{\"size\": 200, \"crop_size\": 224}", 224, &settings,
                      &error),
            &error);
    assert_int_equal(settings.resize_width_px, 200);
    assert_int_equal(settings.crop_width_px, 224);
    assert_int_equal(settings.fill, 0);
}

static void
bad_numbers_are_refused(void **state)
{
    (void)state;
    check_invalid("{\"rescale_factor\": 0}", "rescale_factor: 0 is not");
    check_invalid("{\"rescale_factor\": -1}", "rescale_factor");
    check_invalid("{\"rescale_factor\": 1e300}", "rescale_factor");
    check_invalid("{\"rescale_factor\": true}", "must be a number");
    check_invalid("{\"rescale_factor\": NaN}", "not valid JSON");
    check_invalid("{\"rescale_factor\": 1e999}", "not valid JSON");
    check_invalid("{\"image_mean\": 0.5}", "image_mean: must be an array");
    check_invalid("{\"image_mean\": [0.5, 0.5]}", "array of 3 numbers");
    check_invalid("{\"image_mean\": [0.5, 0.5, 0.5, 0.5]}", "of 3 numbers");
    check_invalid("{\"image_mean\": [0.5, 0.5, \"0\"]}", "must be a number");
    check_invalid("{\"image_mean\": [0.5, 0.5, 1e30]}", "1e+30 is not in");
    check_invalid("{\"image_std\": [1, 0, 1]}", "image_std: 0 is not in");
    check_invalid("{\"image_std\": [1, 1, -1]}", "image_std: -1 is not in");
    check_invalid("{\"image_std\": [1, 1, 1e-30]}", "image_std");
    check_invalid("{\"do_normalize\": false, \"image_std\": 1}", "image_std");
}

static void
what_is_not_an_object_is_refused(void **state)
{
    (void)state;
    check_invalid("", "not valid JSON");
    check_invalid("[]", "not a JSON object");
    check_invalid("{\"size\": 224, \"size\": 224}", "duplicate");
    check_invalid("{\"size\": 224,}", "not valid JSON");
}

static void
a_missing_file_means_clip(void **state)
{
    (void)state;
    char directory[] = "/tmp/fovea-preprocessor-XXXXXX";
    assert_non_null(mkdtemp(directory));
    struct fovea_error error;
    struct fovea_preprocess settings;
    assert_ok(read_file(directory, 336, &settings, &error), &error);
    assert_true(settings.is_default);
    check_clip(&settings, 336);
    char path[80];
    (void)snprintf(path, sizeof path, "%s/%s", directory, file_name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs("{\"size\": 64, \"crop_size\": 64}", file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_ok(read_file(directory, 64, &settings, &error), &error);
    assert_false(settings.is_default);
    check_clip(&settings, 64);
    assert_fails(read_file(directory, 65, &settings, &error), &error,
            FOVEA_ERR_MODEL_CONFIG, "65 x 65");
    assert_int_equal(truncate(path, (1 << 20) + 1), 0);
    assert_fails(read_file(directory, 64, &settings, &error), &error,
            FOVEA_ERR_MODEL_CONFIG, "1048577 bytes");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(directory), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_fields_have_defaults),
        cmocka_unit_test(both_forms_read_alike),
        cmocka_unit_test(values_are_taken),
        cmocka_unit_test(processors_have_their_own_defaults),
        cmocka_unit_test(steps_may_be_left_out_where_that_works),
        cmocka_unit_test(booleans_must_be_booleans),
        cmocka_unit_test(other_filters_and_processors_are_refused),
        cmocka_unit_test(bad_sizes_are_refused),
        cmocka_unit_test(the_crop_must_be_what_the_model_takes),
        cmocka_unit_test(bad_numbers_are_refused),
        cmocka_unit_test(what_is_not_an_object_is_refused),
        cmocka_unit_test(a_missing_file_means_clip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
