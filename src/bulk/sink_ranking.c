/* A ranking of the inputs, which its owner reads in the end: see ranking.h. */
#include "bulk/ranking.h"
#include "bulk/sink.h"

static enum fovea_status
open_ranking(const struct fovea_sink_settings *settings, void **sink_out,
        struct fovea_error *err)
{
    (void)err;
    *sink_out = settings->ranking;
    return FOVEA_OK;
}

static enum fovea_status
rank(void *sink, const struct fovea_row_result *results, size_t n,
        struct fovea_error *err)
{
    return fovea_ranking_add(sink, results, n, err);
}

static enum fovea_status
commit(void *sink, struct fovea_error *err)
{
    (void)err;
    fovea_ranking_settle(sink);
    return FOVEA_OK;
}

/* It is its owner's. */
static void
finish(void *sink)
{
    (void)sink;
}

const struct fovea_sink_kind fovea_sink_ranking = {
    .open = open_ranking,
    .write = rank,
    .commit = commit,
    .finish = finish,
};
