/*
 * A tokenizer's files: refused by name, or a table that can be opened and gives
 * ids that are there.
 *
 * An input that begins with 'V' is vocab.json and, behind a NUL, merges.txt; with
 * 'C', tokenizer_config.json of a good tokenizer; any other is tokenizer.json.
 */
#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "fuzz.h"
#include "tokenizers.h"

static enum fovea_status
compile(const uint8_t *data, size_t size, int *fd_out, struct fovea_error *err)
{
    if (size > 0 && data[0] == 'V') {
        const uint8_t *nul = memchr(data, 0, size);
        size_t n = nul ? (size_t)(nul - data) : size;
        const struct fuzz_file files[] = {
            { "vocab.json", data + 1, n - 1 },
            { "merges.txt", nul ? nul + 1 : data, nul ? size - n - 1 : 0 },
        };
        return fuzz_compile(files, 2, fd_out, err);
    }
    if (size > 0 && data[0] == 'C') {
        const struct fuzz_file files[] = {
            { "tokenizer.json", fuzz_tokenizers[1],
                    strlen(fuzz_tokenizers[1]) },
            { "tokenizer_config.json", data + 1, size - 1 },
        };
        return fuzz_compile(files, 2, fd_out, err);
    }
    const struct fuzz_file file = { "tokenizer.json", data, size };
    return fuzz_compile(&file, 1, fd_out, err);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const texts[] = { "", "a ab aba b<|endoftext|>",
        "Aba \xc3\xa9 \xef\xac\x81\xcc\x81 Z! </s> a", "aaaaaaaa 'll 12" };
    struct fovea_error error;
    struct fovea_tokenizer *tokenizer = NULL;
    int fd = -1;
    enum fovea_status status = compile(data, size, &fd, &error);
    if (status) {
        FOVEA_ASSERT(status == FOVEA_ERR_TOKENIZER_INVALID ||
                status == FOVEA_ERR_TOKENIZER_UNSUPPORTED);
        FOVEA_ASSERT(error.code == status && error.message[0]);
        return 0;
    }
    FOVEA_ASSERT(fovea_tokenizer_open(fd, &tokenizer, &error) == FOVEA_OK);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(texts); i++) {
        fuzz_encode(tokenizer, texts[i], strlen(texts[i]));
    }
    fovea_tokenizer_close(tokenizer);
    (void)close(fd);
    return 0;
}
