/* The orientation in EXIF: byte orders, types of value, damage. */
#include "base/macros.h"
#include "image/exif.h"
#include "support/test.h"

#define LITTLE "II*\0\x08\0\0\0"
#define BIG    "MM\0*\0\0\0\x08"
#define ONE_L  "\x01\0"
#define ONE_B  "\0\x01"
#define TAG_L  "\x12\x01"
#define TAG_B  "\x01\x12"
#define FAR_L  "\x1a\0\0\0" /* offset 26: behind a directory of one entry */

struct exif_case {
    const char *what;
    const char *bytes;
    size_t size;
    unsigned expected;
};

#define CASE(what, bytes, expected)              \
    {                                            \
        what, bytes, sizeof(bytes) - 1, expected \
    }

static const struct exif_case cases[] = {
    CASE("nothing", "", 0),
    CASE("a prefix alone", "Exif\0\0", 0),
    CASE("no TIFF", "Exif\0\0JUNKJUNKJUNK", 0),
    CASE("little endian", LITTLE ONE_L TAG_L "\3\0\1\0\0\0\6\0\0\0", 6),
    CASE("big endian", BIG ONE_B TAG_B "\0\3\0\0\0\1\0\6\0\0", 6),
    CASE("with a prefix",
            "Exif\0\0" LITTLE ONE_L TAG_L "\3\0\1\0\0\0\x08\0\0\0", 8),
    CASE("odd magic", "MM*\0\0\0\0\x08" ONE_B TAG_B "\0\3\0\0\0\1\0\5\0\0", 5),
    CASE("big TIFF", "II+\0\x08\0\0\0" ONE_L TAG_L "\3\0\1\0\0\0\6\0\0\0", 0),
    CASE("value 0", LITTLE ONE_L TAG_L "\3\0\1\0\0\0\0\0\0\0", 1),
    CASE("value 9", LITTLE ONE_L TAG_L "\3\0\1\0\0\0\x09\0\0\0", 1),
    CASE("a long", LITTLE ONE_L TAG_L "\4\0\1\0\0\0\3\0\0\0", 3),
    CASE("a signed byte", LITTLE ONE_L TAG_L "\6\0\1\0\0\0\7\0\0\0", 7),
    CASE("minus one", LITTLE ONE_L TAG_L "\x08\0\1\0\0\0\xff\xff\0\0", 1),
    CASE("bytes", LITTLE ONE_L TAG_L "\1\0\1\0\0\0\6\0\0\0", 1),
    CASE("text", LITTLE ONE_L TAG_L "\2\0\2\0\0\0\x36\0\0\0", 1),
    CASE("a float", LITTLE ONE_L TAG_L "\x0b\0\1\0\0\0\0\0\xc0\x40", 6),
    CASE("a fractional float", LITTLE ONE_L TAG_L "\x0b\0\1\0\0\0\0\0\xc8\x40",
            1),
    CASE("a ratio",
            LITTLE ONE_L TAG_L "\5\0\1\0\0\0" FAR_L
                               "\0\0\0\0\x0c\0\0\0\2\0\0\0",
            6),
    CASE("a ratio over zero",
            LITTLE ONE_L TAG_L "\5\0\1\0\0\0" FAR_L
                               "\0\0\0\0\x0c\0\0\0\0\0\0\0",
            1),
    CASE("a double",
            LITTLE ONE_L TAG_L "\x0c\0\1\0\0\0" FAR_L
                               "\0\0\0\0\0\0\0\0\0\0\x08\x40",
            3),
    CASE("a double outside", LITTLE ONE_L TAG_L "\x0c\0\1\0\0\0\xff\0\0\0", 0),
    CASE("no values", LITTLE ONE_L TAG_L "\3\0\0\0\0\0\6\0\0\0", 0),
    CASE("an unknown type before it",
            LITTLE "\2\0\x0f\1\x63\0\1\0\0\0\0\0\0\0" TAG_L
                   "\3\0\1\0\0\0\6\0\0\0",
            6),
    CASE("an entry outside before it",
            LITTLE "\2\0\x0f\1\2\0\xff\0\0\0\xff\0\0\0" TAG_L
                   "\3\0\1\0\0\0\6\0\0\0",
            0),
    CASE("the last one counts",
            LITTLE "\2\0" TAG_L "\3\0\1\0\0\0\3\0\0\0" TAG_L
                   "\3\0\1\0\0\0\6\0\0\0",
            6),
    CASE("fewer entries than said",
            LITTLE "\xff\xff" TAG_L "\3\0\1\0\0\0\6\0\0\0", 6),
    CASE("half an entry", LITTLE ONE_L TAG_L "\3\0\1\0\0\0\6", 0),
    CASE("a directory outside", "II*\0\xff\xff\xff\xff" ONE_L TAG_L, 0),
};

static void
every_case_is_read_as_pillow_reads_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        /* Exactly as long as it says, so that a read beyond it is seen. */
        FOVEA_AUTO_FREE uint8_t *bytes = malloc(cases[i].size + 1);
        assert_non_null(bytes);
        memcpy(bytes, cases[i].bytes, cases[i].size);
        unsigned got = fovea_exif_orientation(bytes, cases[i].size);
        if (got != cases[i].expected) {
            fail_msg("%s: %u, expected %u", cases[i].what, got,
                    cases[i].expected);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_is_read_as_pillow_reads_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
