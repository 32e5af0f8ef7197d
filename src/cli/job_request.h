/* What `fovea job status`, `finish` and `retry` are asked for. */
#ifndef FOVEA_CLI_JOB_REQUEST_H
#define FOVEA_CLI_JOB_REQUEST_H

#include "cli/cli.h"
#include "queue/queue.h"
#include "shards/done.h"
#include "shards/manifest.h"

enum fovea_job_verb {
    FOVEA_JOB_STATUS,
    FOVEA_JOB_FINISH,
    FOVEA_JOB_RETRY,
};

struct fovea_job_request {
    bool help;
    bool quiet;
    bool no_progress;
    const char *job;
    const char **shards; /* numbers, as they were given; of retry */
    size_t n_shards;
    const char *output; /* NULL: status, by the broker alone */
    struct fovea_queue_settings queue;
    struct fovea_options options; /* how an object store is reached */
    /* of status */
    bool json;
    bool watch;
    int64_t listen_ns;
    /* of finish */
    bool waits;
    bool removes;
    enum fovea_shard_look look;
    int64_t ack_wait_ns;
    uint64_t n_replicas;
};

/**
 * Take the flags and the words behind the verb. words: room for argc pointers, which
 * the request borrows.
 *
 * @return FOVEA_OK, FOVEA_ERR_ARGUMENT or FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_job_request_parse(
        enum fovea_job_verb verb, struct fovea_job_request *request, int argc,
        char **argv, const char **words, struct fovea_error *err);

/** Read the manifest of a job at its output. FOVEA_ERR_NO_JOB where there is none;
 *  else as fovea_manifest_read(). */
FOVEA_NODISCARD enum fovea_status fovea_job_manifest(
        struct fovea_objects *objects, struct fovea_manifest *manifest_out,
        struct fovea_error *err);

#endif
