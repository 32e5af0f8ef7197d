/* BMP: every kind of header and pixel, written out byte by byte. */
#include "base/macros.h"
#include "support/decoded.h"

enum {
    MAX_FILE = 256
};

struct file {
    uint8_t bytes[MAX_FILE];
    size_t size;
};

static void
add(struct file *file, const void *bytes, size_t size)
{
    assert_true(file->size + size <= MAX_FILE);
    memcpy(file->bytes + file->size, bytes, size);
    file->size += size;
}

#define ADD(file, text) add(file, text, sizeof(text) - 1)

static void
add_u16(struct file *file, unsigned value)
{
    uint8_t bytes[] = { (uint8_t)value, (uint8_t)(value >> 8) };
    add(file, bytes, sizeof bytes);
}

static void
add_u32(struct file *file, uint32_t value)
{
    add_u16(file, value & 0xffff);
    add_u16(file, value >> 16);
}

/* File header and the 40 bytes that most files have. */
static struct file
begin_file(uint32_t width, int32_t height, unsigned bits, uint32_t compression,
        uint32_t n_colours, uint32_t pixels_at)
{
    struct file file = { .size = 0 };
    ADD(&file, "BM\0\0\0\0\0\0\0\0");
    add_u32(&file, pixels_at);
    add_u32(&file, 40);
    add_u32(&file, width);
    add_u32(&file, (uint32_t)height);
    add_u16(&file, 1);
    add_u16(&file, bits);
    add_u32(&file, compression);
    ADD(&file, "\0\0\0\0\1\0\0\0\1\0\0\0");
    add_u32(&file, n_colours);
    add_u32(&file, 0);
    return file;
}

static void
decode(const struct file *file, struct decoded *decoded)
{
    struct fovea_error error;
    assert_ok(decode_bytes(file->bytes, file->size, NULL, decoded, &error),
            &error);
}

static void
refuse(const struct file *file, enum fovea_status expected, const char *part)
{
    assert_undecodable(file->bytes, file->size, expected, part);
}

static void
known_pictures_have_known_pixels(void **state)
{
    (void)state;
    assert_known("bmp/");
}

static void
rows_begin_at_the_bottom(void **state)
{
    (void)state;
    struct file file = begin_file(1, 2, 24, 0, 0, 54);
    ADD(&file, "\1\2\3\0\4\5\6");
    struct decoded decoded;
    decode(&file, &decoded);
    assert_pixel(&decoded, 0, 0, 6, 5, 4);
    assert_pixel(&decoded, 0, 1, 3, 2, 1);
    assert_int_equal(decoded.info.orientation, 1);
    decoded_finish(&decoded);
}

static void
negative_height_is_top_down(void **state)
{
    (void)state;
    struct file file = begin_file(1, -2, 24, 0, 0, 54);
    ADD(&file, "\1\2\3\0\4\5\6\0");
    struct decoded decoded;
    decode(&file, &decoded);
    assert_pixel(&decoded, 0, 0, 3, 2, 1);
    assert_pixel(&decoded, 0, 1, 6, 5, 4);
    decoded_finish(&decoded);
}

static void
masks_stand_behind_the_header(void **state)
{
    (void)state;
    struct file file = begin_file(2, 1, 16, 3, 0, 66);
    add_u32(&file, 0xf800);
    add_u32(&file, 0x7e0);
    add_u32(&file, 0x1f);
    add_u16(&file, 0xf800 | 1 << 5);
    add_u16(&file, 63 << 5 | 30);
    struct decoded decoded;
    decode(&file, &decoded);
    assert_pixel(&decoded, 0, 0, 255, 4, 0);
    assert_pixel(&decoded, 1, 0, 0, 255, 246);
    decoded_finish(&decoded);
}

struct mask_case {
    const char *what;
    unsigned bits;
    uint32_t masks[3];
    uint32_t pixel;
    uint8_t rgb[3];
};

/* Behind a header of 40 bytes, or in one of 108 beside that of alpha. */
static struct file
masked_file(const struct mask_case *masked, bool in_header)
{
    uint32_t end = in_header ? 122 : 66;
    struct file file = begin_file(1, 1, masked->bits, 3, 0, end);
    for (size_t i = 0; i < 3; i++) {
        add_u32(&file, masked->masks[i]);
    }
    if (in_header) {
        file.bytes[14] = 108;
        add_u32(&file,
                ~(masked->masks[0] | masked->masks[1] | masked->masks[2]));
        static const uint8_t rest[52];
        add(&file, rest, sizeof rest);
    }
    add_u32(&file, masked->pixel);
    return file;
}

static void
any_masks_are_read(void **state)
{
    (void)state;
    static const struct mask_case cases[] = {
        { "4444", 16, { 0xf00, 0xf0, 0xf }, 0xf08f, { 0, 136, 255 } },
        { "bgr 565", 16, { 0x1f, 0x7e0, 0xf800 }, 0xf81e, { 246, 0, 255 } },
        { "rgb 332", 16, { 0xe0, 0x1c, 0x3 }, 0x69, { 109, 72, 85 } },
        { "10 bits each", 32, { 0x3ff00000, 0xffc00, 0x3ff },
                0x3ff00000 | 512U << 10 | 3, { 255, 127, 0 } },
        { "rgba", 32, { 0xff, 0xff00, 0xff0000 }, 0x99030201, { 1, 2, 3 } },
        { "5 bits of 32", 32, { 0xf8000000, 0x1f0000, 0x1f }, 0xf8100001,
                { 255, 131, 8 } },
        { "24 bits, red first", 24, { 0xff, 0xff00, 0xff0000 }, 0x030201,
                { 1, 2, 3 } },
        { "no blue", 16, { 0xff00, 0xff, 0 }, 0x4080, { 0x40, 0x80, 0 } },
        { "32 bits of one channel", 32, { 0xffffffff, 0, 0 }, 0x80000000,
                { 127, 0, 0 } },
    };
    for (size_t i = 0; i < 2 * FOVEA_ARRAY_LEN(cases); i++) {
        const struct mask_case *masked = &cases[i / 2];
        struct file file = masked_file(masked, i % 2);
        print_message("# %s\n", masked->what);
        struct decoded decoded;
        decode(&file, &decoded);
        assert_pixel(&decoded, 0, 0, masked->rgb[0], masked->rgb[1],
                masked->rgb[2]);
        decoded_finish(&decoded);
    }
}

static void
masks_with_alpha_stand_behind_the_header(void **state)
{
    (void)state;
    struct file file = begin_file(1, 1, 16, 6, 0, 70);
    add_u32(&file, 0xf00);
    add_u32(&file, 0xf0);
    add_u32(&file, 0xf);
    add_u32(&file, 0xf000);
    add_u32(&file, 0x0123);
    struct decoded decoded;
    decode(&file, &decoded);
    assert_pixel(&decoded, 0, 0, 17, 34, 51);
    decoded_finish(&decoded);
}

static void
masks_that_mean_nothing_are_refused(void **state)
{
    (void)state;
    static const struct mask_case cases[] = {
        { "with a hole", 16, { 0xf00, 0x50, 0xf }, 0, { 0 } },
        { "twice the same", 16, { 0xf00, 0x1f0, 0xf }, 0, { 0 } },
        { "outside", 16, { 0xf0000, 0xf0, 0xf }, 0, { 0 } },
        { "none", 16, { 0, 0, 0 }, 0, { 0 } },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        struct file file = masked_file(&cases[i], false);
        print_message("# %s\n", cases[i].what);
        refuse(&file, FOVEA_ERR_IMAGE_UNSUPPORTED, "masks");
    }
    struct file file = begin_file(1, 1, 8, 3, 1, 70);
    add_u32(&file, 0xe0);
    add_u32(&file, 0x1c);
    add_u32(&file, 0x3);
    refuse(&file, FOVEA_ERR_IMAGE_UNSUPPORTED, "with masks");
}

/* Of OS/2: the size, and nothing that says how many colours there are. */
static void
a_short_header_has_all_colours(void **state)
{
    (void)state;
    struct file file = begin_file(2, 1, 1, 0, 0, 38);
    file.bytes[14] = 16;
    file.size = 30;
    ADD(&file, "\1\2\3\0\4\5\6\0\x40\0\0\0");
    struct decoded decoded;
    decode(&file, &decoded);
    assert_pixel(&decoded, 0, 0, 3, 2, 1);
    assert_pixel(&decoded, 1, 0, 6, 5, 4);
    decoded_finish(&decoded);
}

static void
two_bits_are_an_index(void **state)
{
    (void)state;
    struct file file = begin_file(4, 1, 2, 0, 4, 70);
    ADD(&file, "\1\2\3\0\4\5\6\0\7\10\11\0\12\13\14\0\x1b\0\0\0");
    struct decoded decoded;
    decode(&file, &decoded);
    for (uint32_t x = 0; x < 4; x++) {
        uint8_t blue = (uint8_t)(3 * x + 1);
        assert_pixel(&decoded, x, 0, blue + 2, blue + 1, blue);
    }
    decoded_finish(&decoded);
}

static void
index_past_the_palette_is_grey(void **state)
{
    (void)state;
    struct file file = begin_file(2, 1, 8, 0, 1, 58);
    /* The pixels begin where a palette of one entry ends; Pillow expects such
       offsets to have forgotten no palette. */
    ADD(&file, "\1\2\3\0\0\7\0\0");
    struct decoded decoded;
    decode(&file, &decoded);
    assert_pixel(&decoded, 0, 0, 3, 2, 1);
    assert_pixel(&decoded, 1, 0, 7, 7, 7);
    decoded_finish(&decoded);
}

static void
an_offset_may_forget_the_palette(void **state)
{
    (void)state;
    struct file file = begin_file(2, 1, 4, 0, 2, 54);
    ADD(&file, "\1\2\3\0\4\5\6\0\x10\0\0\0");
    struct decoded decoded;
    decode(&file, &decoded);
    assert_pixel(&decoded, 0, 0, 6, 5, 4);
    assert_pixel(&decoded, 1, 0, 3, 2, 1);
    decoded_finish(&decoded);
}

static void
runs_are_read(void **state)
{
    (void)state;
    struct file file = begin_file(4, 3, 8, 1, 4, 70);
    ADD(&file, "\0\0\0\0\1\1\1\0\2\2\2\0\3\3\3\0"); /* greys 0 to 3 */
    ADD(&file, "\2\1\0\3\2\3\1\0\0\0"); /* two of 1; 2 and 3 and, too far, 1 */
    ADD(&file, "\0\2\1\1\5\2\0\1");     /* right and up; a run too long; end */
    struct decoded decoded;
    decode(&file, &decoded);
    static const uint8_t expected[3][4] = {
        { 0, 2, 2, 2 },
        { 1, 0, 0, 0 },
        { 1, 1, 2, 3 },
    };
    for (uint32_t y = 0; y < 3; y++) {
        for (uint32_t x = 0; x < 4; x++) {
            uint8_t level = expected[y][x];
            assert_pixel(&decoded, x, y, level, level, level);
        }
    }
    decoded_finish(&decoded);
}

static void
odd_stretches_of_nibbles_are_padded(void **state)
{
    (void)state;
    struct file file = begin_file(5, 1, 4, 2, 4, 70);
    ADD(&file, "\0\0\0\0\1\1\1\0\2\2\2\0\3\3\3\0");
    ADD(&file, "\0\3\x12\x30\2\x21");
    struct decoded decoded;
    decode(&file, &decoded);
    static const uint8_t expected[5] = { 1, 2, 3, 2, 1 };
    for (uint32_t x = 0; x < 5; x++) {
        assert_pixel(&decoded, x, 0, expected[x], expected[x], expected[x]);
    }
    decoded_finish(&decoded);
}

static void
runs_need_their_end(void **state)
{
    (void)state;
    struct file file = begin_file(4, 3, 8, 1, 1, 58);
    ADD(&file, "\0\0\0\0\2\0");
    refuse(&file, FOVEA_ERR_IMAGE_TRUNCATED, "runs");
}

static void
what_is_not_supported_is_refused(void **state)
{
    (void)state;
    struct file file = begin_file(1, 1, 24, 4, 0, 54);
    refuse(&file, FOVEA_ERR_IMAGE_UNSUPPORTED, "compression 4 (JPEG inside)");
    file = begin_file(1, 1, 3, 0, 0, 54);
    refuse(&file, FOVEA_ERR_IMAGE_UNSUPPORTED, "3 bits");
    file = begin_file(1, 1, 24, 1, 0, 54);
    refuse(&file, FOVEA_ERR_IMAGE_UNSUPPORTED, "in runs");
    file = begin_file(1, 1, 8, 0, 1 << 20, 54);
    refuse(&file, FOVEA_ERR_IMAGE_CORRUPT, "palette");
    file = begin_file(0, 1, 24, 0, 0, 54);
    refuse(&file, FOVEA_ERR_IMAGE_CORRUPT, "side is 0");
    file = begin_file(UINT32_MAX, 1, 24, 0, 0, 54);
    refuse(&file, FOVEA_ERR_IMAGE_SIDE_TOO_LONG, "limit");
    file.bytes[14] = 41;
    refuse(&file, FOVEA_ERR_IMAGE_UNSUPPORTED, "header of 41");
}

static void
limits_hold_from_the_header(void **state)
{
    (void)state;
    assert_limits("bmp/rgb24");
    assert_limits("bmp/rle8");
}

static void
cut_files_are_damaged(void **state)
{
    (void)state;
    assert_true(assert_cut("bmp/palette8", 0) > 0);
    assert_true(assert_cut("bmp/rgb24", 0) > 0);
    assert_true(assert_cut("bmp/rle4", 2) >
            0); /* without its end mark the picture is full */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_pictures_have_known_pixels),
        cmocka_unit_test(rows_begin_at_the_bottom),
        cmocka_unit_test(negative_height_is_top_down),
        cmocka_unit_test(masks_stand_behind_the_header),
        cmocka_unit_test(any_masks_are_read),
        cmocka_unit_test(masks_with_alpha_stand_behind_the_header),
        cmocka_unit_test(masks_that_mean_nothing_are_refused),
        cmocka_unit_test(two_bits_are_an_index),
        cmocka_unit_test(a_short_header_has_all_colours),
        cmocka_unit_test(index_past_the_palette_is_grey),
        cmocka_unit_test(an_offset_may_forget_the_palette),
        cmocka_unit_test(runs_are_read),
        cmocka_unit_test(odd_stretches_of_nibbles_are_padded),
        cmocka_unit_test(runs_need_their_end),
        cmocka_unit_test(what_is_not_supported_is_refused),
        cmocka_unit_test(limits_hold_from_the_header),
        cmocka_unit_test(cut_files_are_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
