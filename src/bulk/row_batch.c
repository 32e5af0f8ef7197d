/* See row_batch.h. */
#include "bulk/row_batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "base/notes.h"
#include "base/size.h"

enum fovea_status
fovea_row_batch_init(struct fovea_row_batch *batch, size_t capacity,
        size_t row_size, struct fovea_error *err)
{
    *batch = (struct fovea_row_batch){
        .capacity = capacity,
        .row_size = row_size,
    };
    size_t size = 0;
    if (!fovea_mul_size(capacity, row_size, &size)) {
        return fovea_fail_memory(err, SIZE_MAX, "a batch");
    }
    batch->entries = calloc(capacity, sizeof *batch->entries);
    batch->results = calloc(capacity, sizeof *batch->results);
    batch->skipped = calloc(capacity, sizeof *batch->skipped);
    batch->errors = calloc(capacity, sizeof *batch->errors);
    batch->rows = malloc(size);
    if (!batch->entries || !batch->results || !batch->skipped ||
            !batch->errors || !batch->rows) {
        fovea_row_batch_finish(batch);
        return fovea_fail_memory(err, size, "a batch");
    }
    return FOVEA_OK;
}

void
fovea_row_batch_finish(struct fovea_row_batch *batch)
{
    fovea_row_batch_clear(batch);
    free(batch->entries);
    free(batch->results);
    free(batch->skipped);
    free(batch->errors);
    free(batch->rows);
    *batch = (struct fovea_row_batch){ 0 };
}

void
fovea_row_batch_clear(struct fovea_row_batch *batch)
{
    for (size_t i = 0; i < batch->n; i++) {
        fovea_entry_finish(&batch->entries[i]);
    }
    batch->n = 0;
    batch->n_tried = 0;
}

void
fovea_row_batch_add(struct fovea_row_batch *batch, struct fovea_entry *entry,
        const struct fovea_error *error, const void *row)
{
    FOVEA_ASSERT(batch->n < batch->capacity);
    batch->entries[batch->n++] = *entry;
    *entry = (struct fovea_entry){ 0 };
    if (error && row) {
        memcpy(batch->rows + batch->n_tried * batch->row_size, row,
                batch->row_size);
    }
    if (error) {
        batch->errors[batch->n_tried++] = *error;
    }
}

/* What a source finds need not be an image; what is named must be. */
static bool
is_skipped(const struct fovea_row_result *result)
{
    return result->entry->found &&
            result->error->code == FOVEA_ERR_NOT_AN_IMAGE;
}

struct fovea_row_counts
fovea_row_batch_settle(struct fovea_row_batch *batch)
{
    struct fovea_row_counts counts = { 0 };
    size_t tried = 0;
    batch->n_results = 0;
    batch->n_skipped = 0;
    for (size_t i = 0; i < batch->n; i++) {
        struct fovea_row_result result = {
            .entry = &batch->entries[i],
            .error = &batch->entries[i].problem,
        };
        if (!result.error->code) {
            result.error = &batch->errors[tried];
            result.row = batch->rows + tried * batch->row_size;
            tried++;
        }
        if (is_skipped(&result)) {
            batch->skipped[batch->n_skipped++] = result;
            continue;
        }
        batch->results[batch->n_results++] = result;
        counts.n_bad += result.error->code != FOVEA_OK;
        counts.n_texts += !result.error->code && result.entry->is_text;
        fovea_notes_count(result.error, counts.n_noted);
    }
    counts.n_skipped = batch->n_skipped;
    return counts;
}
