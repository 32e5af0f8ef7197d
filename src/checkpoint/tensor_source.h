/*
 * Inside of checkpoint/: what a checkpoint is made of, and the two sources that
 * its tensors come from: files, or a seed.
 *
 * Tensors are sorted by name.
 */
#ifndef FOVEA_CHECKPOINT_TENSOR_SOURCE_H
#define FOVEA_CHECKPOINT_TENSOR_SOURCE_H

#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

#include "checkpoint/tensor.h"
#include "sys/input.h"

enum {
    /* Of one file, or of an index of shards. The largest CLIP, both towers, has
       some 1,700 and a header of 220 kB. */
    FOVEA_MAX_TENSORS = 16384
};

struct fovea_checkpoint;

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

/* Where tensors come from. */
struct fovea_source {
    const char *label; /* in messages; NULL: the shard's name */

    /* n elements from the one at `at` on, as float32. */
    enum fovea_status (*read)(const struct fovea_checkpoint *checkpoint,
            const struct fovea_tensor_entry *entry, size_t at, size_t n,
            float *values, struct fovea_error *err);

    /* A piece as it is stored, or NULL if it is not. */
    enum fovea_status (*read_raw)(const struct fovea_checkpoint *checkpoint,
            const struct fovea_tensor_entry *entry, uint64_t at, void *bytes,
            size_t size, struct fovea_error *err);
};

extern const struct fovea_source fovea_source_files;  /* safetensors.c */
extern const struct fovea_source fovea_source_random; /* random.c */

struct fovea_checkpoint {
    const struct fovea_source *source;
    struct fovea_shard *shards; /* [n_shards]; of files */
    size_t n_shards;
    struct fovea_tensor_entry *entries; /* [n_entries] */
    size_t n_entries;
    uint64_t seed; /* of random weights */
};

/** An empty checkpoint with room for n_shards, none open. */
FOVEA_NODISCARD enum fovea_status fovea_checkpoint_create(
        const struct fovea_source *source, size_t n_shards,
        struct fovea_checkpoint **checkpoint_out, struct fovea_error *err);

/** Free an array of entries and their names. */
void fovea_entries_free(struct fovea_tensor_entry *entries, size_t n);

/** Whether a file may have so many of them. */
FOVEA_NODISCARD enum fovea_status fovea_check_tensors(const char *name,
        size_t n, struct fovea_error *err);

/** Sort by name, for fovea_checkpoint_find(). */
void fovea_entries_sort(struct fovea_tensor_entry *entries, size_t n);

#endif
