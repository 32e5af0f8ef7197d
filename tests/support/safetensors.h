/* Checkpoints of a few bytes, written by hand. */
#ifndef FOVEA_TESTS_SUPPORT_SAFETENSORS_H
#define FOVEA_TESTS_SUPPORT_SAFETENSORS_H

#include <stddef.h>
#include <stdint.h>

#include "checkpoint/safetensors.h"

/* The description of a tensor. */
#define SAFETENSORS_F32(shape, offsets) \
    "{\"dtype\": \"F32\", \"shape\": " shape ", \"data_offsets\": " offsets "}"

/* A file: length, header, data. Its size. */
size_t safetensors_build(uint8_t *bytes, const char *header, const void *data,
        size_t data_size);

/* Open one under the name w.safetensors. */
enum fovea_status safetensors_open(const void *bytes, size_t size,
        struct fovea_checkpoint **checkpoint, struct fovea_error *error);

#endif
