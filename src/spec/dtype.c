/*
 * See dtype.h. The switch has no default, so that a value of the public header
 * that has no row is a warning of the compiler.
 */
#include "spec/dtype.h"

#include <string.h>

#define X(name, word)                                                      \
    _Static_assert((int)FOVEA_DTYPE_##name == (int)FOVEA_DTYPE_ROW_##name, \
            "rows stand in the order of the public header");
#include "spec/dtype.def"
#undef X

const char *const fovea_dtype_words[FOVEA_N_DTYPES + 1] = {
#define X(name, word) word,
#include "spec/dtype.def"
#undef X
};

const char *
fovea_dtype_word(enum fovea_dtype dtype)
{
    switch (dtype) {
#define X(name, word)        \
    case FOVEA_DTYPE_##name: \
        return word;
#include "spec/dtype.def"
#undef X
    }
    return NULL;
}

bool
fovea_dtype_parse(const char *word, enum fovea_dtype *dtype_out)
{
    for (size_t i = 0; i < FOVEA_N_DTYPES; i++) {
        if (strcmp(word, fovea_dtype_words[i]) == 0) {
            *dtype_out = (enum fovea_dtype)i;
            return true;
        }
    }
    return false;
}
