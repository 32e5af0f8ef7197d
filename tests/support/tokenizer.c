#include "support/tokenizer.h"

#include <fcntl.h>
#include <unistd.h>

#include "support/test.h"

enum {
    MAX_IDS = 1 << 16
};

void
tokenizer_path(const char *name, char *path, size_t size)
{
    const char *root = getenv("FOVEA_TOKENIZERS");
    assert_non_null(root);
    int n = snprintf(path, size, "%s/%s", root, name);
    assert_true(n > 0 && (size_t)n < size);
}

struct fovea_tokenizer *
tokenizer_of(const char *name, enum fovea_text_profile profile)
{
    char path[512];
    int fd = -1;
    struct fovea_error error;
    struct fovea_tokenizer *tokenizer = NULL;
    tokenizer_path(name, path, sizeof path);
    assert_ok(fovea_tokenizer_compile(path, profile, &fd, &error), &error);
    assert_ok(fovea_tokenizer_open(fd, &tokenizer, &error), &error);
    assert_int_equal(close(fd), 0);
    return tokenizer;
}

static enum fovea_status
compile_json(const char *json, size_t size, enum fovea_text_profile profile,
        int *fd_out, struct fovea_error *err)
{
    char directory[] = "/tmp/fovea-tokenizer-XXXXXX";
    char path[64];
    assert_non_null(mkdtemp(directory));
    (void)snprintf(path, sizeof path, "%s/tokenizer.json", directory);
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(file >= 0);
    assert_int_equal(write(file, json, size), size);
    assert_int_equal(close(file), 0);
    enum fovea_status status =
            fovea_tokenizer_compile(directory, profile, fd_out, err);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(directory), 0);
    return status;
}

int
tokenizer_table_from_json(const char *json, size_t size)
{
    int fd = -1;
    struct fovea_error error;
    assert_ok(compile_json(json, size, FOVEA_TEXT_AUTO, &fd, &error), &error);
    return fd;
}

enum fovea_status
tokenizer_from_json(const char *json, size_t size,
        enum fovea_text_profile profile, struct fovea_tokenizer **tokenizer_out,
        struct fovea_error *err)
{
    int fd = -1;
    enum fovea_status status = compile_json(json, size, profile, &fd, err);
    if (!status) {
        status = fovea_tokenizer_open(fd, tokenizer_out, err);
        assert_int_equal(close(fd), 0);
    }
    return status;
}

void
assert_ids(const struct fovea_tokenizer *tokenizer, const char *text,
        size_t size, const char *expected)
{
    static uint32_t ids[MAX_IDS];
    static char found[12 * MAX_IDS];
    struct fovea_encoding encoding;
    struct fovea_error error;
    assert_ok(fovea_tokenizer_encode(tokenizer, text, size, MAX_IDS, ids,
                      &encoding, &error),
            &error);
    assert_int_equal(encoding.n_ids, encoding.n_total);
    size_t at = 0;
    found[0] = '\0';
    for (size_t i = 0; i < encoding.n_ids; i++) {
        at += (size_t)snprintf(found + at, sizeof found - at, i ? " %u" : "%u",
                ids[i]);
    }
    if (strcmp(found, expected) != 0) {
        fail_msg("\"%.*s\" is %s, not %s", (int)size, text, found, expected);
    }
}
