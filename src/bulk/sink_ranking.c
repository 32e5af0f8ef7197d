/* A ranking of the inputs, which its owner reads in the end: see ranking.h. */
#include "bulk/ranking.h"
#include "bulk/sink.h"

struct sink {
    struct fovea_ranking *ranking; /* its owner's */
};

static enum fovea_status
open_ranking(const struct fovea_sink_settings *settings, void *state,
        struct fovea_error *err)
{
    (void)err;
    struct sink *sink = state;
    sink->ranking = settings->ranking;
    return FOVEA_OK;
}

static enum fovea_status
rank(void *state, const struct fovea_row_result *results, size_t n,
        struct fovea_error *err)
{
    const struct sink *sink = state;
    return fovea_ranking_add(sink->ranking, results, n, err);
}

static enum fovea_status
commit(void *state, struct fovea_error *err)
{
    (void)err;
    const struct sink *sink = state;
    fovea_ranking_settle(sink->ranking);
    return FOVEA_OK;
}

static void
finish(void *state)
{
    (void)state;
}

const struct fovea_sink_kind fovea_sink_ranking = {
    .state_size = sizeof(struct sink),
    .open = open_ranking,
    .write = rank,
    .commit = commit,
    .finish = finish,
};
