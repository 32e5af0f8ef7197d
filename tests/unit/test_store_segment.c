/* Segments: what is appended is read again, and what is not whole is told. */
#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"
#include "store/codes.h"
#include "store/scan.h"
#include "store/segment_layout.h"
#include "support/test.h"
#include "support/tree.h"
#include "support/vectors.h"

static char root[] = "/tmp/fovea-segment-XXXXXX";
TREE_FIXTURE(root)

enum {
    DIMENSION = 20,
    CAPACITY = 100,
};

static const struct fovea_segment_spec spec = {
    .set_id = { 1, 2, 3 },
    .number = 7,
    .dimension = DIMENSION,
    .capacity = CAPACITY,
    .store = FOVEA_STORE_F32,
};

static const char *
path(void)
{
    static char name[64];
    (void)snprintf(name, sizeof name, "%s/7", root);
    return name;
}

static struct fovea_segment *
open_or_fail(uint64_t n_rows, enum fovea_segment_use use)
{
    struct fovea_error error;
    struct fovea_segment *segment = NULL;
    assert_ok(fovea_segment_open(path(), &spec, n_rows, use, &segment, &error),
            &error);
    return segment;
}

/* A segment of n rows, which are given. */
static void
make(float *rows, size_t n)
{
    struct fovea_error error;
    struct fovea_segment *segment = NULL;
    vectors_fill(VECTORS_RANDOM, 1, rows, n, DIMENSION);
    assert_ok(fovea_segment_create(path(), &spec, &segment, &error), &error);
    assert_ok(fovea_segment_append(segment, rows, n, &error), &error);
    assert_ok(fovea_segment_sync(segment, &error), &error);
    fovea_segment_close(segment);
}

static void
flip(off_t offset)
{
    uint8_t byte = 0;
    int fd = open(path(), O_RDWR | O_CLOEXEC);
    assert_int_equal(pread(fd, &byte, 1, offset), 1);
    byte ^= 0x10;
    assert_int_equal(pwrite(fd, &byte, 1, offset), 1);
    (void)close(fd);
}

static void
rows_are_read_as_they_were_appended(void **state)
{
    (void)state;
    struct fovea_error error;
    float rows[30 * DIMENSION];
    float read[30 * DIMENSION];
    make(rows, 10);
    vectors_fill(VECTORS_SIZES, 2, rows + 10 * DIMENSION, 20, DIMENSION);
    struct fovea_segment *segment = open_or_fail(10, FOVEA_SEGMENT_APPEND);
    for (size_t i = 10; i < 30; i++) {
        assert_ok(
                fovea_segment_append(segment, rows + i * DIMENSION, 1, &error),
                &error);
        assert_int_equal(fovea_segment_n_rows(segment), i + 1);
    }
    assert_ok(fovea_segment_read(segment, 0, 30, read, &error), &error);
    assert_memory_equal(read, rows, sizeof rows);
    assert_ok(fovea_segment_sync(segment, &error), &error);
    struct stat info;
    assert_int_equal(stat(path(), &info), 0);
    assert_int_equal(info.st_size, fovea_segment_size(segment, 30));
    assert_int_equal(info.st_mode & 0777, 0600);
    fovea_segment_close(segment);
    segment = open_or_fail(30, FOVEA_SEGMENT_READ);
    assert_ok(fovea_segment_read(segment, 29, 1, read, &error), &error);
    assert_memory_equal(read, rows + 29 * DIMENSION, DIMENSION * sizeof *rows);
    assert_int_equal(fovea_segment_describe(segment)->capacity, CAPACITY);
    fovea_segment_close(segment);
}

static void
half_precision_rounds_to_the_nearest(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_segment *segment = NULL;
    const float rows[2][3] = { { 1.0F / 3, -65504, 6e-8F },
        { 1 + 0x1p-11F, 1 + 3 * 0x1p-11F, 0 } };
    const float wanted[2][3] = { { 0x1.554p-2F, -65504, 0x1p-24F },
        { 1, 1 + 0x1p-9F, 0 } };
    float read[2][3];
    segment = vectors_segment(path(), FOVEA_STORE_F16, 2, rows[0], 2, 3);
    assert_ok(fovea_segment_read(segment, 0, 2, read[0], &error), &error);
    assert_memory_equal(read, wanted, sizeof wanted);
    fovea_segment_close(segment);
}

static void
what_has_no_direction_is_not_stored(void **state)
{
    (void)state;
    struct fovea_error error;
    float row[DIMENSION] = { 0 };
    float two[2 * DIMENSION] = { 1 };
    make(two, 1);
    struct fovea_segment *segment = open_or_fail(1, FOVEA_SEGMENT_APPEND);
    assert_fails(fovea_segment_append(segment, row, 1, &error), &error,
            FOVEA_ERR_ARGUMENT, "all zeros");
    row[3] = NAN;
    assert_fails(fovea_segment_append(segment, row, 1, &error), &error,
            FOVEA_ERR_ARGUMENT, "not finite");
    two[2 * DIMENSION - 1] = INFINITY;
    assert_fails(fovea_segment_append(segment, two, 2, &error), &error,
            FOVEA_ERR_ARGUMENT, "not finite");
    assert_int_equal(fovea_segment_n_rows(segment), 1);
    fovea_segment_close(segment);
    const float tiny[3] = { 1e-8F, 0, 0 };
    const float huge[3] = { 65536, 0, 0 };
    struct fovea_segment_spec halves = spec;
    halves.store = FOVEA_STORE_F16;
    halves.dimension = 3;
    assert_int_equal(unlink(path()), 0);
    assert_ok(fovea_segment_create(path(), &halves, &segment, &error), &error);
    assert_fails(fovea_segment_append(segment, tiny, 1, &error), &error,
            FOVEA_ERR_ARGUMENT, "all zeros, as float16");
    assert_fails(fovea_segment_append(segment, huge, 1, &error), &error,
            FOVEA_ERR_ARGUMENT, "not finite, as float16");
    fovea_segment_close(segment);
}

static void
a_tail_that_was_not_committed_is_written_over(void **state)
{
    (void)state;
    struct fovea_error error;
    float rows[12 * DIMENSION];
    float read[12 * DIMENSION];
    uint64_t n_good = 0;
    make(rows, 12);
    struct fovea_segment *segment = open_or_fail(5, FOVEA_SEGMENT_APPEND);
    assert_int_equal(fovea_segment_n_rows(segment), 5);
    vectors_fill(VECTORS_SIZES, 9, rows + 5 * DIMENSION, 2, DIMENSION);
    assert_ok(fovea_segment_append(segment, rows + 5 * DIMENSION, 2, &error),
            &error);
    assert_ok(fovea_segment_read(segment, 0, 7, read, &error), &error);
    assert_memory_equal(read, rows, 7 * DIMENSION * sizeof *rows);
    assert_ok(fovea_segment_verify(segment, 0, 7, &n_good, &error), &error);
    assert_int_equal(n_good, 7);
    fovea_segment_close(segment);
}

static void
readers_go_on_while_rows_are_appended(void **state)
{
    (void)state;
    struct fovea_error error;
    float rows[20 * DIMENSION];
    float read[DIMENSION];
    make(rows, 4);
    struct fovea_segment *reader = open_or_fail(4, FOVEA_SEGMENT_READ);
    struct fovea_segment *writer = open_or_fail(4, FOVEA_SEGMENT_APPEND);
    vectors_fill(VECTORS_RANDOM, 5, rows, 16, DIMENSION);
    assert_fails(fovea_segment_extend(reader, 5, &error), &error,
            FOVEA_ERR_INDEX_DAMAGED, "5 rows take");
    assert_ok(fovea_segment_append(writer, rows, 16, &error), &error);
    assert_ok(fovea_segment_extend(reader, 20, &error), &error);
    assert_ok(fovea_segment_read(reader, 19, 1, read, &error), &error);
    assert_memory_equal(read, rows + 15 * DIMENSION, sizeof read);
    assert_fails(fovea_segment_extend(reader, 19, &error), &error,
            FOVEA_ERR_INDEX_DAMAGED, "had 20");
    assert_fails(fovea_segment_extend(reader, CAPACITY + 1, &error), &error,
            FOVEA_ERR_INDEX_DAMAGED, "has room for 100");
    fovea_segment_close(reader);
    fovea_segment_close(writer);
}

static void
a_full_segment_takes_no_more(void **state)
{
    (void)state;
    struct fovea_error error;
    float rows[CAPACITY * DIMENSION];
    float read[CAPACITY * DIMENSION];
    make(rows, CAPACITY);
    struct fovea_segment *segment =
            open_or_fail(CAPACITY, FOVEA_SEGMENT_APPEND);
    assert_fails(fovea_segment_append(segment, rows, 1, &error), &error,
            FOVEA_ERR_ARGUMENT, "room for 0 vectors more");
    assert_ok(fovea_segment_append(segment, rows, 0, &error), &error);
    assert_ok(fovea_segment_read(segment, 0, CAPACITY, read, &error), &error);
    assert_memory_equal(read, rows, sizeof rows);
    fovea_segment_close(segment);
}

static void
a_file_that_is_too_short_is_damaged(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_segment *segment = NULL;
    float rows[8 * DIMENSION];
    float read[8 * DIMENSION];
    struct fovea_hits hits;
    make(rows, 8);
    struct fovea_segment *reader = open_or_fail(8, FOVEA_SEGMENT_READ);
    struct fovea_scan scan = {
        .segments = (const struct fovea_segment *const *)&reader,
        .n_segments = 1,
        .k = 8,
        .min_score = -1,
    };
    struct stat info;
    assert_int_equal(stat(path(), &info), 0);
    for (off_t size = info.st_size - 1; size >= 0; size = size * 3 / 4 - 1) {
        assert_int_equal(truncate(path(), size), 0);
        assert_fails(fovea_segment_open(path(), &spec, 8, FOVEA_SEGMENT_READ,
                             &segment, &error),
                &error, FOVEA_ERR_INDEX_DAMAGED, path());
        assert_null(segment);
        /* Cut under somebody who has it open. */
        assert_fails(fovea_segment_read(reader, 0, 8, read, &error), &error,
                FOVEA_ERR_INDEX_DAMAGED, "cut while it was read");
        assert_fails(fovea_scan_run(&scan, rows, 1, &hits, &error), &error,
                FOVEA_ERR_INDEX_DAMAGED, "cut while it was read");
    }
    fovea_segment_close(reader);
}

static void
a_segment_of_other_vectors_is_not_taken(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_segment *segment = NULL;
    float rows[DIMENSION];
    make(rows, 1);
    struct fovea_segment_spec others[5];
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(others); i++) {
        others[i] = spec;
    }
    others[0].set_id[15]++;
    others[1].number++;
    others[2].dimension++;
    others[3].store = FOVEA_STORE_F16;
    others[4].capacity--;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(others); i++) {
        assert_fails(fovea_segment_open(path(), &others[i], 1,
                             FOVEA_SEGMENT_READ, &segment, &error),
                &error, FOVEA_ERR_INDEX_DAMAGED, "other vectors");
    }
    others[0] = spec;
    others[0].capacity = 0;
    assert_ok(fovea_segment_open(path(), &others[0], 1, FOVEA_SEGMENT_READ,
                      &segment, &error),
            &error);
    fovea_segment_close(segment);
}

static void
every_flipped_byte_is_found(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_segment *segment = NULL;
    float rows[4 * DIMENSION];
    uint64_t n_good = 0;
    make(rows, 4);
    for (off_t at = 0; at < (off_t)sizeof(struct fovea_segment_header); at++) {
        flip(at);
        enum fovea_status status = fovea_segment_open(path(), &spec, 4,
                FOVEA_SEGMENT_READ, &segment, &error);
        assert_true(status == FOVEA_ERR_INDEX_DAMAGED ||
                status == FOVEA_ERR_INDEX_NEWER);
        flip(at);
    }
    struct fovea_segment_header header;
    struct fovea_segment_layout layout;
    fovea_segment_header_make(&spec, &header);
    fovea_segment_layout_init(&header, &layout);
    segment = open_or_fail(4, FOVEA_SEGMENT_READ);
    const uint64_t row = 2;
    const struct {
        uint64_t at;
        size_t size;
        bool is_value;
    } parts[] = {
        { fovea_segment_codes_at(&layout, row), layout.code_size, false },
        { fovea_segment_mark_at(&layout, row), sizeof(struct fovea_codes_mark),
                false },
        { fovea_segment_record_at(&layout, row), DIMENSION * sizeof(float),
                true },
        { fovea_segment_record_at(&layout, row) + layout.record_size -
                        sizeof(struct fovea_segment_checks),
                sizeof(uint64_t), true },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(parts); i++) {
        for (size_t j = 0; j < parts[i].size; j++) {
            float read[DIMENSION];
            flip((off_t)(parts[i].at + j));
            assert_fails(fovea_segment_verify(segment, 0, 4, &n_good, &error),
                    &error, FOVEA_ERR_INDEX_DAMAGED, "row 2 is not what");
            assert_int_equal(n_good, 2);
            assert_ok(fovea_segment_verify(segment, 3, 1, &n_good, &error),
                    &error);
            if (parts[i].is_value) {
                assert_fails(fovea_segment_read(segment, 2, 1, read, &error),
                        &error, FOVEA_ERR_INDEX_DAMAGED, "row 2 is not what");
            }
            flip((off_t)(parts[i].at + j));
        }
    }
    assert_ok(fovea_segment_verify(segment, 0, 4, &n_good, &error), &error);
    fovea_segment_close(segment);
}

/* A row that is whole, but of another place. */
static void
a_row_that_was_moved_is_damaged(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_segment_header header;
    struct fovea_segment_layout layout;
    float rows[2 * DIMENSION];
    float read[DIMENSION];
    make(rows, 2);
    fovea_segment_header_make(&spec, &header);
    fovea_segment_layout_init(&header, &layout);
    uint8_t record[256];
    assert_in_range(layout.record_size, 1, sizeof record);
    int fd = open(path(), O_RDWR | O_CLOEXEC);
    assert_int_equal(pread(fd, record, layout.record_size,
                             (off_t)fovea_segment_record_at(&layout, 0)),
            layout.record_size);
    assert_int_equal(pwrite(fd, record, layout.record_size,
                             (off_t)fovea_segment_record_at(&layout, 1)),
            layout.record_size);
    (void)close(fd);
    struct fovea_segment *segment = open_or_fail(2, FOVEA_SEGMENT_READ);
    assert_fails(fovea_segment_read(segment, 1, 1, read, &error), &error,
            FOVEA_ERR_INDEX_DAMAGED, "row 1 is not what");
    fovea_segment_close(segment);
}

static void
a_newer_format_is_called_so(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_segment *segment = NULL;
    float rows[DIMENSION];
    const uint32_t version = FOVEA_SEGMENT_VERSION + 1;
    make(rows, 1);
    int fd = open(path(), O_RDWR | O_CLOEXEC);
    assert_int_equal(pwrite(fd, &version, sizeof version,
                             offsetof(struct fovea_segment_header, version)),
            sizeof version);
    (void)close(fd);
    assert_fails(fovea_segment_open(path(), &spec, 1, FOVEA_SEGMENT_READ,
                         &segment, &error),
            &error, FOVEA_ERR_INDEX_NEWER, "format 2");
}

static void
what_stands_there_is_never_replaced(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_segment *segment = NULL;
    float rows[DIMENSION];
    make(rows, 1);
    assert_fails(fovea_segment_create(path(), &spec, &segment, &error), &error,
            FOVEA_ERR_OUTPUT_REFUSED, "something already");
    fovea_segment_close(open_or_fail(1, FOVEA_SEGMENT_READ));
    assert_int_equal(unlink(path()), 0);
    assert_int_equal(symlink("elsewhere", path()), 0);
    assert_fails(fovea_segment_create(path(), &spec, &segment, &error), &error,
            FOVEA_ERR_OUTPUT_REFUSED, "something already");
    assert_fails(fovea_segment_open(path(), &spec, 0, FOVEA_SEGMENT_READ,
                         &segment, &error),
            &error, FOVEA_ERR_FILE_NOT_FOUND, "");
    struct fovea_segment_spec wrong = spec;
    wrong.capacity = FOVEA_SEGMENT_MAX_ROWS + 1;
    assert_fails(fovea_segment_create(path(), &wrong, &segment, &error), &error,
            FOVEA_ERR_ARGUMENT, "1048576 vectors");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, empty_root)
    const struct CMUnitTest tests[] = {
        TEST(rows_are_read_as_they_were_appended),
        TEST(half_precision_rounds_to_the_nearest),
        TEST(what_has_no_direction_is_not_stored),
        TEST(a_tail_that_was_not_committed_is_written_over),
        TEST(readers_go_on_while_rows_are_appended),
        TEST(a_full_segment_takes_no_more),
        TEST(a_file_that_is_too_short_is_damaged),
        TEST(a_segment_of_other_vectors_is_not_taken),
        TEST(every_flipped_byte_is_found),
        TEST(a_row_that_was_moved_is_damaged),
        TEST(a_newer_format_is_called_so),
        TEST(what_stands_there_is_never_replaced),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
