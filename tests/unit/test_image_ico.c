/* ICO and CUR: which picture counts, and that it is read as BMP and PNG are. */
#include "base/macros.h"
#include "support/decoded.h"

enum {
    REST_BYTES =
            29 /* behind the last pixel of 9x7 of 24 bits: a byte, a mask */
};

static void
the_corpus_is_read_as_pillow_reads_it(void **state)
{
    (void)state;
    assert_known("ico");
}

static void
every_limit_is_checked_before_pixels(void **state)
{
    (void)state;
    static const char *const names[] = { "ico/bits24", "ico/several", "ico/png",
        "ico/cur" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(names); i++) {
        assert_limits(names[i]);
    }
}

static void
an_icon_is_upright_and_named_so(void **state)
{
    (void)state;
    static const char *const names[] = { "ico/bits8", "ico/png", "ico/cur" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(names); i++) {
        size_t size = 0;
        uint8_t *bytes = read_picture(names[i], &size);
        struct decoded decoded;
        struct fovea_error error;
        assert_ok(decode_bytes(bytes, size, NULL, &decoded, &error), &error);
        assert_int_equal(decoded.info.format, FOVEA_FORMAT_ICO);
        assert_int_equal(decoded.info.orientation, 1);
        decoded_finish(&decoded);
        free(bytes);
    }
}

/* A directory of BMPs of 1x1, each of another colour. */
struct icon {
    uint8_t bytes[512];
    size_t size;
};

struct listed {
    uint8_t width; /* as the directory says */
    uint8_t height;
    uint8_t n_colours;
    uint8_t bits;
};

static struct icon
make_icon(uint8_t kind, const struct listed *entries, uint8_t n)
{
    struct icon icon = { .bytes = { 0, 0, kind, 0, n } };
    size_t at = 6 + 16 * (size_t)n;
    for (uint8_t i = 0; i < n; i++) {
        uint8_t *entry = icon.bytes + 6 + 16 * (size_t)i;
        entry[0] = entries[i].width;
        entry[1] = entries[i].height;
        entry[2] = entries[i].n_colours;
        entry[6] = entries[i].bits;
        entry[12] = (uint8_t)at;
        entry[13] = (uint8_t)(at >> 8);
        uint8_t *bmp = icon.bytes + at;
        bmp[0] = 40;
        bmp[4] = 1; /* wide */
        bmp[8] = 2; /* high, with the mask */
        bmp[14] = 24;
        memset(bmp + 40, i, 3);
        at += 44;
        assert_true(at <= sizeof icon.bytes);
    }
    icon.size = at;
    return icon;
}

static void
assert_chosen(uint8_t kind, const struct listed *entries, uint8_t n,
        uint8_t chosen)
{
    struct icon icon = make_icon(kind, entries, n);
    struct decoded decoded;
    struct fovea_error error;
    assert_ok(decode_bytes(icon.bytes, icon.size, NULL, &decoded, &error),
            &error);
    assert_pixel(&decoded, 0, 0, chosen, chosen, chosen);
    decoded_finish(&decoded);
}

static void
the_largest_counts_and_then_the_deepest(void **state)
{
    (void)state;
    static const struct {
        struct listed entries[3];
        uint8_t icon; /* which counts */
        uint8_t cursor;
    } cases[] = {
        { { { 9, 9, 0, 24 }, { 10, 10, 0, 4 }, { 8, 8, 0, 32 } }, 1, 1 },
        { { { 9, 9, 0, 4 }, { 9, 9, 0, 24 }, { 9, 9, 0, 8 } }, 1, 0 },
        { { { 9, 9, 0, 8 }, { 9, 9, 0, 8 }, { 9, 9, 0, 1 } }, 1, 0 },
        { { { 0, 0, 0, 1 }, { 255, 255, 0, 32 }, { 0, 1, 0, 1 } }, 0, 0 },
        { { { 4, 9, 0, 1 }, { 9, 4, 0, 1 }, { 6, 6, 0, 32 } }, 2, 0 },
        /* By the number of colours: 4 bits, 5, and as many as there may be. */
        { { { 9, 9, 16, 0 }, { 9, 9, 17, 0 }, { 9, 9, 0, 4 } }, 1, 0 },
        { { { 9, 9, 0, 32 }, { 9, 9, 0, 0 }, { 9, 9, 2, 0 } }, 1, 0 },
        { { { 9, 9, 0, 32 }, { 9, 9, 1, 0 }, { 9, 9, 2, 0 } }, 1, 0 },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        assert_chosen(1, cases[i].entries, 3, cases[i].icon);
        assert_chosen(2, cases[i].entries, 3, cases[i].cursor);
    }
}

/* What is behind a picture, and the size that is stated of it, is not needed;
   of one that is stored from the bottom up the mask is. */
static void
cut_files_are_told(void **state)
{
    (void)state;
    assert_true(assert_cut("ico/bits24", REST_BYTES) > 0);
    assert_true(assert_cut("ico/top_down", REST_BYTES) > 0);
    assert_true(assert_cut("ico/cur", REST_BYTES) > 0);
    assert_true(assert_cut("ico/bits32", 32) > 0);
    (void)assert_cut("ico/png", 16);
}

static void
what_is_wrong_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum fovea_status status;
        const char *part;
    } cases[] = {
        { "ico/bad_header", FOVEA_ERR_IMAGE_UNSUPPORTED,
                "ICO: BMP: a header of 41 bytes" },
        { "ico/bad_height", FOVEA_ERR_IMAGE_CORRUPT, "a side is 0" },
        { "ico/bad_png", FOVEA_ERR_IMAGE_TRUNCATED, "ICO: PNG: " },
        { "ico/bad_place", FOVEA_ERR_IMAGE_TRUNCATED,
                "the file ends before its largest picture" },
        { "ico/bad_count", FOVEA_ERR_IMAGE_TRUNCATED, "in its directory" },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        size_t size = 0;
        uint8_t *bytes = read_picture(cases[i].name, &size);
        assert_undecodable(bytes, size, cases[i].status, cases[i].part);
        free(bytes);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_corpus_is_read_as_pillow_reads_it),
        cmocka_unit_test(every_limit_is_checked_before_pixels),
        cmocka_unit_test(an_icon_is_upright_and_named_so),
        cmocka_unit_test(the_largest_counts_and_then_the_deepest),
        cmocka_unit_test(cut_files_are_told),
        cmocka_unit_test(what_is_wrong_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
