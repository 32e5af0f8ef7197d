/* Words of enum fovea_dtype: one row of dtype.def each. */
#ifndef FOVEA_SPEC_DTYPE_H
#define FOVEA_SPEC_DTYPE_H

#include <stdbool.h>
#include <stddef.h>

#include "fovea/options.h"

enum {
#define X(name, word) FOVEA_DTYPE_ROW_##name,
#include "spec/dtype.def"
#undef X
    FOVEA_N_DTYPES
};

/** The words in the order of the values, and NULL. */
extern const char *const fovea_dtype_words[FOVEA_N_DTYPES + 1];

/** A dtype's word; NULL for what is not one. Static. */
const char *fovea_dtype_word(enum fovea_dtype dtype);

/** The dtype of a word; false if it is none. */
bool fovea_dtype_parse(const char *word, enum fovea_dtype *dtype_out);

#endif
