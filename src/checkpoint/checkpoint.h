/*
 * Inside of checkpoint/: what a checkpoint is made of.
 *
 * Tensors are sorted by name. A checkpoint from files has shards; one of random
 * weights (random.h) has none and makes the values when they are read.
 */
#ifndef FOVEA_CHECKPOINT_CHECKPOINT_H
#define FOVEA_CHECKPOINT_CHECKPOINT_H

#include <stdbool.h>

#include "checkpoint/safetensors.h"
#include "sys/input.h"

/* How random values are spread: mean + scale * n, n roughly normal. */
struct fovea_spread {
    float mean;
    float scale;
};

struct fovea_tensor_entry {
    struct fovea_tensor tensor; /* first: a tensor's entry is where it is */
    char *name;                 /* owned */
    size_t shard;
    uint64_t offset; /* of its first byte in the file */
    uint64_t size_bytes;
    struct fovea_spread spread; /* of random values */
};

struct fovea_shard {
    char *name; /* in messages; owned */
    struct fovea_input input;
};

struct fovea_checkpoint {
    struct fovea_shard *shards; /* [n_shards]; none: random weights */
    size_t n_shards;
    struct fovea_tensor_entry *entries; /* [n_entries] */
    size_t n_entries;
    uint64_t seed;
};

/** An empty checkpoint with room for n_shards, none open. */
FOVEA_NODISCARD enum fovea_status fovea_checkpoint_create(size_t n_shards,
        struct fovea_checkpoint **checkpoint_out, struct fovea_error *err);

/** Free an array of entries and their names. */
void fovea_entries_free(struct fovea_tensor_entry *entries, size_t n);

/** Whether a file may have so many of them. */
FOVEA_NODISCARD enum fovea_status fovea_check_tensors(const char *name,
        size_t n, struct fovea_error *err);

/** Sort by name, for fovea_checkpoint_find(). */
void fovea_entries_sort(struct fovea_tensor_entry *entries, size_t n);

/**
 * Read and check the header of one .safetensors file.
 *
 * @param entries_out  Owned by the caller, in the header's order.
 */
FOVEA_NODISCARD enum fovea_status fovea_safetensors_parse(const char *name,
        const struct fovea_input *input,
        struct fovea_tensor_entry **entries_out, size_t *n_out,
        struct fovea_error *err);

/**
 * A checkpoint of one .safetensors file that is open already.
 *
 * @param input  Taken, also on failure.
 */
FOVEA_NODISCARD enum fovea_status fovea_checkpoint_open_input(const char *name,
        struct fovea_input *input, struct fovea_checkpoint **checkpoint_out,
        struct fovea_error *err);

/** Make the values of a tensor of a checkpoint of random weights. */
void fovea_random_fill(const struct fovea_checkpoint *checkpoint,
        const struct fovea_tensor_entry *entry, float *values);

#endif
