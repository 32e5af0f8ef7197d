/* Limits: each has its own code, and stops a picture before its pixels. */
#include "base/macros.h"
#include "support/decoded.h"
#include "support/image_png.h"
#include "support/test.h"

static const struct png_header wide = { 40, 3, 8, 0, 0 };

static void
write_wide(struct png_file *file)
{
    static const uint8_t rows[3 * 41];
    png_begin(file, &wide);
    png_rows(file, rows, sizeof rows);
    png_end(file);
}

struct limit_case {
    struct fovea_limits limits;
    enum fovea_status status;
    const char *message;
};

static void
each_limit_is_kept(void **state)
{
    (void)state;
    static const struct limit_case cases[] = {
        { { .max_pixels = 120, .max_side_px = 40 }, FOVEA_OK, "" },
        { { .max_pixels = 119 }, FOVEA_ERR_IMAGE_TOO_MANY_PIXELS,
                "40x3 pixels are more than the limit of 119" },
        { { .max_side_px = 39 }, FOVEA_ERR_IMAGE_SIDE_TOO_LONG,
                "longer than the limit of 39" },
        { { .max_bytes = 60 }, FOVEA_ERR_IMAGE_TOO_MANY_BYTES,
                "more than the limit of 60" },
    };
    struct png_file file;
    write_wide(&file);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        struct decoded picture;
        struct fovea_error error = { .code = FOVEA_OK };
        enum fovea_status status = decode_bytes(file.bytes, file.size,
                &cases[i].limits, &picture, &error);
        assert_int_equal(status, cases[i].status);
        assert_true((picture.pixels != NULL) == (status == FOVEA_OK));
        assert_non_null(strstr(error.message, cases[i].message));
        decoded_finish(&picture);
    }
}

/* A file of some hundred bytes that claims more pixels than memory holds. */
static void
a_huge_claim_costs_nothing(void **state)
{
    (void)state;
    static const struct png_header huge = { 65535, 65535, 16, 6, 1 };
    struct png_file file;
    png_begin(&file, &huge);
    png_rows(&file, "\0\0", 2);
    png_end(&file);
    struct decoded picture;
    struct fovea_error error;
    assert_fails(decode_bytes(file.bytes, file.size, NULL, &picture, &error),
            &error, FOVEA_ERR_IMAGE_TOO_MANY_PIXELS, "65535x65535");
    assert_null(picture.pixels);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_limit_is_kept),
        cmocka_unit_test(a_huge_claim_costs_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
