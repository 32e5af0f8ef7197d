/* PNM: each of its six kinds, written out. */
#include "base/macros.h"
#include "support/decoded.h"

#define CASE(text) text, sizeof(text) - 1

static void
assert_row(const char *file, size_t size, const char *name,
        const uint8_t *levels, size_t n)
{
    struct decoded decoded;
    struct fovea_error error;
    if (decode_bytes(file, size, NULL, &decoded, &error)) {
        fail_msg("%s: %s", name, error.message);
    }
    assert_int_equal(decoded.info.width_px * decoded.info.height_px * 3, n);
    for (size_t i = 0; i < n; i++) {
        if (decoded.pixels[i] != levels[i]) {
            fail_msg("%s: sample %zu is %u and not %u", name, i,
                    decoded.pixels[i], levels[i]);
        }
    }
    decoded_finish(&decoded);
}

static void
the_corpus_is_read_as_pillow_reads_it(void **state)
{
    (void)state;
    assert_known("pnm");
}

static void
every_limit_is_checked_before_pixels(void **state)
{
    (void)state;
    static const char *const names[] = { "pnm/p1", "pnm/p3", "pnm/p4",
        "pnm/p6_deep" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(names); i++) {
        assert_limits(names[i]);
    }
}

/* Grey of any depth is spread over 0 to 255 and rounded, as colours are. */
static void
samples_are_spread_and_rounded(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        size_t size;
        uint8_t levels[2];
    } cases[] = {
        { CASE("P2 2 1 1 0 1"), { 0, 255 } },
        { CASE("P2 2 1 3 1 2"), { 85, 170 } },
        { CASE("P2 2 1 2 1 2"), { 128, 255 } },     /* 127.5 to even */
        { CASE("P2 2 1 510 1 5"), { 0, 2 } },       /* 0.5, and 2.5 */
        { CASE("P2 2 1 65535 128 129"), { 0, 1 } }, /* about a half */
        { CASE("P5 2 1 100 \x32\xc8"), { 128, 255 } },
        { CASE("P5 2 1 4095 \x08\x00\x0f\xff"), { 128, 255 } },
        { CASE("P5 2 1 256 \x01\x00\x00\x80"), { 255, 128 } },
        { CASE("P5 2 1 1000 \x01\xf4\xff\xff"), { 128, 255 } },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        const uint8_t *l = cases[i].levels;
        const uint8_t rgb[] = { l[0], l[0], l[0], l[1], l[1], l[1] };
        assert_row(cases[i].file, cases[i].size, cases[i].file, rgb,
                sizeof rgb);
    }
}

/* Wherever a number or a blank may stand; each is worth a blank. */
static void
comments_and_blanks_are_stepped_over(void **state)
{
    (void)state;
    static const uint8_t rgb[] = { 65, 66, 67, 68, 69, 70 };
    static const struct {
        const char *file;
        size_t size;
    } cases[] = {
        { CASE("P6 2 1 255 ABCDEF") },
        { CASE("P6\r2\t1\v255\fABCDEF") },
        { CASE("P6#a\n2#b\r1# c # d\n255\nABCDEF") },
        { CASE("P6\n#\n#\n  2\n\n1\n255#\nABCDEF") },
        { CASE("P6 02 0000000000001 0255 ABCDEF and more") },
        { CASE("P3 2 1 255 65 66 67 68 69 70") },
        { CASE("P3 2 1 255\n65 66 67#x\n68\n#\n69\n#70\n70\n#") },
        { CASE("P3 2 1 255\n65 66 67 68 69 70\nx") },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        assert_row(cases[i].file, cases[i].size, cases[i].file, rgb,
                sizeof rgb);
    }
}

static void
bits_may_stand_together_and_1_is_black(void **state)
{
    (void)state;
    static const uint8_t rgb[] = { 0, 0, 0, 255, 255, 255, 255, 255, 255, 0, 0,
        0 };
    static const struct {
        const char *file;
        size_t size;
    } cases[] = {
        { CASE("P1 2 2 1001") },
        { CASE("P1 2 2\n1 0\n0 1\n") },
        { CASE("P1 2 2\n1#0\n00#1\n1") },
        { CASE("P4 2 2\n\xbf\x7f") },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        assert_row(cases[i].file, cases[i].size, cases[i].file, rgb,
                sizeof rgb);
    }
}

static void
what_is_wrong_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        size_t size;
        enum fovea_status status;
        const char *part;
    } cases[] = {
        { CASE("P6 2 0 255 "), FOVEA_ERR_IMAGE_CORRUPT, "a side is 0" },
        { CASE("P6 2 1 0 ABCDEF"), FOVEA_ERR_IMAGE_CORRUPT,
                "a largest value of 0" },
        { CASE("P6 2 1 65536 ABCDEF"), FOVEA_ERR_IMAGE_CORRUPT,
                "a largest value of 65536" },
        { CASE("P6 2x1 255 ABCDEF"), FOVEA_ERR_IMAGE_CORRUPT,
                "0x78 where a blank is expected" },
        { CASE("P6 2 -1 255 ABCDEF"), FOVEA_ERR_IMAGE_CORRUPT,
                "0x2d where the height is expected" },
        { CASE("P5 99999999999 1 255 A"), FOVEA_ERR_IMAGE_SIDE_TOO_LONG,
                "4294967295x1" },
        { CASE("P1 2 2\n1 2 0 1"), FOVEA_ERR_IMAGE_CORRUPT,
                "0x32 where 0 or 1 is expected" },
        { CASE("P2 2 2 9\n1 2 10 3"), FOVEA_ERR_IMAGE_CORRUPT,
                "a sample of 10 is beyond the largest value, 9; 1 of 2 rows" },
        { CASE("P6 2 1 "), FOVEA_ERR_IMAGE_TRUNCATED, "the file ends" },
        { CASE("P6 2 1 255"), FOVEA_ERR_IMAGE_TRUNCATED, "in its header" },
        { CASE("P6 2 1 255 ABCDE"), FOVEA_ERR_IMAGE_TRUNCATED,
                "before its pixels do" },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        assert_undecodable(cases[i].file, cases[i].size, cases[i].status,
                cases[i].part);
    }
}

/* Text ends in a line's end that nobody needs. */
static void
cut_files_give_the_rows_before_the_cut(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t n_spare;
    } cases[] = { { "pnm/p1", 1 }, { "pnm/p4", 0 }, { "pnm/p5", 0 },
        { "pnm/p6", 0 }, { "pnm/p6_deep", 0 }, { "pnm/p5_deep", 0 } };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        assert_true(assert_cut(cases[i].name, cases[i].n_spare) > 0);
    }
}

/* A number that may have lost digits does not count, but for the last one. */
static void
a_cut_number_is_no_sample(void **state)
{
    (void)state;
    static const char text[] = "P2 1 3 255 11 22 33";
    static const struct {
        size_t n_cut;
        const char *part;
    } cases[] = { { 3, "1 of 3 rows" }, { 4, "1 of 3 rows" },
        { 2, "2 of 3 rows" } };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        assert_undecodable(text, sizeof text - 1 - cases[i].n_cut,
                FOVEA_ERR_IMAGE_TRUNCATED, cases[i].part);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_corpus_is_read_as_pillow_reads_it),
        cmocka_unit_test(every_limit_is_checked_before_pixels),
        cmocka_unit_test(samples_are_spread_and_rounded),
        cmocka_unit_test(comments_and_blanks_are_stepped_over),
        cmocka_unit_test(bits_may_stand_together_and_1_is_black),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(cut_files_give_the_rows_before_the_cut),
        cmocka_unit_test(a_cut_number_is_no_sample),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
