/* See job_request.h. */
#include "cli/job_request.h"

#include <string.h>

#include "base/error.h"
#include "cli/option_flags.h"
#include "cli/queue_flags.h"

enum {
    N_FLAGS = 64 /* of a verb, at most */
};

/* Of the library's options those about object stores: nothing is embedded. */
static size_t
store_flags(struct fovea_options *options, struct fovea_flag *flags)
{
    static const char store[] = "s3";
    struct fovea_flag all[FOVEA_N_OPTIONS];
    size_t n_all = fovea_option_flags(options, FOVEA_COMMAND_JOB, all);
    size_t n = 0;
    for (size_t i = 0; i < n_all; i++) {
        const char *name = all[i].row->option.flag;
        if (name && strncmp(name, store, strlen(store)) == 0) {
            flags[n++] = all[i];
        }
    }
    return n;
}

static size_t
verb_flags(enum fovea_job_verb verb, struct fovea_job_request *request,
        struct fovea_flag *flags)
{
    const struct fovea_flag of_status[] = {
        FOVEA_FLAG(JOB_JSON, request->json),
        FOVEA_FLAG(JOB_WATCH, request->watch),
        FOVEA_FLAG(JOB_LISTEN, request->listen_ns),
    };
    const struct fovea_flag of_finish[] = {
        FOVEA_FLAG(JOB_WAIT, request->waits),
        FOVEA_FLAG(JOB_REMOVE, request->removes),
        FOVEA_FLAG(JOB_CHECK, request->look),
        FOVEA_FLAG(ACK_WAIT, request->ack_wait_ns),
        FOVEA_FLAG(REPLICAS, request->n_replicas),
        FOVEA_FLAG(QUIET, request->quiet),
        FOVEA_FLAG(NO_PROGRESS, request->no_progress),
    };
    const struct fovea_flag of_retry[] = {
        FOVEA_FLAG(QUIET, request->quiet),
    };
    const struct {
        const struct fovea_flag *flags;
        size_t n;
    } of_verb[] = {
        [FOVEA_JOB_STATUS] = { of_status, FOVEA_ARRAY_LEN(of_status) },
        [FOVEA_JOB_FINISH] = { of_finish, FOVEA_ARRAY_LEN(of_finish) },
        [FOVEA_JOB_RETRY] = { of_retry, FOVEA_ARRAY_LEN(of_retry) },
    };
    memcpy(flags, of_verb[verb].flags, of_verb[verb].n * sizeof flags[0]);
    return of_verb[verb].n;
}

static enum fovea_status
check(enum fovea_job_verb verb, struct fovea_job_request *request,
        const char **words, size_t n_words, struct fovea_error *err)
{
    if (n_words == 0) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "no job: give the NAME that fovea job create got");
    }
    if (n_words > 1 && verb != FOVEA_JOB_RETRY) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "%s: only the NAME of the job is a word of its own", words[1]);
    }
    request->job = words[0];
    request->shards = words + 1;
    request->n_shards = n_words - 1;
    if (!fovea_queue_is_name(request->job)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "%.80s is no name of a job: 1 to %d of A-Z a-z 0-9 - and _",
                request->job, FOVEA_QUEUE_MAX_NAME);
    }
    if (!request->output && verb != FOVEA_JOB_STATUS) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "no output: give -o as fovea job create got it");
    }
    return fovea_queue_flags_check(&request->queue, err);
}

enum fovea_status
fovea_job_request_parse(enum fovea_job_verb verb,
        struct fovea_job_request *request, int argc, char **argv,
        const char **words, struct fovea_error *err)
{
    const struct fovea_flag of_all[] = {
        FOVEA_FLAG(HELP, request->help),
        FOVEA_FLAG(JOB_OUTPUT, request->output),
    };
    struct fovea_flag flags[N_FLAGS];
    size_t n_words = 0;
    size_t n = store_flags(&request->options, flags);
    memcpy(flags + n, of_all, sizeof of_all);
    n += FOVEA_ARRAY_LEN(of_all);
    fovea_queue_flags(&request->queue, flags + n);
    n += FOVEA_N_QUEUE_FLAGS;
    n += verb_flags(verb, request, flags + n);
    enum fovea_status status =
            fovea_args_parse(flags, n, argc, argv, words, &n_words, err);
    return status || request->help ? status
                                   : check(verb, request, words, n_words, err);
}

enum fovea_status
fovea_job_manifest(struct fovea_objects *objects,
        struct fovea_manifest *manifest_out, struct fovea_error *err)
{
    enum fovea_status status = fovea_manifest_read(objects, manifest_out, err);
    return status == FOVEA_ERR_FILE_NOT_FOUND
            ? fovea_fail(err, FOVEA_ERR_NO_JOB,
                      "%.120s has no manifest of a job; fovea job create makes "
                      "it, with the same -o",
                      fovea_objects_place(objects))
            : status;
}
