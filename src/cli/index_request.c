/* Flags and words of `fovea index`: see index_request.h. */
#include "cli/index_request.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/macros.h"
#include "cli/option_flags.h"

/* Things that are done alone, instead of an update. */
static enum fovea_status
check_alone(const struct fovea_index_request *request, struct fovea_error *err)
{
    int n = (request->remove.n > 0) + (request->relocate != NULL) +
            request->check + request->compact;
    bool updates = request->watch || request->prunes || request->retries ||
            request->keeps_missing || request->models.n > 0 ||
            request->has_store;
    if (n > 1 || (n == 1 && updates)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "--remove, --relocate, --check and --compact are each done "
                "alone, without an update");
    }
    if (request->relocate && request->n_words != 1) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "--relocate OLD NEW needs both folders");
    }
    if (n == 1 && !request->relocate && request->n_words > 1) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "one DIR at most says which index is meant; -i does, too");
    }
    return FOVEA_OK;
}

static enum fovea_status
check(const struct fovea_index_request *request, struct fovea_error *err)
{
    if (request->index && request->is_central) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "-i and --central both say where the index is");
    }
    if (request->keeps_missing && request->prunes) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "--keep-missing removes nothing, and --prune removes more");
    }
    return check_alone(request, err);
}

/* One thread at a time has the terminal; the words outlive the call. */
static enum fovea_status
parse(struct fovea_index_request *request, int argc, char **argv,
        struct fovea_error *err)
{
    const struct fovea_flag own[] = {
        FOVEA_FLAG(HELP, request->help),
        FOVEA_FLAG(INDEX_PLACE, request->index),
        FOVEA_FLAG(CENTRAL, request->is_central),
        FOVEA_FLAG(INDEX_MODEL, request->models),
        FOVEA_FLAG(STORE, request->is_f16),
        FOVEA_FLAG(INCLUDE, request->include),
        FOVEA_FLAG(EXCLUDE, request->exclude),
        FOVEA_FLAG(KEEP_MISSING, request->keeps_missing),
        FOVEA_FLAG(PRUNE, request->prunes),
        FOVEA_FLAG(RETRY, request->retries),
        FOVEA_FLAG(COMMIT_TIME, request->commit_ns),
        FOVEA_FLAG(REMOVE, request->remove),
        FOVEA_FLAG(RELOCATE, request->relocate),
        FOVEA_FLAG(CHECK, request->check),
        FOVEA_FLAG(COMPACT, request->compact),
        FOVEA_FLAG(WATCH, request->watch),
        FOVEA_FLAG(INDEX_JSON, request->json),
        FOVEA_FLAG(QUIET, request->quiet),
        FOVEA_FLAG(VERBOSE, request->verbose),
        FOVEA_FLAG(NO_PROGRESS, request->no_progress),
    };
    struct fovea_flag flags[FOVEA_N_OPTIONS];
    size_t n =
            fovea_option_flags(&request->options, FOVEA_COMMAND_INDEX, flags);
    n += fovea_option_flags_choose(own, FOVEA_ARRAY_LEN(own),
            FOVEA_COMMAND_INDEX, flags + n);
    request->words = fovea_cli_words(argc);
    if (!request->words) {
        return fovea_fail_memory(err, (size_t)argc, "the arguments");
    }
    enum fovea_status status = fovea_args_parse(flags, n, argc, argv,
            request->words, &request->n_words, err);
    request->has_store = fovea_args_given(flags, n, FOVEA_OPTION_STORE);
    request->has_dtype = fovea_args_given(flags, n, FOVEA_OPTION_DTYPE);
    request->has_pixels =
            fovea_args_given(flags, n, FOVEA_OPTION_PIXEL_PROFILE);
    return status;
}

enum fovea_status
fovea_index_request_parse(struct fovea_index_request *request, int argc,
        char **argv, struct fovea_error *err)
{
    enum fovea_status status = parse(request, argc, argv, err);
    return status || request->help ? status : check(request, err);
}

void
fovea_index_request_finish(struct fovea_index_request *request)
{
    free(request->words);
    free(request->models.all);
    free(request->include.all);
    free(request->exclude.all);
    free(request->remove.all);
}
