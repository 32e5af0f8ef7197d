/* PNG: what each colour type means, orientation, and every refusal. */
#include <zlib.h>

#include "base/macros.h"
#include "support/decoded.h"
#include "support/image_png.h"
#include "support/test.h"

#define EXIF_6 "II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0"

struct meaning {
    const char *what;
    struct png_header header;
    const char *rows; /* filter byte 0 before each */
    size_t n_rows;
    const char *rgb;
    size_t n_rgb;
};

#define ROWS(bytes) bytes, sizeof(bytes) - 1

static const struct meaning meanings[] = {
    { "1 bit", { 2, 1, 1, 0, 0 }, ROWS("\0\x40"), ROWS("\0\0\0\xff\xff\xff") },
    { "2 bits", { 2, 1, 2, 0, 0 }, ROWS("\0\x60"),
            ROWS("\x55\x55\x55\xaa\xaa\xaa") },
    { "4 bits", { 2, 1, 4, 0, 0 }, ROWS("\0\x1e"),
            ROWS("\x11\x11\x11\xee\xee\xee") },
    { "8 bits", { 2, 1, 8, 0, 0 }, ROWS("\0\x12\x34"),
            ROWS("\x12\x12\x12\x34\x34\x34") },
    { "16 bits of grey", { 3, 1, 16, 0, 0 }, ROWS("\0\0\xfe\1\0\x80\xff"),
            ROWS("\0\0\0\1\1\1\x80\x80\x80") },
    { "interlaced grey of 16 bits", { 1, 1, 16, 0, 1 }, ROWS("\0\x80\xff"),
            ROWS("\x80\x80\x80") },
    { "colour", { 1, 2, 8, 2, 0 }, ROWS("\0\1\2\3\0\4\5\6"),
            ROWS("\1\2\3\4\5\6") },
    { "16 bits of colour", { 1, 1, 16, 2, 0 }, ROWS("\0\1\xff\2\xff\3\xff"),
            ROWS("\1\2\3") },
    { "grey and alpha", { 2, 1, 8, 4, 0 }, ROWS("\0\7\0\x09\xff"),
            ROWS("\7\7\7\x09\x09\x09") },
    { "16 bits of grey and alpha", { 1, 1, 16, 4, 0 }, ROWS("\0\7\xff\0\0"),
            ROWS("\7\7\7") },
    { "colour and alpha", { 1, 1, 8, 6, 0 }, ROWS("\0\1\2\3\0"),
            ROWS("\1\2\3") },
    { "16 bits of colour and alpha", { 1, 1, 16, 6, 0 },
            ROWS("\0\1\0\2\0\3\0\0\0"), ROWS("\1\2\3") },
    { "a palette", { 2, 1, 8, 3, 0 }, ROWS("\0\1\0"),
            ROWS("\x0b\x0c\x0d\x0e\x0f\x10") },
    { "beyond a palette", { 2, 1, 8, 3, 0 }, ROWS("\0\2\xfe"),
            ROWS("\2\2\2\xfe\xfe\xfe") },
    { "a packed palette", { 3, 1, 2, 3, 0 }, ROWS("\0\x18"),
            ROWS("\x0e\x0f\x10\x0b\x0c\x0d\2\2\2") },
    /* Passes 1, 6 and 7; the others are empty. */
    { "interlaced", { 2, 2, 8, 0, 1 }, ROWS("\0\1\0\2\0\3\4"),
            ROWS("\1\1\1\2\2\2\3\3\3\4\4\4") },
};

static void
write_meaning(struct png_file *file, const struct meaning *meaning)
{
    static const uint8_t palette[6] = { 14, 15, 16, 11, 12, 13 };
    png_begin(file, &meaning->header);
    if (meaning->header.colour_type == 3) {
        png_chunk(file, "PLTE", palette, sizeof palette);
        png_chunk(file, "tRNS", "\0", 1);
    }
    png_rows(file, meaning->rows, meaning->n_rows);
    png_end(file);
}

static void
every_colour_type_means_what_pillow_makes_of_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(meanings); i++) {
        const struct meaning *meaning = &meanings[i];
        struct png_file file;
        struct decoded picture;
        struct fovea_error error;
        write_meaning(&file, meaning);
        assert_ok(decode_bytes(file.bytes, file.size, NULL, &picture, &error),
                &error);
        assert_int_equal(picture.n_rows, meaning->header.height);
        if (memcmp(picture.pixels, meaning->rgb, meaning->n_rgb) != 0) {
            fail_msg("%s", meaning->what);
        }
        decoded_finish(&picture);
    }
}

static void
refuse(const struct png_file *file, enum fovea_status status, const char *part)
{
    assert_undecodable(file->bytes, file->size, status, part);
}

static void
damage_is_refused(void **state)
{
    (void)state;
    static const struct png_header grey = { 4, 4, 8, 0, 0 };
    static const uint8_t rows[20];
    struct png_file file;

    png_begin(&file, &grey);
    png_rows(&file, rows, 10);
    png_end(&file);
    refuse(&file, FOVEA_ERR_IMAGE_TRUNCATED, "Not enough image data");

    png_begin(&file, &grey);
    png_chunk(&file, "IDAT", "\x78\x9cJUNKJUNK", 10);
    png_end(&file);
    refuse(&file, FOVEA_ERR_IMAGE_CORRUPT, "PNG: ");

    png_begin(&file, &grey);
    png_end(&file);
    refuse(&file, FOVEA_ERR_IMAGE_CORRUPT, "IEND");

    png_begin(&file, &grey);
    file.bytes[file.size - 1] ^= 1;
    png_rows(&file, rows, sizeof rows);
    refuse(&file, FOVEA_ERR_IMAGE_CORRUPT, "checksum of the header");
}

static void
bad_headers_are_refused(void **state)
{
    (void)state;
    static const struct png_header headers[] = { { 0, 4, 8, 0, 0 },
        { 4, 0, 8, 0, 0 }, { 4, 4, 3, 0, 0 }, { 4, 4, 16, 3, 0 },
        { 4, 4, 8, 5, 0 }, { 4, 4, 8, 0, 2 }, { 0x80000000U, 4, 8, 0, 0 } };
    static const uint8_t rows[20];
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(headers); i++) {
        struct png_file file;
        png_begin(&file, &headers[i]);
        png_rows(&file, rows, sizeof rows);
        png_end(&file);
        refuse(&file, FOVEA_ERR_IMAGE_CORRUPT, "PNG: ");
    }
    static const struct png_header indexed = { 4, 4, 8, 3, 0 };
    struct png_file file;
    png_begin(&file, &indexed);
    png_rows(&file, rows, sizeof rows);
    png_end(&file);
    refuse(&file, FOVEA_ERR_IMAGE_CORRUPT, "PLTE");
}

struct metadata {
    const char *type; /* chunk before IDAT, "" for none */
    const char *data;
    size_t size;
    const char *late_type; /* and after */
    const char *late_data;
    size_t late_size;
    unsigned expected;
};

#define NO_CHUNK    "", NULL, 0
#define PROFILE_KEY "Raw profile type exif\0"
#define PROFILE_6                                            \
    "\nexif\n  26\n49492a000800000001001201 030001000000060" \
    "\n00000000000\n"
#define XMP_KEY "XML:com.adobe.xmp\0"

static const struct metadata metadata[] = {
    { NO_CHUNK, NO_CHUNK, 1 },
    { "eXIf", ROWS(EXIF_6), NO_CHUNK, 6 },
    { "eXIf", ROWS("Exif\0\0" EXIF_6), NO_CHUNK, 6 },
    { "eXIf", ROWS("junk"), NO_CHUNK, 1 },
    { NO_CHUNK, "eXIf", ROWS(EXIF_6), 6 },
    { "tEXt", ROWS("exif\0" EXIF_6), NO_CHUNK, 6 },
    { "tEXt", ROWS(PROFILE_KEY PROFILE_6), NO_CHUNK, 6 },
    { "tEXt", ROWS(PROFILE_KEY "\nexif\n  26\nxyz"), NO_CHUNK, 1 },
    { "tEXt", ROWS(PROFILE_KEY "\nexif\n"), NO_CHUNK, 1 },
    { "iTXt", ROWS(XMP_KEY "\0\0\0\0<x tiff:Orientation=\"8\"/>"), NO_CHUNK,
            8 },
    { "iTXt", ROWS(XMP_KEY "\0\0en\0x\0<tiff:Orientation>3</tiff:"), NO_CHUNK,
            3 },
    { "iTXt", ROWS(XMP_KEY "\0\0\0\0tiff:Orientation='8'"), NO_CHUNK, 1 },
    { "iTXt", ROWS(XMP_KEY "\0\0\0\0tiff:Orientation=\"9\""), NO_CHUNK, 1 },
    { "iTXt", ROWS(XMP_KEY "\0\0\0\0tiff:Orientation>"), NO_CHUNK, 1 },
    { "iTXt", ROWS(XMP_KEY "\0\0"), NO_CHUNK, 1 },
    { "iTXt", ROWS(XMP_KEY "\1\1\0\0tiff:Orientation>6"), NO_CHUNK, 1 },
    /* What must be UTF-8 and is not does not count. */
    { "iTXt", ROWS(XMP_KEY "\0\0\0\0\xc3\xa9 tiff:Orientation>6"), NO_CHUNK,
            6 },
    { "iTXt", ROWS(XMP_KEY "\0\0\0\0\xf0\x90\x80\x80 tiff:Orientation>6"),
            NO_CHUNK, 6 },
    { "iTXt", ROWS(XMP_KEY "\0\0\0\0\xe9 tiff:Orientation>6"), NO_CHUNK, 1 },
    { "iTXt", ROWS(XMP_KEY "\0\0\0\0\xc0\xa9 tiff:Orientation>6"), NO_CHUNK,
            1 },
    { "iTXt", ROWS(XMP_KEY "\0\0\0\0\xed\xa0\x80 tiff:Orientation>6"), NO_CHUNK,
            1 },
    { "iTXt", ROWS(XMP_KEY "\0\0\0\0tiff:Orientation>6\xe2\x82"), NO_CHUNK, 1 },
    { "iTXt", ROWS(XMP_KEY "\0\0\0\xff\0tiff:Orientation>6"), NO_CHUNK, 1 },
    { "tEXt", ROWS(XMP_KEY "\xe9 tiff:Orientation>6"), NO_CHUNK, 6 },
    /* What stands before the picture settles it where it is EXIF. */
    { "eXIf", ROWS("MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\3\0\0"), "eXIf",
            ROWS(EXIF_6), 3 },
    { "tEXt", ROWS(PROFILE_KEY PROFILE_6), "eXIf",
            ROWS("MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\3\0\0"), 3 },
    { "iTXt", ROWS(XMP_KEY "\0\0\0\0tiff:Orientation=\"8\""), "eXIf",
            ROWS(EXIF_6), 6 },
};

static unsigned
orientation_of(const struct png_file *file)
{
    struct decoded picture;
    struct fovea_error error;
    assert_ok(decode_bytes(file->bytes, file->size, NULL, &picture, &error),
            &error);
    unsigned orientation = picture.info.orientation;
    decoded_finish(&picture);
    return orientation;
}

static void
orientation_is_found_where_pillow_finds_it(void **state)
{
    (void)state;
    static const struct png_header grey = { 1, 1, 8, 0, 0 };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(metadata); i++) {
        const struct metadata *row = &metadata[i];
        struct png_file file;
        png_begin(&file, &grey);
        if (row->type[0]) {
            png_chunk(&file, row->type, row->data, row->size);
        }
        png_rows(&file, "\0\1", 2);
        if (row->late_type[0]) {
            png_chunk(&file, row->late_type, row->late_data, row->late_size);
        }
        png_end(&file);
        unsigned got = orientation_of(&file);
        if (got != row->expected) {
            fail_msg("case %zu: %u, expected %u", i, got, row->expected);
        }
    }
}

static void
deflated_texts_are_read(void **state)
{
    (void)state;
    static const struct png_header grey = { 1, 1, 8, 0, 0 };
    uint8_t text[256] = PROFILE_KEY; /* and the method, 0 */
    size_t key = sizeof(PROFILE_KEY);
    uLongf n = sizeof text - key;
    assert_int_equal(compress(text + key, &n, (const Bytef *)PROFILE_6,
                             sizeof(PROFILE_6) - 1),
            Z_OK);
    struct png_file file;
    png_begin(&file, &grey);
    png_chunk(&file, "zTXt", text, key + n);
    png_rows(&file, "\0\1", 2);
    png_end(&file);
    assert_int_equal(orientation_of(&file), 6);

    png_begin(&file, &grey);
    png_chunk(&file, "zTXt", text, key + n / 2); /* cut short: no text */
    png_rows(&file, "\0\1", 2);
    png_end(&file);
    assert_int_equal(orientation_of(&file), 1);
}

/* A picture of 4x4 whose data inflates to `excess` bytes more than it has, and
   is stored as it is. */
static void
decode_with_excess(size_t excess, enum fovea_status expected)
{
    static const struct png_header grey = { 4, 4, 8, 0, 0 };
    struct png_file file;
    png_begin(&file, &grey);
    size_t size = 20 + excess;
    uint8_t *rows = calloc(1, size);
    uLongf n = compressBound(size);
    uint8_t *bytes = malloc(file.size + 12 + n);
    assert_non_null(rows);
    assert_non_null(bytes);
    uint8_t *chunk = bytes + file.size;
    memcpy(bytes, file.bytes, file.size);
    memcpy(chunk + 4, "IDAT", 4);
    assert_int_equal(compress2(chunk + 8, &n, rows, size, Z_NO_COMPRESSION),
            Z_OK);
    uLong sum = crc32(0, chunk + 4, (uInt)n + 4);
    for (size_t i = 0; i < 4; i++) {
        chunk[i] = (uint8_t)(n >> (24 - 8 * i));
        chunk[8 + n + i] = (uint8_t)(sum >> (24 - 8 * i));
    }
    struct decoded picture;
    struct fovea_error error;
    enum fovea_status status =
            decode_bytes(bytes, file.size + 12 + n, NULL, &picture, &error);
    assert_int_equal(status, expected);
    assert_true(!status || strstr(error.message, "behind the last pixel"));
    decoded_finish(&picture);
    free(bytes);
    free(rows);
}

static void
little_data_behind_the_picture_is_passed_over(void **state)
{
    (void)state;
    decode_with_excess(1, FOVEA_OK);
    decode_with_excess(100000, FOVEA_OK);
    decode_with_excess(2000000, FOVEA_ERR_IMAGE_CORRUPT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_colour_type_means_what_pillow_makes_of_it),
        cmocka_unit_test(damage_is_refused),
        cmocka_unit_test(bad_headers_are_refused),
        cmocka_unit_test(orientation_is_found_where_pillow_finds_it),
        cmocka_unit_test(deflated_texts_are_read),
        cmocka_unit_test(little_data_behind_the_picture_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
