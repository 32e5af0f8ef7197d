/* Checkpoints: finding tensors and reading them. See checkpoint.h. */
#include "checkpoint/checkpoint.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "checkpoint/tensor_source.h"
#include "spec/field.h"

enum {
    SHAPE_TEXT_SIZE = 48
};

void
fovea_checkpoint_close(struct fovea_checkpoint *checkpoint)
{
    if (!checkpoint) {
        return;
    }
    for (size_t i = 0; i < checkpoint->n_shards; i++) {
        fovea_input_finish(&checkpoint->shards[i].input);
        free(checkpoint->shards[i].name);
    }
    free(checkpoint->shards);
    fovea_entries_free(checkpoint->entries, checkpoint->n_entries);
    free(checkpoint);
}

size_t
fovea_checkpoint_count(const struct fovea_checkpoint *checkpoint)
{
    return checkpoint->n_entries;
}

const struct fovea_tensor *
fovea_checkpoint_at(const struct fovea_checkpoint *checkpoint, size_t index)
{
    FOVEA_ASSERT(index < checkpoint->n_entries);
    return &checkpoint->entries[index].tensor;
}

const struct fovea_tensor *
fovea_checkpoint_find(const struct fovea_checkpoint *checkpoint,
        const char *name)
{
    size_t low = 0;
    size_t high = checkpoint->n_entries;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(checkpoint->entries[middle].name, name);
        if (order == 0) {
            return &checkpoint->entries[middle].tensor;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

/* "[768, 3, 32, 32]", cut where it is too long for a message. */
static void
shape_text(char text[SHAPE_TEXT_SIZE], unsigned n_dims, const size_t *shape)
{
    size_t used = 1;
    text[0] = '[';
    text[1] = '\0';
    for (unsigned i = 0; i < n_dims && used < SHAPE_TEXT_SIZE; i++) {
        int n = snprintf(text + used, SHAPE_TEXT_SIZE - used, "%s%zu",
                i ? ", " : "", shape[i]);
        used += n > 0 ? (size_t)n : 0;
    }
    if (used < SHAPE_TEXT_SIZE - 1) {
        text[used] = ']';
        text[used + 1] = '\0';
    }
}

/* The file that holds a tensor, or the one that should. */
static struct fovea_shown
file_of(const struct fovea_checkpoint *checkpoint,
        const struct fovea_tensor_entry *entry)
{
    const char *label = checkpoint->source->label;
    if (label) {
        return fovea_show(label);
    }
    return fovea_show(checkpoint->shards[entry ? entry->shard : 0].name);
}

static const struct fovea_tensor_entry *
entry_of(const struct fovea_tensor *tensor)
{
    return (const struct fovea_tensor_entry *)(const void *)tensor;
}

enum fovea_status
fovea_checkpoint_require(const struct fovea_checkpoint *checkpoint,
        const char *name, unsigned n_dims, const size_t *shape,
        const struct fovea_tensor **tensor_out, struct fovea_error *err)
{
    const struct fovea_tensor *tensor = fovea_checkpoint_find(checkpoint, name);
    if (!tensor) {
        return fovea_fail(err, FOVEA_ERR_MODEL_WEIGHTS,
                "%s: tensor %s is missing", file_of(checkpoint, NULL).text,
                fovea_show(name).text);
    }
    if (tensor->n_dims != n_dims ||
            memcmp(tensor->shape, shape, n_dims * sizeof *shape) != 0) {
        char found[SHAPE_TEXT_SIZE];
        char wanted[SHAPE_TEXT_SIZE];
        shape_text(found, tensor->n_dims, tensor->shape);
        shape_text(wanted, n_dims, shape);
        return fovea_fail(err, FOVEA_ERR_MODEL_WEIGHTS,
                "%s: %s has shape %s, the config asks for %s",
                file_of(checkpoint, entry_of(tensor)).text, name, found,
                wanted);
    }
    if (tensor->type == FOVEA_TENSOR_OTHER) {
        return fovea_fail(err, FOVEA_ERR_MODEL_WEIGHTS,
                "%s: %s is neither F32 nor F16 nor BF16",
                file_of(checkpoint, entry_of(tensor)).text, name);
    }
    *tensor_out = tensor;
    return FOVEA_OK;
}

size_t
fovea_tensor_size(const struct fovea_tensor *tensor)
{
    return entry_of(tensor)->size_bytes;
}

enum fovea_status
fovea_checkpoint_read_raw(const struct fovea_checkpoint *checkpoint,
        const struct fovea_tensor *tensor, size_t at, void *bytes, size_t size,
        struct fovea_error *err)
{
    const struct fovea_source *source = checkpoint->source;
    FOVEA_ASSERT(source->read_raw != NULL);
    return source->read_raw(checkpoint, entry_of(tensor), at, bytes, size, err);
}

enum fovea_status
fovea_checkpoint_read(const struct fovea_checkpoint *checkpoint,
        const struct fovea_tensor *tensor, float *values,
        struct fovea_error *err)
{
    return fovea_checkpoint_read_part(checkpoint, tensor, 0, tensor->n_elements,
            values, err);
}

enum fovea_status
fovea_checkpoint_read_part(const struct fovea_checkpoint *checkpoint,
        const struct fovea_tensor *tensor, size_t at, size_t n, float *values,
        struct fovea_error *err)
{
    FOVEA_ASSERT(at <= tensor->n_elements && n <= tensor->n_elements - at);
    return checkpoint->source->read(checkpoint, entry_of(tensor), at, n, values,
            err);
}
