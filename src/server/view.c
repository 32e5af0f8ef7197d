/* See view.h. */
#include "server/view.h"

#include <string.h>

#include "server/discreet.h"
#include "server/served.h"

struct view {
    struct fovea_background_job job; /* first */
    struct fovea_http_exchange *exchange;
    fovea_view_fn *write;
    struct fovea_pool_stats stats;
    enum fovea_status status;
    struct fovea_error error;
};

static void
read_stats(struct fovea_background_job *job)
{
    struct view *view = (struct view *)job;
    view->status = fovea_pool_stats(fovea_server_of(view->exchange)->library,
            &view->stats, &view->error);
}

/* The library knows models by key, which may be a path. */
static void
name_models(const struct fovea_server *server, struct fovea_pool_stats *stats)
{
    for (size_t i = 0; i < stats->n_models; i++) {
        const char *key = stats->models[i].key;
        stats->models[i].key = fovea_served_name(server, key);
        for (size_t j = 0; j < stats->n_workers; j++) {
            if (stats->workers[j].model_key == key) {
                stats->workers[j].model_key = stats->models[i].key;
            }
        }
    }
}

static void
show(struct fovea_background_job *job)
{
    struct view *view = (struct view *)job;
    struct fovea_http_exchange *exchange = view->exchange;
    struct fovea_http_answer *answer = &exchange->answer;
    if (view->status) {
        bool has_logged = false;
        fovea_discreet_log(exchange, &view->error, &has_logged);
        fovea_http_answer_fail(answer, view->status, "", "%s",
                view->error.message);
    } else {
        name_models(fovea_server_of(exchange), &view->stats);
        view->write(exchange, &view->stats, &answer->text);
        fovea_http_answer_done(answer);
        fovea_pool_stats_finish(&view->stats);
    }
    free(view);
    fovea_http_exchange_resume(exchange);
}

void
fovea_view_show(struct fovea_http_exchange *exchange, fovea_view_fn *write)
{
    struct view *view = calloc(1, sizeof *view);
    if (!view) {
        fovea_http_answer_fail(&exchange->answer, FOVEA_ERR_NO_MEMORY, "",
                "no memory for the answer");
        return;
    }
    view->exchange = exchange;
    view->write = write;
    view->stats = (struct fovea_pool_stats)FOVEA_POOL_STATS_INIT;
    view->job.run = read_stats;
    view->job.done = show;
    fovea_http_exchange_suspend(exchange);
    fovea_background_add(&fovea_server_of(exchange)->background, &view->job);
}

const struct fovea_model_stats *
fovea_view_model(const struct fovea_pool_stats *stats,
        const struct fovea_served *served, const char *work)
{
    static const struct fovea_model_stats unused;
    for (size_t i = 0; i < stats->n_models; i++) {
        if (strcmp(stats->models[i].key, served->name) == 0 &&
                strcmp(stats->models[i].work, work) == 0) {
            return &stats->models[i];
        }
    }
    return &unused;
}
