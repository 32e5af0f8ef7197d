/* What embed, similar, classify and preprocess are asked for: their flags and
   words. */
#ifndef FOVEA_CLI_REQUEST_H
#define FOVEA_CLI_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/args.h"
#include "cli/cli.h"
#include "cli/label_list.h"
#include "cli/option_flags.h"
#include "cli/run.h"
#include "queue/queue_types.h"

/** The flags, as they were given. */
struct fovea_run_request {
    bool help;
    bool null_separated;
    bool stdin_image;
    struct fovea_stdin_image image; /* once it was read, if so */
    bool quiet;
    bool no_progress;
    bool raw;
    bool verbose;
    bool stats;
    bool json;
    uint64_t n_best;
    const char *query;      /* the first word, where the kind has one */
    const char *query_text; /* in its place; NULL: none */
    const char *labels_file;
    struct fovea_words labels;
    struct fovea_label_list label_list; /* once they were read */
    const char *label_template;
    struct fovea_input_word *words; /* that are inputs, in order */
    size_t n_words;
    const char *model;
    struct fovea_words include;
    struct fovea_words exclude;
    uint64_t read_ahead;
    struct fovea_archive_limits archive;
    const char *output;
    bool overwrite;
    const char *shard; /* which shards are this process's; NULL: no shards */
    bool resume;
    uint64_t shard_size;
    uint64_t n_tries;
    bool is_f16;
    int64_t grace_ns;
    const char *job; /* the first word, where the kind makes one */
    struct fovea_queue_settings queue;
    int64_t ack_wait_ns;
    uint64_t n_replicas;
    /* Of output, once it was looked at. */
    const struct fovea_sink_kind *sink;
    struct fovea_target target;
    struct fovea_options options;
};

/** How one of the commands does it. */
struct fovea_run_kind {
    const struct fovea_command *command;
    const char *verb;  /* "embedding" */
    const char *past;  /* "embedded" */
    bool needs_output; /* -o must be given */
    bool ranks;        /* inputs by likeness to the first word */
    bool classifies;   /* inputs by labels */
    bool makes_job;    /* of the inputs, called by the first word */
    enum fovea_stream_work work;
};

/**
 * Take the flags and the words of argv: a query is taken off the words, "-" is
 * put in where it is meant. Of a request for help only that is filled in.
 *
 * @return FOVEA_OK, FOVEA_ERR_ARGUMENT or FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_run_request_parse(
        const struct fovea_run_kind *kind, struct fovea_run_request *request,
        int argc, char **argv, struct fovea_error *err);

/** Whether there are texts among its inputs. */
bool fovea_run_request_has_texts(const struct fovea_run_request *request);

void fovea_run_request_finish(struct fovea_run_request *request);

#endif
