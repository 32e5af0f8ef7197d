/*
 * A .safetensors file: what opens must have every tensor inside the file, and
 * every tensor of a type that is read must read.
 */
#include <stdlib.h>

#include "base/macros.h"
#include "checkpoint/safetensors.h"
#include "checkpoint/tensor_source.h"
#include "fuzz.h"

static void
check_tensor(const struct fovea_checkpoint *checkpoint, size_t index,
        size_t file_size)
{
    const struct fovea_tensor_entry *entry = &checkpoint->entries[index];
    const struct fovea_tensor *tensor = fovea_checkpoint_at(checkpoint, index);
    FOVEA_ASSERT(entry->offset >= 8 && entry->offset <= file_size);
    FOVEA_ASSERT(entry->size_bytes <= file_size - entry->offset);
    FOVEA_ASSERT(fovea_checkpoint_find(checkpoint, tensor->name) == tensor);
    if (tensor->type == FOVEA_TENSOR_OTHER) {
        return;
    }
    /* Exactly the room that is promised to be enough. */
    FOVEA_ASSERT(tensor->n_elements <= file_size / 2);
    float *values = malloc(tensor->n_elements * sizeof *values + 1);
    FOVEA_ASSERT(values != NULL);
    struct fovea_error error;
    enum fovea_status status =
            fovea_checkpoint_read(checkpoint, tensor, values, &error);
    FOVEA_ASSERT(status == FOVEA_OK);
    free(values);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fovea_input input;
    struct fovea_checkpoint *checkpoint = NULL;
    struct fovea_error error;
    fovea_input_from_memory(data, size, &input);
    enum fovea_status status =
            fovea_checkpoint_open_input("fuzz", &input, &checkpoint, &error);
    if (status) {
        FOVEA_ASSERT(status == FOVEA_ERR_MODEL_WEIGHTS && !checkpoint);
        FOVEA_ASSERT(error.code == status && error.message[0]);
        return 0;
    }
    for (size_t i = 0; i < fovea_checkpoint_count(checkpoint); i++) {
        check_tensor(checkpoint, i, size);
    }
    fovea_checkpoint_close(checkpoint);
    return 0;
}
