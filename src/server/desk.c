/* See desk.h. */
#include "server/desk.h"

#include "option/limits.h"

static const char *const names[FOVEA_N_DESKS] = {
    [FOVEA_DESK_SEARCH] = "fovea-search",
    [FOVEA_DESK_DUPLICATES] = "fovea-alike",
    [FOVEA_DESK_CHANGE] = "fovea-change",
    [FOVEA_DESK_JOBS] = "fovea-jobs",
};

void
fovea_desks_init(struct fovea_server *server, void (*wake)(void *context))
{
    for (unsigned i = 0; i < FOVEA_N_DESKS; i++) {
        fovea_background_init(&server->desks[i], names[i], wake, server);
    }
}

enum fovea_status
fovea_desk_open(struct fovea_server *server, enum fovea_server_desk desk,
        struct fovea_error *err)
{
    struct fovea_background *background = &server->desks[desk];
    size_t most = server->settings.max_searches;
    if (background->n_jobs >= most) {
        return fovea_fail(err, FOVEA_ERR_BUSY,
                "%zu requests of this kind wait or are under way, which is the "
                "limit %s",
                most, fovea_limit_by(FOVEA_OPTION_SEARCHES));
    }
    int error = fovea_background_start(background,
            desk == FOVEA_DESK_SEARCH ? server->settings.search_threads : 1);
    return error && background->n_threads == 0
            ? fovea_fail_errno(err, FOVEA_ERR_NO_MEMORY, error,
                      "a thread cannot be started")
            : FOVEA_OK;
}

void
fovea_desks_collect(struct fovea_server *server)
{
    for (unsigned i = 0; i < FOVEA_N_DESKS; i++) {
        fovea_background_collect(&server->desks[i]);
    }
}

size_t
fovea_desk_size(const struct fovea_server *server, enum fovea_server_desk desk)
{
    return server->desks[desk].n_jobs;
}

void
fovea_desks_finish(struct fovea_server *server)
{
    for (unsigned i = 0; i < FOVEA_N_DESKS; i++) {
        fovea_background_finish(&server->desks[i]);
    }
}
