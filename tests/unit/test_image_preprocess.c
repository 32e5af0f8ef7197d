/* Sizes and windows; orientation through the whole of preprocessing. */
#include "base/macros.h"
#include "image/preprocess.h"
#include "option/limits.h"
#include "support/image_png.h"
#include "support/test.h"

struct size_case {
    uint32_t width;
    uint32_t height;
    unsigned orientation;
    uint32_t edge;
    uint32_t resized_width;
    uint32_t resized_height;
    uint32_t left;
    uint32_t top;
};

static void
sizes_are_hugging_faces(void **state)
{
    (void)state;
    static const struct size_case cases[] = {
        { 500, 375, 1, 224, 298, 224, 37, 0 },
        { 375, 500, 1, 224, 224, 298, 0, 37 },
        { 375, 500, 6, 224, 298, 224, 37, 0 },
        { 224, 224, 5, 224, 224, 224, 0, 0 },
        { 1, 1, 1, 224, 224, 224, 0, 0 },
        { 3, 1000, 1, 224, 224, 74666, 0, 37221 },
        { 640, 427, 8, 224, 224, 335, 0, 55 },
        { 999, 1000, 1, 1000, 1000, 1001, 388, 388 },
        { 65535, 1, 1, 224, 14679840, 224, 7339808, 0 },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        struct fovea_error error;
        struct fovea_preprocess settings = { .filter = FOVEA_FILTER_BICUBIC,
            .shortest_edge_px = cases[i].edge,
            .crop_width_px = 224,
            .crop_height_px = 224 };
        struct fovea_image_info info = { .width_px = cases[i].width,
            .height_px = cases[i].height,
            .orientation = cases[i].orientation };
        struct fovea_resample_plan plan;
        assert_ok(fovea_preprocess_plan(&settings, &info, &plan, &error),
                &error);
        assert_int_equal(plan.resized_width_px, cases[i].resized_width);
        assert_int_equal(plan.resized_height_px, cases[i].resized_height);
        assert_int_equal(plan.left_px, cases[i].left);
        assert_int_equal(plan.top_px, cases[i].top);
    }
}

static void
what_cannot_be_resized_is_refused(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_resample_plan plan;
    struct fovea_preprocess settings = { .filter = FOVEA_FILTER_BICUBIC,
        .shortest_edge_px = 20000,
        .crop_width_px = 224,
        .crop_height_px = 224 };
    struct fovea_image_info line = { .width_px = 65535,
        .height_px = 1,
        .orientation = 1 };
    assert_fails(fovea_preprocess_plan(&settings, &line, &plan, &error), &error,
            FOVEA_ERR_IMAGE_UNSUPPORTED, "65535x1");
    settings.shortest_edge_px = 100;
    assert_fails(fovea_preprocess_plan(&settings, &line, &plan, &error), &error,
            FOVEA_ERR_ARGUMENT, "224x224 does not fit");
}

/* What each orientation makes of   1 2 3
                                    4 5 6 . */
static void
every_orientation_turns_the_picture(void **state)
{
    (void)state;
    static const char *const turned[9] = { [1] = "123456",
        [2] = "321654",
        [3] = "654321",
        [4] = "456123",
        [5] = "142536",
        [6] = "415263",
        [7] = "635241",
        [8] = "362514" };
    static const struct png_header header = { 3, 2, 8, 0, 0 };
    for (unsigned orientation = 1; orientation <= 8; orientation++) {
        uint8_t exif[] = "II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\0\0\0\0";
        exif[18] = (uint8_t)orientation;
        struct png_file file;
        png_begin(&file, &header);
        png_rows(&file,
                "\0"
                "123\0"
                "456",
                8);
        png_chunk(&file, "eXIf", exif, sizeof exif - 1);
        png_end(&file);
        bool high = orientation >= 5;
        struct fovea_preprocess settings = { .filter = FOVEA_FILTER_BICUBIC,
            .resize_width_px = high ? 2 : 3,
            .resize_height_px = high ? 3 : 2,
            .crop_width_px = high ? 2 : 3,
            .crop_height_px = high ? 3 : 2 };
        struct fovea_limits limits =
                fovea_limits_resolve(&(struct fovea_limits){ 0 });
        struct fovea_input input;
        struct fovea_error error;
        uint8_t pixels[18];
        fovea_input_from_memory(file.bytes, file.size, &input);
        assert_ok(fovea_preprocess_image(&settings, &limits, NULL, &input,
                          pixels, &error),
                &error);
        for (size_t i = 0; i < sizeof pixels; i++) {
            assert_int_equal(pixels[i], turned[orientation][i / 3]);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_hugging_faces),
        cmocka_unit_test(what_cannot_be_resized_is_refused),
        cmocka_unit_test(every_orientation_turns_the_picture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
