/* What an unpacker may say, and that nothing else is believed. */
#include "archive/intake.h"
#include "support/test.h"

enum {
    MAX_MEMBER = 1000
};

static uint8_t bytes[4 * FOVEA_UNPACKED_MAX_FRAME];
static struct fovea_writer writer;
static struct fovea_intake intake;
static struct fovea_error error;
static struct fovea_archive_member member;
static struct fovea_intake_settings settings;

static int
set_up(void **state)
{
    (void)state;
    settings = (struct fovea_intake_settings){
        .max_member_bytes = MAX_MEMBER,
        .must_be_sealed = true,
    };
    fovea_writer_init(&writer, bytes, sizeof bytes);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    fovea_archive_member_finish(&member);
    fovea_intake_finish(&intake);
    return 0;
}

static void
begin(void)
{
    assert_ok(fovea_intake_init(&intake, &settings, &error), &error);
    fovea_unpacked_write_ready(&writer, true);
}

static void
say_member(uint64_t number, uint64_t offset, uint64_t size,
        enum fovea_status status)
{
    static struct fovea_unpacked_member told;
    told = (struct fovea_unpacked_member){ .number = number,
        .offset = offset,
        .size = size,
        .status = status,
        .name = "a.jpg" };
    fovea_unpacked_write_member(&writer, &told);
}

static void
say_data(const char *data, size_t size)
{
    fovea_unpacked_header(&writer, FOVEA_UNPACKED_DATA, size);
    memcpy(writer.bytes + writer.size, data, size);
    writer.size += size;
}

static void
say_end(uint64_t n_members, bool is_plain)
{
    const struct fovea_unpacked_end end = { n_members, is_plain };
    fovea_unpacked_write_end(&writer, &end);
}

/* Some bytes at a time; up to the next thing that it is, or all of them. */
static enum fovea_intake_step
next(void)
{
    static size_t at;
    enum fovea_intake_step step = FOVEA_INTAKE_MORE;
    fovea_archive_member_finish(&member);
    if (intake.number == settings.part.first && intake.end == 0) {
        at = 0;
    }
    for (;;) {
        step = fovea_intake_next(&intake, &member, &error);
        if (step != FOVEA_INTAKE_MORE || at == writer.size) {
            return step;
        }
        size_t room = 0;
        uint8_t *to = fovea_intake_room(&intake, &room);
        size_t n = writer.size - at < 7 ? writer.size - at : 7;
        assert_true(room >= n);
        memcpy(to, writer.bytes + at, n);
        fovea_intake_add(&intake, n);
        at += n;
    }
}

static void
refused(const char *part)
{
    assert_int_equal(next(), FOVEA_INTAKE_FAILED);
    assert_int_equal(error.code, FOVEA_ERR_ARCHIVE);
    if (!strstr(error.message, part)) {
        fail_msg("\"%s\" does not say \"%s\"", error.message, part);
    }
}

static void
members_come_with_their_bytes_or_the_reason(void **state)
{
    (void)state;
    begin();
    say_member(0, 512, 5, FOVEA_OK);
    say_data("ab", 2);
    say_data("cde", 3);
    say_member(1, 1536, 0, FOVEA_ERR_NOT_AN_IMAGE);
    fovea_unpacked_header(&writer, FOVEA_UNPACKED_PROGRESS, 0);
    say_end(2, true);
    assert_int_equal(next(), FOVEA_INTAKE_MEMBER);
    assert_string_equal(member.name, "a.jpg");
    assert_int_equal(member.offset, 512);
    assert_int_equal(member.size, 5);
    assert_memory_equal(member.bytes, "abcde", 5);
    assert_int_equal(next(), FOVEA_INTAKE_MEMBER);
    assert_null(member.bytes);
    assert_int_equal(member.problem.code, FOVEA_ERR_NOT_AN_IMAGE);
    assert_int_equal(next(), FOVEA_INTAKE_END);
}

static void
a_part_begins_and_ends_where_it_was_ordered(void **state)
{
    (void)state;
    settings.part = (struct fovea_archive_part){ 5, 2, 4096 };
    begin();
    say_member(5, 4096, 1, FOVEA_OK);
    say_data("x", 1);
    say_member(6, 5632, 1, FOVEA_OK);
    say_data("y", 1);
    say_member(7, 7168, 1, FOVEA_OK);
    assert_int_equal(next(), FOVEA_INTAKE_MEMBER);
    assert_int_equal(next(), FOVEA_INTAKE_MEMBER);
    refused("not the next one");
}

static void
a_part_that_is_not_there_was_changed(void **state)
{
    (void)state;
    settings.part = (struct fovea_archive_part){ 5, 2, 0 };
    begin();
    say_end(3, true);
    assert_int_equal(next(), FOVEA_INTAKE_FAILED);
    assert_int_equal(error.code, FOVEA_ERR_ARCHIVE_CHANGED);
    assert_non_null(strstr(error.message, "has 3 members, and 7"));
}

static void
who_is_not_sealed_is_refused(void **state)
{
    (void)state;
    assert_ok(fovea_intake_init(&intake, &settings, &error), &error);
    fovea_unpacked_write_ready(&writer, false);
    refused("not sealed");
}

static void
nothing_comes_before_the_seal(void **state)
{
    (void)state;
    assert_ok(fovea_intake_init(&intake, &settings, &error), &error);
    say_end(0, true);
    refused("not its turn");
}

static void
a_picture_is_no_larger_than_is_allowed(void **state)
{
    (void)state;
    begin();
    say_member(0, 512, MAX_MEMBER + 1, FOVEA_OK);
    refused("size that is not allowed");
}

static void
a_picture_has_as_many_bytes_as_it_says(void **state)
{
    (void)state;
    begin();
    say_member(0, 512, 2, FOVEA_OK);
    say_data("abc", 3);
    refused("more of a picture");
}

static void
a_picture_is_whole_before_the_next_one(void **state)
{
    (void)state;
    begin();
    say_member(0, 512, 2, FOVEA_OK);
    say_data("a", 1);
    say_member(1, 1536, 2, FOVEA_OK);
    refused("not its turn");
}

static void
headers_stand_one_behind_the_other(void **state)
{
    (void)state;
    begin();
    say_member(0, 512, 0, FOVEA_ERR_NOT_AN_IMAGE);
    say_member(1, 1023, 0, FOVEA_ERR_NOT_AN_IMAGE);
    assert_int_equal(next(), FOVEA_INTAKE_MEMBER);
    refused("not the next one");
}

static void
the_end_counts_right(void **state)
{
    (void)state;
    begin();
    say_member(0, 512, 0, FOVEA_ERR_NOT_AN_IMAGE);
    say_end(5, true);
    assert_int_equal(next(), FOVEA_INTAKE_MEMBER);
    refused("another number of members");
}

static void
only_statuses_of_an_archive_are_believed(void **state)
{
    (void)state;
    begin();
    say_member(0, 512, 0, FOVEA_ERR_UNAUTHORIZED);
    refused("a member that is none");
}

static void
a_failure_says_where(void **state)
{
    (void)state;
    begin();
    const struct fovea_unpacked_failure failure = { .number = 12,
        .offset = 9216,
        .status = FOVEA_ERR_ARCHIVE,
        .reason = "Damaged\x1b[31m" };
    fovea_unpacked_write_failure(&writer, &failure);
    assert_int_equal(next(), FOVEA_INTAKE_FAILED);
    assert_string_equal(error.message,
            "behind 12 members, at byte 9216: Damaged?[31m");
}

static void
what_is_no_frame_ends_it(void **state)
{
    (void)state;
    begin();
    memcpy(writer.bytes + writer.size, "HTTP/1.1 200", 12);
    writer.size += 12;
    refused("no frame");
}

static void
marks_come_where_members_are_counted(void **state)
{
    (void)state;
    settings.counts = true;
    begin();
    const struct fovea_unpacked_mark mark = { 0, 1024 };
    fovea_unpacked_write_mark(&writer, &mark);
    say_end(1, true);
    assert_int_equal(next(), FOVEA_INTAKE_MEMBER);
    assert_null(member.name);
    assert_int_equal(member.offset, 1024);
    assert_int_equal(next(), FOVEA_INTAKE_END);
}

static void
what_is_packed_is_not_counted(void **state)
{
    (void)state;
    settings.counts = true;
    begin();
    say_end(0, false);
    assert_int_equal(next(), FOVEA_INTAKE_FAILED);
    assert_int_equal(error.code, FOVEA_ERR_CANCELLED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(members_come_with_their_bytes_or_the_reason),
        TEST(a_part_begins_and_ends_where_it_was_ordered),
        TEST(a_part_that_is_not_there_was_changed),
        TEST(who_is_not_sealed_is_refused),
        TEST(nothing_comes_before_the_seal),
        TEST(a_picture_is_no_larger_than_is_allowed),
        TEST(a_picture_has_as_many_bytes_as_it_says),
        TEST(a_picture_is_whole_before_the_next_one),
        TEST(headers_stand_one_behind_the_other),
        TEST(the_end_counts_right),
        TEST(only_statuses_of_an_archive_are_believed),
        TEST(a_failure_says_where),
        TEST(what_is_no_frame_ends_it),
        TEST(marks_come_where_members_are_counted),
        TEST(what_is_packed_is_not_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
