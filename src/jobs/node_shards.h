/* What a node does with shards: src/shards, with a model. */
#ifndef FOVEA_JOBS_NODE_SHARDS_H
#define FOVEA_JOBS_NODE_SHARDS_H

#include <stdatomic.h>

#include "jobs/node_work.h"
#include "shards/shard_run.h"

/** Borrowed until they are closed. */
struct fovea_node_shards_settings {
    struct fovea_model *model; /* that the manifest was checked against */
    const struct fovea_manifest *manifest;
    const char *job;
    const char *output; /* where the manifest is: a folder or an object store */
    const struct fovea_options *options; /* how object stores are reached */
    /* As of struct fovea_shard_run. */
    const struct fovea_source_settings *source;
    size_t n_batch;
    uint64_t read_ahead;
    unsigned n_tries;
    /* Grows when workers start, are ready, or end: that goes on, too. */
    const atomic_uint_least64_t *pool_events;
};

struct fovea_node_shards;

/** FOVEA_ERR_NO_MEMORY; FOVEA_ERR_IO; as fovea_objects_open(). */
FOVEA_NODISCARD enum fovea_status fovea_node_shards_open(
        const struct fovea_node_shards_settings *settings,
        struct fovea_node_shards **shards_out, struct fovea_error *err);

/** For the node; lives as long as they do. */
const struct fovea_node_work *fovea_node_shards_work(
        const struct fovea_node_shards *shards);

/** No run goes on. NULL is fine. */
void fovea_node_shards_close(struct fovea_node_shards *shards);

#endif
