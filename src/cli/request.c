/* Flags and words of embed, similar, classify and preprocess: see request.h. */
#include "cli/request.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "cli/queue_flags.h"
#include "labels/labels.h"
#include "queue/queue_types.h"

static bool
is_dash(const char *word)
{
    return strcmp(word, "-") == 0;
}

/* The first word is the query of a kind that ranks, unless that is a text. */
static enum fovea_status
take_query(struct fovea_run_request *request, struct fovea_error *err)
{
    struct fovea_input_word *words = request->words;
    if (request->query_text) {
        return FOVEA_OK;
    }
    if (request->n_words == 0 ||
            (is_dash(words[0].word) && !request->stdin_image)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "no QUERY: give an image first, or --text, then what to "
                "compare with it (- only with --stdin-image)");
    }
    request->query = words[0].word;
    memmove(words, words + 1, --request->n_words * sizeof *words);
    return FOVEA_OK;
}

/* Whether -0 is about it, and - in it is standard input. */
static bool
reads_file(const struct fovea_input_word *word)
{
    return word->kind == FOVEA_WORD_TEXT_FILE || word->kind == FOVEA_WORD_LIST;
}

/* How often standard input is a list of names or an image, and anything. */
static void
count_dashes(const struct fovea_run_request *request, size_t *n_names_out,
        size_t *n_files_out)
{
    *n_names_out = request->query && is_dash(request->query);
    *n_files_out = request->labels_file && is_dash(request->labels_file);
    for (size_t i = 0; i < request->n_words; i++) {
        const struct fovea_input_word *word = &request->words[i];
        *n_names_out += fovea_word_is_stdin(word);
        *n_files_out += reads_file(word) && is_dash(word->word);
    }
}

static bool
has_file(const struct fovea_run_request *request)
{
    for (size_t i = 0; i < request->n_words; i++) {
        if (reads_file(&request->words[i])) {
            return true;
        }
    }
    return false;
}

/* Standard input can be read once, as one thing. */
static enum fovea_status
check_dashes(const struct fovea_run_request *request, struct fovea_error *err)
{
    size_t n_names = 0;
    size_t n_files = 0;
    count_dashes(request, &n_names, &n_files);
    if (n_names + n_files > 1) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "- can be given only once");
    }
    if (request->stdin_image && request->null_separated) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "-0 is about a list on standard input, and --stdin-image about "
                "an image there");
    }
    if (request->stdin_image && n_names == 0) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "--stdin-image is about the image that - stands for, and there "
                "is no - here");
    }
    if (request->null_separated && n_names == 0 && !has_file(request)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "-0 is about the list that - or --list reads, and there is none "
                "here");
    }
    return FOVEA_OK;
}

static enum fovea_status
check_labels(const struct fovea_run_kind *kind,
        const struct fovea_run_request *request, struct fovea_error *err)
{
    if (!kind->classifies) {
        return FOVEA_OK;
    }
    if (!request->labels_file && request->labels.n == 0) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "no labels: give -l FILE, one a line, or --label LABEL");
    }
    return fovea_labels_check_template(request->label_template, err);
}

/* What is about shards is not given without --shard, and what is about a file not
   with it. */
static enum fovea_status
check_shards(const struct fovea_run_request *request,
        const struct fovea_flag *flags, size_t n_flags, struct fovea_error *err)
{
    static const enum fovea_option_id of_shards[] = {
        FOVEA_OPTION_RESUME,
        FOVEA_OPTION_SHARD_SIZE,
        FOVEA_OPTION_SHARD_STORE,
        FOVEA_OPTION_SHARD_TRIES,
        FOVEA_OPTION_GRACE,
    };
    for (size_t i = 0; !request->shard && i < FOVEA_ARRAY_LEN(of_shards); i++) {
        if (fovea_args_given(flags, n_flags, of_shards[i])) {
            return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                    "--%s is about shards, and there is no --shard",
                    fovea_option_rows[of_shards[i]].option.flag);
        }
    }
    if (request->shard && request->overwrite) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "--overwrite is about a file, and shards replace nothing");
    }
    if (request->shard && !request->output) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "--shard needs -o: the folder for the shards");
    }
    return FOVEA_OK;
}

/* The name off the words, and what a job cannot do without. */
static enum fovea_status
take_job(struct fovea_run_request *request, struct fovea_error *err)
{
    if (request->n_words == 0 || request->words[0].kind != FOVEA_WORD_NAME ||
            !fovea_queue_is_name(request->words[0].word)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "the first word is the job's NAME: 1 to %d of A-Z a-z 0-9 - "
                "and _",
                FOVEA_QUEUE_MAX_NAME);
    }
    request->job = request->words[0].word;
    request->n_words--;
    memmove(request->words, request->words + 1,
            request->n_words * sizeof request->words[0]);
    if (!request->output) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "no output: give -o, a folder that every node sees, or "
                "s3://BUCKET/PREFIX");
    }
    return fovea_queue_flags_check(&request->queue, err);
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
        struct fovea_error *err)
{
    enum fovea_status status = kind->ranks ? take_query(request, err)
            : kind->makes_job              ? take_job(request, err)
                                           : FOVEA_OK;
    if (status) {
        return status;
    }
    bool has_query_image = request->query && is_dash(request->query);
    if (request->n_words == 0 && !has_query_image &&
            (request->null_separated || request->stdin_image)) {
        request->words[0] = (struct fovea_input_word){ .word = "-" };
        request->n_words = 1; /* what else could be meant */
    }
    if (request->n_words == 0) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "no INPUT: give files, directories, URLs, or - or --list for a "
                "list of names");
    }
    status = check_dashes(request, err);
    if (!status) {
        status = check_labels(kind, request, err);
    }
    return status ? status : check_output(kind, request, err);
}

/* The words as inputs: a flag says what kind of word its value is. */
static enum fovea_status
keep_words(struct fovea_run_request *request,
        const struct fovea_arg_word *words, size_t n_words,
        struct fovea_error *err)
{
    /* One more, for what is put in. */
    request->words = calloc(n_words + 1, sizeof *request->words);
    if (!request->words) {
        return fovea_fail_memory(err, n_words, "the inputs");
    }
    for (size_t i = 0; i < n_words; i++) {
        const struct fovea_option_row *row = words[i].row;
        request->words[i] = (struct fovea_input_word){
            .word = words[i].word,
            .kind = !row ? FOVEA_WORD_NAME
                    : row == &fovea_option_rows[FOVEA_OPTION_EMBED_TEXT]
                    ? FOVEA_WORD_TEXT
                    : row == &fovea_option_rows[FOVEA_OPTION_NAME_LIST]
                    ? FOVEA_WORD_LIST
                    : FOVEA_WORD_TEXT_FILE,
        };
    }
    request->n_words = n_words;
    return FOVEA_OK;
}

/* Fill in the flags and find the words between them. */
static enum fovea_status
parse_flags(const struct fovea_run_kind *kind,
        struct fovea_run_request *request, int argc, char **argv,
        struct fovea_error *err)
{
    const struct fovea_flag own[] = {
        FOVEA_FLAG(HELP, request->help),
        FOVEA_FLAG(MODEL, request->model),
        FOVEA_FLAG(OUTPUT, request->output),
        FOVEA_FLAG(OVERWRITE, request->overwrite),
        FOVEA_FLAG(RAW, request->raw),
        FOVEA_FLAG(BEST, request->n_best),
        FOVEA_FLAG(TOP, request->n_best),
        FOVEA_FLAG(LINES, request->json),
        FOVEA_FLAG(LINES_ALWAYS, request->json),
        FOVEA_FLAG_WORD(EMBED_TEXT),
        FOVEA_FLAG_WORD(TEXT_FILE),
        FOVEA_FLAG_WORD(NAME_LIST),
        FOVEA_FLAG(QUERY_TEXT, request->query_text),
        FOVEA_FLAG(LABELS, request->labels_file),
        FOVEA_FLAG(LABEL, request->labels),
        FOVEA_FLAG(TEMPLATE, request->label_template),
        FOVEA_FLAG(INCLUDE, request->include),
        FOVEA_FLAG(EXCLUDE, request->exclude),
        FOVEA_FLAG(STDIN_IMAGE, request->stdin_image),
        FOVEA_FLAG(READ_AHEAD, request->read_ahead),
        FOVEA_FLAG(ARCHIVE_TIME, request->archive.stall_ns),
        FOVEA_FLAG(ARCHIVE_MEMORY, request->archive.max_memory_bytes),
        FOVEA_FLAG(ARCHIVE_EXPANSION, request->archive.max_expansion),
        FOVEA_FLAG(ARCHIVE_MEMBERS, request->archive.max_members),
        FOVEA_FLAG(NUL, request->null_separated),
        FOVEA_FLAG(QUIET, request->quiet),
        FOVEA_FLAG(VERBOSE, request->verbose),
        FOVEA_FLAG(NO_PROGRESS, request->no_progress),
        FOVEA_FLAG(STATS, request->stats),
        FOVEA_FLAG(SHARD, request->shard),
        FOVEA_FLAG(RESUME, request->resume),
        FOVEA_FLAG(SHARD_SIZE, request->shard_size),
        FOVEA_FLAG(SHARD_STORE, request->is_f16),
        FOVEA_FLAG(SHARD_TRIES, request->n_tries),
        FOVEA_FLAG(GRACE, request->grace_ns),
        FOVEA_FLAG(JOB_OUTPUT, request->output),
        FOVEA_FLAG(ACK_WAIT, request->ack_wait_ns),
        FOVEA_FLAG(REPLICAS, request->n_replicas),
    };
    enum fovea_command_id command = kind->command->id;
    struct fovea_flag flags[FOVEA_N_OPTIONS];
    size_t n_words = 0;
    FOVEA_AUTO_FREE struct fovea_arg_word *words =
            calloc((size_t)argc + 1, sizeof *words);
    if (!words) {
        return fovea_fail_memory(err, (size_t)argc, "the arguments");
    }
    size_t n = fovea_option_flags(&request->options, command, flags);
    n += fovea_option_flags_choose(own, FOVEA_ARRAY_LEN(own), command,
            flags + n);
    if (kind->makes_job) {
        fovea_queue_flags(&request->queue, flags + n);
        n += FOVEA_N_QUEUE_FLAGS;
    }
    enum fovea_status status = fovea_args_parse_ordered(flags, n, argc, argv,
            words, &n_words, err);
    if (!status && !request->help && !kind->makes_job) {
        status = check_shards(request, flags, n, err);
    }
    return status ? status : keep_words(request, words, n_words, err);
}

enum fovea_status
fovea_run_request_parse(const struct fovea_run_kind *kind,
        struct fovea_run_request *request, int argc, char **argv,
        struct fovea_error *err)
{
    enum fovea_status status = parse_flags(kind, request, argc, argv, err);
    return status || request->help ? status : take_words(kind, request, err);
}

bool
fovea_run_request_has_texts(const struct fovea_run_request *request)
{
    for (size_t i = 0; i < request->n_words; i++) {
        enum fovea_word_kind kind = request->words[i].kind;
        if (kind == FOVEA_WORD_TEXT || kind == FOVEA_WORD_TEXT_FILE) {
            return true;
        }
    }
    return request->query_text || request->labels_file || request->labels.n > 0;
}

void
fovea_run_request_finish(struct fovea_run_request *request)
{
    free(request->words);
    free(request->labels.all);
    fovea_label_list_finish(&request->label_list);
    free(request->include.all);
    free(request->exclude.all);
    fovea_target_finish(&request->target);
    fovea_stdin_image_finish(&request->image);
}
