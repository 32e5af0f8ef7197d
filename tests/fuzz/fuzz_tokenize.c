/*
 * Texts, by one of three tokenizers that the first byte names: ids that are there,
 * within the memory and the work that are promised.
 */
#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "fuzz.h"
#include "tokenizers.h"

enum {
    STEPS_A_BYTE = 160 /* U+FDFA's 18 characters, and each a level of sorting */
};

static struct fovea_tokenizer *tokenizers[FUZZ_N_TOKENIZERS];

static void
open_all(void)
{
    for (size_t i = 0; i < FUZZ_N_TOKENIZERS; i++) {
        struct fovea_error error;
        int fd = -1;
        const struct fuzz_file file = { "tokenizer.json", fuzz_tokenizers[i],
            strlen(fuzz_tokenizers[i]) };
        FOVEA_ASSERT(fuzz_compile(&file, 1, &fd, &error) == FOVEA_OK);
        FOVEA_ASSERT(
                fovea_tokenizer_open(fd, &tokenizers[i], &error) == FOVEA_OK);
        (void)close(fd);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!tokenizers[0]) {
        open_all();
    }
    if (size == 0) {
        return 0;
    }
    const struct fovea_tokenizer *tokenizer =
            tokenizers[data[0] % FUZZ_N_TOKENIZERS];
    const char *text = (const char *)data + 1;
    struct fovea_encoding encoding;
    struct fovea_error error;
    uint32_t ids[2];
    fuzz_encode(tokenizer, text, size - 1);
    enum fovea_status status = fovea_tokenizer_encode(tokenizer, text, size - 1,
            2, ids, &encoding, &error);
    FOVEA_ASSERT(status == FOVEA_OK || status == FOVEA_ERR_TEXT_ENCODING);
    FOVEA_ASSERT(
            status || encoding.n_steps <= 1000 + size * (uint64_t)STEPS_A_BYTE);
    return 0;
}
