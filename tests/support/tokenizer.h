/* Tokenizers of the build for tests, and of texts that a test writes. */
#ifndef FOVEA_SUPPORT_TOKENIZER_H
#define FOVEA_SUPPORT_TOKENIZER_H

#include "text/tokenizer.h"

/** Compile one of tests/support/make_tokenizers.py, by its name; open it. */
struct fovea_tokenizer *tokenizer_of(const char *name,
        enum fovea_text_profile profile);

/** Path of such a directory. */
void tokenizer_path(const char *name, char *path, size_t size);

/** Compile and open a tokenizer.json of this text. */
enum fovea_status tokenizer_from_json(const char *json, size_t size,
        enum fovea_text_profile profile, struct fovea_tokenizer **tokenizer_out,
        struct fovea_error *err);

/** The table of such a tokenizer.json, which must be good; the caller's. */
int tokenizer_table_from_json(const char *json, size_t size);

/** Fail unless a text has these ids, written with blanks between. */
void assert_ids(const struct fovea_tokenizer *tokenizer, const char *text,
        size_t size, const char *expected);

#endif
