/*
 * Texts to ids, for tests that compare them with somebody else's:
 *
 *   tokenize_lines DIRECTORY file|lower|canonical|auto <LINES
 *
 * A line is a text in hexadecimal; one is answered by the ids of it, or by the
 * name of a status. The first line out says what the tokenizer is.
 */
#include <stdio.h>
#include <string.h>

#include "text/tokenizer.h"

enum {
    MAX_IDS = 1 << 21
};

static enum fovea_text_profile
profile_of(const char *name)
{
    return strcmp(name, "lower") == 0        ? FOVEA_TEXT_LOWER
            : strcmp(name, "canonical") == 0 ? FOVEA_TEXT_CANONICAL
            : strcmp(name, "file") == 0      ? FOVEA_TEXT_FILE
                                             : FOVEA_TEXT_AUTO;
}

static unsigned
digit(char c)
{
    return c <= '9' ? (unsigned)c - '0' : (unsigned)c - 'a' + 10;
}

static void
answer(const struct fovea_tokenizer *tokenizer, char *line, size_t size,
        uint32_t *ids)
{
    struct fovea_encoding encoding;
    struct fovea_error error;
    for (size_t i = 0; i < size / 2; i++) {
        line[i] = (char)(digit(line[2 * i]) << 4 | digit(line[2 * i + 1]));
    }
    if (fovea_tokenizer_encode(tokenizer, line, size / 2, MAX_IDS, ids,
                &encoding, &error)) {
        (void)puts(fovea_status_name(error.code));
        return;
    }
    for (size_t i = 0; i < encoding.n_ids; i++) {
        (void)printf(i > 0 ? " %u" : "%u", ids[i]);
    }
    (void)puts("");
}

int
main(int argc, char **argv)
{
    struct fovea_error error;
    struct fovea_tokenizer *tokenizer = NULL;
    int fd = -1;
    if (argc != 3) {
        return 2;
    }
    if (fovea_tokenizer_compile(argv[1], profile_of(argv[2]), &fd, &error) ||
            fovea_tokenizer_open(fd, &tokenizer, &error)) {
        (void)printf("%s %s\n", fovea_status_name(error.code), error.message);
        return 1;
    }
    const struct fovea_tokenizer_facts *facts =
            fovea_tokenizer_facts(tokenizer);
    (void)printf("%s %s %u\n", facts->kind, facts->profile, facts->n_ids);
    uint32_t *ids = malloc(MAX_IDS * sizeof *ids);
    char *line = NULL;
    size_t capacity = 0;
    ssize_t n = 0;
    while (ids && (n = getline(&line, &capacity, stdin)) > 0) {
        answer(tokenizer, line, (size_t)n - 1, ids);
    }
    free(line);
    free(ids);
    fovea_tokenizer_close(tokenizer);
    return 0;
}
