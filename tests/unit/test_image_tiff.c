/* TIFF: pixels, orientation, and what is refused. */
#include "base/macros.h"
#include "decoded.h"

/* An uncompressed little-endian file: directory first, pixels behind it. */
struct entry {
    uint16_t tag;
    uint16_t type; /* 3: 16 bits, 4: 32 bits */
    uint32_t count;
    uint32_t value;
};

enum {
    MAX_ENTRIES = 16,
    MAX_FILE = 512,
    SHORT = 3,
    LONG = 4
};

struct file {
    struct entry entries[MAX_ENTRIES]; /* in the order of their tags */
    size_t n_entries;
    uint8_t bytes[MAX_FILE];
    size_t size;
};

static void
put(struct file *file, uint64_t value, size_t n)
{
    assert_true(file->size + n <= MAX_FILE);
    for (size_t i = 0; i < n; i++) {
        file->bytes[file->size++] = (uint8_t)(value >> 8 * i);
    }
}

static size_t
header_size(const struct file *file)
{
    return 8 + 2 + 12 * file->n_entries + 4;
}

static void
write_file(struct file *file, const void *pixels, size_t size)
{
    file->size = 0;
    put(file, 0x002a4949, 4);
    put(file, 8, 4);
    put(file, file->n_entries, 2);
    for (size_t i = 0; i < file->n_entries; i++) {
        const struct entry *entry = &file->entries[i];
        put(file, entry->tag, 2);
        put(file, entry->type, 2);
        put(file, entry->count, 4);
        put(file, entry->value, 4);
    }
    put(file, 0, 4);
    assert_true(file->size + size <= MAX_FILE);
    memcpy(file->bytes + file->size, pixels, size);
    file->size += size;
}

/* Grey of n bits, one strip, what is behind the header. */
static struct file
grey_file(uint32_t width, uint32_t height, unsigned bits, uint32_t n_bytes)
{
    struct file file = {
        .entries = {
            { 256, LONG, 1, width },
            { 257, LONG, 1, height },
            { 258, SHORT, 1, bits },
            { 259, SHORT, 1, 1 },
            { 262, SHORT, 1, 1 },
            { 273, LONG, 1, 0 },
            { 277, SHORT, 1, 1 },
            { 278, LONG, 1, height },
            { 279, LONG, 1, n_bytes },
            { 339, SHORT, 1, 1 },
        },
        .n_entries = 10,
    };
    file.entries[5].value = (uint32_t)header_size(&file);
    return file;
}

static struct entry *
entry_of(struct file *file, unsigned tag)
{
    size_t i = 0;
    while (file->entries[i].tag != tag) {
        i++;
        assert_true(i < file->n_entries);
    }
    return &file->entries[i];
}

static void
assert_greys(const struct file *file, const uint8_t *greys, uint32_t n)
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
refuse(const struct file *file, enum fovea_status expected, const char *part)
{
    assert_undecodable(file->bytes, file->size, expected, part);
}

static void
test_known(void **state)
{
    (void)state;
    assert_known("tiff/");
}

static void
test_white_is_zero(void **state)
{
    (void)state;
    struct file file = grey_file(3, 1, 2, 1);
    entry_of(&file, 262)->value = 0;
    write_file(&file, "\x18", 1);
    static const uint8_t greys[] = { 255, 170, 85 };
    assert_greys(&file, greys, 3);
}

static void
test_deep_grey_is_clipped(void **state)
{
    (void)state;
    struct file file = grey_file(4, 1, 16, 8);
    write_file(&file, "\7\0\xff\0\0\1\xff\xff", 8);
    static const uint8_t sixteen[] = { 7, 255, 255, 255 };
    assert_greys(&file, sixteen, 4);
    entry_of(&file, 339)->value = 2;
    write_file(&file, "\7\0\xff\0\0\1\xff\xff", 8);
    static const uint8_t with_sign[] = { 7, 255, 255, 0 };
    assert_greys(&file, with_sign, 4);
    file = grey_file(3, 1, 12, 5);
    write_file(&file, "\x00\x50\xff\x10\x00", 5);
    static const uint8_t twelve[] = { 5, 255, 255 };
    assert_greys(&file, twelve, 3);
    file = grey_file(2, 1, 32, 8);
    write_file(&file, "\x09\0\0\0\xff\xff\xff\xff", 8);
    static const uint8_t thirty_two[] = { 9, 0 };
    assert_greys(&file, thirty_two, 2);
}

static void
test_floats_are_cut_off(void **state)
{
    (void)state;
    static const float values[] = { -1.0F, 0.99F, 254.6F, 300.0F };
    struct file file = grey_file(4, 1, 32, sizeof values);
    entry_of(&file, 339)->value = 3;
    write_file(&file, values, sizeof values);
    static const uint8_t greys[] = { 0, 0, 254, 255 };
    assert_greys(&file, greys, 4);
}

/* What Pillow's own turning and exif_transpose() come to together. */
static void
test_orientation(void **state)
{
    (void)state;
    static const unsigned in_all[] = { 1, 1, 1, 1, 1, 1, 3, 1, 3 };
    struct file file = grey_file(2, 1, 8, 2);
    /* In its place among the tags: in front of the samples' count. */
    memmove(&file.entries[7], &file.entries[6],
            (file.n_entries - 6) * sizeof file.entries[0]);
    file.n_entries++;
    file.entries[5].value = (uint32_t)header_size(&file);
    for (uint32_t tag = 1; tag <= 8; tag++) {
        file.entries[6] = (struct entry){ 274, SHORT, 1, tag };
        write_file(&file, "\1\2", 2);
        struct decoded decoded;
        struct fovea_error error;
        assert_ok(decode_bytes(file.bytes, file.size, NULL, &decoded, &error),
                &error);
        assert_int_equal(decoded.info.orientation, in_all[tag]);
        assert_int_equal(decoded.info.width_px, 2);
        decoded_finish(&decoded);
    }
}

static void
test_unsupported(void **state)
{
    (void)state;
    struct file file = grey_file(2, 1, 8, 2);
    entry_of(&file, 262)->value = 8;
    write_file(&file, "\1\2", 2);
    refuse(&file, FOVEA_ERR_IMAGE_UNSUPPORTED, "L*a*b*");
    entry_of(&file, 262)->value = 1;
    entry_of(&file, 259)->value = 34661;
    write_file(&file, "\1\2", 2);
    refuse(&file, FOVEA_ERR_IMAGE_UNSUPPORTED, "compression 34661");
    file = grey_file(2, 1, 64, 16);
    write_file(&file, "\1\2\3\4\5\6\7\10\1\2\3\4\5\6\7\10", 16);
    refuse(&file, FOVEA_ERR_IMAGE_UNSUPPORTED, "64 bits");
    file = grey_file(2, 1, 8, 18);
    entry_of(&file, 277)->value = 9;
    write_file(&file, "\1\2\3\4\5\6\7\10\1\2\3\4\5\6\7\10\1\2", 18);
    refuse(&file, FOVEA_ERR_IMAGE_UNSUPPORTED, "9 samples");
}

static void
test_palette_is_needed(void **state)
{
    (void)state;
    struct file file = grey_file(2, 1, 4, 1);
    entry_of(&file, 262)->value = 3;
    write_file(&file, "\x12", 1);
    refuse(&file, FOVEA_ERR_IMAGE_CORRUPT, "Colormap");
}

static void
test_sides(void **state)
{
    (void)state;
    struct file file = grey_file(UINT32_MAX, 1, 8, 2);
    write_file(&file, "\1\2", 2);
    refuse(&file, FOVEA_ERR_IMAGE_SIDE_TOO_LONG, "limit");
    file = grey_file(60000, 60000, 8, 2);
    write_file(&file, "\1\2", 2);
    refuse(&file, FOVEA_ERR_IMAGE_TOO_MANY_PIXELS, "limit");
}

/* Tiles are memory too, however small the picture in them. */
static void
test_huge_tiles(void **state)
{
    (void)state;
    struct file file = {
        .entries = {
            { 256, LONG, 1, 4 },
            { 257, LONG, 1, 4 },
            { 258, SHORT, 1, 8 },
            { 259, SHORT, 1, 1 },
            { 262, SHORT, 1, 1 },
            { 277, SHORT, 1, 1 },
            { 322, LONG, 1, 1 << 20 },
            { 323, LONG, 1, 1 << 20 },
            { 324, LONG, 1, 8 },
            { 325, LONG, 1, 16 },
        },
        .n_entries = 10,
    };
    write_file(&file, "0123456789abcdef", 16);
    refuse(&file, FOVEA_ERR_IMAGE_TOO_MANY_PIXELS, "tiles");
}

static void
put_u32(uint8_t *at, uint32_t value)
{
    for (size_t i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> 8 * i);
    }
}

/* Rows that are each a strip of a million bytes, and all the same one. */
static void
decode_shared_strips(uint32_t n_rows, enum fovea_status expected)
{
    enum {
        STRIP = 1000000
    };
    struct file file = grey_file(16, n_rows, 8, STRIP);
    entry_of(&file, 278)->value = 1;
    write_file(&file, "", 0);
    uint32_t lists = (uint32_t)file.size;
    entry_of(&file, 273)->count = n_rows;
    entry_of(&file, 273)->value = lists;
    entry_of(&file, 279)->count = n_rows;
    entry_of(&file, 279)->value = lists + 4 * n_rows;
    write_file(&file, "", 0);
    size_t size = lists + 8 * (size_t)n_rows + STRIP;
    uint8_t *bytes = calloc(1, size);
    assert_non_null(bytes);
    memcpy(bytes, file.bytes, file.size);
    for (uint32_t y = 0; y < n_rows; y++) {
        uint8_t *list = bytes + lists + 4 * (size_t)y;
        put_u32(list, lists + 8 * n_rows);
        put_u32(list + 4 * (size_t)n_rows, STRIP);
    }
    struct fovea_limits limits = { .max_pixels = UINT64_C(16) * n_rows };
    struct decoded decoded;
    struct fovea_error error;
    enum fovea_status status =
            decode_bytes(bytes, size, &limits, &decoded, &error);
    assert_int_equal(status, expected);
    assert_true(!status || strstr(error.message, "share the same bytes"));
    decoded_finish(&decoded);
    free(bytes);
}

static void
test_shared_strips(void **state)
{
    (void)state;
    decode_shared_strips(4, FOVEA_OK);
    decode_shared_strips(1000, FOVEA_ERR_IMAGE_CORRUPT);
}

static void
test_limits(void **state)
{
    (void)state;
    assert_limits("tiff/none");
    assert_limits("tiff/tiles");
    assert_limits("tiff/planes");
    assert_limits("tiff/jpeg");
}

static void
test_cut(void **state)
{
    (void)state;
    assert_cut("tiff/none", 0);
    assert_cut("tiff/lzw", 0);
    assert_cut("tiff/deflate", 0);
    assert_cut("tiff/packbits", 0);
    assert_cut("tiff/jpeg", 0);
    assert_cut("tiff/g4", 0);
    assert_cut("tiff/planes", 0);
    assert_cut("tiff/tile_planes", 0);
    assert_cut("tiff/big", 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),
        cmocka_unit_test(test_white_is_zero),
        cmocka_unit_test(test_deep_grey_is_clipped),
        cmocka_unit_test(test_floats_are_cut_off),
        cmocka_unit_test(test_orientation),
        cmocka_unit_test(test_unsupported),
        cmocka_unit_test(test_palette_is_needed),
        cmocka_unit_test(test_sides),
        cmocka_unit_test(test_huge_tiles),
        cmocka_unit_test(test_shared_strips),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
