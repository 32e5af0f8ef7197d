/* What `fovea work` is asked for: its flags and its word. */
#ifndef FOVEA_CLI_WORK_REQUEST_H
#define FOVEA_CLI_WORK_REQUEST_H

#include "bulk/source.h"
#include "cli/args.h"
#include "cli/cli.h"
#include "queue/queue.h"

enum {
    FOVEA_WORK_NAME_SIZE = FOVEA_QUEUE_MAX_NAME + 1
};

struct fovea_work_request {
    bool help;
    bool quiet;
    bool verbose;
    const char *job;
    const char *output;
    const char *model; /* NULL: the manifest's */
    const char *metrics;
    const char *given_name;
    char name[FOVEA_WORK_NAME_SIZE]; /* of the node */
    bool has_dtype;                  /* given, and not only the default */
    bool has_pixels;
    struct fovea_queue_settings queue;
    int64_t patience_ns;
    int64_t stall_ns;
    int64_t pause_ns;
    int64_t grace_ns;
    bool until_done;
    uint64_t n_tries; /* of an input */
    uint64_t read_ahead;
    struct fovea_archive_limits archive;
    struct fovea_options options;
};

/**
 * Take the flags and the word of argv. Of a request for help only that is filled in.
 *
 * @param words  Room for argc words; they are borrowed.
 * @return FOVEA_OK, FOVEA_ERR_ARGUMENT or FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_work_request_parse(
        struct fovea_work_request *request, int argc, char **argv,
        const char **words, struct fovea_error *err);

#endif
