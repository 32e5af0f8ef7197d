/* See client_patience.h. */
#include "source/client_patience.h"

#include <poll.h>

#include "base/clock.h"
#include "base/error.h"
#include "source/passing.h"

enum {
    CONFLICT = 409
};

void
fovea_patience_begin(struct fovea_patience *patience)
{
    patience->n_tries = 0;
}

static bool
wait_ns(const struct fovea_client *client, int64_t pause_ns)
{
    const struct fovea_client_settings *settings = &client->settings;
    int64_t end_ns = fovea_later(fovea_clock_ns(), pause_ns);
    int64_t left_ns = pause_ns;
    while (left_ns > 0) {
        enum {
            STEP_MS = 50
        };
        if (settings->stop && settings->stop(settings->context)) {
            return false;
        }
        int64_t left_ms = left_ns / FOVEA_NS_PER_MS + 1;
        (void)poll(NULL, 0, left_ms < STEP_MS ? (int)left_ms : STEP_MS);
        left_ns = end_ns - fovea_clock_ns();
    }
    return true;
}

bool
fovea_patience_try_again(struct fovea_patience *patience,
        const struct fovea_client_try *try, enum fovea_status *status,
        struct fovea_error *err)
{
    const struct fovea_client_settings *settings = &try->client->settings;
    int64_t asked_ns = *status ? -1 : try->retry_after_ns;
    bool passes = fovea_may_pass(*status, try->code);
    if (!*status && try->code == CONFLICT) {
        passes = try->request->body; /* another write that is under way */
    }
    if (!passes || patience->n_tries + 1 >= settings->url.max_tries ||
            asked_ns > settings->url.total_ns) {
        return false;
    }
    int64_t pause_ns = fovea_pause_after(patience->n_tries++,
            settings->first_pause_ns ? settings->first_pause_ns
                                     : FOVEA_FIRST_PAUSE_NS);
    if (!wait_ns(try->client, asked_ns > pause_ns ? asked_ns : pause_ns)) {
        *status = fovea_fail(err, FOVEA_ERR_CANCELLED, "cancelled");
        return false;
    }
    return true;
}
