/* Whether the server can serve. */
#ifndef FOVEA_SERVER_HEALTH_H
#define FOVEA_SERVER_HEALTH_H

#include "server/internal.h"

enum fovea_health {
    FOVEA_HEALTH_READY, /* a worker is there */
    FOVEA_HEALTH_COLD,  /* a cold start would serve */
    FOVEA_HEALTH_DRAINING,
    FOVEA_HEALTH_UNAVAILABLE, /* reason says why */
};

/** Of the whole server: the worst of its models'. */
enum fovea_health fovea_server_health(const struct fovea_server *server,
        struct fovea_error *reason_out);

/** Of one model, as if the server were not draining. */
enum fovea_health fovea_served_health(const struct fovea_server *server,
        const struct fovea_served *served, struct fovea_error *reason_out);

const char *fovea_health_name(enum fovea_health health);

#endif
