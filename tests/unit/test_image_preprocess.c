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
            .resize = FOVEA_RESIZE_SHORTEST,
            .resize_height_px = cases[i].edge,
            .resize_width_px = cases[i].edge,
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
        .resize = FOVEA_RESIZE_SHORTEST,
        .resize_height_px = 20000,
        .resize_width_px = 20000,
        .crop_width_px = 224,
        .crop_height_px = 224 };
    struct fovea_image_info line = { .width_px = 65535,
        .height_px = 1,
        .orientation = 1 };
    assert_fails(fovea_preprocess_plan(&settings, &line, &plan, &error), &error,
            FOVEA_ERR_IMAGE_UNSUPPORTED, "65535x1");
    settings.resize = FOVEA_RESIZE_LONGEST;
    settings.resize_height_px = 224;
    settings.resize_width_px = 224;
    assert_fails(fovea_preprocess_plan(&settings, &line, &plan, &error), &error,
            FOVEA_ERR_IMAGE_UNSUPPORTED, "65535x1");
}

struct window_case {
    enum fovea_pixels pixels;
    enum fovea_centre centre;
    uint32_t width; /* of the picture, 8 high, and of the crop */
    uint32_t crop;
    uint32_t left;
    uint32_t window;
    uint32_t at;
};

/* Half a row too many, half a row too few. */
static void
windows_are_in_the_middle(void **state)
{
    (void)state;
    static const struct window_case cases[] = {
        { FOVEA_PIXELS_PIL, FOVEA_CENTRE_HUGGING_FACE, 9, 8, 0, 8, 0 },
        { FOVEA_PIXELS_TORCHVISION, FOVEA_CENTRE_HUGGING_FACE, 11, 8, 1, 8, 0 },
        { FOVEA_PIXELS_PIL, FOVEA_CENTRE_OPEN_CLIP, 9, 8, 0, 8, 0 },
        { FOVEA_PIXELS_PIL, FOVEA_CENTRE_OPEN_CLIP, 11, 8, 2, 8, 0 },
        { FOVEA_PIXELS_TORCHVISION, FOVEA_CENTRE_OPEN_CLIP, 13, 8, 2, 8, 0 },
        { FOVEA_PIXELS_TORCHVISION, FOVEA_CENTRE_OPEN_CLIP, 15, 8, 4, 8, 0 },
        { FOVEA_PIXELS_PIL, FOVEA_CENTRE_HUGGING_FACE, 8, 11, 0, 8, 2 },
        { FOVEA_PIXELS_TORCHVISION, FOVEA_CENTRE_HUGGING_FACE, 8, 11, 0, 8, 1 },
        { FOVEA_PIXELS_PIL, FOVEA_CENTRE_OPEN_CLIP, 8, 11, 0, 8, 1 },
        { FOVEA_PIXELS_PIL, FOVEA_CENTRE_HUGGING_FACE, 8, 12, 0, 8, 2 },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        const struct window_case *want = &cases[i];
        struct fovea_preprocess settings = { .pixels = want->pixels,
            .centre = want->centre,
            .filter = FOVEA_FILTER_BICUBIC,
            .resize_width_px = want->width,
            .resize_height_px = 8,
            .crop_width_px = want->crop,
            .crop_height_px = 8 };
        struct fovea_image_info info = { .width_px = 3,
            .height_px = 3,
            .orientation = 1 };
        struct fovea_resample_plan plan;
        struct fovea_error error;
        assert_ok(fovea_preprocess_plan(&settings, &info, &plan, &error),
                &error);
        assert_int_equal(plan.left_px, want->left);
        assert_int_equal(plan.crop_width_px, want->window);
        assert_int_equal(plan.canvas_x_px, want->at);
        assert_int_equal(plan.canvas_width_px, want->crop);
        assert_int_equal(plan.top_px, 0);
        assert_int_equal(plan.canvas_y_px, 0);
    }
}

/* open_clip's: round(side / ratio), half to even. */
static void
the_longest_edge_fits_into_the_box(void **state)
{
    (void)state;
    static const uint32_t sides[][4] = { { 500, 375, 224, 168 },
        { 375, 500, 168, 224 }, { 16, 5, 8, 2 }, { 16, 7, 8, 4 },
        { 2, 2, 8, 8 }, { 333, 517, 144, 224 } };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(sides); i++) {
        uint32_t box = sides[i][2] <= 8 ? 8 : 224;
        struct fovea_preprocess settings = { .filter = FOVEA_FILTER_BICUBIC,
            .resize = FOVEA_RESIZE_LONGEST,
            .resize_width_px = box,
            .resize_height_px = box,
            .crop_width_px = box,
            .crop_height_px = box };
        struct fovea_image_info info = { .width_px = sides[i][0],
            .height_px = sides[i][1],
            .orientation = 1 };
        struct fovea_resample_plan plan;
        struct fovea_error error;
        assert_ok(fovea_preprocess_plan(&settings, &info, &plan, &error),
                &error);
        assert_int_equal(plan.resized_width_px, sides[i][2]);
        assert_int_equal(plan.resized_height_px, sides[i][3]);
    }
}

/* Two rows of three grey samples, each behind its filter. */
static void
draw_turned(struct png_file *file, unsigned orientation, const char rows[8])
{
    static const struct png_header header = { 3, 2, 8, 0, 0 };
    uint8_t exif[] = "II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\0\0\0\0";
    exif[18] = (uint8_t)orientation;
    png_begin(file, &header);
    png_rows(file, rows, 8);
    png_chunk(file, "eXIf", exif, sizeof exif - 1);
    png_end(file);
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
    for (unsigned orientation = 1; orientation <= 8; orientation++) {
        struct png_file file;
        draw_turned(&file, orientation,
                "\0"
                "123\0"
                "456");
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
                          pixels, NULL, &error),
                &error);
        for (size_t i = 0; i < sizeof pixels; i++) {
            assert_int_equal(pixels[i], turned[orientation][i / 3]);
        }
    }
}

/* A picture of one colour on a larger canvas, whichever way it is stored. */
static void
surroundings_are_filled(void **state)
{
    (void)state;
    for (unsigned orientation = 1; orientation <= 8; orientation++) {
        struct png_file file;
        draw_turned(&file, orientation,
                "\0"
                "aaa\0"
                "aaa");
        struct fovea_preprocess settings = { .filter = FOVEA_FILTER_BILINEAR,
            .resize = FOVEA_RESIZE_LONGEST,
            .resize_width_px = 6,
            .resize_height_px = 6,
            .crop_width_px = 8,
            .crop_height_px = 8,
            .fill = 'z' };
        struct fovea_limits limits =
                fovea_limits_resolve(&(struct fovea_limits){ 0 });
        struct fovea_input input;
        struct fovea_error error;
        uint8_t pixels[8][8][3];
        fovea_input_from_memory(file.bytes, file.size, &input);
        assert_ok(fovea_preprocess_image(&settings, &limits, NULL, &input,
                          &pixels[0][0][0], NULL, &error),
                &error);
        for (size_t y = 0; y < 8; y++) {
            for (size_t x = 0; x < 8; x++) {
                size_t across = orientation >= 5 ? y : x;
                size_t down = orientation >= 5 ? x : y;
                bool inside =
                        across >= 1 && across < 7 && down >= 2 && down < 6;
                for (size_t c = 0; c < 3; c++) {
                    assert_int_equal(pixels[y][x][c], inside ? 'a' : 'z');
                }
            }
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_hugging_faces),
        cmocka_unit_test(what_cannot_be_resized_is_refused),
        cmocka_unit_test(windows_are_in_the_middle),
        cmocka_unit_test(the_longest_edge_fits_into_the_box),
        cmocka_unit_test(surroundings_are_filled),
        cmocka_unit_test(every_orientation_turns_the_picture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
