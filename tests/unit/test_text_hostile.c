/*
 * Texts that are made to be slow, to overrun or to confuse: for each the right
 * shape of ids or a named error, within a bound of work that is counted, not
 * timed.
 */
#include <unistd.h>

#include "base/checksum.h"
#include "base/utf8.h"
#include "support/test.h"
#include "support/tokenizer.h"
#include "text/table.h"

enum {
    N_TEXTS = 2000,
    MAX_BYTES = 2000,
    LARGE = 1 << 20,
    MEDIUM = 1 << 17,
    N_LARGE = 4, /* of the parts below */
    MAX_IDS = 6 * LARGE,
    /* Steps that each byte, and each of its log2(n) levels, may take: a piece
       of Unigram is walked for up to so many. */
    STEPS_A_BYTE = 40,
    STEPS_A_LEVEL = 6
};

static const struct {
    const char *name;
    enum fovea_text_profile profile;
} rows[] = {
    { "clip", FOVEA_TEXT_FILE },
    { "clip", FOVEA_TEXT_CANONICAL },
    { "unigram", FOVEA_TEXT_FILE },
    { "bytefallback", FOVEA_TEXT_LOWER },
};

enum {
    N_ROWS = sizeof rows / sizeof rows[0]
};

static struct fovea_tokenizer *tokenizers[N_ROWS];
static uint32_t *ids; /* [MAX_IDS] */

static int
open_all(void **state)
{
    (void)state;
    ids = malloc(MAX_IDS * sizeof *ids);
    for (size_t i = 0; i < N_ROWS; i++) {
        tokenizers[i] = tokenizer_of(rows[i].name, rows[i].profile);
    }
    return ids ? 0 : -1;
}

static int
close_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ROWS; i++) {
        fovea_tokenizer_close(tokenizers[i]);
    }
    free(ids);
    return 0;
}

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
    return (size_t)(next_random(state) >> 16) % limit;
}

/* At most so many steps for a text of this size. */
static uint64_t
bound(size_t size)
{
    uint64_t levels = 1;
    while (size >> levels) {
        levels++;
    }
    return 1000 + size * (STEPS_A_BYTE + STEPS_A_LEVEL * levels);
}

static void
check(const struct fovea_tokenizer *tokenizer, const char *text, size_t size)
{
    const struct fovea_tokenizer_facts *facts =
            fovea_tokenizer_facts(tokenizer);
    struct fovea_encoding encoding;
    struct fovea_error error;
    enum fovea_status status = fovea_tokenizer_encode(tokenizer, text, size,
            MAX_IDS, ids, &encoding, &error);
    size_t invalid = fovea_utf8_find_invalid(text, size);
    if (invalid < size) {
        char offset[32];
        (void)snprintf(offset, sizeof offset, "offset %zu", invalid);
        assert_int_equal(status, FOVEA_ERR_TEXT_ENCODING);
        assert_non_null(strstr(error.message, offset));
        return;
    }
    assert_int_equal(status, FOVEA_OK);
    assert_int_equal(encoding.n_ids, encoding.n_total);
    assert_true(encoding.n_ids >= facts->n_before + facts->n_after);
    for (size_t i = 0; i < encoding.n_ids; i++) {
        assert_true(ids[i] < facts->n_ids);
    }
    if (facts->n_after > 0) {
        assert_int_equal(ids[encoding.n_ids - 1], facts->end_id);
    }
    if (encoding.n_steps > bound(size)) {
        fail_msg("%zu bytes took %llu steps", size,
                (unsigned long long)encoding.n_steps);
    }
}

static void
check_all(const char *text, size_t size)
{
    for (size_t i = 0; i < N_ROWS; i++) {
        check(tokenizers[i], text, size);
    }
}

/* Bytes of nothing, of letters, of marks and of what tokenizers look for. */
static size_t
make_text(uint64_t *state, char *text)
{
    static const char *const parts[] = { "a", "The", " ", "   ", "\n", "\t",
        "\xcc\x81", "\xcc\xa3", "\xd6\xb0", "\xe0\xa4\xbc", "\xc4\xb0",
        "\xef\xac\x81", "\xef\xb7\xba", "\xf0\x9d\x85\xa0", "\xe2\x96\x81",
        "<|startoftext|>", "<|endoftext|>", "<|EndOfText|>", "</s>", "<unk>",
        "<pad>", "<0x41>", "'s", "'ll", "\xea\xb0\x80", "\xe1\x85\xa1",
        "\xf0\x9f\x91\xa9\xe2\x80\x8d", "\xe2\x80\x8d", "\xd8\x80", "0", "__" };
    size_t size = 0;
    size_t n = below(state, 200);
    unsigned kind = (unsigned)below(state, 4);
    for (size_t i = 0; i < n && size < MAX_BYTES - 32; i++) {
        if (kind == 0) { /* any bytes */
            text[size++] = (char)next_random(state);
            continue;
        }
        const char *part = parts[below(state, sizeof parts / sizeof parts[0])];
        for (size_t times = kind == 1 ? 1 + below(state, 20) : 1;
                times > 0 && size < MAX_BYTES - 32; times--) {
            memcpy(text + size, part, strlen(part));
            size += strlen(part);
        }
        if (kind == 3 && below(state, 40) == 0) {
            text[size++] = below(state, 2) ? '\0' : '\xff';
        }
    }
    return size;
}

static void
test_random(void **state)
{
    (void)state;
    uint64_t seed = 88172645463325252U;
    size_t n_invalid = 0;
    for (size_t i = 0; i < N_TEXTS; i++) {
        char text[MAX_BYTES];
        size_t size = make_text(&seed, text);
        n_invalid += fovea_utf8_find_invalid(text, size) < size;
        check_all(text, size);
    }
    assert_true(n_invalid > N_TEXTS / 5 && n_invalid < N_TEXTS / 2);
}

/* One thing, over and over, the first in a megabyte: runs that sorting, joining and looking
   back would go through again and again. */
static void
test_large(void **state)
{
    static const char *const parts[] = { " ", "a", "the", "\xcc\x81",
        "\xcc\x81\xcc\xa3", "\xd6\xb0\xcc\x81\xcc\xa3\xe3\x82\x99",
        "\xef\xb7\xba", "\xf0\x9d\x85\xa0", "\xc4\xb0", "\xe2\x96\x81", "</s>",
        "</s> ", "<pad>", "<|endoftext|>", "<|startoftext|>", "<|startoftext",
        "'", "'l", "0", "\xea\xb0\x80", "\xe1\x84\x80", "\xf0\x9f\x87\xa6",
        "\xe2\x80\x8d", "\r", "!", "\xe4\xb8\x80", "ab ", "\xf0\x9f\x98\x80",
        "<unk>", "_ " };
    (void)state;
    char *text = malloc(LARGE);
    assert_non_null(text);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        size_t n = strlen(parts[i]);
        size_t size = 0;
        while (size + n <= (i < N_LARGE ? LARGE : MEDIUM)) {
            memcpy(text + size, parts[i], n);
            size += n;
        }
        check_all(text, size);
    }
    memset(text, 0, MEDIUM);
    check_all(text, MEDIUM);
    free(text);
}

/* Marks in descending order of their class, which sorting has to turn round. */
static void
test_marks_of_falling_class(void **state)
{
    (void)state;
    char *text = malloc(LARGE);
    assert_non_null(text);
    text[0] = 'a';
    size_t size = 1;
    while (size + 2 <= LARGE) {
        memcpy(text + size, size < LARGE / 2 ? "\xcc\x81" : "\xcc\xb4", 2);
        size += 2;
    }
    check_all(text, size);
    free(text);
}

/* What tokens with white space beside them do not do: go over it twice. */
static void
test_tokens_that_take_spaces(void **state)
{
    static const char json[] =
            "{\"added_tokens\": [{\"id\": 2, \"content\": \"x\", \"lstrip\": "
            "true, \"rstrip\": true, \"special\": true, \"normalized\": "
            "false}], \"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0, \" "
            "\": 1, \"x\": 2}, \"merges\": []}}";
    (void)state;
    struct fovea_error error;
    struct fovea_tokenizer *tokenizer = NULL;
    assert_ok(tokenizer_from_json(json, sizeof json - 1, FOVEA_TEXT_AUTO,
                      &tokenizer, &error),
            &error);
    assert_ids(tokenizer, "a  x  a", 7, "0 2 0");
    assert_ids(tokenizer, " x x ", 5, "2 2");
    char *text = malloc(LARGE);
    assert_non_null(text);
    memset(text, ' ', LARGE);
    for (size_t i = 0; i < LARGE; i += LARGE / 16) {
        text[i] = 'x';
    }
    check(tokenizer, text, LARGE);
    fovea_tokenizer_close(tokenizer);
    free(text);
}

/* A table whose steps first say that they make a text endless, and then short:
   what is asked for must not wrap. */
static void
test_steps_that_lie_of_growth(void **state)
{
    static const char json[] =
            "{\"normalizer\": {\"type\": \"Sequence\", \"normalizers\": "
            "[{\"type\": \"NFC\"}, {\"type\": \"Lowercase\"}, {\"type\": "
            "\"NFC\"}]}, \"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0}, "
            "\"merges\": []}}";
    (void)state;
    static uint64_t table[1 << 13];
    uint8_t *bytes = (uint8_t *)table;
    struct fovea_error error;
    int fd = tokenizer_table_from_json(json, sizeof json - 1);
    ssize_t n = pread(fd, table, sizeof table, 0);
    assert_true(n > 0 && (size_t)n < sizeof table);
    assert_int_equal(close(fd), 0);
    struct fovea_table_header *header = (void *)table;
    struct fovea_table_part *part = &header->parts[FOVEA_PART_OPS];
    struct fovea_text_op *ops = (void *)(bytes + part->offset);
    for (size_t i = 0; i < 3; i++) {
        ops[i].growth_ascii = i < 2 ? UINT32_MAX : 0;
        ops[i].growth_other = ops[i].growth_ascii;
    }
    part->checksum = fovea_checksum(ops, (size_t)part->size);
    header->checksum = fovea_table_checksum(header);
    struct fovea_tokenizer *tokenizer = NULL;
    assert_ok(fovea_tokenizer_open_memory(table, (size_t)n, &tokenizer, &error),
            &error);
    assert_true(
            fovea_tokenizer_encode_bytes(tokenizer, "aaaa", 4) == UINT64_MAX);
    struct fovea_encoding encoding;
    assert_fails(fovea_tokenizer_encode(tokenizer, "aaaa", 4, MAX_IDS, ids,
                         &encoding, &error),
            &error, FOVEA_ERR_NO_MEMORY, "");
    fovea_tokenizer_close(tokenizer);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_large),
        cmocka_unit_test(test_marks_of_falling_class),
        cmocka_unit_test(test_tokens_that_take_spaces),
        cmocka_unit_test(test_steps_that_lie_of_growth),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
