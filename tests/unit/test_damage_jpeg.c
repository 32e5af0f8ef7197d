/*
 * Damaged JPEGs: what is read all the same, what is refused, and what accepting
 * makes of it, for pictures of one scan, of intervals, of a scan for each
 * component, and progressive ones.
 */
#include "base/macros.h"
#include "support/decoded.h"
#include "support/image_jpeg.h"
#include "support/test.h"

enum {
    RST0 = 0xd0,
    EOI = 0xd9,
    SOS = 0xda,
    DQT = 0xdb,
};

/* Large enough for each byte value to be there, and for many intervals. */
static const struct jpeg_wish wishes[] = {
    { 200, 150, 3, false, 0, false },
    { 200, 150, 3, false, 1, false },
    { 200, 150, 1, false, 0, false },
    { 200, 150, 3, false, 0, true },
    { 200, 150, 3, true, 0, false },
};

static const uint8_t value[4] = { 200, 100, 50, 255 };

struct written {
    struct jpeg_file file;
    struct decoded whole;
};

static void
write_picture(struct written *written, const struct jpeg_wish *wish)
{
    struct fovea_error error;
    jpeg_write(&written->file, wish, value, true);
    assert_ok(decode_bytes(written->file.bytes, written->file.size, NULL,
                      &written->whole, &error),
            &error);
    assert_int_equal(error.notes, 0);
}

static void
finish(struct written *written)
{
    decoded_finish(&written->whole);
    jpeg_finish(&written->file);
}

/* By both policies; what refusing makes of it. */
static enum fovea_status
decode_it(const struct written *written, struct fovea_error *error)
{
    return decode_by_both(written->file.bytes, written->file.size,
            &written->whole, error);
}

static void
assert_whole(const struct written *written)
{
    struct fovea_error error;
    assert_ok(decode_it(written, &error), &error);
}

static void
a_file_that_is_cut_keeps_its_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(wishes); i++) {
        struct written written;
        struct fovea_error error;
        write_picture(&written, &wishes[i]);
        size_t size = written.file.size;
        size_t n_worth = 0;
        for (size_t n = 3; n < size; n += n < 700 || n > size - 20 ? 1 : 97) {
            enum fovea_status status = decode_by_both(written.file.bytes, n,
                    &written.whole, &error);
            /* Only the end marker may be missing. */
            bool right = n + 2 < size ? status == FOVEA_ERR_IMAGE_TRUNCATED
                                      : status == FOVEA_OK;
            if (!right) {
                fail_msg("%zu: %zu bytes of %zu: %s", i, n, size,
                        error.message);
            }
            n_worth += strstr(error.message, "--damaged accept") != NULL;
        }
        assert_true(n_worth > 0);
        finish(&written);
    }
}

/* Of several scans only the last one may lack something: the rows above have
   all there is. */
static void
rows_of_a_picture_without_its_last_scan_do_not_count(void **state)
{
    (void)state;
    for (size_t i = 3; i < FOVEA_ARRAY_LEN(wishes); i++) {
        struct written written;
        struct fovea_error error;
        write_picture(&written, &wishes[i]);
        size_t n_scans = 0;
        size_t last = 0;
        for (size_t at = 0; at + 1 < written.file.size; at++) {
            if (written.file.bytes[at] == 0xff &&
                    written.file.bytes[at + 1] == SOS) {
                last = at;
                n_scans++;
            }
        }
        assert_true(n_scans >= 3);
        assert_int_equal(decode_by_both(written.file.bytes, last,
                                 &written.whole, &error),
                FOVEA_ERR_IMAGE_TRUNCATED);
        assert_null(strstr(error.message, "rows"));
        finish(&written);
    }
}

static enum fovea_status
end_at(struct written *written, size_t at, struct fovea_error *error)
{
    uint8_t before[2];
    memcpy(before, written->file.bytes + at, 2);
    memcpy(written->file.bytes + at, "\xff\xd9", 2);
    enum fovea_status status =
            decode_by_both(written->file.bytes, at + 2, &written->whole, error);
    memcpy(written->file.bytes + at, before, 2);
    return status;
}

/* As programs leave it that end each file they find with the marker. */
static void
an_end_marker_behind_a_cut_changes_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(wishes); i++) {
        struct written written;
        struct fovea_error error;
        write_picture(&written, &wishes[i]);
        size_t start = jpeg_find(&written.file, SOS, 0) + 20;
        /* Of a progressive one in its first scan: none counts without all. */
        size_t end =
                wishes[i].progressive ? start + 100 : written.file.size - 3;
        for (size_t n = start; n < end; n += 97) {
            enum fovea_status status = end_at(&written, n, &error);
            assert_true(status == FOVEA_ERR_IMAGE_TRUNCATED ||
                    status == FOVEA_ERR_IMAGE_CORRUPT);
            assert_true(
                    !wishes[i].progressive || !strstr(error.message, "rows"));
        }
        finish(&written);
    }
}

/* A component that has no scan at all is missing, whatever stands behind. */
static void
a_component_without_data_is_missing(void **state)
{
    (void)state;
    struct written written;
    struct fovea_error error;
    write_picture(&written, &wishes[3]);
    size_t at = jpeg_find(&written.file, SOS, 2);
    memcpy(written.file.bytes + at, "\xff\xd9", 2);
    assert_int_equal(
            decode_by_both(written.file.bytes, at + 2, &written.whole, &error),
            FOVEA_ERR_IMAGE_TRUNCATED);
    assert_null(strstr(error.message, "rows"));
    finish(&written);
}

/* What phones put behind a picture; some of it looks like markers. */
static const struct {
    const char *bytes;
    size_t size;
} trailers[] = {
#define TRAILER(text)          \
    {                          \
        text, sizeof(text) - 1 \
    }
    TRAILER("trailing text"),
    TRAILER("\0\0\0\0\0\0\0\0\0\0\0\0"),
    TRAILER("\xff\xff\xff\xff\xff\xff\xff\xff"),
    TRAILER("SEFHk\0\0\0\1\0\0\0\xff\x00\x12\x34SEFT"),
    TRAILER("video: \xff\xfb\x90\x44 and so on"),
    TRAILER("\xff\xd8\xff\xe0\0\x10JFIF, another picture\xff\xd9"),
    TRAILER("junk \xff\xe1\0\x08 a segment that is none"),
    TRAILER("junk \xff\xda"),
#undef TRAILER
};

static void
the_end_marker_is_not_needed(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(wishes); i++) {
        for (size_t k = 0; k < 2 * FOVEA_ARRAY_LEN(trailers); k++) {
            struct written written;
            write_picture(&written, &wishes[i]);
            written.file.size -= k % 2 ? 2 : 0;
            jpeg_insert(&written.file, written.file.size, trailers[k / 2].bytes,
                    trailers[k / 2].size);
            assert_whole(&written);
            finish(&written);
        }
    }
}

/* Replace each `from` by a string; gives how many there were. */
static size_t
mangle(struct jpeg_file *file, char from, const char *to)
{
    size_t n = 0;
    size_t start = jpeg_find(file, SOS, 0);
    for (size_t at = start; at < file->size; at++) {
        if (file->bytes[at] != (uint8_t)from) {
            continue;
        }
        n++;
        memmove(file->bytes + at, file->bytes + at + 1, file->size - at - 1);
        file->size--;
        jpeg_insert(file, at, to, strlen(to));
        at += strlen(to) - 1;
    }
    return n;
}

/* As transfers in text mode do it. Many of the codes that come of it are valid
   ones, so the data are out of step without a word from libjpeg. */
static void
a_file_that_was_mangled_as_text_is_refused(void **state)
{
    (void)state;
    static const struct {
        char from;
        const char *to;
    } ways[] = { { '\n', "\r\n" }, { '\r', "" } };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(wishes); i++) {
        for (size_t k = 0; k < FOVEA_ARRAY_LEN(ways); k++) {
            struct written written;
            struct decoded picture;
            struct fovea_error error;
            write_picture(&written, &wishes[i]);
            assert_true(mangle(&written.file, ways[k].from, ways[k].to) > 3);
            enum fovea_status status = decode_bytes(written.file.bytes,
                    written.file.size, NULL, &picture, &error);
            if (status != FOVEA_ERR_IMAGE_CORRUPT &&
                    status != FOVEA_ERR_IMAGE_TRUNCATED) {
                fail_msg("%zu, %zu: %s", i, k, fovea_status_name(status));
            }
            decoded_finish(&picture);
            finish(&written);
        }
    }
}

static void
zeros_fill_up_and_other_bytes_are_damage(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(wishes); i++) {
        struct written written;
        struct fovea_error error;
        write_picture(&written, &wishes[i]);
        size_t end = jpeg_find(&written.file, EOI, 0);
        static const uint8_t zeros[5000];
        jpeg_insert(&written.file, end, zeros, sizeof zeros);
        assert_whole(&written);
        jpeg_insert(&written.file, end + 3000, "more data", 9);
        assert_int_equal(decode_it(&written, &error), FOVEA_ERR_IMAGE_CORRUPT);
        assert_non_null(strstr(error.message, "all 150 rows were decoded"));
        assert_non_null(strstr(error.message, "--damaged accept"));
        finish(&written);
    }
}

static void
damage_between_intervals_is_damage(void **state)
{
    (void)state;
    struct written written;
    struct fovea_error error;
    /* A marker out of turn. */
    write_picture(&written, &wishes[1]);
    size_t at = jpeg_find(&written.file, RST0 + 6, 0);
    written.file.bytes[at + 1] = RST0 + 3;
    assert_int_equal(decode_it(&written, &error), FOVEA_ERR_IMAGE_CORRUPT);
    assert_non_null(strstr(error.message, "instead of RST6"));
    assert_non_null(strstr(error.message, "of 150 rows could be decoded"));
    assert_non_null(strstr(error.message, "--damaged accept"));
    finish(&written);
    /* More data than an interval takes. */
    write_picture(&written, &wishes[1]);
    at = jpeg_find(&written.file, RST0 + 5, 0);
    jpeg_insert(&written.file, at, "stray bytes in it", 17);
    assert_int_equal(decode_it(&written, &error), FOVEA_ERR_IMAGE_CORRUPT);
    assert_non_null(strstr(error.message, "extraneous bytes before marker"));
    finish(&written);
    /* And in the first half. */
    write_picture(&written, &wishes[1]);
    at = jpeg_find(&written.file, RST0 + 1, 0);
    written.file.bytes[at + 1] = RST0 + 5;
    assert_int_equal(decode_it(&written, &error), FOVEA_ERR_IMAGE_CORRUPT);
    assert_non_null(strstr(error.message, "less than half"));
    finish(&written);
}

/* A hole in one scan of several: the rows above it are whole. */
static void
a_hole_in_a_scan_spares_the_rows_above(void **state)
{
    (void)state;
    for (size_t i = 3; i < FOVEA_ARRAY_LEN(wishes); i++) {
        struct written written;
        struct fovea_error error;
        write_picture(&written, &wishes[i]);
        /* The last bytes of the first scan are gone. */
        size_t end = jpeg_find(&written.file, SOS, 1);
        while (written.file.bytes[end - 1] != 0xff ||
                written.file.bytes[end] == 0 ||
                written.file.bytes[end] == SOS) {
            end--;
        }
        end--;
        const size_t n = 60;
        memmove(written.file.bytes + end - n, written.file.bytes + end,
                written.file.size - end);
        written.file.size -= n;
        assert_int_equal(decode_it(&written, &error), FOVEA_ERR_IMAGE_CORRUPT);
        assert_non_null(strstr(error.message, "of 150 rows could be decoded"));
        finish(&written);
    }
}

/* Before the data nothing is a pixel. */
static void
what_is_wrong_between_headers_is_passed_over(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(wishes); i++) {
        struct written written;
        write_picture(&written, &wishes[i]);
        size_t at = jpeg_find(&written.file, DQT, 0);
        jpeg_insert(&written.file, at, "stray bytes", 11);
        assert_whole(&written);
        finish(&written);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_that_is_cut_keeps_its_rows),
        cmocka_unit_test(rows_of_a_picture_without_its_last_scan_do_not_count),
        cmocka_unit_test(an_end_marker_behind_a_cut_changes_nothing),
        cmocka_unit_test(a_component_without_data_is_missing),
        cmocka_unit_test(the_end_marker_is_not_needed),
        cmocka_unit_test(a_file_that_was_mangled_as_text_is_refused),
        cmocka_unit_test(zeros_fill_up_and_other_bytes_are_damage),
        cmocka_unit_test(damage_between_intervals_is_damage),
        cmocka_unit_test(a_hole_in_a_scan_spares_the_rows_above),
        cmocka_unit_test(what_is_wrong_between_headers_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
