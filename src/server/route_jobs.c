/* GET /v1/jobs: jobs that nodes work on, as the broker and the outputs tell of them. */
#include "server/handlers.h"
#include "server/index_task.h"
#include "server/queued_metrics.h"
#include "server/queued_write.h"

struct jobs_task {
    struct fovea_index_task task; /* first */
    char name[FOVEA_HTTP_PATH_SIZE];
};

static void
show_all(struct fovea_index_task *task)
{
    struct fovea_http_answer *answer = &task->exchange->answer;
    struct fovea_queued_job *const *jobs = NULL;
    size_t n = 0;
    bool has_logged = false;
    struct fovea_queued *queued = fovea_server_of(task->exchange)->queued;
    enum fovea_status status =
            fovea_queued_look(queued, &jobs, &n, &task->complaint.error);
    fovea_queued_metrics_renew(queued, !status);
    if (status) {
        return;
    }
    fovea_text_format(&answer->text, "{\"object\":\"list\",\"data\":[");
    for (size_t i = 0; i < n; i++) {
        fovea_text_add(&answer->text, ",", i > 0);
        fovea_queued_write(task->exchange, jobs[i], &has_logged, &answer->text);
    }
    fovea_text_format(&answer->text, "]}");
    fovea_http_answer_done(answer);
}

static void
show_one(struct fovea_index_task *task)
{
    const struct jobs_task *own = (const struct jobs_task *)task;
    struct fovea_http_answer *answer = &task->exchange->answer;
    struct fovea_queued_job *job = NULL;
    bool has_logged = false;
    if (fovea_queued_look_at(fovea_server_of(task->exchange)->queued, own->name,
                &job, &task->complaint.error)) {
        return;
    }
    if (job->error.code) {
        fovea_queued_write(task->exchange, job, &has_logged, &answer->text);
    } else {
        fovea_queued_write_whole(task->exchange, job, &answer->text);
    }
    fovea_http_answer_done(answer);
}

static void
start(struct fovea_http_exchange *exchange,
        void (*run)(struct fovea_index_task *task))
{
    struct jobs_task *own = calloc(1, sizeof *own);
    if (!own) {
        fovea_http_answer_fail(&exchange->answer, FOVEA_ERR_NO_MEMORY, "",
                "no memory for the answer");
        return;
    }
    fovea_http_exchange_variable(exchange, 0, own->name);
    own->task.run = run;
    fovea_index_task_start(exchange, FOVEA_DESK_JOBS, &own->task);
}

void
fovea_handle_jobs(struct fovea_http_exchange *exchange)
{
    if (fovea_server_of(exchange)->queued) {
        start(exchange, show_all);
    } else {
        fovea_text_format(&exchange->answer.text,
                "{\"object\":\"list\",\"data\":[]}");
        fovea_http_answer_done(&exchange->answer);
    }
}

void
fovea_handle_job(struct fovea_http_exchange *exchange)
{
    if (fovea_server_of(exchange)->queued) {
        start(exchange, show_one);
    } else {
        fovea_http_answer_fail(&exchange->answer, FOVEA_ERR_NO_JOB, "",
                "no broker is asked here");
    }
}
