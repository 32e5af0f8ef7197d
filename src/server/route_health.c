/* GET /livez, /readyz, /health: whether the server can serve, the truth for load
   balancers. */
#include <inttypes.h>
#include <sys/time.h>

#include "server/handlers.h"
#include "server/health.h"
#include "server/served.h"

enum {
    HTTP_OK = 200,
    HTTP_UNAVAILABLE = 503,
    RETRY_S = 5,
};

static bool
is_good(enum fovea_health health)
{
    return health == FOVEA_HEALTH_READY || health == FOVEA_HEALTH_COLD;
}

/* "state":"cold","reason":null and the status that goes with it. */
static void
add_state(struct fovea_http_answer *answer, enum fovea_health health,
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
    fovea_http_answer_done(answer);
    if (answer->http == HTTP_OK && !is_good(health)) {
        answer->http = HTTP_UNAVAILABLE;
        answer->retry_after_s = RETRY_S;
        answer->code = reason->code;
    }
}

void
fovea_handle_livez(struct fovea_http_exchange *exchange)
{
    fovea_text_format(&exchange->answer.text, "{\"status\":\"alive\"}");
    fovea_http_answer_done(&exchange->answer);
}

void
fovea_handle_readyz(struct fovea_http_exchange *exchange)
{
    struct fovea_error reason = { .code = FOVEA_OK };
    const char *key = fovea_http_exchange_argument(exchange, "model");
    const struct fovea_served *served =
            key ? fovea_served_find(fovea_server_of(exchange), key) : NULL;
    if (key && !served) {
        fovea_http_answer_fail(&exchange->answer, FOVEA_ERR_UNKNOWN_MODEL,
                "model", FOVEA_UNKNOWN_MODEL_TEXT, key);
        return;
    }
    enum fovea_health health =
            served && !fovea_http_is_draining(fovea_server_of(exchange)->http)
            ? fovea_served_health(fovea_server_of(exchange), served, &reason)
            : fovea_server_health(fovea_server_of(exchange), &reason);
    fovea_text_format(&exchange->answer.text, "{");
    add_state(&exchange->answer, health, &reason);
}

void
fovea_handle_health(struct fovea_http_exchange *exchange)
{
    struct fovea_error reason;
    struct timeval now = { 0 };
    (void)gettimeofday(&now, NULL);
    enum fovea_health health =
            fovea_server_health(fovea_server_of(exchange), &reason);
    fovea_text_format(&exchange->answer.text, "{\"unix\":%" PRId64 ".%06ld,",
            (int64_t)now.tv_sec, (long)now.tv_usec);
    add_state(&exchange->answer, health, &reason);
}
