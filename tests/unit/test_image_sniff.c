/* Formats are told by their first bytes. */
#include "base/macros.h"
#include "image/image.h"
#include "test.h"

struct sniff_case {
    const char *bytes;
    size_t size;
    const char *name; /* NULL: no image */
};

#define CASE(bytes, name)              \
    {                                  \
        bytes, sizeof(bytes) - 1, name \
    }

static const struct sniff_case cases[] = {
    CASE("\xff\xd8\xff\xe0", "JPEG"),
    CASE("\xff\xd8\x00", NULL),
    CASE("\x89PNG\r\n\x1a\n....", "PNG"),
    CASE("\x89PNG\n\x1a\n....", NULL),
    CASE("RIFF\0\0\0\0WEBPVP8 ", "WebP"),
    CASE("RIFF\0\0\0\0WAVEfmt ", NULL),
    CASE("RIFF\0\0\0\0WEB", NULL),
    CASE("GIF87a", "GIF"),
    CASE("GIF89a", "GIF"),
    CASE("GIF88a", NULL),
    CASE("II*\0\x08\0\0\0", "TIFF"),
    CASE("MM\0*\0\0\0\x08", "TIFF"),
    CASE("MM\0+\0\x08\0\0", "TIFF"),
    CASE("\0\0\0\x18"
         "ftypheic\0\0\0\0mif1heic",
            "HEIF"),
    CASE("\0\0\0\x18"
         "ftypavif\0\0\0\0mif1avif",
            "HEIF"),
    CASE("\0\0\0\x18"
         "ftypisom\0\0\0\0avifmif1",
            "HEIF"),
    CASE("\0\0\0\x18"
         "ftypisom\0\0\0\0mp41mp42",
            NULL),
    CASE("\0\0\0\x10"
         "ftypisom\0\0\0\0avif",
            NULL),
    CASE("BM\0\0\0\0", "BMP"),
    CASE("BM\x36\x10\x20\x30\1\1\1\1\x36\1\1\1\x28\0\0\0\x10", "BMP"),
    CASE("BMW drives\n", NULL),
    CASE("BMW is what these notes are about\n", NULL),
    CASE("B", NULL),
    CASE("<svg xmlns=\"", NULL),
};

static void
every_head_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        struct fovea_error error;
        struct fovea_input input;
        enum fovea_format format = FOVEA_FORMAT_BMP;
        fovea_input_from_memory(cases[i].bytes, cases[i].size, &input);
        if (cases[i].name) {
            assert_ok(fovea_image_sniff(&input, &format, &error), &error);
            assert_string_equal(fovea_format_name(format), cases[i].name);
        } else {
            assert_fails(fovea_image_sniff(&input, &format, &error), &error,
                    FOVEA_ERR_NOT_AN_IMAGE, "no known format");
        }
    }
}

static void
nothing_is_no_image(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_input input;
    enum fovea_format format;
    fovea_input_from_memory("", 0, &input);
    assert_fails(fovea_image_sniff(&input, &format, &error), &error,
            FOVEA_ERR_NOT_AN_IMAGE, "empty");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_head_is_told),
        cmocka_unit_test(nothing_is_no_image),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
