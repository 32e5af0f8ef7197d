/* See health.h. */
#include "server/health.h"

#include "base/error.h"
#include "server/discreet.h"

const char *
fovea_health_name(enum fovea_health health)
{
    switch (health) {
    case FOVEA_HEALTH_READY:
        return "ready";
    case FOVEA_HEALTH_COLD:
        return "cold";
    case FOVEA_HEALTH_DRAINING:
        return "draining";
    case FOVEA_HEALTH_UNAVAILABLE:
    default:
        return "unavailable";
    }
}

enum fovea_health
fovea_served_health(const struct fovea_server *server,
        const struct fovea_served *served, struct fovea_error *reason_out)
{
    if (fovea_pool_check(served->model, reason_out) ||
            (served->info->has_text &&
                    fovea_pool_check_text(served->model, reason_out))) {
        /* The pool's own event has logged it. */
        (void)fovea_discreet(server, reason_out);
        return FOVEA_HEALTH_UNAVAILABLE;
    }
    return fovea_pool_has_workers(served->model) ? FOVEA_HEALTH_READY
                                                 : FOVEA_HEALTH_COLD;
}

enum fovea_health
fovea_server_health(const struct fovea_server *server,
        struct fovea_error *reason_out)
{
    *reason_out = (struct fovea_error){ .code = FOVEA_OK };
    if (fovea_http_is_draining(server->http)) {
        (void)fovea_fail(reason_out, FOVEA_ERR_SHUTTING_DOWN,
                "the server is shutting down");
        return FOVEA_HEALTH_DRAINING;
    }
    enum fovea_health worst = FOVEA_HEALTH_READY;
    for (size_t i = 0;
            i < server->n_models && worst != FOVEA_HEALTH_UNAVAILABLE; i++) {
        enum fovea_health health =
                fovea_served_health(server, &server->models[i], reason_out);
        worst = health > worst ? health : worst;
    }
    return worst;
}
