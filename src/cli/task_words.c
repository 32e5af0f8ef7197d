/* What the words of embed, preprocess and similar must be: see task.h. */
#include <string.h>

#include "base/error.h"
#include "cli/task.h"

static bool
is_dash(const char *word)
{
    return strcmp(word, "-") == 0;
}

/* The first word is the query of a kind that ranks. */
static enum fovea_status
take_query(struct fovea_task *task, const char **words, size_t *n_words,
        struct fovea_error *err)
{
    if (*n_words == 0 || (is_dash(words[0]) && !task->stdin_image)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "no QUERY: give an image first, then what to compare with it "
                "(- only with --stdin-image)");
    }
    task->query = words[0];
    memmove(words, words + 1, --*n_words * sizeof *words);
    return FOVEA_OK;
}

/* Standard input can be read once, as one thing. */
static enum fovea_status
check_dashes(const struct fovea_task *task, const char **words, size_t n_words,
        struct fovea_error *err)
{
    size_t n = task->query && is_dash(task->query);
    for (size_t i = 0; i < n_words; i++) {
        n += is_dash(words[i]);
    }
    if (n > 1) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "- can be given only once");
    }
    if (task->stdin_image && task->null_separated) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "-0 is about a list on standard input, and --stdin-image about "
                "an image there");
    }
    if (task->stdin_image && n == 0) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "--stdin-image is about the image that - stands for, and there "
                "is no - here");
    }
    if (task->null_separated && n == 0) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "-0 is about the list that - reads, and there is no - here");
    }
    return FOVEA_OK;
}

static enum fovea_status
check_output(const struct fovea_task_kind *kind, const struct fovea_task *task,
        struct fovea_error *err)
{
    if (kind->needs_output && !task->output) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "-o FILE is needed: the file to write");
    }
    if (task->output && is_dash(task->output)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "-o needs a file%s",
                kind->needs_output
                        ? ""
                        : "; without -o results go to standard output");
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_task_take_words(const struct fovea_task_kind *kind,
        struct fovea_task *task, const char **words, size_t *n_words,
        struct fovea_error *err)
{
    enum fovea_status status =
            kind->ranks ? take_query(task, words, n_words, err) : FOVEA_OK;
    if (status) {
        return status;
    }
    bool has_query_image = task->query && is_dash(task->query);
    if (*n_words == 0 && !has_query_image &&
            (task->null_separated || task->stdin_image)) {
        words[0] = "-"; /* what else could be meant */
        *n_words = 1;
    }
    if (*n_words == 0) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "no INPUT: give files, directories, or - for a list of names "
                "on standard input");
    }
    status = check_dashes(task, words, *n_words, err);
    return status ? status : check_output(kind, task, err);
}
