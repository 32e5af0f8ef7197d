/*
 * Damaged pictures that are large enough for rows to come one after the other:
 * WebP, GIF and TIFF, made here, cut at many places, and spoiled.
 */
#include <zlib.h>

#include <webp/encode.h>

#include "base/macros.h"
#include "support/decoded.h"
#include "support/test.h"

enum {
    WIDTH = 48,
    HEIGHT = 80,
    MAX_SIZE = 64 << 10
};

struct file {
    uint8_t bytes[MAX_SIZE];
    size_t size;
    struct decoded whole;
};

static struct file file;
static uint8_t rgb[HEIGHT][WIDTH][3];

static void
put(const void *bytes, size_t size)
{
    assert_true(size <= sizeof file.bytes - file.size);
    memcpy(file.bytes + file.size, bytes, size);
    file.size += size;
}

static void
put_number(uint32_t value, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i++) {
        uint8_t byte = (uint8_t)(value >> (8 * i));
        put(&byte, 1);
    }
}

static void
draw(void)
{
    uint32_t seed = 7;
    for (size_t i = 0; i < sizeof rgb; i++) {
        seed = seed * 1664525 + 1013904223;
        rgb[i / 3 / WIDTH][i / 3 % WIDTH][i % 3] =
                (uint8_t)(i * 3 + (seed >> 28));
    }
}

static void
decode_whole(void)
{
    struct fovea_error error;
    assert_ok(decode_bytes(file.bytes, file.size, NULL, &file.whole, &error),
            &error);
    assert_int_equal(file.whole.info.height_px, HEIGHT);
}

/* Cut it after each of its bytes; what is there of rows counts, and more of
   them the more there is. spare: bytes that no pixel needs. */
static void
check_cuts(size_t spare)
{
    struct fovea_error error;
    unsigned long most = 0;
    size_t n_worth = 0;
    decode_whole();
    for (size_t n = 16; n < file.size; n++) {
        enum fovea_status status =
                decode_by_both(file.bytes, n, &file.whole, &error);
        if (status != FOVEA_ERR_IMAGE_TRUNCATED &&
                (status || n + spare < file.size)) {
            fail_msg("%zu bytes of %zu: %s: %s", n, file.size,
                    fovea_status_name(status), error.message);
        }
        const char *rows = strstr(error.message, "; ");
        if (rows) {
            bool has_all = strncmp(rows, "; all ", 6) == 0;
            unsigned long n_rows =
                    has_all ? HEIGHT : strtoul(rows + 2, NULL, 10);
            assert_true(n_rows >= most);
            most = n_rows;
        }
        n_worth += status && strstr(error.message, "--damaged accept");
    }
    assert_true(n_worth > 0);
    decoded_finish(&file.whole);
}

static void
webp_keeps_the_rows_before_a_cut(void **state)
{
    (void)state;
    static const bool ways[] = { true, false };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(ways); i++) {
        uint8_t *bytes = NULL;
        size_t size = ways[i] ? WebPEncodeLosslessRGB(rgb[0][0], WIDTH, HEIGHT,
                                        3 * WIDTH, &bytes)
                              : WebPEncodeRGB(rgb[0][0], WIDTH, HEIGHT,
                                        3 * WIDTH, 90, &bytes);
        assert_true(size > 0);
        file.size = 0;
        put(bytes, size);
        WebPFree(bytes);
        check_cuts(1); /* makes the last chunk's size even */
    }
}

/* A GIF of 7 bits a pixel whose codes are the pixels: a clear code comes often
   enough for them to stay 8 bits long. */
static void
write_gif(bool is_interlaced)
{
    enum {
        BITS = 7,
        CLEAR = 1 << BITS,
        END = CLEAR + 1,
        N_CODES = 100, /* behind a clear code */
        BLOCK = 200
    };
    uint8_t codes[WIDTH * HEIGHT * 2];
    size_t n = 0;
    for (size_t i = 0; i < (size_t)WIDTH * HEIGHT; i++) {
        if (i % N_CODES == 0) {
            codes[n++] = CLEAR;
        }
        codes[n++] = rgb[i / WIDTH][i % WIDTH][0] % CLEAR;
    }
    codes[n++] = END;
    file.size = 0;
    put("GIF89a", 6);
    put_number(WIDTH, 2);
    put_number(HEIGHT, 2);
    put("\xf6\0\0", 3);
    for (uint32_t i = 0; i < CLEAR; i++) {
        put_number(i * 0x20301, 3);
    }
    put(",\0\0\0\0", 5);
    put_number(WIDTH, 2);
    put_number(HEIGHT, 2);
    put_number(is_interlaced ? 0x40 : 0, 1);
    put_number(BITS, 1);
    for (size_t at = 0; at < n; at += BLOCK) {
        size_t size = n - at < BLOCK ? n - at : BLOCK;
        put_number((uint32_t)size, 1);
        put(codes + at, size);
    }
    put("\0;", 2);
}

static void
gif_keeps_the_rows_before_a_cut(void **state)
{
    (void)state;
    write_gif(false);
    check_cuts(2);
    write_gif(true);
    check_cuts(2);
}

/* A code that cannot be yet, which ends it. */
static void
gif_keeps_the_rows_before_a_wrong_code(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct fovea_error error;
        write_gif(i == 1);
        decode_whole();
        file.bytes[file.size - 300] = 0xff;
        assert_fails(decode_by_both(file.bytes, file.size, &file.whole, &error),
                &error, FOVEA_ERR_IMAGE_CORRUPT, "(--damaged accept takes it)");
        decoded_finish(&file.whole);
    }
}

enum {
    N_STRIPS = 10,
    STRIP_ROWS = HEIGHT / N_STRIPS,
    N_TAGS = 10,
    SHORT = 3,
    LONG = 4,
    NONE = 1,
    DEFLATE = 8
};

static void
put_tag(uint32_t tag, uint32_t type, uint32_t count, uint32_t value)
{
    put_number(tag, 2);
    put_number(type, 2);
    put_number(count, 4);
    put_number(value, 4);
}

/* A TIFF with its tags in front of its strips; where each strip is. */
static void
write_tiff(uint32_t compression, size_t offsets[N_STRIPS])
{
    enum {
        FIRST = 8,
        TABLES = FIRST + 2 + N_TAGS * 12 + 4,
        BITS = TABLES + 2 * N_STRIPS * 4,
        DATA = BITS + 8
    };
    static uint8_t strips[MAX_SIZE / 2];
    uint32_t sizes[N_STRIPS];
    size_t n = 0;
    for (size_t i = 0; i < N_STRIPS; i++) {
        uLongf size = sizeof strips - n;
        uLong stored = (uLong)STRIP_ROWS * WIDTH * 3;
        const uint8_t *rows = rgb[i * STRIP_ROWS][0];
        if (compression == DEFLATE) {
            assert_int_equal(compress(strips + n, &size, rows, stored), Z_OK);
        } else {
            size = stored;
            memcpy(strips + n, rows, stored);
        }
        offsets[i] = DATA + n;
        sizes[i] = (uint32_t)size;
        n += size;
    }
    file.size = 0;
    put("II*\0\x08\0\0\0", FIRST);
    put_number(N_TAGS, 2);
    put_tag(256, SHORT, 1, WIDTH);
    put_tag(257, SHORT, 1, HEIGHT);
    put_tag(258, SHORT, 3, BITS);
    put_tag(259, SHORT, 1, compression);
    put_tag(262, SHORT, 1, 2); /* RGB */
    put_tag(273, LONG, N_STRIPS, TABLES);
    put_tag(277, SHORT, 1, 3);
    put_tag(278, SHORT, 1, STRIP_ROWS);
    put_tag(279, LONG, N_STRIPS, TABLES + N_STRIPS * 4);
    put_tag(284, SHORT, 1, 1); /* whole pixels */
    put_number(0, 4);
    for (size_t i = 0; i < N_STRIPS; i++) {
        put_number((uint32_t)offsets[i], 4);
    }
    for (size_t i = 0; i < N_STRIPS; i++) {
        put_number(sizes[i], 4);
    }
    put("\x08\0\x08\0\x08\0\0\0", 8);
    put(strips, n);
}

static void
tiff_keeps_the_strips_before_a_cut(void **state)
{
    (void)state;
    size_t offsets[N_STRIPS];
    write_tiff(NONE, offsets);
    check_cuts(0);
    write_tiff(DEFLATE, offsets);
    check_cuts(0);
}

/* The sizes of uncompressed strips follow from their rows. */
static void
tiff_needs_no_right_size_of_its_last_strip(void **state)
{
    (void)state;
    static const uint32_t sizes[] = { 1, 40, 100000 };
    size_t offsets[N_STRIPS];
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(sizes); i++) {
        struct fovea_error error;
        write_tiff(NONE, offsets);
        decode_whole();
        uint32_t size = STRIP_ROWS * WIDTH * 3 + sizes[i];
        /* Behind the tags and the offsets of strips, the last one's. */
        size_t at = 8 + 2 + N_TAGS * 12 + 4 + (2 * N_STRIPS - 1) * 4;
        memcpy(file.bytes + at, &size, sizeof size);
        assert_ok(decode_by_both(file.bytes, file.size, &file.whole, &error),
                &error);
        decoded_finish(&file.whole);
    }
}

static void
tiff_keeps_the_strips_before_a_wrong_one(void **state)
{
    (void)state;
    size_t offsets[N_STRIPS];
    struct fovea_error error;
    write_tiff(DEFLATE, offsets);
    decode_whole();
    memset(file.bytes + offsets[6], 0xff, 40);
    assert_fails(decode_by_both(file.bytes, file.size, &file.whole, &error),
            &error, FOVEA_ERR_IMAGE_CORRUPT,
            "48 of 80 rows could be decoded (--damaged accept takes it)");
    memset(file.bytes + offsets[3], 0xff, 40);
    assert_fails(decode_by_both(file.bytes, file.size, &file.whole, &error),
            &error, FOVEA_ERR_IMAGE_CORRUPT,
            "24 of 80 rows could be decoded, less than half");
    decoded_finish(&file.whole);
}

int
main(void)
{
    draw();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(webp_keeps_the_rows_before_a_cut),
        cmocka_unit_test(gif_keeps_the_rows_before_a_cut),
        cmocka_unit_test(gif_keeps_the_rows_before_a_wrong_code),
        cmocka_unit_test(tiff_keeps_the_strips_before_a_cut),
        cmocka_unit_test(tiff_needs_no_right_size_of_its_last_strip),
        cmocka_unit_test(tiff_keeps_the_strips_before_a_wrong_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
