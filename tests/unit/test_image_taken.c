/* When a picture was taken, in EXIF: dates, and what is none; damage. */
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "image/exif.h"
#include "support/exif_block.h"
#include "support/test.h"

static const struct {
    const char *text;
    int64_t seconds;
} dates[] = {
    { "1970:01:01 00:00:00", 0 },
    { "1970:01:01 00:00:01", 1 },
    { "1969:12:31 23:59:59", -1 },
    { "2000:02:29 12:00:00", 951825600 },
    { "2024:02:29 23:59:59", 1709251199 },
    { "2038:01:19 03:14:08", INT64_C(2147483648) },
    { "1900:03:01 00:00:00", INT64_C(-2203891200) },
    { "2016:12:31 23:59:60", 1483228799 },
    { "2024-05-31T06:07:08", 1717135628 },
    { "2024/05/31 06:07:08", 1717135628 },
    { "0001:01:01 00:00:00", INT64_C(-62135596800) },
    { "9999:12:31 23:59:59", INT64_C(253402300799) },
};

static const char *const none[] = {
    "0000:00:00 00:00:00",
    "    :  :     :  :  ",
    "2023:02:29 12:00:00",
    "1900:02:29 12:00:00",
    "2024:13:01 12:00:00",
    "2024:00:01 12:00:00",
    "2024:01:32 12:00:00",
    "2024:01:00 12:00:00",
    "2024:04:31 12:00:00",
    "2024:01:01 24:00:00",
    "2024:01:01 12:60:00",
    "2024:01:01 12:00:61",
    "2024:01:01 12.00.00",
    "2024 01 01 12:00:00",
    "-024:01:01 12:00:00",
    "2024:+1:01 12:00:00",
    "2024:01:01_12:00:00",
    "yesterday, at noon.",
};

static struct fovea_taken
read_block(const uint8_t *bytes, size_t size)
{
    /* Exactly as long as it says, so that a read beyond it is seen. */
    FOVEA_AUTO_FREE uint8_t *copy = malloc(size + 1);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    return fovea_exif_read(copy, size).taken;
}

static void
dates_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(dates); i++) {
        uint8_t block[EXIF_BLOCK_SIZE];
        exif_block_make(dates[i].text, block);
        struct fovea_taken taken = read_block(block, sizeof block);
        if (!taken.is_known || taken.s != dates[i].seconds) {
            fail_msg("%s is %lld", dates[i].text, (long long)taken.s);
        }
    }
}

static void
what_is_no_date_is_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(none); i++) {
        uint8_t block[EXIF_BLOCK_SIZE];
        exif_block_make(none[i], block);
        struct fovea_taken taken = read_block(block, sizeof block);
        if (taken.is_known || taken.s != 0) {
            fail_msg("%s is %lld", none[i], (long long)taken.s);
        }
    }
}

/* As TIFF/EP has it, and with a prefix. */
static void
the_first_directory_counts_where_there_is_no_other(void **state)
{
    (void)state;
    static const uint8_t big[] = "Exif\0\0MM\0*\0\0\0\x08"
                                 "\0\1\x90\3\0\2\0\0\0\x14\0\0\0\x1a\0\0\0\0"
                                 "1970:01:02 00:00:00";
    struct fovea_taken taken = read_block(big, sizeof big);
    assert_true(taken.is_known);
    assert_int_equal(taken.s, 86400);
}

static void
of_damage_nothing_is_known(void **state)
{
    (void)state;
    uint8_t block[EXIF_BLOCK_SIZE];
    exif_block_make("2024:05:31 06:07:08", block);
    /* Cut anywhere: what is behind the text does not matter. */
    for (size_t size = 0; size < EXIF_BLOCK_TEXT_AT + 19; size++) {
        assert_false(read_block(block, size).is_known);
    }
    assert_true(read_block(block, EXIF_BLOCK_TEXT_AT + 19).is_known);
    /* Whatever a byte becomes: a date, or nothing, and no read outside. */
    for (size_t at = 0; at < sizeof block; at++) {
        for (unsigned value = 0; value < 256; value++) {
            uint8_t changed[EXIF_BLOCK_SIZE];
            memcpy(changed, block, sizeof block);
            changed[at] = (uint8_t)value;
            struct fovea_taken taken = read_block(changed, sizeof changed);
            assert_true(taken.is_known || taken.s == 0);
        }
    }
    /* A directory that is its own, and as many entries as can be said. */
    exif_block_make("2024:05:31 06:07:08", block);
    block[18] = 8;
    assert_false(read_block(block, sizeof block).is_known);
    exif_block_make("2024:05:31 06:07:08", block);
    block[26] = 0xff;
    block[27] = 0xff;
    assert_true(read_block(block, sizeof block).is_known);
    /* The wrong type, and a text that is shorter than a date. */
    exif_block_make("2024:05:31 06:07:08", block);
    block[30] = 7;
    assert_false(read_block(block, sizeof block).is_known);
    exif_block_make("2024:05:31 06:07:08", block);
    block[32] = 18;
    assert_false(read_block(block, sizeof block).is_known);
    /* Big TIFF. */
    exif_block_make("2024:05:31 06:07:08", block);
    block[2] = '+';
    assert_false(read_block(block, sizeof block).is_known);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_are_read),
        cmocka_unit_test(what_is_no_date_is_none),
        cmocka_unit_test(the_first_directory_counts_where_there_is_no_other),
        cmocka_unit_test(of_damage_nothing_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
