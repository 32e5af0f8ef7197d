/* Tokenizers for fuzz targets. */
#ifndef FOVEA_TESTS_FUZZ_TOKENIZERS_H
#define FOVEA_TESTS_FUZZ_TOKENIZERS_H

#include "text/tokenizer.h"

enum {
    FUZZ_N_TOKENIZERS = 3
};

/** tokenizer.json of small ones, of each model and with most components. */
extern const char *const fuzz_tokenizers[FUZZ_N_TOKENIZERS];

struct fuzz_file {
    const char *name;
    const void *bytes;
    size_t size;
};

/** Compile a directory of n files, which is made for it and is gone again. */
enum fovea_status fuzz_compile(const struct fuzz_file *files, size_t n,
        int *fd_out, struct fovea_error *err);

/** Tokenize a text; whatever comes of it keeps the header's promises. */
void fuzz_encode(const struct fovea_tokenizer *tokenizer, const char *text,
        size_t size);

#endif
