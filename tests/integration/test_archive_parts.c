/*
 * Archives by their parts, with the real unpacker: members are counted without their
 * data, and a part begins at any of them; a file that is not what it was is refused.
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "archive/archive.h"
#include "base/macros.h"
#include "support/test.h"

enum {
    BLOCK = 512,
    N_MEMBERS = 40,
    PICTURE_SIZE = 700, /* two blocks of data */
    MEMBER_SIZE = 3 * BLOCK,
};

static char path[] = "/tmp/fovea-parts-XXXXXX.tar";
static struct fovea_error error;

/* A header that is right. */
static void
make_header(uint8_t block[BLOCK], int number)
{
    memset(block, 0, BLOCK);
    (void)snprintf((char *)block, 100, "%04d.png", number);
    (void)snprintf((char *)block + 100, 8, "0000644");
    (void)snprintf((char *)block + 124, 12, "%011o", PICTURE_SIZE);
    memcpy(block + 136, "00000000000", 11);
    memset(block + 148, ' ', 8);
    block[156] = '0';
    memcpy(block + 257, "ustar\00000", 8);
    unsigned sum = 0;
    for (size_t i = 0; i < BLOCK; i++) {
        sum += block[i];
    }
    (void)snprintf((char *)block + 148, 8, "%06o", sum);
}

static void
make_member(uint8_t member[MEMBER_SIZE], size_t number)
{
    make_header(member, (int)number);
    memcpy(member + BLOCK, "\x89PNG\r\n\x1a\n", 8);
    member[BLOCK + PICTURE_SIZE - 1] = (uint8_t)number;
}

static void
write_archive(size_t n_members, bool has_end)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    for (size_t i = 0; i < n_members; i++) {
        uint8_t member[MEMBER_SIZE] = { 0 };
        make_member(member, i);
        assert_int_equal(write(fd, member, sizeof member), sizeof member);
    }
    uint8_t end[2 * BLOCK] = { 0 };
    assert_true(!has_end || write(fd, end, sizeof end) == sizeof end);
    assert_int_equal(close(fd), 0);
}

static struct fovea_archive_settings
whole(void)
{
    return (struct fovea_archive_settings){ .name = path };
}

/* More behind what is there: zeros and, if it is to begin with a member, the rest of
   an archive from that one on. */
static void
append(size_t n_zeros, size_t first, size_t n_members)
{
    static const uint8_t zeros[2 * BLOCK];
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    assert_true(fd >= 0);
    for (size_t i = 0; i < n_zeros; i++) {
        assert_int_equal(write(fd, zeros, BLOCK), BLOCK);
    }
    for (size_t i = first; i < n_members; i++) {
        uint8_t member[MEMBER_SIZE] = { 0 };
        make_member(member, i);
        assert_int_equal(write(fd, member, sizeof member), sizeof member);
    }
    assert_int_equal(write(fd, zeros, sizeof zeros), sizeof zeros);
    assert_int_equal(close(fd), 0);
}

/* Where members of another archive begin, and how much there is between. */
static struct {
    uint64_t first;
    uint64_t size;
} gap = { N_MEMBERS, 0 };

static uint64_t
gap_before(uint64_t number)
{
    return number < gap.first ? 0 : gap.size;
}

struct read {
    uint64_t numbers[N_MEMBERS];
    size_t n;
    struct fovea_error problem;
};

/* Read it to its end; each picture is what was written. */
static struct read
read_all(const struct fovea_archive_settings *settings)
{
    struct read read = { .n = 0 };
    struct fovea_archive *archive = NULL;
    assert_ok(fovea_archive_open(settings, &archive, &error), &error);
    enum fovea_archive_step step = FOVEA_ARCHIVE_WAIT;
    while (step != FOVEA_ARCHIVE_END) {
        struct fovea_archive_member member = { .name = NULL };
        step = fovea_archive_next(archive, &member);
        if (step == FOVEA_ARCHIVE_WAIT) {
            struct pollfd more = { .fd = fovea_archive_wait_fd(archive),
                .events = POLLIN };
            assert_int_equal(poll(&more, 1, -1), 1);
        }
        if (step == FOVEA_ARCHIVE_MEMBER && member.name) {
            assert_int_equal(member.size, PICTURE_SIZE);
            assert_int_equal(member.offset,
                    member.number * MEMBER_SIZE + gap_before(member.number));
            assert_int_equal(((uint8_t *)member.bytes)[PICTURE_SIZE - 1],
                    member.number);
            read.numbers[read.n++] = member.number;
        } else if (step == FOVEA_ARCHIVE_MEMBER) {
            read.problem = member.problem;
        }
        fovea_archive_member_finish(&member);
    }
    fovea_archive_close(archive);
    return read;
}

static void
assert_members(const struct read *read, uint64_t first, size_t n)
{
    assert_int_equal(read->n, n);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(read->numbers[i], first + i);
    }
}

struct marks {
    uint64_t offsets[N_MEMBERS + 1];
    size_t n;
    size_t stop_after; /* 0: never */
};

static bool
mark(void *context, uint64_t number, uint64_t offset, struct fovea_error *err)
{
    struct marks *marks = context;
    assert_int_equal(number, marks->n);
    marks->offsets[marks->n++] = offset;
    if (marks->n == marks->stop_after) {
        *err = (struct fovea_error){ .code = FOVEA_ERR_DISK_FULL };
    }
    return marks->n != marks->stop_after;
}

static void
a_part_is_what_was_counted(void **state)
{
    (void)state;
    write_archive(N_MEMBERS, true);
    struct marks marks = { .n = 0 };
    struct fovea_archive_counted counted;
    struct fovea_archive_settings settings = whole();
    assert_ok(fovea_archive_count(&settings, mark, &marks, &counted, &error),
            &error);
    assert_true(counted.is_plain);
    assert_int_equal(counted.n_members, N_MEMBERS);
    assert_int_equal(counted.info.size, N_MEMBERS * MEMBER_SIZE + 2 * BLOCK);
    for (uint64_t first = 0; first < N_MEMBERS; first += 9) {
        uint64_t n = first + 9 > N_MEMBERS ? N_MEMBERS - first : 9;
        settings.part =
                (struct fovea_archive_part){ first, n, marks.offsets[first] };
        settings.version = counted.info.version;
        struct read read = read_all(&settings);
        assert_int_equal(read.problem.code, FOVEA_OK);
        assert_members(&read, first, n);
    }
    /* Without the place the members before it are passed over. */
    settings.part = (struct fovea_archive_part){ 30, 4, 0 };
    struct read read = read_all(&settings);
    assert_members(&read, 30, 4);
    settings.part = (struct fovea_archive_part){ 38, 0, marks.offsets[38] };
    read = read_all(&settings);
    assert_int_equal(read.problem.code, FOVEA_OK);
    assert_members(&read, 38, 2);
}

static void
the_place_of_damage_is_counted(void **state)
{
    (void)state;
    struct marks marks = { .n = 0 };
    struct fovea_archive_counted counted;
    struct fovea_archive_settings settings = whole();
    /* A header that is none. */
    write_archive(10, true);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(fd, "x", 1, 7 * MEMBER_SIZE + 5), 1);
    (void)close(fd);
    assert_ok(fovea_archive_count(&settings, mark, &marks, &counted, &error),
            &error);
    assert_int_equal(counted.n_members, 8);
    settings.part = (struct fovea_archive_part){ 7, 1, marks.offsets[7] };
    struct read read = read_all(&settings);
    assert_int_equal(read.n, 0);
    assert_int_equal(read.problem.code, FOVEA_ERR_ARCHIVE);
    settings.part = (struct fovea_archive_part){ 5, 3, marks.offsets[5] };
    read = read_all(&settings);
    assert_members(&read, 5, 2);
    assert_int_equal(read.problem.code, FOVEA_ERR_ARCHIVE);
    /* A member that is cut, which is its own place. */
    write_archive(10, true);
    assert_int_equal(truncate(path, 9 * MEMBER_SIZE + BLOCK + 100), 0);
    marks.n = 0;
    assert_ok(fovea_archive_count(&settings, mark, &marks, &counted, &error),
            &error);
    assert_int_equal(counted.n_members, 10);
    settings.part = (struct fovea_archive_part){ 8, 2, marks.offsets[8] };
    read = read_all(&settings);
    assert_members(&read, 8, 1);
    assert_int_equal(read.problem.code, FOVEA_ERR_ARCHIVE);
    /* An end that is not there. */
    write_archive(10, false);
    marks.n = 0;
    assert_ok(fovea_archive_count(&settings, mark, &marks, &counted, &error),
            &error);
    assert_int_equal(counted.n_members, 11);
    settings.part = (struct fovea_archive_part){ 9, 2, marks.offsets[9] };
    read = read_all(&settings);
    assert_members(&read, 9, 1);
    assert_int_equal(read.problem.code, FOVEA_ERR_ARCHIVE);
}

static void
a_visitor_may_stop(void **state)
{
    (void)state;
    write_archive(10, true);
    struct marks marks = { .stop_after = 3 };
    struct fovea_archive_counted counted;
    struct fovea_archive_settings settings = whole();
    assert_int_equal(
            fovea_archive_count(&settings, mark, &marks, &counted, &error),
            FOVEA_ERR_DISK_FULL);
    assert_int_equal(marks.n, 3);
}

static void
what_is_no_plain_tar_is_not_counted(void **state)
{
    (void)state;
    static const char *const contents[] = { "words", "\x1f\x8b\x08\0\0\0\0\0" };
    struct marks marks = { .n = 0 };
    struct fovea_archive_counted counted;
    struct fovea_archive_settings settings = whole();
    int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    assert_int_equal(write(fd, contents[0], 5), 5);
    (void)close(fd);
    assert_ok(fovea_archive_count(&settings, mark, &marks, &counted, &error),
            &error);
    assert_false(counted.is_plain);
    assert_int_equal(counted.n_members, 0);
    settings.name = "https://example.org/a.tar";
    assert_fails(fovea_archive_count(&settings, mark, &marks, &counted, &error),
            &error, FOVEA_ERR_ARGUMENT, "only members of files");
    settings.name = "/nonexistent/a.tar";
    assert_fails(fovea_archive_count(&settings, mark, &marks, &counted, &error),
            &error, FOVEA_ERR_FILE_NOT_FOUND, "/nonexistent/a.tar");
}

static void
another_version_is_refused(void **state)
{
    (void)state;
    write_archive(10, true);
    struct fovea_archive_settings settings = whole();
    struct fovea_archive_info info;
    assert_ok(fovea_archive_look(&settings, &info, &error), &error);
    assert_true(info.is_file);
    settings.version = info.version;
    struct read read = read_all(&settings);
    assert_members(&read, 0, 10);
    const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
        { .tv_sec = 1, .tv_nsec = 5 } };
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    read = read_all(&settings);
    assert_int_equal(read.n, 0);
    assert_int_equal(read.problem.code, FOVEA_ERR_ARCHIVE_CHANGED);
    assert_non_null(strstr(read.problem.message, "1.000000005-"));
}

static void
what_changes_while_it_is_read_is_told(void **state)
{
    (void)state;
    write_archive(10, true);
    struct fovea_archive_settings settings = whole();
    struct fovea_archive *archive = NULL;
    struct fovea_error problem = { .code = FOVEA_OK };
    assert_ok(fovea_archive_open(&settings, &archive, &error), &error);
    const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
        { .tv_sec = 1 } };
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    enum fovea_archive_step step = FOVEA_ARCHIVE_WAIT;
    while (step != FOVEA_ARCHIVE_END) {
        struct fovea_archive_member member = { .name = NULL };
        step = fovea_archive_next(archive, &member);
        struct pollfd more = { .fd = fovea_archive_wait_fd(archive),
            .events = POLLIN };
        if (step == FOVEA_ARCHIVE_WAIT) {
            assert_int_equal(poll(&more, 1, -1), 1);
        } else if (step == FOVEA_ARCHIVE_MEMBER && !member.name) {
            problem = member.problem;
        }
        fovea_archive_member_finish(&member);
    }
    assert_int_equal(problem.code, FOVEA_ERR_ARCHIVE_CHANGED);
    fovea_archive_close(archive);
}

static void
a_part_that_is_not_there_was_changed(void **state)
{
    (void)state;
    write_archive(10, true);
    struct fovea_archive_settings settings = whole();
    settings.part = (struct fovea_archive_part){ 8, 5, 0 };
    struct read read = read_all(&settings);
    assert_members(&read, 8, 2);
    assert_int_equal(read.problem.code, FOVEA_ERR_ARCHIVE_CHANGED);
    settings.part = (struct fovea_archive_part){ 50, 1, 1 << 20 };
    read = read_all(&settings);
    assert_int_equal(read.n, 0);
    assert_int_equal(read.problem.code, FOVEA_ERR_ARCHIVE);
}

static void
one_that_is_closed_early_leaves_nothing(void **state)
{
    (void)state;
    write_archive(N_MEMBERS, true);
    struct fovea_archive_settings settings = whole();
    for (int i = 0; i < 3; i++) {
        struct fovea_archive *archive = NULL;
        assert_ok(fovea_archive_open(&settings, &archive, &error), &error);
        fovea_archive_close(archive);
    }
    fovea_archive_close(NULL);
}

static void
names_of_archives(void **state)
{
    (void)state;
    static const char *const good[] = { "a.tar", "x/A.TAR", "a.tar.gz", "a.TGZ",
        "a.b.tar.zst", "a.tzst", "https://h/a.tar?x=1", "s3://b/a?b.tar",
        "http://h/a.tgz#f" };
    static const char *const bad[] = { ".tar", "x/.tgz", "a.tar.xz", "atar",
        "a.zip", "a.gz", "https://h/?a.tar", "a.tar?x", "s3://b/a.tar?x" };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(fovea_archive_is_named(good[i]));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(fovea_archive_is_named(bad[i]));
    }
}

static int
make_file(void **state)
{
    (void)state;
    int fd = mkstemps(path, 4);
    return fd < 0 || close(fd);
}

static int
remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

/* Two that were put together, with as many zeros between as tar writes to fill its
   records, or more than are read at once: all members of both, by parts too. */
static void
one_behind_the_other(void **state)
{
    (void)state;
    static const size_t fills[] = { 0, 18, 3000 };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(fills); i++) {
        struct fovea_archive_settings settings = whole();
        struct marks marks = { .n = 0 };
        struct fovea_archive_counted counted;
        gap.first = N_MEMBERS / 2;
        gap.size = (2 + fills[i]) * BLOCK;
        write_archive(N_MEMBERS / 2, true);
        append(fills[i], N_MEMBERS / 2, N_MEMBERS);
        struct read read = read_all(&settings);
        assert_int_equal(read.problem.code, FOVEA_OK);
        assert_members(&read, 0, N_MEMBERS);
        assert_ok(
                fovea_archive_count(&settings, mark, &marks, &counted, &error),
                &error);
        assert_int_equal(counted.n_members, N_MEMBERS);
        for (uint64_t first = 15; first < 24; first += 3) {
            settings.part = (struct fovea_archive_part){ first, 9,
                marks.offsets[first] };
            read = read_all(&settings);
            assert_int_equal(read.problem.code, FOVEA_OK);
            assert_members(&read, first, 9);
        }
    }
    gap.size = 0;
}

/* What fills up behind the zeros, and is no header, is passed over as by tar. */
static void
what_is_no_header_fills_up(void **state)
{
    (void)state;
    const struct fovea_archive_settings settings = whole();
    write_archive(3, true);
    append(5, 0, 0);
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "no header", 9), 9);
    assert_int_equal(close(fd), 0);
    struct read read = read_all(&settings);
    assert_int_equal(read.problem.code, FOVEA_OK);
    assert_members(&read, 0, 3);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_part_is_what_was_counted),
        cmocka_unit_test(one_behind_the_other),
        cmocka_unit_test(what_is_no_header_fills_up),
        cmocka_unit_test(the_place_of_damage_is_counted),
        cmocka_unit_test(a_visitor_may_stop),
        cmocka_unit_test(what_is_no_plain_tar_is_not_counted),
        cmocka_unit_test(another_version_is_refused),
        cmocka_unit_test(what_changes_while_it_is_read_is_told),
        cmocka_unit_test(a_part_that_is_not_there_was_changed),
        cmocka_unit_test(one_that_is_closed_early_leaves_nothing),
        cmocka_unit_test(names_of_archives),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
