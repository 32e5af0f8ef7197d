/* See index_task.h. */
#include "server/index_task.h"

#include "option/limits.h"
#include "server/discreet.h"

static struct fovea_index_task *
task_of(struct fovea_background_job *job)
{
    return ((struct fovea_index_job *)job)->task;
}

bool
fovea_index_task_is_over(const struct fovea_index_task *task)
{
    return atomic_load_explicit(&task->is_cancelled, memory_order_relaxed) ||
            (task->deadline_ns != FOVEA_NEVER &&
                    fovea_clock_ns() >= task->deadline_ns);
}

static void
give_up(struct fovea_index_task *task)
{
    (void)fovea_http_complain(&task->complaint, FOVEA_ERR_DEADLINE, "",
            "the request's time was over before it was answered %s",
            fovea_limit_by(FOVEA_OPTION_DEADLINE));
}

/* In a thread of the desk. */
static void
run(struct fovea_background_job *job)
{
    struct fovea_index_task *task = task_of(job);
    if (fovea_index_task_is_over(task)) {
        give_up(task);
        return;
    }
    task->run(task);
    if (task->complaint.error.code == FOVEA_ERR_CANCELLED) {
        give_up(task); /* that is why */
    }
}

static void
done(struct fovea_background_job *job)
{
    struct fovea_index_task *task = task_of(job);
    struct fovea_http_exchange *exchange = task->exchange;
    bool has_logged = false;
    if (task->complaint.error.code) {
        fovea_discreet_log(exchange, &task->complaint.error, &has_logged);
        fovea_http_answer_error(&exchange->answer, &task->complaint);
    } else if (task->next && task->next(task)) {
        return;
    }
    fovea_http_exchange_resume(exchange);
}

static void
cancel(struct fovea_http_work *work, const struct fovea_error *why)
{
    struct fovea_index_task *task = (struct fovea_index_task *)work;
    (void)why; /* what is under way says that it was cancelled */
    atomic_store_explicit(&task->is_cancelled, true, memory_order_relaxed);
}

static void
log_nothing(const struct fovea_http_work *work,
        struct fovea_http_log_line *line)
{
    (void)work;
    (void)line;
}

static void
destroy(struct fovea_http_work *work)
{
    struct fovea_index_task *task = (struct fovea_index_task *)work;
    if (task->destroy) {
        task->destroy(task);
    } else {
        free(task);
    }
}

void
fovea_index_task_start(struct fovea_http_exchange *exchange,
        enum fovea_server_desk desk, struct fovea_index_task *task)
{
    struct fovea_server *server = fovea_server_of(exchange);
    struct fovea_http_complaint complaint = { .param = "" };
    task->work = (struct fovea_http_work){ cancel, log_nothing, destroy };
    task->beside.job.run = run;
    task->beside.job.done = done;
    task->beside.task = task;
    task->exchange = exchange;
    task->deadline_ns = fovea_later(exchange->started_ns,
            server->settings.library.deadline_ns);
    exchange->work = &task->work;
    if (fovea_desk_open(server, desk, &complaint.error)) {
        fovea_http_answer_error(&exchange->answer, &complaint);
        return;
    }
    fovea_http_exchange_suspend(exchange);
    fovea_background_add(&server->desks[desk], &task->beside.job);
}

struct fovea_server_index *
fovea_index_task_index(struct fovea_http_exchange *exchange)
{
    char name[FOVEA_HTTP_PATH_SIZE];
    struct fovea_http_complaint complaint = { .param = "" };
    fovea_http_exchange_variable(exchange, 0, name);
    struct fovea_server_index *index = fovea_server_index_find(
            fovea_server_of(exchange), name, &complaint);
    if (!index) {
        fovea_http_answer_error(&exchange->answer, &complaint);
    }
    return index;
}

void *
fovea_index_task_create(struct fovea_http_exchange *exchange, size_t size,
        void (*run_it)(struct fovea_index_task *task))
{
    struct fovea_server_index *index = fovea_index_task_index(exchange);
    struct fovea_index_task *task = index ? calloc(1, size) : NULL;
    if (task) {
        task->index = index;
        task->run = run_it;
    } else if (index) {
        fovea_http_answer_fail(&exchange->answer, FOVEA_ERR_NO_MEMORY, "",
                "no memory for the request");
    }
    return task;
}
