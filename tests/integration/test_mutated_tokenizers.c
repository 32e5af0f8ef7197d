/*
 * Damaged tokenizer files: of each 200 that were made from a good one by turning
 * bits, setting bytes, cutting, doubling and leaving out, always the same ones.
 * Each is refused by name, or gives ids that are there.
 */
#include <fcntl.h>
#include <unistd.h>

#include "support/test.h"
#include "support/tokenizer.h"

enum {
    N_MUTATIONS = 200
};

/* xorshift64*: the same numbers everywhere. */
static uint64_t
next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

static size_t
below(uint64_t *state, size_t limit)
{
    return limit ? (size_t)(next_random(state) >> 16) % limit : 0;
}

struct file {
    char *bytes;
    size_t size;
};

static struct file
read_file(const char *directory, const char *name)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    struct file read = { .size = (size_t)ftell(file) };
    rewind(file);
    read.bytes = malloc(2 * read.size);
    assert_non_null(read.bytes);
    assert_int_equal(fread(read.bytes, 1, read.size, file), read.size);
    (void)fclose(file);
    return read;
}

static void
write_file(const char *directory, const char *name, const struct file *file)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    assert_int_equal(fwrite(file->bytes, 1, file->size, out), file->size);
    assert_int_equal(fclose(out), 0);
}

/* Most of the time in what stands around the lists, and so decides most. */
static size_t
place(uint64_t *state, size_t size)
{
    static const size_t edge = 3000;
    size_t kind = below(state, 3);
    size_t width = size < edge ? size : edge;
    return kind == 0    ? below(state, size)
            : kind == 1 ? below(state, width)
                        : size - 1 - below(state, width);
}

static void
mutate(uint64_t *state, struct file *file)
{
    static const char signs[] = "\"{}[],:\\0919-ue \n\xff\x80\xed\xa0";
    size_t size = file->size;
    size_t at = place(state, size);
    size_t n = below(state, 40) < size - at ? below(state, 40) : 0;
    n = n < size - at ? n : size - at;
    switch (below(state, 6)) {
    case 0:
        file->bytes[at] = (char)(file->bytes[at] ^ 1 << below(state, 8));
        break;
    case 1:
        file->bytes[at] = signs[below(state, sizeof signs)];
        break;
    case 2:
        file->size = at;
        break;
    case 3: /* leave out */
        memmove(file->bytes + at, file->bytes + at + n, size - at - n);
        file->size = size - n;
        break;
    case 4: /* double */
        memmove(file->bytes + at + n, file->bytes + at, size - at);
        file->size = size + n;
        break;
    default: /* a digit more or less */
        while (at < size && (file->bytes[at] < '0' || file->bytes[at] > '9')) {
            at++;
        }
        if (at < size) {
            file->bytes[at] = (char)('0' + below(state, 10));
        }
        break;
    }
}

static void
check_table(int fd)
{
    static const char *const texts[] = { "", "a photo of a cat",
        "<|EndOfText|> caf\xc3\xa9 \xef\xac\x81\xcc\x81 </s> 12'll",
        "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb  <pad>x" };
    struct fovea_error error;
    struct fovea_tokenizer *tokenizer = NULL;
    assert_ok(fovea_tokenizer_open(fd, &tokenizer, &error), &error);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        uint32_t ids[256];
        struct fovea_encoding encoding;
        assert_ok(fovea_tokenizer_encode(tokenizer, texts[i], strlen(texts[i]),
                          256, ids, &encoding, &error),
                &error);
        for (size_t j = 0; j < encoding.n_ids; j++) {
            assert_true(ids[j] < fovea_tokenizer_facts(tokenizer)->n_ids);
        }
    }
    fovea_tokenizer_close(tokenizer);
}

static void
check_file(const char *tokenizer, const char *name, const char *const *others)
{
    char from[512];
    char directory[] = "/tmp/fovea-mutated-XXXXXX";
    char path[1024];
    tokenizer_path(tokenizer, from, sizeof from);
    assert_non_null(mkdtemp(directory));
    for (size_t i = 0; others[i]; i++) {
        struct file other = read_file(from, others[i]);
        write_file(directory, others[i], &other);
        free(other.bytes);
    }
    struct file good = read_file(from, name);
    struct file file = { malloc(2 * good.size), 0 };
    assert_non_null(file.bytes);
    uint64_t state = 88172645463325252U;
    size_t n_refused = 0;
    for (size_t i = 0; i < N_MUTATIONS; i++) {
        memcpy(file.bytes, good.bytes, good.size);
        file.size = good.size;
        mutate(&state, &file);
        write_file(directory, name, &file);
        struct fovea_error error;
        int fd = -1;
        enum fovea_status status = fovea_tokenizer_compile(directory,
                FOVEA_TEXT_AUTO, &fd, &error);
        if (status) {
            assert_true(status == FOVEA_ERR_TOKENIZER_INVALID ||
                    status == FOVEA_ERR_TOKENIZER_UNSUPPORTED);
            assert_true(error.message[0] != '\0');
            n_refused++;
        } else {
            check_table(fd);
            (void)close(fd);
        }
    }
    /* Some are harmless; not all, and not none. */
    assert_true(n_refused > N_MUTATIONS / 10 && n_refused < N_MUTATIONS);
    free(good.bytes);
    free(file.bytes);
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    (void)unlink(path);
    for (size_t i = 0; others[i]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", directory, others[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(directory), 0);
}

static void
test_clip(void **state)
{
    static const char *const none[] = { NULL };
    (void)state;
    check_file("clip", "tokenizer.json", none);
}

static void
test_clip_of_vocab_and_merges(void **state)
{
    static const char *const merges[] = { "merges.txt", NULL };
    static const char *const vocab[] = { "vocab.json", NULL };
    (void)state;
    check_file("clip-files", "vocab.json", merges);
    check_file("clip-files", "merges.txt", vocab);
}

static void
test_unigram(void **state)
{
    static const char *const config[] = { "tokenizer_config.json", NULL };
    static const char *const json[] = { "tokenizer.json", NULL };
    (void)state;
    check_file("unigram", "tokenizer.json", config);
    check_file("unigram", "tokenizer_config.json", json);
}

static void
test_byte_fallback(void **state)
{
    static const char *const config[] = { "tokenizer_config.json", NULL };
    (void)state;
    check_file("bytefallback", "tokenizer.json", config);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clip),
        cmocka_unit_test(test_clip_of_vocab_and_merges),
        cmocka_unit_test(test_unigram),
        cmocka_unit_test(test_byte_fallback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
