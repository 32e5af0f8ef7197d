/* See safetensors.h. */
#include "support/safetensors.h"

#include "support/test.h"

size_t
safetensors_build(uint8_t *bytes, const char *header, const void *data,
        size_t data_size)
{
    uint64_t length = strlen(header);
    memcpy(bytes, &length, sizeof length);
    memcpy(bytes + sizeof length, header, length);
    memcpy(bytes + sizeof length + length, data, data_size);
    return sizeof length + length + data_size;
}

enum fovea_status
safetensors_open(const void *bytes, size_t size,
        struct fovea_checkpoint **checkpoint, struct fovea_error *error)
{
    struct fovea_input input;
    fovea_input_from_memory(bytes, size, &input);
    return fovea_checkpoint_open_input("w.safetensors", &input, checkpoint,
            error);
}
