/* Blocks of memory and files, mapped so that huge pages can be used: what is in them is
 * the same with and without. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/macros.h"
#include "support/test.h"
#include "sys/memfd.h"
#include "sys/pages.h"

enum {
    SMALL = 4096,
    /* Two huge pages and something behind them. */
    SIZE = 2 * FOVEA_HUGE_PAGE_BYTES + 3 * SMALL + 5,
};

static uint8_t
byte_at(size_t i)
{
    return (uint8_t)(i * 31 + i / SMALL);
}

static void
fill(uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        bytes[i] = byte_at(i);
    }
}

static void
check(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != byte_at(i)) {
            fail_msg("byte %zu of %zu is wrong", i, size);
        }
    }
}

static int
make_file(size_t size)
{
    struct fovea_error error;
    int fd = -1;
    uint8_t *bytes = malloc(size);
    assert_non_null(bytes);
    fill(bytes, size);
    assert_ok(fovea_memfd_from_bytes("pages", bytes, size, &fd, &error),
            &error);
    free(bytes);
    return fd;
}

/* Of this process; -1: the kernel does not tell. */
static long
huge_shared_kb(void)
{
    char line[256];
    long kb = -1;
    FILE *file = fopen("/proc/self/smaps_rollup", "re");
    while (file && fgets(line, sizeof line, file)) {
        if (sscanf(line, "ShmemPmdMapped: %ld", &kb) == 1) {
            break;
        }
    }
    if (file) {
        (void)fclose(file);
    }
    return kb;
}

static void
a_file_is_mapped_where_huge_pages_fit(void **state)
{
    (void)state;
    static const size_t sizes[] = { 1, SMALL, FOVEA_HUGE_PAGE_BYTES - 1,
        FOVEA_HUGE_PAGE_BYTES, FOVEA_HUGE_PAGE_BYTES + 1, SIZE };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(sizes); i++) {
        int fd = make_file(sizes[i]);
        uint8_t *bytes = fovea_pages_map_file(fd, sizes[i], false);
        assert_non_null(bytes);
        assert_int_equal((uintptr_t)bytes % FOVEA_HUGE_PAGE_BYTES, 0);
        check(bytes, sizes[i]);
        fovea_pages_unmap(bytes, sizes[i]);
        (void)close(fd);
    }
}

/* The address space around it is given back. */
static void
nothing_else_stays_mapped(void **state)
{
    (void)state;
    int fd = make_file(SIZE);
    uint8_t *bytes = fovea_pages_map_file(fd, SIZE, false);
    assert_non_null(bytes);
    const uintptr_t begin = (uintptr_t)bytes;
    const uintptr_t end = begin + 2 * FOVEA_HUGE_PAGE_BYTES + 4 * SMALL;
    bool is_found = false;
    char line[512];
    FILE *file = fopen("/proc/self/maps", "re");
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        unsigned long from = 0;
        unsigned long to = 0;
        char rights[8] = "";
        if (sscanf(line, "%lx-%lx %7s", &from, &to, rights) != 3) {
            continue;
        }
        if (from == begin) {
            assert_int_equal(to, end);
            assert_string_equal(rights, "r--s");
            is_found = true;
        } else {
            assert_false(strcmp(rights, "---p") == 0 &&
                    (to == begin || from == end));
        }
    }
    (void)fclose(file);
    assert_true(is_found);
    fovea_pages_unmap(bytes, SIZE);
    (void)close(fd);
}

static void
what_is_written_is_in_the_file(void **state)
{
    (void)state;
    struct fovea_error error;
    int fd = -1;
    assert_ok(fovea_memfd_create("pages", &fd, &error), &error);
    assert_int_equal(ftruncate(fd, SIZE), 0);
    uint8_t *bytes = fovea_pages_map_file(fd, SIZE, true);
    assert_non_null(bytes);
    fill(bytes, SIZE);
    fovea_pages_unmap(bytes, SIZE);
    uint8_t *again = fovea_pages_map_file(fd, SIZE, false);
    assert_non_null(again);
    check(again, SIZE);
    fovea_pages_unmap(again, SIZE);
    (void)close(fd);
}

static void
what_cannot_be_mapped_is_an_error(void **state)
{
    (void)state;
    assert_null(fovea_pages_map_file(-1, SIZE, false));
    assert_int_equal(errno, EBADF);
    int fd = make_file(SIZE);
    assert_null(fovea_pages_map_file(fd, SIZE, true)); /* it is sealed */
    assert_int_equal(errno, EPERM);
    errno = 0;
    assert_null(fovea_pages_map_file(fd, SIZE_MAX / 2, false));
    assert_int_not_equal(errno, 0);
    (void)close(fd);
}

/* Whoever has it mapped reads the same before, after, and ever. */
static void
moving_to_huge_pages_changes_nothing(void **state)
{
    (void)state;
    int fd = make_file(SIZE);
    uint8_t *before = fovea_pages_map_file(fd, SIZE, false);
    assert_non_null(before);
    const bool is_done = fovea_pages_collapse(fd, SIZE);
    check(before, SIZE);
    uint8_t *after = fovea_pages_map_file(fd, SIZE, false);
    assert_non_null(after);
    check(after, SIZE);
    if (is_done && huge_shared_kb() >= 0) {
        assert_true(huge_shared_kb() > 0);
    }
    print_message("# %s to huge pages, %ld kB mapped so\n",
            is_done ? "moved" : "not moved", huge_shared_kb());
    fovea_pages_unmap(before, SIZE);
    fovea_pages_unmap(after, SIZE);
    (void)close(fd);
}

static void
what_is_too_small_or_no_file_is_refused(void **state)
{
    (void)state;
    int fd = make_file(SMALL);
    assert_false(fovea_pages_collapse(fd, SMALL));
    assert_false(fovea_pages_collapse(fd, 0));
    assert_false(fovea_pages_collapse(-1, SIZE));
    (void)close(fd);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_mapped_where_huge_pages_fit),
        cmocka_unit_test(nothing_else_stays_mapped),
        cmocka_unit_test(what_is_written_is_in_the_file),
        cmocka_unit_test(what_cannot_be_mapped_is_an_error),
        cmocka_unit_test(moving_to_huge_pages_changes_nothing),
        cmocka_unit_test(what_is_too_small_or_no_file_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
