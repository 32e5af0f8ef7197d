/* What search and duplicates are asked for: their flags and words. */
#ifndef FOVEA_CLI_SEARCH_REQUEST_H
#define FOVEA_CLI_SEARCH_REQUEST_H

#include "bulk/target.h"
#include "cli/cli.h"
#include "cli/option_flags.h"
#include "cli/query_words.h"
#include "cli/watch.h"
#include "index/mask.h"

struct fovea_search_request {
    bool help;
    bool quiet;
    bool verbose;
    bool no_progress;
    bool stats;
    bool json;
    bool null_separated;
    bool no_self;
    bool exact;
    bool is_central;
    bool open;
    bool overwrite;
    uint64_t n_best;
    const char *index; /* -i */
    const char *model; /* --set */
    const char *html;  /* NULL: no sheet */
    const char *since;
    const char *until;
    const char *min_text;
    const char *threshold_text;
    double min_score; /* of the two above */
    double threshold;
    struct fovea_words paths;         /* --path */
    struct fovea_query_words query;   /* of search */
    const char *folder;               /* of duplicates; NULL: none */
    struct fovea_index_filter filter; /* of paths and dates */
    const char **globs;               /* of the filter; owned */
    bool is_filtered;
    char *temporary;            /* html, where it is one; owned */
    struct fovea_target target; /* of html, once it was looked at */
    struct fovea_watch watch;
    struct fovea_options options;
};

/**
 * Take the flags and words of argv, and look at what stands where a contact sheet
 * is to be. Of a request for help only that is filled in.
 *
 * @param request  Its options may be opened a library with; it must not move.
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT; FOVEA_ERR_FILE_NOT_FOUND;
 *         FOVEA_ERR_OUTPUT_REFUSED; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_search_request_parse(
        enum fovea_command_id command, struct fovea_search_request *request,
        int argc, char **argv, struct fovea_error *err);

/** Parse argv and carry that out, or say what is wrong with it. The exit code. */
int fovea_search_request_run(const struct fovea_command *command, int argc,
        char **argv, int (*carry_out)(struct fovea_search_request *request));

void fovea_search_request_finish(struct fovea_search_request *request);

#endif
