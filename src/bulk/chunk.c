/* A batch of inputs: see chunk.h. */
#include "bulk/chunk.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/macros.h"
#include "base/notes.h"
#include "base/size.h"

enum fovea_status
fovea_chunk_init(struct fovea_chunk *chunk, size_t capacity, size_t row_size,
        struct fovea_error *err)
{
    *chunk = (struct fovea_chunk){ .capacity = capacity, .row_size = row_size };
    size_t size = 0;
    if (!fovea_mul_size(capacity, row_size, &size)) {
        return fovea_fail_memory(err, SIZE_MAX, "a batch");
    }
    chunk->entries = calloc(capacity, sizeof *chunk->entries);
    chunk->told = calloc(capacity, sizeof *chunk->told);
    chunk->skipped = calloc(capacity, sizeof *chunk->skipped);
    chunk->images = calloc(capacity, sizeof *chunk->images);
    chunk->results = calloc(capacity, sizeof *chunk->results);
    chunk->rows = malloc(size);
    if (!chunk->entries || !chunk->told || !chunk->skipped || !chunk->images ||
            !chunk->results || !chunk->rows) {
        fovea_chunk_finish(chunk);
        return fovea_fail_memory(err, size, "a batch");
    }
    return FOVEA_OK;
}

void
fovea_chunk_finish(struct fovea_chunk *chunk)
{
    fovea_chunk_clear(chunk);
    free(chunk->entries);
    free(chunk->told);
    free(chunk->skipped);
    free(chunk->images);
    free(chunk->results);
    free(chunk->rows);
    *chunk = (struct fovea_chunk){ 0 };
}

void
fovea_chunk_clear(struct fovea_chunk *chunk)
{
    for (size_t i = 0; i < chunk->n; i++) {
        fovea_entry_finish(&chunk->entries[i]);
    }
    chunk->n = 0;
}

size_t
fovea_chunk_collect(struct fovea_chunk *chunk)
{
    size_t n_images = 0;
    for (size_t i = 0; i < chunk->n; i++) {
        if (!chunk->entries[i].problem.code) {
            chunk->images[n_images++] = fovea_entry_item(&chunk->entries[i]);
        }
    }
    return n_images;
}

/* What a walk finds need not be an image; what is named must be. */
static bool
is_skipped(const struct fovea_row_result *result)
{
    return result->entry->found &&
            result->error->code == FOVEA_ERR_NOT_AN_IMAGE;
}

struct fovea_row_counts
fovea_chunk_settle(struct fovea_chunk *chunk)
{
    struct fovea_row_counts counts = { 0 };
    size_t image = 0;
    chunk->n_told = 0;
    chunk->n_skipped = 0;
    for (size_t i = 0; i < chunk->n; i++) {
        struct fovea_row_result result = {
            .entry = &chunk->entries[i],
            .error = &chunk->entries[i].problem,
        };
        if (!result.error->code) {
            result.error = &chunk->results[image];
            result.row = chunk->rows + image * chunk->row_size;
            image++;
        }
        if (is_skipped(&result)) {
            chunk->skipped[chunk->n_skipped++] = result;
            continue;
        }
        chunk->told[chunk->n_told++] = result;
        counts.n_bad += result.error->code != FOVEA_OK;
        fovea_notes_count(result.error, counts.n_noted);
    }
    counts.n_skipped = chunk->n_skipped;
    return counts;
}
