/* See tensor_source.h. */
#include "checkpoint/tensor_source.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "spec/field.h"

enum fovea_status
fovea_checkpoint_create(const struct fovea_source *source, size_t n_shards,
        struct fovea_checkpoint **checkpoint_out, struct fovea_error *err)
{
    struct fovea_checkpoint *checkpoint = calloc(1, sizeof *checkpoint);
    if (!checkpoint) {
        return fovea_fail_memory(err, sizeof *checkpoint, "a checkpoint");
    }
    if (n_shards > 0) {
        checkpoint->shards = calloc(n_shards, sizeof *checkpoint->shards);
        if (!checkpoint->shards) {
            free(checkpoint);
            return fovea_fail_memory(err, n_shards * sizeof(struct fovea_shard),
                    "shards");
        }
    }
    for (size_t i = 0; i < n_shards; i++) {
        checkpoint->shards[i].input = (struct fovea_input)FOVEA_INPUT_INIT;
    }
    checkpoint->source = source;
    checkpoint->n_shards = n_shards;
    *checkpoint_out = checkpoint;
    return FOVEA_OK;
}

void
fovea_entries_free(struct fovea_tensor_entry *entries, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(entries[i].name);
    }
    free(entries);
}

enum fovea_status
fovea_check_tensors(const char *name, size_t n, struct fovea_error *err)
{
    return n <= FOVEA_MAX_TENSORS
            ? FOVEA_OK
            : fovea_fail(err, FOVEA_ERR_MODEL_WEIGHTS,
                      "%s: it has %zu tensors, at most %d are read",
                      fovea_show(name).text, n, FOVEA_MAX_TENSORS);
}

static int
compare_names(const void *a, const void *b)
{
    const struct fovea_tensor_entry *left = a;
    const struct fovea_tensor_entry *right = b;
    return strcmp(left->name, right->name);
}

void
fovea_entries_sort(struct fovea_tensor_entry *entries, size_t n)
{
    if (n > 0) {
        qsort(entries, n, sizeof *entries, compare_names);
    }
}
