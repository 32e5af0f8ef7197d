/*
 * A tokenizer of 256,000 pieces and 580,000 merges is compiled where a process may
 * have 64 MiB more of private memory than it has: the file is read as a stream.
 *
 *   test_tokenizer_memory DIRECTORY
 */
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/number.h"
#include "support/test.h"
#include "text/tokenizer.h"

enum {
    ALLOWED_BYTES = 64 << 20,
    LEAST_FILE_BYTES = 29 << 20
};

static const char *directory;

/* Private memory that can be written, as RLIMIT_DATA counts it. */
static size_t
data_bytes(void)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    uint64_t kib = 0;
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, "VmData:", 7) == 0) {
            const char *at = line + 7 + strspn(line + 7, " \t");
            assert_true(fovea_number_scan(&at, &kib));
            break;
        }
    }
    (void)fclose(file);
    assert_true(kib > 0);
    return kib << 10;
}

static void
test_compile(void **state)
{
    (void)state;
    char path[1024];
    struct stat file;
    (void)snprintf(path, sizeof path, "%s/tokenizer.json", directory);
    assert_int_equal(stat(path, &file), 0);
    assert_true(file.st_size > LEAST_FILE_BYTES);
    rlim_t most = data_bytes() + ALLOWED_BYTES;
    const struct rlimit limit = { most, most };
    assert_int_equal(setrlimit(RLIMIT_DATA, &limit), 0);

    struct fovea_error error;
    struct fovea_tokenizer *tokenizer = NULL;
    int fd = -1;
    assert_ok(fovea_tokenizer_compile(directory, FOVEA_TEXT_AUTO, &fd, &error),
            &error);
    assert_ok(fovea_tokenizer_open(fd, &tokenizer, &error), &error);
    assert_int_equal(fovea_tokenizer_facts(tokenizer)->n_ids, 256000);
    static const char text[] = "abc ab";
    static const char marked[] = "abc\xe2\x96\x81"
                                 "ab<eos>";
    uint32_t ids[16];
    struct fovea_encoding encoding;
    assert_ok(fovea_tokenizer_encode(tokenizer, text, sizeof text - 1, 16, ids,
                      &encoding, &error),
            &error);
    size_t at = 0;
    for (size_t i = 0; i < encoding.n_ids; i++) {
        size_t size = 0;
        const char *piece = fovea_tokenizer_piece(tokenizer, ids[i], &size);
        assert_true(at + size <= sizeof marked - 1);
        assert_memory_equal(piece, marked + at, size);
        at += size;
    }
    assert_int_equal(at, sizeof marked - 1);
    fovea_tokenizer_close(tokenizer);
    (void)close(fd);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compile),
    };
    if (argc != 2) {
        return 2;
    }
    directory = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
