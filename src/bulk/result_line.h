/* A line of JSON a result, and files of them. */
#ifndef FOVEA_BULK_RESULT_LINE_H
#define FOVEA_BULK_RESULT_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "bulk/row_result.h"

/** Add {"input":"a.jpg","error":{...}}, of a bad one. */
void fovea_result_line_bad(const struct fovea_row_result *result,
        struct fovea_text *text);

/** Add {"input":"a.jpg","pixels":"pil","row":3}, where the row is in another
 *  file; of a bad one its line. `pixels` is a word (spec/pixels.h), or NULL where
 *  none were made; a text's line, {"text":"a cat","row":3}, has none. */
void fovea_result_line_number(const struct fovea_row_result *result,
        const char *pixels, uint64_t number, struct fovea_text *text);

/** Add {"input":"a.jpg","pixels":"pil","embedding":[...]} of n float32 numbers; of
 *  a bad one its line. */
void fovea_result_line_vector(const struct fovea_row_result *result,
        const char *pixels, size_t n, struct fovea_text *text);

/** Whether a file begins with one of these lines. */
bool fovea_result_line_is_first(const char *path);

#endif
