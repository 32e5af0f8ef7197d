/* TIFF: what samples mean, and which way up they are. */
#include "base/macros.h"
#include "image/preprocess.h"
#include "option/limits.h"
#include "support/decoded.h"
#include "support/image_tiff.h"

#define BYTES(text) text, sizeof(text) - 1

enum {
    TAG_BITS = 258,
    TAG_PHOTOMETRIC = 262,
    TAG_ORIENTATION = 274,
    TAG_SAMPLES = 277,
    TAG_PLANES = 284,
    TAG_EXTRA = 338,
    TAG_FORMAT = 339
};

static void
assert_greys(const struct tiff_file *file, const uint8_t *greys, uint32_t n)
{
    struct decoded decoded;
    struct fovea_error error;
    assert_ok(decode_bytes(file->bytes, file->size, NULL, &decoded, &error),
            &error);
    assert_int_equal(decoded.info.width_px, n);
    for (uint32_t i = 0; i < n; i++) {
        assert_pixel(&decoded, i, 0, greys[i], greys[i], greys[i]);
    }
    decoded_finish(&decoded);
}

static void
white_is_zero(void **state)
{
    (void)state;
    struct tiff_file file = tiff_grey(3, 1, 2, 1);
    tiff_entry(&file, 262)->value = 0;
    tiff_write(&file, "\x18", 1);
    static const uint8_t greys[] = { 255, 170, 85 };
    assert_greys(&file, greys, 3);
}

struct grey_case {
    const char *what;
    bool big_endian;
    unsigned bits;
    unsigned photometric;
    unsigned format; /* 0: no tag */
    const char *stored;
    size_t n_stored;
    uint8_t greys[4];
};

static void
deep_grey_gives_its_high_byte(void **state)
{
    (void)state;
    static const struct grey_case cases[] = {
        { "16 bits", false, 16, 1, 1, BYTES("\xff\0\0\x01\xff\x7f\xff\xff"),
                { 0, 1, 127, 255 } },
        { "16 bits, big-endian", true, 16, 1, 1,
                BYTES("\0\xff\x01\0\x7f\xff\xff\xff"), { 0, 1, 127, 255 } },
        { "16 bits, white is 0", false, 16, 0, 1,
                BYTES("\xff\0\0\x01\xff\x7f\xff\xff"), { 255, 254, 128, 0 } },
        { "16 bits with a sign", false, 16, 1, 2,
                BYTES("\xff\0\0\x01\xff\x7f\xff\xff"), { 0, 1, 127, 0 } },
        { "16 bits of undefined format", false, 16, 1, 4,
                BYTES("\xff\0\0\x01\xff\x7f\xff\xff"), { 0, 1, 127, 255 } },
        { "12 bits", false, 12, 1, 1, BYTES("\x01\xf0\x20\x7f\xff\xff"),
                { 1, 2, 127, 255 } },
        { "12 bits, white is 0", false, 12, 0, 1,
                BYTES("\x01\xf0\x20\x7f\xff\xff"), { 254, 253, 128, 0 } },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        print_message("# %s\n", cases[i].what);
        struct tiff_file file =
                tiff_grey(4, 1, cases[i].bits, (uint32_t)cases[i].n_stored);
        file.big_endian = cases[i].big_endian;
        tiff_entry(&file, TAG_PHOTOMETRIC)->value = cases[i].photometric;
        tiff_entry(&file, TAG_FORMAT)->value = cases[i].format;
        tiff_write(&file, cases[i].stored, cases[i].n_stored);
        assert_greys(&file, cases[i].greys, 4);
    }
}

/* Alpha is dropped, whether it stands between the greys or in a plane. */
static void
alpha_beside_deep_grey_is_dropped(void **state)
{
    (void)state;
    static const uint8_t greys[] = { 1, 255 };
    struct tiff_file file = tiff_grey(2, 1, 16, 8);
    tiff_set(&file, TAG_SAMPLES, TIFF_SHORT, 2);
    tiff_set(&file, TAG_EXTRA, TIFF_SHORT, 2);
    tiff_write(&file, "\x63\x01\x07\x07\x63\xff\x07\x07", 8);
    assert_greys(&file, greys, 2);
    tiff_set(&file, TAG_PLANES, TIFF_SHORT, 2);
    for (unsigned tag = 273; tag <= 279; tag += 6) {
        tiff_entry(&file, tag)->count = 2;
    }
    /* Two offsets, two sizes, and the planes. */
    uint32_t at = tiff_data_at(&file);
    uint8_t data[] = { 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 0x63, 1,
        0x63, 255, 7, 7, 7, 7 };
    data[0] = (uint8_t)(at + 16);
    data[4] = (uint8_t)(at + 20);
    tiff_entry(&file, 273)->value = at;
    tiff_entry(&file, 279)->value = at + 8;
    tiff_write_as_is(&file, data, sizeof data);
    assert_greys(&file, greys, 2);
}

/* Whatever stands between the greys is stepped over. */
static void
extra_samples_beside_grey_are_stepped_over(void **state)
{
    (void)state;
    static const uint8_t greys[] = { 9, 200 };
    struct tiff_file file = tiff_grey(2, 1, 8, 8);
    tiff_set(&file, TAG_SAMPLES, TIFF_SHORT, 4);
    tiff_write(&file, "\x09\1\2\3\xc8\4\5\6", 8);
    assert_greys(&file, greys, 2);
}

struct lab_case {
    unsigned photometric;
    unsigned bits;
    unsigned n_samples;
    const char *stored;
    size_t n_stored;
    uint8_t rgb[3];
};

static uint8_t
distance(uint8_t a, uint8_t b)
{
    return a > b ? a - b : b - a;
}

/* sRGB's own colours, whose L*a*b* under D50 is known. What a curve that is a
   mere power costs is most near black: 20 levels. */
static void
lab_becomes_srgb(void **state)
{
    (void)state;
    static const struct lab_case cases[] = {
        { 8, 8, 3, BYTES("\xff\0\0"), { 255, 255, 255 } },
        { 8, 8, 3, BYTES("\0\0\0"), { 0, 0, 0 } },
        { 8, 8, 3, BYTES("\x88\0\0"), { 127, 127, 127 } },
        { 8, 8, 3, BYTES("\x8a\x51\x46"), { 255, 0, 0 } },
        { 8, 8, 3, BYTES("\xe0\xb1\x51"), { 0, 255, 0 } },
        { 8, 8, 3, BYTES("\x4b\x44\x90"), { 0, 0, 255 } },
        { 8, 8, 4, BYTES("\x8a\x51\x46\7"), { 255, 0, 0 } },
        { 8, 8, 1, BYTES("\x88"), { 127, 127, 127 } },
        { 8, 16, 3, BYTES("\x12\x8a\x34\x51\x56\x46"), { 255, 0, 0 } },
        { 9, 8, 3, BYTES("\x8a\xd1\xc6"), { 255, 0, 0 } },
        { 9, 8, 3, BYTES("\x4b\xc4\x10"), { 0, 0, 255 } },
        { 9, 16, 3, BYTES("\0\xff\0\x80\0\x80"), { 255, 255, 255 } },
        { 10, 8, 3, BYTES("\x8a\xf9\xb9"), { 255, 0, 0 } },
        { 10, 8, 3, BYTES("\xff\x80\x60"), { 255, 255, 255 } },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        const struct lab_case *lab = &cases[i];
        struct tiff_file file =
                tiff_grey(1, 1, lab->bits, (uint32_t)lab->n_stored);
        tiff_entry(&file, TAG_PHOTOMETRIC)->value = lab->photometric;
        tiff_entry(&file, TAG_SAMPLES)->value = lab->n_samples;
        tiff_write(&file, lab->stored, lab->n_stored);
        struct decoded decoded;
        struct fovea_error error;
        assert_ok(decode_bytes(file.bytes, file.size, NULL, &decoded, &error),
                &error);
        for (size_t c = 0; c < 3; c++) {
            if (distance(decoded.pixels[c], lab->rgb[c]) > 20) {
                fail_msg("case %zu, channel %zu: %u", i, c, decoded.pixels[c]);
            }
        }
        decoded_finish(&decoded);
    }
}

struct refusal {
    unsigned bits;
    unsigned format;
    unsigned photometric;
    const char *part;
};

static void
samples_without_a_white_are_refused(void **state)
{
    (void)state;
    static const struct refusal cases[] = {
        { 32, 1, 1, "grey pixels of 32-bit unsigned integer samples" },
        { 32, 2, 1, "grey pixels of 32-bit signed integer samples" },
        { 32, 3, 1, "grey pixels of 32-bit floating-point samples" },
        { 64, 3, 1, "grey pixels of 64-bit floating-point samples" },
        { 16, 3, 1, "grey pixels of 16-bit floating-point samples" },
        { 32, 3, 2, "RGB pixels of 32-bit floating-point samples" },
        { 16, 2, 2, "RGB pixels of 16-bit signed integer samples" },
        { 32, 3, 8, "L*a*b* pixels of 32-bit floating-point samples" },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        const struct refusal *refusal = &cases[i];
        static const uint8_t pixels[16];
        struct tiff_file file = tiff_grey(1, 1, refusal->bits, sizeof pixels);
        tiff_set(&file, TAG_FORMAT, TIFF_SHORT, refusal->format);
        tiff_set(&file, TAG_SAMPLES, TIFF_SHORT,
                refusal->photometric == 1 ? 1 : 3);
        tiff_set(&file, TAG_PHOTOMETRIC, TIFF_SHORT, refusal->photometric);
        tiff_write(&file, pixels, sizeof pixels);
        assert_undecodable(file.bytes, file.size, FOVEA_ERR_IMAGE_UNSUPPORTED,
                refusal->part);
    }
}

enum {
    WIDTH = 3,
    HEIGHT = 2,
    TILE = 16
};

/* Upright:  1 2 3
             4 5 6 . Where the tag says that a stored row and column is seen. */
static uint8_t
seen_at(unsigned orientation, unsigned row, unsigned column)
{
    static const struct {
        bool transposed;
        bool from_right;
        bool from_bottom;
    } ways[] = { { 0 }, { 0 }, { false, true, false }, { false, true, true },
        { false, false, true }, { true, false, false }, { true, true, false },
        { true, true, true }, { true, false, true } };
    unsigned x = ways[orientation].transposed ? row : column;
    unsigned y = ways[orientation].transposed ? column : row;
    x = ways[orientation].from_right ? WIDTH - 1 - x : x;
    y = ways[orientation].from_bottom ? HEIGHT - 1 - y : y;
    return (uint8_t)(1 + y * WIDTH + x);
}

struct layout {
    const char *name;
    unsigned n_samples;
    unsigned photometric;
    bool planes;
    bool tiles;
};

/* Every stored sample of a pixel is its level, so chroma of YCbCr is not
   neutral: only the first sample is looked at there. */
static void
write_layout(struct tiff_file *file, const struct layout *layout,
        unsigned orientation)
{
    bool high = orientation >= 5;
    unsigned width = high ? HEIGHT : WIDTH;
    unsigned height = high ? WIDTH : HEIGHT;
    unsigned stride = layout->tiles ? TILE : width;
    unsigned rows = layout->tiles ? TILE : height;
    unsigned n = layout->n_samples;
    uint8_t data[24 + TILE * TILE * 3] = { 0 };
    *file = tiff_grey(width, height, 8, stride * rows * n);
    tiff_set(file, TAG_PHOTOMETRIC, TIFF_SHORT, layout->photometric);
    tiff_set(file, TAG_SAMPLES, TIFF_SHORT, n);
    tiff_set(file, TAG_ORIENTATION, TIFF_SHORT, orientation);
    tiff_set(file, TAG_PLANES, TIFF_SHORT, layout->planes ? 2 : 1);
    if (layout->photometric == 6) {
        tiff_set(file, 530, TIFF_SHORT, 1);
        tiff_entry(file, 530)->count = 2;
        tiff_entry(file, 530)->value = 0x10001;
    }
    unsigned offsets = 273;
    unsigned sizes = 279;
    if (layout->tiles) {
        offsets = 324;
        sizes = 325;
        tiff_set(file, 322, TIFF_SHORT, TILE);
        tiff_set(file, 323, TIFF_SHORT, TILE);
        tiff_set(file, sizes, TIFF_LONG, stride * rows * n);
        /* 278 and 279 stay: nobody reads the strips of a tiled picture. */
    }
    tiff_set(file, offsets, TIFF_LONG, 0);
    size_t plane_size = (size_t)stride * rows;
    size_t head = layout->planes ? 8U * n : 0;
    uint32_t at = tiff_data_at(file);
    tiff_entry(file, offsets)->value = at;
    if (layout->planes) {
        tiff_entry(file, offsets)->count = n;
        tiff_entry(file, sizes)->count = n;
        tiff_entry(file, sizes)->value = at + 4 * n;
        for (unsigned plane = 0; plane < n; plane++) {
            uint32_t place = at + (uint32_t)(head + plane * plane_size);
            memcpy(data + (size_t)4 * plane, &place, 4);
            memcpy(data + (size_t)4 * (n + plane), &plane_size, 4);
        }
    }
    for (unsigned y = 0; y < height; y++) {
        for (unsigned x = 0; x < width; x++) {
            for (unsigned c = 0; c < n; c++) {
                size_t pixel = (size_t)y * stride + x;
                size_t place =
                        layout->planes ? c * plane_size + pixel : pixel * n + c;
                bool chroma = layout->photometric == 6 && c > 0;
                data[head + place] = chroma ? 128 : seen_at(orientation, y, x);
            }
        }
    }
    tiff_write_as_is(file, data, head + plane_size * n);
}

static void
lab_is_read_in_every_layout(void **state)
{
    (void)state;
    static const struct layout layouts[] = {
        { "strip", 3, 8, false, false },
        { "planes", 3, 8, true, false },
        { "tile", 3, 8, false, true },
        { "tiles of planes", 3, 8, true, true },
    };
    uint64_t hashes[FOVEA_ARRAY_LEN(layouts)];
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(layouts); i++) {
        struct tiff_file file;
        struct decoded decoded;
        struct fovea_error error;
        write_layout(&file, &layouts[i], 1);
        assert_ok(decode_bytes(file.bytes, file.size, NULL, &decoded, &error),
                &error);
        hashes[i] = decoded_hash(&decoded);
        decoded_finish(&decoded);
        assert_true(hashes[i] == hashes[0]);
    }
}

static void
assert_upright(const struct tiff_file *file, const char *name,
        unsigned orientation)
{
    static const struct fovea_preprocess settings = {
        .filter = FOVEA_FILTER_BICUBIC,
        .resize_width_px = WIDTH,
        .resize_height_px = HEIGHT,
        .crop_width_px = WIDTH,
        .crop_height_px = HEIGHT,
    };
    struct fovea_limits limits =
            fovea_limits_resolve(&(struct fovea_limits){ 0 });
    struct fovea_input input;
    struct fovea_error error;
    uint8_t pixels[WIDTH * HEIGHT * 3];
    fovea_input_from_memory(file->bytes, file->size, &input);
    assert_ok(fovea_preprocess_image(&settings, &limits, NULL, &input, pixels,
                      NULL, &error),
            &error);
    for (size_t i = 0; i < sizeof pixels; i++) {
        if (pixels[i] != 1 + i / 3) {
            fail_msg("%s, orientation %u: sample %zu is %u", name, orientation,
                    i, pixels[i]);
        }
    }
}

static void
every_orientation_is_turned_once(void **state)
{
    (void)state;
    static const struct layout layouts[] = {
        { "grey strip", 1, 1, false, false },
        { "RGB strip", 3, 2, false, false },
        { "planes", 3, 2, true, false },
        { "tile", 3, 2, false, true },
        { "tiles of planes", 3, 2, true, true },
        { "YCbCr", 3, 6, false, false },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(layouts); i++) {
        for (unsigned tag = 1; tag <= 8; tag++) {
            struct tiff_file file;
            write_layout(&file, &layouts[i], tag);
            assert_upright(&file, layouts[i].name, tag);
        }
    }
}

static void
no_orientation_is_upright(void **state)
{
    (void)state;
    static const struct layout strip = { "strip", 1, 1, false, false };
    static const unsigned odd[] = { 0, 9, 65535 };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(odd); i++) {
        struct tiff_file file;
        write_layout(&file, &strip, 1);
        tiff_entry(&file, TAG_ORIENTATION)->value = odd[i];
        uint8_t data[WIDTH * HEIGHT] = { 1, 2, 3, 4, 5, 6 };
        tiff_write(&file, data, sizeof data);
        assert_upright(&file, "odd", odd[i]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(white_is_zero),
        cmocka_unit_test(deep_grey_gives_its_high_byte),
        cmocka_unit_test(alpha_beside_deep_grey_is_dropped),
        cmocka_unit_test(extra_samples_beside_grey_are_stepped_over),
        cmocka_unit_test(lab_becomes_srgb),
        cmocka_unit_test(lab_is_read_in_every_layout),
        cmocka_unit_test(samples_without_a_white_are_refused),
        cmocka_unit_test(every_orientation_is_turned_once),
        cmocka_unit_test(no_orientation_is_upright),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
