/* JPEG: colours, orientation, and every refusal. */
#include "base/macros.h"
#include "support/decoded.h"
#include "support/image_jpeg.h"
#include "support/test.h"

enum {
    SOF0 = 0xc0,
    SOF2 = 0xc2,
    RST0 = 0xd0,
    EOI = 0xd9,
    SOS = 0xda
};

static const struct jpeg_wish small = { 40, 24, 3, false, 0, false };
static const struct jpeg_wish with_restarts = { 40, 64, 3, false, 1, false };
static const struct jpeg_wish progressive = { 40, 24, 3, true, 0, false };
static const uint8_t value[4] = { 200, 100, 50, 255 };

static void
refuse(const struct jpeg_file *file, size_t size, enum fovea_status status,
        const char *part)
{
    assert_undecodable(file->bytes, size, status, part);
}

struct colour_case {
    struct jpeg_wish wish;
    uint8_t value[4];
    uint8_t rgb[3];
};

static void
colours_are_pillows(void **state)
{
    (void)state;
    static const struct colour_case cases[] = {
        { { 9, 7, 1, false, 0, false }, { 77 }, { 77, 77, 77 } },
        { { 9, 7, 1, true, 0, false }, { 77 }, { 77, 77, 77 } },
        { { 9, 7, 3, false, 0, false }, { 128, 128, 128 }, { 128, 128, 128 } },
        { { 9, 7, 3, false, 0, false }, { 255, 0, 0 }, { 254, 0, 0 } },
        /* Inverted: 255 is no ink, and black scales what is left. */
        { { 9, 7, 4, false, 0, false }, { 255, 128, 0, 255 }, { 255, 128, 0 } },
        { { 9, 7, 4, true, 0, false }, { 255, 128, 0, 102 }, { 102, 51, 0 } },
        { { 9, 7, 4, false, 0, false }, { 255, 255, 255, 0 }, { 0, 0, 0 } },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        struct jpeg_file file;
        struct decoded picture;
        struct fovea_error error;
        jpeg_write(&file, &cases[i].wish, cases[i].value, false);
        assert_ok(decode_bytes(file.bytes, file.size, NULL, &picture, &error),
                &error);
        assert_int_equal(picture.n_rows, 7);
        for (unsigned at = 0; at < 9 * 7 * 3; at++) {
            if (picture.pixels[at] != cases[i].rgb[at % 3]) {
                fail_msg("case %zu: %u, expected %u", i, picture.pixels[at],
                        cases[i].rgb[at % 3]);
            }
        }
        decoded_finish(&picture);
        jpeg_finish(&file);
    }
}

/* Data that stops before a marker would be filled with grey. */
static void
a_segment_that_ends_early_is_truncated(void **state)
{
    (void)state;
    struct jpeg_file file;
    jpeg_write(&file, &small, value, true);
    memcpy(file.bytes + file.size - 40, "\xff\xd9", 2);
    refuse(&file, file.size, FOVEA_ERR_IMAGE_TRUNCATED, "the data ends");
    jpeg_finish(&file);
}

/* A restart marker that comes too early leaves a hole in the picture. */
static void
a_hole_before_a_marker_is_refused(void **state)
{
    (void)state;
    struct jpeg_file file;
    jpeg_write(&file, &with_restarts, value, true);
    size_t at = jpeg_find(&file, RST0, 0);
    jpeg_insert(&file, at + 2, "\xff\xd1", 2);
    refuse(&file, file.size, FOVEA_ERR_IMAGE_CORRUPT, "the marker ffd1");
    jpeg_finish(&file);
}

struct patch {
    size_t at; /* behind the SOF0 marker */
    uint8_t byte;
    enum fovea_status status;
};

static void
bad_frames_are_refused(void **state)
{
    (void)state;
    static const struct patch patches[] = {
        { 1, 0xc3, FOVEA_ERR_IMAGE_UNSUPPORTED }, /* lossless */
        { 1, 0xc5, FOVEA_ERR_IMAGE_UNSUPPORTED }, /* differential */
        { 4, 12, FOVEA_ERR_IMAGE_UNSUPPORTED },   /* bits a sample */
        { 4, 7, FOVEA_ERR_IMAGE_UNSUPPORTED },
        { 6, 0, FOVEA_ERR_IMAGE_CORRUPT },     /* height 0 */
        { 8, 0, FOVEA_ERR_IMAGE_CORRUPT },     /* width 0 */
        { 9, 2, FOVEA_ERR_IMAGE_CORRUPT },     /* components, and length */
        { 11, 0x55, FOVEA_ERR_IMAGE_CORRUPT }, /* sampling factors */
        { 12, 9, FOVEA_ERR_IMAGE_CORRUPT },    /* quantisation table */
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(patches); i++) {
        struct jpeg_file file;
        jpeg_write(&file, &small, value, false);
        size_t at = jpeg_find(&file, SOF0, 0);
        file.bytes[at + patches[i].at] = patches[i].byte;
        refuse(&file, file.size, patches[i].status, "JPEG: ");
        jpeg_finish(&file);
    }
}

static void
two_components_are_refused(void **state)
{
    (void)state;
    static const struct jpeg_wish wish = { 9, 7, 2, false, 0, false };
    struct jpeg_file file;
    jpeg_write(&file, &wish, value, false);
    refuse(&file, file.size, FOVEA_ERR_IMAGE_UNSUPPORTED, "2 components");
    jpeg_finish(&file);
}

static void
junk_behind_the_first_marker_is_refused(void **state)
{
    (void)state;
    struct jpeg_file file = { .bytes = malloc(64), .size = 64 };
    assert_non_null(file.bytes);
    memset(file.bytes, 0x20, 64);
    memcpy(file.bytes, "\xff\xd8\xff\xd9", 4);
    refuse(&file, 64, FOVEA_ERR_IMAGE_CORRUPT, "JPEG: ");
    jpeg_finish(&file);
}

static void
scans_without_end_are_refused(void **state)
{
    (void)state;
    struct jpeg_file file;
    jpeg_write(&file, &progressive, value, false);
    /* The last scan, refining one component, again and again. */
    size_t n_scans = 0;
    for (size_t at = 0; at + 1 < file.size; at++) {
        n_scans += file.bytes[at] == 0xff && file.bytes[at + 1] == SOS;
    }
    size_t start = jpeg_find(&file, SOS, n_scans - 1);
    size_t end = jpeg_find(&file, EOI, 0);
    size_t size = end - start;
    uint8_t scan[512];
    assert_true(size <= sizeof scan);
    memcpy(scan, file.bytes + start, size);
    for (int i = 0; i < 500; i++) {
        jpeg_insert(&file, end, scan, size);
    }
    refuse(&file, file.size, FOVEA_ERR_IMAGE_CORRUPT, "more scans");
    jpeg_finish(&file);
}

#define APP1_6       \
    "\xff\xe1\0\x22" \
    "Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0"
#define APP1_3       \
    "\xff\xe1\0\x22" \
    "Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\3\0\0\0\0\0\0\0"
#define APP1_XMP "\xff\xe1\0\x1btiff:Orientation=\"8\" junk"
#define APP1_BAD     \
    "\xff\xe1\0\x0e" \
    "Exif\0\0junk.."

struct segment_case {
    const char *bytes;
    size_t size;
    unsigned expected;
};

#define SEGMENTS(bytes) bytes, sizeof(bytes) - 1

static void
the_first_exif_segment_counts(void **state)
{
    (void)state;
    static const struct segment_case cases[] = {
        { SEGMENTS(""), 1 },
        { SEGMENTS(APP1_6), 6 },
        { SEGMENTS(APP1_6 APP1_3), 6 },
        { SEGMENTS(APP1_XMP APP1_3), 3 },
        { SEGMENTS(APP1_XMP), 1 },
        { SEGMENTS(APP1_BAD APP1_3), 1 },
        { SEGMENTS("\xff\xff\xff" APP1_6), 6 },
        { SEGMENTS("\xff\xfe\0\x04hi" APP1_6), 6 },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        struct jpeg_file file;
        struct decoded picture;
        struct fovea_error error;
        jpeg_write(&file, &small, value, false);
        jpeg_insert(&file, 2, cases[i].bytes, cases[i].size);
        assert_ok(decode_bytes(file.bytes, file.size, NULL, &picture, &error),
                &error);
        if (picture.info.orientation != cases[i].expected) {
            fail_msg("case %zu: %u, expected %u", i, picture.info.orientation,
                    cases[i].expected);
        }
        assert_int_equal(picture.info.width_px, small.width);
        decoded_finish(&picture);
        jpeg_finish(&file);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(colours_are_pillows),
        cmocka_unit_test(a_segment_that_ends_early_is_truncated),
        cmocka_unit_test(a_hole_before_a_marker_is_refused),
        cmocka_unit_test(bad_frames_are_refused),
        cmocka_unit_test(two_components_are_refused),
        cmocka_unit_test(junk_behind_the_first_marker_is_refused),
        cmocka_unit_test(scans_without_end_are_refused),
        cmocka_unit_test(the_first_exif_segment_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
