/* See job_answer.h. */
#include "server/job_answer.h"

#include "server/desk.h"
#include "server/job_write.h"
#include "server/search_write.h"

enum {
    /* Numbers of an answer that are written on the loop's thread: what takes
       longer than some hundred microseconds is done in the background. */
    MAX_QUICK_NUMBERS = 16384,
};

/* A long answer, written in the background. */
struct writing {
    struct fovea_background_job job; /* first */
    struct fovea_http_exchange *exchange;
};

static void
write_it(struct fovea_background_job *job)
{
    struct writing *writing = (struct writing *)job;
    fovea_server_job_write((struct fovea_server_job *)writing->exchange->work,
            &writing->exchange->answer);
}

/* The answer of a search, which is searched first. */
static void
search_it(struct fovea_background_job *job)
{
    struct writing *writing = (struct writing *)job;
    fovea_server_search_write(
            (struct fovea_server_job *)writing->exchange->work,
            &writing->exchange->answer);
}

static void
written(struct fovea_background_job *job)
{
    struct writing *writing = (struct writing *)job;
    ((struct fovea_server_job *)writing->exchange->work)->is_writing = false;
    fovea_http_exchange_resume(writing->exchange);
    free(writing);
}

/* The rest is not submitted; it is no longer under way. */
static void
drop_rest(struct fovea_server_job *job)
{
    fovea_server_of(job->exchange)->n_items -= job->n - job->n_next;
    job->n_next = job->n;
}

/* Numbers are written, or multiplied, which takes a tenth of that. */
static bool
is_quick(const struct fovea_server_job *job)
{
    const struct fovea_embed_request *request = &job->request;
    size_t n = request->labels.n > 0 ? request->n_items * request->labels.n / 10
                                     : request->n_items;
    return n * job->served->info->embedding_dimension <= MAX_QUICK_NUMBERS;
}

/* Whether it is written beside the loop. */
static bool
write_beside(struct fovea_server_job *job)
{
    struct fovea_http_exchange *exchange = job->exchange;
    struct fovea_server *server = fovea_server_of(exchange);
    struct fovea_error *failure = &job->failure.error;
    bool searches = job->request.search.is_asked && !failure->code;
    if (searches && fovea_desk_open(server, FOVEA_DESK_SEARCH, failure)) {
        return false;
    }
    struct writing *writing =
            searches || !is_quick(job) ? calloc(1, sizeof *writing) : NULL;
    if (!writing) {
        if (searches) {
            (void)fovea_fail_memory(failure, sizeof *writing, "a search");
        }
        return false;
    }
    writing->exchange = exchange;
    writing->job.run = searches ? search_it : write_it;
    writing->job.done = written;
    job->is_writing = true;
    fovea_background_add(searches ? &server->desks[FOVEA_DESK_SEARCH]
                                  : &server->background,
            &writing->job);
    return true;
}

void
fovea_server_job_answer(struct fovea_server_job *job)
{
    struct fovea_http_exchange *exchange = job->exchange;
    bool is_suspended = exchange->stage == FOVEA_HTTP_STAGE_WORKING;
    drop_rest(job);
    if (is_suspended && !exchange->is_gone && write_beside(job)) {
        return;
    }
    if (!exchange->is_gone) {
        fovea_server_job_write(job, &exchange->answer);
    }
    if (is_suspended) {
        fovea_http_exchange_resume(exchange);
    }
}
