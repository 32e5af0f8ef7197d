/* What `fovea work` is asked for: see work_request.h. */
#include "cli/work_request.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/option_flags.h"
#include "cli/queue_flags.h"

/* The host's name, and what no other node has. */
static void
make_name(char name_out[FOVEA_WORK_NAME_SIZE])
{
    char host[41] = "";
    uint32_t random = 0;
    (void)gethostname(host, sizeof host - 1);
    (void)!getrandom(&random, sizeof random, 0);
    for (char *at = host; *at; at++) {
        char one[] = { *at, '\0' };
        *at = fovea_queue_is_name(one) ? *at : '-';
    }
    (void)snprintf(name_out, FOVEA_WORK_NAME_SIZE, "%s-%08" PRIx32,
            *host ? host : "node", random);
}

static enum fovea_status
check_name(const char *what, const char *name, struct fovea_error *err)
{
    return fovea_queue_is_name(name)
            ? FOVEA_OK
            : fovea_fail(err, FOVEA_ERR_ARGUMENT,
                      "%s \"%.80s\" is no name: 1 to %d of A-Z a-z 0-9 - and _",
                      what, name, FOVEA_QUEUE_MAX_NAME);
}

static enum fovea_status
check(struct fovea_work_request *request, const char **words, size_t n_words,
        struct fovea_error *err)
{
    if (n_words != 1) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                n_words == 0 ? "no job: give the NAME that fovea job create got"
                             : "more than one job; a node works on one");
    }
    request->job = words[0];
    enum fovea_status status = check_name("the job", request->job, err);
    if (!status) {
        status = fovea_queue_flags_check(&request->queue, err);
    }
    if (!status && !request->output) {
        status = fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "no output: give -o as fovea job create got it");
    }
    if (!status && request->given_name) {
        status = check_name("--node-name", request->given_name, err);
    }
    if (!status) {
        if (request->given_name) {
            (void)snprintf(request->name, sizeof request->name, "%s",
                    request->given_name);
        } else {
            make_name(request->name);
        }
    }
    return status;
}

enum fovea_status
fovea_work_request_parse(struct fovea_work_request *request, int argc,
        char **argv, const char **words, struct fovea_error *err)
{
    const struct fovea_flag own[] = {
        FOVEA_FLAG(HELP, request->help),
        FOVEA_FLAG(QUIET, request->quiet),
        FOVEA_FLAG(VERBOSE, request->verbose),
        FOVEA_FLAG(JOB_OUTPUT, request->output),
        FOVEA_FLAG(WORK_MODEL, request->model),
        FOVEA_FLAG(NODE_METRICS, request->metrics),
        FOVEA_FLAG(NODE_NAME, request->given_name),
        FOVEA_FLAG(QUEUE_PATIENCE, request->patience_ns),
        FOVEA_FLAG(STALL_TIME, request->stall_ns),
        FOVEA_FLAG(PAUSE, request->pause_ns),
        FOVEA_FLAG(GRACE, request->grace_ns),
        FOVEA_FLAG(SHARD_TRIES, request->n_tries),
        FOVEA_FLAG(UNTIL_DONE, request->until_done),
        FOVEA_FLAG(READ_AHEAD, request->read_ahead),
        FOVEA_FLAG(ARCHIVE_TIME, request->archive.stall_ns),
        FOVEA_FLAG(ARCHIVE_MEMORY, request->archive.max_memory_bytes),
        FOVEA_FLAG(ARCHIVE_EXPANSION, request->archive.max_expansion),
        FOVEA_FLAG(ARCHIVE_MEMBERS, request->archive.max_members),
    };
    struct fovea_flag table[FOVEA_N_OPTIONS];
    size_t n = fovea_option_flags(&request->options, FOVEA_COMMAND_WORK, table);
    memcpy(table + n, own, sizeof own);
    n += FOVEA_ARRAY_LEN(own);
    fovea_queue_flags(&request->queue, table + n);
    n += FOVEA_N_QUEUE_FLAGS;
    size_t n_words = 0;
    enum fovea_status status =
            fovea_args_parse(table, n, argc, argv, words, &n_words, err);
    if (status || request->help) {
        return status;
    }
    request->has_dtype = fovea_args_given(table, n, FOVEA_OPTION_DTYPE);
    request->has_pixels =
            fovea_args_given(table, n, FOVEA_OPTION_PIXEL_PROFILE);
    return check(request, words, n_words, err);
}
