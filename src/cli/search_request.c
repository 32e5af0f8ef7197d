/* Flags and words of search and duplicates: see search_request.h. */
#include "cli/search_request.h"

#include <stdlib.h>
#include <string.h>

#include "base/dates.h"
#include "base/error.h"
#include "base/macros.h"
#include "base/number.h"
#include "cli/sheet_file.h"

/* Fill in the flags and find the words between them. */
static enum fovea_status
parse_flags(enum fovea_command_id command, struct fovea_search_request *request,
        int argc, char **argv, struct fovea_arg_word *words,
        size_t *n_words_out, struct fovea_error *err)
{
    const struct fovea_flag own[] = {
        FOVEA_FLAG(HELP, request->help),
        FOVEA_FLAG(INDEX_PLACE, request->index),
        FOVEA_FLAG(CENTRAL, request->is_central),
        FOVEA_FLAG_WORD(SEARCH_TEXT),
        FOVEA_FLAG_WORD(SEARCH_IMAGE),
        FOVEA_FLAG_WORD(MINUS),
        FOVEA_FLAG(SET, request->model),
        FOVEA_FLAG(BEST, request->n_best),
        FOVEA_FLAG(MIN_SCORE, request->min_text),
        FOVEA_FLAG(THRESHOLD, request->threshold_text),
        FOVEA_FLAG(EXACT, request->exact),
        FOVEA_FLAG(NO_SELF, request->no_self),
        FOVEA_FLAG(PATHS, request->paths),
        FOVEA_FLAG(SINCE, request->since),
        FOVEA_FLAG(UNTIL, request->until),
        FOVEA_FLAG(LINES, request->json),
        FOVEA_FLAG(NUL_PATHS, request->null_separated),
        FOVEA_FLAG(HTML, request->html),
        FOVEA_FLAG(OPEN, request->open),
        FOVEA_FLAG(OVERWRITE, request->overwrite),
        FOVEA_FLAG(QUIET, request->quiet),
        FOVEA_FLAG(VERBOSE, request->verbose),
        FOVEA_FLAG(NO_PROGRESS, request->no_progress),
        FOVEA_FLAG(STATS, request->stats),
    };
    struct fovea_flag flags[FOVEA_N_OPTIONS];
    size_t n = fovea_option_flags(&request->options, command, flags);
    n += fovea_option_flags_choose(own, FOVEA_ARRAY_LEN(own), command,
            flags + n);
    return fovea_args_parse_ordered(flags, n, argc, argv, words, n_words_out,
            err);
}

/* A cosine that a flag gives. */
static enum fovea_status
read_cosine(const char *flag, const char *text, double *number_out,
        struct fovea_error *err)
{
    double number = 0;
    if (!fovea_number_fraction(text, &number) || number < -1 || number > 1) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "--%s %s: a cosine, from -1 to 1, is needed", flag, text);
    }
    *number_out = number;
    return FOVEA_OK;
}

static enum fovea_status
read_cosines(struct fovea_search_request *request, struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    request->min_score = -1;
    if (request->min_text) {
        status =
                read_cosine("min", request->min_text, &request->min_score, err);
    }
    if (!status && request->threshold_text) {
        status = read_cosine("threshold", request->threshold_text,
                &request->threshold, err);
    }
    return status;
}

/* --path, --since and --until as the index wants them. A pattern with a ! before
   it takes away. */
static enum fovea_status
make_filter(struct fovea_search_request *request, struct fovea_error *err)
{
    struct fovea_index_filter *filter = &request->filter;
    size_t n = request->paths.n;
    size_t n_not = 0;
    request->globs = calloc(n + 1, sizeof *request->globs);
    if (!request->globs) {
        return fovea_fail_memory(err, n * sizeof *request->globs,
                "the patterns");
    }
    /* Those that must match from the front, the others from the back. */
    for (size_t i = 0; i < n; i++) {
        const char *glob = request->paths.all[i];
        bool is_not = *glob == '!';
        if (!glob[is_not]) {
            return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                    "--path \"%s\": is no pattern", glob);
        }
        size_t at = is_not ? n - ++n_not : filter->n_globs++;
        request->globs[at] = glob + is_not;
    }
    filter->globs = request->globs;
    filter->not_globs = request->globs + (n - n_not);
    filter->n_not_globs = n_not;
    enum fovea_status status = fovea_date_range_parse(request->since, "--since",
            request->until, "--until", &filter->dates, err);
    request->is_filtered = n > 0 || request->since || request->until;
    return status;
}

/* The word of duplicates, or the query of search. */
static enum fovea_status
take_words(enum fovea_command_id command, struct fovea_search_request *request,
        const struct fovea_arg_word *words, size_t n, struct fovea_error *err)
{
    if (command == FOVEA_COMMAND_SEARCH) {
        return fovea_query_words_read(words, n, &request->query, err);
    }
    if (n > 1) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "one DIR at most: %s is one too many (fovea index takes several "
                "into one index)",
                words[1].word);
    }
    request->folder = n > 0 ? words[0].word : NULL;
    return FOVEA_OK;
}

static enum fovea_status
check_outputs(struct fovea_search_request *request, struct fovea_error *err)
{
    if (request->index && request->is_central) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "-i and --central name two indexes: give one");
    }
    if (request->json && request->null_separated) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "--json and -0 are two forms of the same output: give one");
    }
    if (request->overwrite && !request->html) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "--overwrite is about --html, which is not given");
    }
    bool is_shown_once = request->open && !request->html;
    enum fovea_status status = is_shown_once
            ? fovea_sheet_file_temporary(&request->temporary, err)
            : FOVEA_OK;
    if (status) {
        return status;
    }
    request->html = is_shown_once ? request->temporary : request->html;
    if (request->html) {
        status = fovea_sheet_file_look(request->html,
                request->overwrite || is_shown_once, &request->target, err);
    }
    for (size_t i = 0; !status && i < request->query.n; i++) {
        const struct fovea_query_word *word = &request->query.all[i];
        if (word->kind == FOVEA_QUERY_FILE) {
            status = fovea_target_check_input(&request->target, word->word,
                    false, err);
        }
    }
    return status;
}

/* What the library is opened with. */
static enum fovea_status
choose_options(struct fovea_search_request *request, struct fovea_error *err)
{
    request->watch = (struct fovea_watch){
        .is_verbose = request->verbose,
        .is_quiet = request->quiet,
    };
    request->options.on_event = fovea_watch_event;
    request->options.event_context = &request->watch;
    request->options.url.use_proxies = true; /* the user's own */
    request->options.s3.on = true;           /* with the user's credentials */
    return fovea_option_flags_resolve(&request->options, err);
}

enum fovea_status
fovea_search_request_parse(enum fovea_command_id command,
        struct fovea_search_request *request, int argc, char **argv,
        struct fovea_error *err)
{
    size_t n = 0;
    FOVEA_AUTO_FREE struct fovea_arg_word *words =
            calloc((size_t)argc + 1, sizeof *words);
    if (!words) {
        return fovea_fail_memory(err, (size_t)argc, "the arguments");
    }
    enum fovea_status status =
            parse_flags(command, request, argc, argv, words, &n, err);
    if (status || request->help) {
        return status;
    }
    status = read_cosines(request, err);
    if (!status) {
        status = make_filter(request, err);
    }
    if (!status) {
        status = choose_options(request, err);
    }
    if (!status) {
        status = take_words(command, request, words, n, err);
    }
    return status ? status : check_outputs(request, err);
}

void
fovea_search_request_finish(struct fovea_search_request *request)
{
    free(request->paths.all);
    free(request->globs);
    fovea_query_words_finish(&request->query);
    fovea_target_finish(&request->target);
    free(request->temporary);
}

int
fovea_search_request_run(const struct fovea_command *command, int argc,
        char **argv, int (*carry_out)(struct fovea_search_request *request))
{
    FOVEA_AUTO(fovea_search_request_finish)
    struct fovea_search_request request = { .options = FOVEA_OPTIONS_INIT };
    struct fovea_error error;
    enum fovea_status status = fovea_search_request_parse(command->id, &request,
            argc, argv, &error);
    if (!status && request.help) {
        return fovea_cli_help(command);
    }
    if (status == FOVEA_ERR_ARGUMENT) {
        return fovea_cli_misused(command, &error);
    }
    /* Else a bad query, or a file that a sheet must not replace. */
    return status ? fovea_cli_fail(&error) : carry_out(&request);
}
