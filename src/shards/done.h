/*
 * The marker of a shard that is done, done/N.json: how many rows and errors, the
 * digests of its three files, and what made them. No times and no hosts: the same
 * shard done twice on CPUs of one kind has the same bytes.
 */
#ifndef FOVEA_SHARDS_DONE_H
#define FOVEA_SHARDS_DONE_H

#include <stdbool.h>
#include <stdint.h>

#include "objects/objects.h"
#include "shards/key.h"
#include "shards/manifest.h"

enum {
    FOVEA_N_SHARD_FILES = 3 /* rows, metadata, errors: in this order */
};

struct fovea_shard_file {
    uint64_t size; /* bytes */
    char sha256[FOVEA_SHA256_SIZE];
};

/** n_inputs is n_rows + n_errors + n_skipped. */
struct fovea_shard_done {
    uint64_t number;
    uint64_t n_inputs;
    uint64_t n_rows;
    uint64_t n_errors;
    uint64_t n_skipped; /* found, not named, and no images */
    struct fovea_shard_file files[FOVEA_N_SHARD_FILES];
    char weights[FOVEA_SHA256_SIZE];
    char dtype[FOVEA_FROZEN_WORD_SIZE];
    char pixels[FOVEA_FROZEN_WORD_SIZE];
    char isa[FOVEA_FROZEN_WORD_SIZE]; /* instruction set that the rows are of */
    char version[FOVEA_FROZEN_WORD_SIZE];
};

/** Object of files[index]. */
static inline enum fovea_shard_object
fovea_shard_file_object(size_t index)
{
    return (enum fovea_shard_object)(FOVEA_SHARD_ROWS + index);
}

/** As JSON, with a newline. */
void fovea_shard_done_write(const struct fovea_shard_done *done,
        struct fovea_text *text);

/** Parse a marker; false: it is none, or its numbers do not agree. */
bool fovea_shard_done_parse(const char *bytes, size_t size,
        struct fovea_shard_done *done_out);

/** Where a shard is. */
enum fovea_shard_state {
    FOVEA_SHARD_STATE_OPEN, /* no marker */
    FOVEA_SHARD_STATE_DONE, /* its marker and its files agree */
    FOVEA_SHARD_STATE_DAMAGED, /* they do not, or the marker is no marker of it: it is
                                  to be done again */
    FOVEA_SHARD_STATE_FAILED, /* failed/N.json, and not done: done wins */
};

/** How closely its files are looked at. */
enum fovea_shard_look {
    FOVEA_SHARD_LOOK_MARKER, /* not at all */
    FOVEA_SHARD_LOOK_STAT, /* that they are there, with their sizes; digests where
                                the store tells them */
    FOVEA_SHARD_LOOK_READ, /* digests, read where the store does not tell them */
};

/**
 * Look where a shard is.
 *
 * @param done_out  May be NULL; set if it is done.
 * @param err       Set to why it is damaged, too: code FOVEA_ERR_SHARDS_MISSING; of
 *                  what has failed, to what its marker says. May be NULL.
 * @return FOVEA_OK; as fovea_objects_get() but for what is not there.
 */
FOVEA_NODISCARD enum fovea_status fovea_shard_look(
        struct fovea_objects *objects, const struct fovea_manifest *manifest,
        uint64_t number, enum fovea_shard_look how,
        enum fovea_shard_state *state_out, struct fovea_shard_done *done_out,
        struct fovea_error *err);

#endif
