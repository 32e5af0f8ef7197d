/* What a host takes for a thumbnail. */
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "support/test.h"
#include "wire/thumbnail.h"

enum {
    SIDE = 32,
};

/* A frame of 20 x 10, a table and a scan; nobody looks into these. */
static const uint8_t good[] = "\xff\xd8"
                              "\xff\xe0\0\7JFIF\0"
                              "\xff\xdb\0\4ab"
                              "\xff\xc0\0\x11\x08\0\x0a\0\x14\3\1\x22\0\2\x11\1"
                              "\3\x11\1"
                              "\xff\xc4\0\3a"
                              "\xff\xda\0\4ab"
                              "scan\xff\xd9";

enum {
    SIZE = sizeof good - 1,
    APP0_AT = 2,
    FRAME_AT = 17,
    SCAN_AT = 41,
};

static bool
is_row(const uint8_t *jpeg, size_t size)
{
    /* Exactly as long as it says, so that a read beyond it is seen. */
    size_t row_bytes = sizeof(struct fovea_thumbnail_row) + size;
    struct fovea_thumbnail_row *row = malloc(row_bytes);
    assert_non_null(row);
    row->size = (uint32_t)size;
    memcpy(row->jpeg, jpeg, size);
    bool is = fovea_thumbnail_is_row(row, row_bytes, SIDE);
    row->size++; /* than there is */
    assert_false(fovea_thumbnail_is_row(row, row_bytes, SIDE));
    free(row);
    return is;
}

static bool
is_with(size_t at, uint8_t value)
{
    uint8_t changed[SIZE];
    memcpy(changed, good, SIZE);
    assert_true(changed[at] != value);
    changed[at] = value;
    return is_row(changed, SIZE);
}

static void
a_thumbnail_is_one(void **state)
{
    (void)state;
    assert_true(is_row(good, SIZE));
    assert_true(is_with(FRAME_AT + 8, SIDE));
    assert_true(is_with(SCAN_AT + 6, 'S'));
}

static void
anything_else_is_none(void **state)
{
    (void)state;
    for (size_t size = 0; size < SIZE; size++) {
        assert_false(is_row(good, size));
    }
    static const struct {
        size_t at;
        uint8_t value;
    } changes[] = {
        { 0, 0 }, { 1, 0xd9 }, { SIZE - 1, 0xd8 }, { APP0_AT, 0xfe },
        { APP0_AT + 1, 0xe1 },  /* EXIF */
        { APP0_AT + 1, 0xfe },  /* a comment */
        { APP0_AT + 3, 1 },     /* no length */
        { APP0_AT + 2, 0xff },  /* beyond the end */
        { FRAME_AT + 1, 0xc2 }, /* progressive */
        { FRAME_AT + 3, 0x12 }, /* of another size */
        { FRAME_AT + 4, 12 },   /* 12 bits */
        { FRAME_AT + 5, 1 },    /* too high */
        { FRAME_AT + 6, 0 },    /* no rows */
        { FRAME_AT + 6, SIDE + 1 }, { FRAME_AT + 8, 0 },
        { FRAME_AT + 8, SIDE + 1 }, { FRAME_AT + 9, 4 },
        { FRAME_AT + 1, 0xdb }, /* no frame */
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(changes); i++) {
        if (is_with(changes[i].at, changes[i].value)) {
            fail_msg("%zu with %u", changes[i].at, changes[i].value);
        }
    }
    /* Two frames. */
    uint8_t twice[SIZE + 19];
    memcpy(twice, good, SCAN_AT);
    memcpy(twice + FRAME_AT + 19, good + FRAME_AT, SIZE - FRAME_AT);
    assert_false(is_row(twice, sizeof twice));
}

static void
no_byte_leads_outside(void **state)
{
    (void)state;
    for (size_t at = 0; at < SIZE; at++) {
        for (unsigned value = 0; value < 256; value++) {
            uint8_t changed[SIZE];
            memcpy(changed, good, SIZE);
            changed[at] = (uint8_t)value;
            (void)is_row(changed, SIZE);
        }
    }
}

static void
rows_lie_where_numbers_may(void **state)
{
    (void)state;
    for (uint32_t side = 16; side <= 512; side++) {
        assert_int_equal(fovea_thumbnail_row_bytes(side) % 8, 0);
        assert_true(fovea_thumbnail_jpeg_bytes(side) >= side * side + 1024);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thumbnail_is_one),
        cmocka_unit_test(anything_else_is_none),
        cmocka_unit_test(no_byte_leads_outside),
        cmocka_unit_test(rows_lie_where_numbers_may),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
