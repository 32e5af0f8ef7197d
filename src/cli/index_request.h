/* What `fovea index` is asked for: its flags and words. */
#ifndef FOVEA_CLI_INDEX_REQUEST_H
#define FOVEA_CLI_INDEX_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/args.h"
#include "cli/cli.h"

struct fovea_index_request {
    bool help;
    const char *index; /* -i; NULL: where it is by default */
    bool is_central;
    struct fovea_words models;
    uint64_t is_f16;
    bool has_store;
    bool has_dtype;
    bool has_pixels;
    struct fovea_words include;
    struct fovea_words exclude;
    bool keeps_missing;
    bool prunes;
    bool retries;
    int64_t commit_ns;
    struct fovea_words remove;
    const char *relocate; /* OLD; NEW is the word */
    bool check;
    bool compact;
    bool watch;
    bool json;
    bool quiet;
    bool verbose;
    bool no_progress;
    const char **words; /* owned; borrowed strings */
    size_t n_words;
    struct fovea_options options;
};

/**
 * Take the flags and the words of argv. Of a request for help only that is filled
 * in.
 *
 * @return FOVEA_OK, FOVEA_ERR_ARGUMENT or FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_index_request_parse(
        struct fovea_index_request *request, int argc, char **argv,
        struct fovea_error *err);

void fovea_index_request_finish(struct fovea_index_request *request);

#endif
