/*
 * Checkpoints from files: one .safetensors file, or shards with an index.
 *
 * Opening reads and checks headers only; a tensor's bytes are read when it is
 * asked for, so that what nobody asks for (the text tower) is never read.
 *
 * Source: the safetensors format (8-byte little-endian header length, JSON
 * header, tensor data) and Hugging Face's model.safetensors.index.json.
 */
#ifndef FOVEA_CHECKPOINT_SAFETENSORS_H
#define FOVEA_CHECKPOINT_SAFETENSORS_H

#include "checkpoint/checkpoint.h"
#include "sys/input.h"

enum {
    FOVEA_MAX_INDEX_BYTES = 8 << 20
};

/**
 * Open the weights of a directory: model.safetensors or the shards that
 * model.safetensors.index.json lists, or the file of its layout
 * (spec/file_layout.h).
 *
 * Header length, number of tensors, offsets, overlaps, gaps, sizes against
 * shapes and against the file are checked for every tensor. Shard names must be plain file names.
 *
 * @return FOVEA_OK; FOVEA_ERR_MODEL_NOT_FOUND (the message names the files it
 *         looked for); FOVEA_ERR_MODEL_WEIGHTS (the message names file and
 *         tensor); FOVEA_ERR_IO; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_checkpoint_open(const char *directory,
        struct fovea_checkpoint **checkpoint_out, struct fovea_error *err);

/**
 * A checkpoint of one .safetensors file that is open already.
 *
 * @param input  Taken, also on failure.
 */
FOVEA_NODISCARD enum fovea_status fovea_checkpoint_open_input(const char *name,
        struct fovea_input *input, struct fovea_checkpoint **checkpoint_out,
        struct fovea_error *err);

#endif
