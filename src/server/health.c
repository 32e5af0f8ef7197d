/* Whether the server can serve: the truth for load balancers. */
#include <inttypes.h>
#include <sys/time.h>

#include "server/discreet.h"

enum {
    HTTP_OK = 200,
    HTTP_UNAVAILABLE = 503,
    RETRY_S = 5,
};

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

static enum fovea_health
model_health(const struct fovea_server *server,
        const struct fovea_served *served, struct fovea_error *reason)
{
    if (fovea_pool_check(served->model, reason)) {
        /* The pool's own event has logged it. */
        (void)fovea_discreet(server, reason);
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
    if (server->is_draining) {
        (void)fovea_fail(reason_out, FOVEA_ERR_SHUTTING_DOWN,
                "the server is shutting down");
        return FOVEA_HEALTH_DRAINING;
    }
    enum fovea_health worst = FOVEA_HEALTH_READY;
    for (size_t i = 0;
            i < server->n_models && worst != FOVEA_HEALTH_UNAVAILABLE; i++) {
        enum fovea_health health =
                model_health(server, &server->models[i], reason_out);
        worst = health > worst ? health : worst;
    }
    return worst;
}

static bool
is_good(enum fovea_health health)
{
    return health == FOVEA_HEALTH_READY || health == FOVEA_HEALTH_COLD;
}

/* "state":"cold","reason":null and the status that goes with it. */
static void
add_state(struct fovea_answer *answer, enum fovea_health health,
        const struct fovea_error *reason)
{
    fovea_text_format(&answer->text,
            "\"state\":\"%s\",\"reason\":", fovea_health_name(health));
    if (is_good(health)) {
        fovea_text_format(&answer->text, "null}");
    } else {
        fovea_text_json_string(&answer->text, reason->message);
        fovea_text_format(&answer->text, ",\"code\":\"%s\"}",
                fovea_status_name(reason->code));
    }
    fovea_answer_done(answer);
    if (answer->http == HTTP_OK && !is_good(health)) {
        answer->http = HTTP_UNAVAILABLE;
        answer->retry_after_s = RETRY_S;
        answer->code = reason->code;
    }
}

void
fovea_handle_livez(struct fovea_exchange *exchange)
{
    fovea_text_format(&exchange->answer.text, "{\"status\":\"alive\"}");
    fovea_answer_done(&exchange->answer);
}

void
fovea_handle_readyz(struct fovea_exchange *exchange)
{
    struct fovea_error reason = { .code = FOVEA_OK };
    const char *key = MHD_lookup_connection_value(exchange->connection->mhd,
            MHD_GET_ARGUMENT_KIND, "model");
    const struct fovea_served *served =
            key ? fovea_server_model(exchange->server, key) : NULL;
    if (key && !served) {
        fovea_answer_fail(&exchange->answer, FOVEA_ERR_UNKNOWN_MODEL, "model",
                FOVEA_UNKNOWN_MODEL_TEXT, key);
        return;
    }
    enum fovea_health health = served && !exchange->server->is_draining
            ? model_health(exchange->server, served, &reason)
            : fovea_server_health(exchange->server, &reason);
    fovea_text_format(&exchange->answer.text, "{");
    add_state(&exchange->answer, health, &reason);
}

void
fovea_handle_health(struct fovea_exchange *exchange)
{
    struct fovea_error reason;
    struct timeval now = { 0 };
    (void)gettimeofday(&now, NULL);
    enum fovea_health health = fovea_server_health(exchange->server, &reason);
    fovea_text_format(&exchange->answer.text, "{\"unix\":%" PRId64 ".%06ld,",
            (int64_t)now.tv_sec, (long)now.tv_usec);
    add_state(&exchange->answer, health, &reason);
}
