/* GIF whose codes are too long for giflib, made by an encoder of the test's. */
#include "base/macros.h"
#include "support/decoded.h"

enum {
    WIDTH = 200,
    HEIGHT = 150,
    N_PIXELS = WIDTH * HEIGHT,
    N_CODES = 4096,
    MAX_FILE = 1 << 17
};

struct file {
    uint8_t bytes[MAX_FILE];
    size_t size;
    size_t block; /* where the length of the open block is */
    uint32_t bits;
    unsigned n_bits;
};

static struct file file;
static uint8_t pixels[N_PIXELS];

static void
put(uint8_t byte)
{
    assert_true(file.size < MAX_FILE);
    file.bytes[file.size++] = byte;
}

/* A canvas with the greys as its palette, but each one off by one: a palette
   that only counts up is none. The frame covers it. */
static void
begin_gif(uint16_t width, uint16_t height, bool interlaced, unsigned min_size)
{
    memset(&file, 0, sizeof file);
    memcpy(file.bytes, "GIF89a", 6);
    file.size = 6;
    uint8_t sides[4] = { (uint8_t)width, (uint8_t)(width >> 8), (uint8_t)height,
        (uint8_t)(height >> 8) };
    for (size_t i = 0; i < 4; i++) {
        put(sides[i]);
    }
    put(0xf7);
    put(0);
    put(0);
    for (unsigned i = 0; i < 3 * 256; i++) {
        put((uint8_t)(255 - i / 3));
    }
    put(',');
    for (size_t i = 0; i < 4; i++) {
        put(0);
    }
    for (size_t i = 0; i < 4; i++) {
        put(sides[i]);
    }
    put(interlaced ? 0x40 : 0);
    put((uint8_t)min_size);
    file.block = file.size;
    put(0);
}

static void
put_in_block(uint8_t byte)
{
    if (file.bytes[file.block] == 255) {
        file.block = file.size;
        put(0);
    }
    put(byte);
    file.bytes[file.block]++;
}

static void
put_code(unsigned code, unsigned width)
{
    file.bits |= code << file.n_bits;
    file.n_bits += width;
    while (file.n_bits >= 8) {
        put_in_block((uint8_t)file.bits);
        file.bits >>= 8;
        file.n_bits -= 8;
    }
}

static void
end_gif(void)
{
    if (file.n_bits > 0) {
        put_in_block((uint8_t)file.bits);
    }
    put(0);
    put(';');
}

/* What the table holds: strings by the code of all but their last pixel. */
struct table {
    int code[N_CODES][256];
    unsigned next;
    unsigned width;
};

static struct table table;

static void
clear_table(unsigned min_size)
{
    memset(&table, 0xff, sizeof table); /* -1: no such string */
    table.next = (1U << min_size) + 2;
    table.width = min_size + 1;
}

/* An encoder adds a string one code before a decoder can. */
static void
add_string(unsigned prefix, uint8_t pixel)
{
    table.code[prefix][pixel] = (int)table.next;
    if (table.next == 1U << table.width && table.width < 12) {
        table.width++;
    }
    table.next++;
}

static void
encode(unsigned min_size, bool clears)
{
    unsigned clear = 1U << min_size;
    clear_table(min_size);
    put_code(clear, table.width);
    unsigned prefix = pixels[0];
    for (size_t i = 1; i < N_PIXELS; i++) {
        int longer = table.code[prefix][pixels[i]];
        if (longer >= 0) {
            prefix = (unsigned)longer;
            continue;
        }
        put_code(prefix, table.width);
        if (table.next < N_CODES) {
            add_string(prefix, pixels[i]);
        } else if (clears) {
            put_code(clear, table.width);
            clear_table(min_size);
        }
        prefix = pixels[i];
    }
    put_code(prefix, table.width);
    put_code(clear + 1, table.width);
    end_gif();
}

/* Runs, for strings that are used before they are whole, and noise, so that the
   table fills more than once. */
static void
draw(void)
{
    uint32_t state = 1;
    for (size_t i = 0; i < N_PIXELS; i++) {
        state = state * 1664525 + 1013904223;
        bool run = i / WIDTH % 8 < 4;
        pixels[i] = run ? (uint8_t)(i / 700) : (uint8_t)(state >> 28);
    }
}

static void
check_pixels(void)
{
    struct decoded decoded;
    struct fovea_error error;
    assert_ok(decode_bytes(file.bytes, file.size, NULL, &decoded, &error),
            &error);
    assert_int_equal(decoded.info.width_px, WIDTH);
    assert_int_equal(decoded.info.height_px, HEIGHT);
    for (size_t i = 0; i < N_PIXELS; i++) {
        if (decoded.pixels[3 * i] != 255 - pixels[i]) {
            fail_msg("pixel %zu is %u and not %u", i, decoded.pixels[3 * i],
                    255 - pixels[i]);
        }
    }
    decoded_finish(&decoded);
}

/* 8 is giflib's: what the encoder writes is sound. */
static void
codes_of_every_size_are_read(void **state)
{
    (void)state;
    draw();
    for (unsigned min_size = 8; min_size <= 11; min_size++) {
        for (int clears = 0; clears < 2; clears++) {
            print_message("# %u bits\n", min_size);
            begin_gif(WIDTH, HEIGHT, false, min_size);
            encode(min_size, clears);
            check_pixels();
        }
    }
}

static void
interlaced_rows_come_in_order(void **state)
{
    (void)state;
    begin_gif(1, 5, true, 11);
    put_code(2048, 12);
    static const uint8_t rows[] = { 0, 4, 2, 1, 3 }; /* as they are stored */
    for (size_t i = 0; i < sizeof rows; i++) {
        put_code(rows[i], 12);
    }
    put_code(2049, 12);
    end_gif();
    struct decoded decoded;
    struct fovea_error error;
    assert_ok(decode_bytes(file.bytes, file.size, NULL, &decoded, &error),
            &error);
    for (uint32_t y = 0; y < 5; y++) {
        assert_pixel(&decoded, 0, y, (uint8_t)(255 - y), (uint8_t)(255 - y),
                (uint8_t)(255 - y));
    }
    decoded_finish(&decoded);
}

struct damage {
    const char *what;
    unsigned min_size;
    unsigned codes[3];
};

static void
damage_ends_the_rows(void **state)
{
    (void)state;
    static const struct damage cases[] = {
        { "a pixel beyond every palette", 11, { 2048, 1, 256 } },
        { "an end before the last pixel", 11, { 2048, 1, 2049 } },
        { "a code that is not there yet", 11, { 2048, 1, 2051 } },
        { "a first code that is none", 11, { 2048, 2050, 1 } },
        { "more bits than codes have", 12, { 1, 2, 3 } },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        print_message("# %s\n", cases[i].what);
        begin_gif(2, 1, false, cases[i].min_size);
        for (size_t k = 0; k < 3; k++) {
            put_code(cases[i].codes[k], 12);
        }
        end_gif();
        assert_undecodable(file.bytes, file.size, FOVEA_ERR_IMAGE_CORRUPT,
                "GIF");
    }
}

static void
cut_codes_end_the_rows(void **state)
{
    (void)state;
    begin_gif(2, 2, false, 11);
    static const unsigned codes[] = { 2048, 1, 2, 3, 4, 2049 };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(codes); i++) {
        put_code(codes[i], 12);
    }
    end_gif();
    /* The block is needed whole; the end of the blocks and of the file are not.
     */
    size_t enough = file.size - 2;
    for (size_t n = 16; n < file.size; n++) {
        struct decoded decoded;
        struct fovea_error error;
        enum fovea_status status =
                decode_bytes(file.bytes, n, NULL, &decoded, &error);
        assert_int_equal(status,
                n < enough ? FOVEA_ERR_IMAGE_TRUNCATED : FOVEA_OK);
        decoded_finish(&decoded);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_of_every_size_are_read),
        cmocka_unit_test(interlaced_rows_come_in_order),
        cmocka_unit_test(damage_ends_the_rows),
        cmocka_unit_test(cut_codes_end_the_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
