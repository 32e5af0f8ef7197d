/* Inputs: files and memory read by position; what is not a file is refused. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"
#include "support/test.h"
#include "sys/input.h"

static char directory[] = "/tmp/fovea-input-XXXXXX";
static char path[64];

static int
make_file(void **state)
{
    (void)state;
    if (!mkdtemp(directory)) {
        return -1;
    }
    (void)snprintf(path, sizeof path, "%s/file", directory);
    FILE *file = fopen(path, "w");
    if (!file) {
        return -1;
    }
    int n = fputs("0123456789", file);
    return fclose(file) || n < 0 ? -1 : 0;
}

static int
remove_file(void **state)
{
    (void)state;
    return unlink(path) || rmdir(directory) ? -1 : 0;
}

static void
check_reads(const struct fovea_input *input)
{
    struct fovea_error error;
    char buffer[16];
    size_t n = 99;
    assert_int_equal(input->size, 10);
    assert_ok(fovea_input_read(input, 2, buffer, 3, &n, &error), &error);
    assert_int_equal(n, 3);
    assert_memory_equal(buffer, "234", 3);
    assert_ok(fovea_input_read(input, 8, buffer, 16, &n, &error), &error);
    assert_int_equal(n, 2);
    assert_ok(fovea_input_read(input, 10, buffer, 16, &n, &error), &error);
    assert_int_equal(n, 0);
    assert_ok(fovea_input_read(input, UINT64_MAX, buffer, 16, &n, &error),
            &error);
    assert_int_equal(n, 0);
}

static void
a_file_and_memory_read_alike(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_input input = FOVEA_INPUT_INIT;
    assert_ok(fovea_input_open_file(path, &input, &error), &error);
    check_reads(&input);
    fovea_input_finish(&input);
    fovea_input_finish(&input);
    fovea_input_from_memory("0123456789", 10, &input);
    check_reads(&input);
    fovea_input_finish(&input);
}

static void
loading_gives_all_bytes(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_input input = FOVEA_INPUT_INIT;
    const uint8_t *bytes = NULL;
    size_t size = 0;
    assert_ok(fovea_input_open_file(path, &input, &error), &error);
    assert_ok(fovea_input_load(&input, &bytes, &size, &error), &error);
    assert_int_equal(size, 10);
    assert_memory_equal(bytes, "0123456789", 10);
    check_reads(&input);
    fovea_input_finish(&input);
}

static void
a_file_that_shrinks_is_truncated(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_input input = FOVEA_INPUT_INIT;
    const uint8_t *bytes = NULL;
    size_t size = 0;
    assert_ok(fovea_input_open_file(path, &input, &error), &error);
    input.size += 5;
    assert_fails(fovea_input_load(&input, &bytes, &size, &error), &error,
            FOVEA_ERR_IMAGE_TRUNCATED, "shorter");
    fovea_input_finish(&input);
}

static void
what_is_not_a_file_is_refused(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_input input = FOVEA_INPUT_INIT;
    char fifo[80];
    (void)snprintf(fifo, sizeof fifo, "%s/fifo", directory);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_fails(fovea_input_open_file(fifo, &input, &error), &error,
            FOVEA_ERR_NOT_A_FILE, fifo);
    assert_int_equal(unlink(fifo), 0);
    assert_fails(fovea_input_open_file(directory, &input, &error), &error,
            FOVEA_ERR_NOT_A_FILE, "directory");
    assert_fails(fovea_input_open_file("/nowhere/x", &input, &error), &error,
            FOVEA_ERR_FILE_NOT_FOUND, "/nowhere/x");
    assert_int_equal(input.fd, -1);
}

/* Of a file and of memory, and a window onto a window. */
static void
a_window_is_a_part(void **state)
{
    (void)state;
    for (int memory = 0; memory < 2; memory++) {
        struct fovea_error error;
        struct fovea_input whole = FOVEA_INPUT_INIT;
        struct fovea_input part;
        struct fovea_input inner;
        const uint8_t *bytes = NULL;
        size_t size = 0;
        if (memory) {
            fovea_input_from_memory("0123456789", 10, &whole);
        } else {
            assert_ok(fovea_input_open_file(path, &whole, &error), &error);
        }
        fovea_input_window(&whole, 2, 6, &part);
        fovea_input_window(&part, 3, UINT64_MAX, &inner);
        char buffer[16];
        size_t n = 0;
        assert_int_equal(part.size, 6);
        assert_int_equal(inner.size, 3);
        assert_ok(fovea_input_read(&part, 4, buffer, 16, &n, &error), &error);
        assert_int_equal(n, 2);
        assert_memory_equal(buffer, "67", 2);
        assert_ok(fovea_input_load(&inner, &bytes, &size, &error), &error);
        assert_int_equal(size, 3);
        assert_memory_equal(bytes, "567", 3);
        fovea_input_finish(&inner);
        fovea_input_finish(&part);
        /* The whole is still open. */
        assert_ok(fovea_input_read(&whole, 9, buffer, 16, &n, &error), &error);
        assert_int_equal(n, 1);
        fovea_input_window(&whole, UINT64_MAX, UINT64_MAX, &part);
        assert_int_equal(part.size, 0);
        fovea_input_finish(&whole);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_and_memory_read_alike),
        cmocka_unit_test(a_window_is_a_part),
        cmocka_unit_test(loading_gives_all_bytes),
        cmocka_unit_test(a_file_that_shrinks_is_truncated),
        cmocka_unit_test(what_is_not_a_file_is_refused),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
