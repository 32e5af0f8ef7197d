/* Flags and words of embed, preprocess and similar: see request.h. */
#include "cli/request.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"

static bool
is_dash(const char *word)
{
    return strcmp(word, "-") == 0;
}

/* The first word is the query of a kind that ranks. */
static enum fovea_status
take_query(struct fovea_run_request *request, const char **words,
        size_t *n_words, struct fovea_error *err)
{
    if (*n_words == 0 || (is_dash(words[0]) && !request->stdin_image)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "no QUERY: give an image first, then what to compare with it "
                "(- only with --stdin-image)");
    }
    request->query = words[0];
    memmove(words, words + 1, --*n_words * sizeof *words);
    return FOVEA_OK;
}

/* Standard input can be read once, as one thing. */
static enum fovea_status
check_dashes(const struct fovea_run_request *request, const char **words,
        size_t n_words, struct fovea_error *err)
{
    size_t n = request->query && is_dash(request->query);
    for (size_t i = 0; i < n_words; i++) {
        n += is_dash(words[i]);
    }
    if (n > 1) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "- can be given only once");
    }
    if (request->stdin_image && request->null_separated) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "-0 is about a list on standard input, and --stdin-image about "
                "an image there");
    }
    if (request->stdin_image && n == 0) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "--stdin-image is about the image that - stands for, and there "
                "is no - here");
    }
    if (request->null_separated && n == 0) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "-0 is about the list that - reads, and there is no - here");
    }
    return FOVEA_OK;
}

static enum fovea_status
check_output(const struct fovea_run_kind *kind,
        const struct fovea_run_request *request, struct fovea_error *err)
{
    if (kind->needs_output && !request->output) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "-o FILE is needed: the file to write");
    }
    if (request->output && is_dash(request->output)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "-o needs a file%s",
                kind->needs_output
                        ? ""
                        : "; without -o results go to standard output");
    }
    return FOVEA_OK;
}

/* What the words must be, and what follows from the flags. */
static enum fovea_status
take_words(const struct fovea_run_kind *kind, struct fovea_run_request *request,
        const char **words, size_t *n_words, struct fovea_error *err)
{
    enum fovea_status status =
            kind->ranks ? take_query(request, words, n_words, err) : FOVEA_OK;
    if (status) {
        return status;
    }
    bool has_query_image = request->query && is_dash(request->query);
    if (*n_words == 0 && !has_query_image &&
            (request->null_separated || request->stdin_image)) {
        words[0] = "-"; /* what else could be meant */
        *n_words = 1;
    }
    if (*n_words == 0) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "no INPUT: give files, directories, or - for a list of names "
                "on standard input");
    }
    status = check_dashes(request, words, *n_words, err);
    return status ? status : check_output(kind, request, err);
}

/* Fill in the flags and find the words between them. */
static enum fovea_status
parse_flags(const struct fovea_run_kind *kind,
        struct fovea_run_request *request, int argc, char **argv,
        const char **words, size_t *n_words_out, struct fovea_error *err)
{
    const struct fovea_flag own[] = {
        FOVEA_FLAG(HELP, request->help),
        FOVEA_FLAG(MODEL, request->model),
        FOVEA_FLAG(OUTPUT, request->output),
        FOVEA_FLAG(OVERWRITE, request->overwrite),
        FOVEA_FLAG(RAW, request->raw),
        FOVEA_FLAG(BEST, request->n_best),
        FOVEA_FLAG(LINES, request->json),
        FOVEA_FLAG(INCLUDE, request->include),
        FOVEA_FLAG(EXCLUDE, request->exclude),
        FOVEA_FLAG(STDIN_IMAGE, request->stdin_image),
        FOVEA_FLAG(NUL, request->null_separated),
        FOVEA_FLAG(QUIET, request->quiet),
        FOVEA_FLAG(VERBOSE, request->verbose),
        FOVEA_FLAG(NO_PROGRESS, request->no_progress),
        FOVEA_FLAG(STATS, request->stats),
    };
    enum fovea_command_id command = kind->command->id;
    struct fovea_flag flags[FOVEA_N_OPTIONS];
    size_t n = fovea_option_flags(&request->options, command, flags);
    n += fovea_option_flags_choose(own, FOVEA_ARRAY_LEN(own), command,
            flags + n);
    return fovea_args_parse(flags, n, argc, argv, words, n_words_out, err);
}

enum fovea_status
fovea_run_request_parse(const struct fovea_run_kind *kind,
        struct fovea_run_request *request, int argc, char **argv,
        const char **words, size_t *n_words_out, struct fovea_error *err)
{
    enum fovea_status status =
            parse_flags(kind, request, argc, argv, words, n_words_out, err);
    return status || request->help
            ? status
            : take_words(kind, request, words, n_words_out, err);
}

void
fovea_run_request_finish(struct fovea_run_request *request)
{
    free(request->include.all);
    free(request->exclude.all);
    fovea_target_finish(&request->target);
    fovea_stdin_image_finish(&request->image);
}
