/*
 * Tokenizers when memory or the disk fails: every allocation and every read of
 * compiling, opening and encoding in turn.
 */
#include <unistd.h>

#include "support/fault.h"
#include "support/test.h"
#include "support/tokenizer.h"

/* jansson says nothing of the kind of its failures; it has none but memory
   here. */
static const struct fault_rules rules = { .also = FOVEA_OK };

static enum fovea_status
compile(const void *context, struct fovea_error *err)
{
    char path[512];
    int fd = -1;
    tokenizer_path(context, path, sizeof path);
    enum fovea_status status =
            fovea_tokenizer_compile(path, FOVEA_TEXT_CANONICAL, &fd, err);
    if (!status) {
        (void)close(fd);
    }
    return status;
}

static enum fovea_status
open_and_encode(const void *context, struct fovea_error *err)
{
    static const char text[] = "A photo of a caf\xc3\xa9, and 12 cats</s>!";
    const int *fd = context;
    struct fovea_tokenizer *tokenizer = NULL;
    enum fovea_status status = fovea_tokenizer_open(*fd, &tokenizer, err);
    if (!status) {
        uint32_t ids[64];
        struct fovea_encoding encoding;
        status = fovea_tokenizer_encode(tokenizer, text, sizeof text - 1, 64,
                ids, &encoding, err);
        fovea_tokenizer_close(tokenizer);
    }
    return status;
}

static void
test_compile(void **state)
{
    static const char *const names[] = { "unigram", "bytefallback" };
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_true(fault_each_allocation(compile, names[i], rules) > 50);
        assert_true(fault_each_read(compile, names[i], rules) >= 3);
    }
}

/* vocab.json and merges.txt, whose lists are too long to fail every time. */
static void
test_encode(void **state)
{
    static const char *const names[] = { "clip-files", "unigram",
        "bytefallback" };
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[512];
        int fd = -1;
        struct fovea_error error;
        tokenizer_path(names[i], path, sizeof path);
        assert_ok(fovea_tokenizer_compile(path, FOVEA_TEXT_AUTO, &fd, &error),
                &error);
        assert_int_equal(fault_each_allocation(open_and_encode, &fd, rules), 2);
        (void)close(fd);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compile),
        cmocka_unit_test(test_encode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
