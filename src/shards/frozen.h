/*
 * What the shards of a run are made with, which never changes once their manifest is
 * there: every process and every node computes the same rows, or refuses.
 */
#ifndef FOVEA_SHARDS_FROZEN_H
#define FOVEA_SHARDS_FROZEN_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "fovea/fovea.h"

#include "base/sha256.h"
#include "base/text.h"
#include "bulk/filter.h"

enum {
    FOVEA_FROZEN_WORD_SIZE = 32,    /* of a version, a dtype, a profile */
    FOVEA_MAX_SHARD_SIZE = 1000000, /* inputs of a shard, at most */
};

/** Digests are SHA-256 in hexadecimal. */
struct fovea_frozen {
    char version[FOVEA_FROZEN_WORD_SIZE]; /* of fovea */
    char *model;                          /* its key; owned */
    char weights[FOVEA_SHA256_SIZE];      /* digest of its weights */
    char dtype[FOVEA_FROZEN_WORD_SIZE];   /* never auto */
    char pixels[FOVEA_FROZEN_WORD_SIZE];
    uint32_t dimension;
    bool is_half; /* rows are float16; else float32 */
    bool is_raw;  /* rows are as the model gives them */
    uint64_t shard_size;
    char limits[FOVEA_SHA256_SIZE];  /* digest of what an image may be */
    char inputs[FOVEA_SHA256_SIZE];  /* of the words of the command line */
    char filters[FOVEA_SHA256_SIZE]; /* of --include and --exclude */
    char lists[FOVEA_SHA256_SIZE];   /* of the names in lists */
    /* The filters themselves, which members of archives go through; their patterns
       and arrays are owned where they were read or copied. */
    struct fovea_filter filter;
};

/**
 * Fill in what follows from a model, its library's limits and how rows are kept; the
 * digests of inputs, filters and lists stay empty. Reads the model's weights, or the
 * memo of their digest.
 *
 * @return FOVEA_OK; as fovea_model_weights_digest(); FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_frozen_of_model(
        struct fovea_model *model, const struct fovea_limits *limits,
        bool is_half, bool is_raw, struct fovea_frozen *frozen_out,
        struct fovea_error *err);

/** Copy, with all that is owned. FOVEA_ERR_NO_MEMORY; finish the copy in any
 *  case. */
FOVEA_NODISCARD enum fovea_status fovea_frozen_copy(
        const struct fovea_frozen *frozen, struct fovea_frozen *copy_out,
        struct fovea_error *err);

void fovea_frozen_finish(struct fovea_frozen *frozen);

/**
 * Whether a model of this process makes the rows of a manifest: its weights, dtype,
 * pixels, dimension, limits and this version of fovea.
 *
 * @param ours    By fovea_frozen_of_model().
 * @param code    What a difference is: FOVEA_ERR_SHARDS_DIFFER,
 *                FOVEA_ERR_JOB_DIFFERS.
 * @param place   In messages: the manifest.
 * @return FOVEA_OK or code; the message says what differs, and which flag would
 *         change it.
 */
FOVEA_NODISCARD enum fovea_status fovea_frozen_check_model(
        const struct fovea_frozen *theirs, const struct fovea_frozen *ours,
        enum fovea_status code, const char *place, struct fovea_error *err);

/** The same of everything. FOVEA_ERR_SHARDS_DIFFER. */
FOVEA_NODISCARD enum fovea_status fovea_frozen_check(
        const struct fovea_frozen *theirs, const struct fovea_frozen *ours,
        const char *place, struct fovea_error *err);

/** Add its members to a text, as those of a JSON object, with commas between them. */
void fovea_frozen_write(const struct fovea_frozen *frozen,
        struct fovea_text *text);

/** Take them out of an object. FOVEA_OK; FOVEA_ERR_SHARDS_DIFFER: one is missing,
 *  malformed or out of range; FOVEA_ERR_NO_MEMORY. frozen_out is to be finished in any
 *  case. */
FOVEA_NODISCARD enum fovea_status fovea_frozen_read(const json_t *object,
        struct fovea_frozen *frozen_out);

#endif
