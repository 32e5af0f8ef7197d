/* See client_patience.h. */
#include "source/client_patience.h"

#include <poll.h>

#include "base/clock.h"
#include "base/error.h"

#define USUAL_PAUSE_NS (FOVEA_NS_PER_S / 2)
#define MAX_PAUSE_NS   (20 * FOVEA_NS_PER_S)

void
fovea_patience_begin(struct fovea_patience *patience,
        const struct fovea_client *client)
{
    const struct fovea_client_settings *settings = &client->settings;
    patience->n_left = settings->url.max_tries - 1;
    patience->pause_ns = settings->first_pause_ns ? settings->first_pause_ns
                                                  : USUAL_PAUSE_NS;
}

/* What passes by itself: a server that is busy or broken for a moment, a connection
   that broke off, another request for the same object that is under way. */
static bool
may_pass(const struct fovea_client_try *try, enum fovea_status status)
{
    if (status) {
        return status == FOVEA_ERR_FETCH || status == FOVEA_ERR_FETCH_TIMEOUT;
    }
    switch (try->code) {
    case 408:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
        return true;
    case 409:
        return try->request->body != NULL;
    default:
        return false;
    }
}

/* Some of those who failed at the same moment come earlier and some later. */
static int64_t
spread(int64_t pause_ns)
{
    int64_t quarter_ns = pause_ns / 4;
    return pause_ns - quarter_ns + fovea_clock_ns() % (2 * quarter_ns + 1);
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
    int64_t asked_ns = *status ? -1 : try->retry_after_ns;
    if (!may_pass(try, *status) || patience->n_left == 0 ||
            asked_ns > try->client->settings.url.total_ns) {
        return false;
    }
    int64_t pause_ns = spread(patience->pause_ns);
    patience->n_left--;
    patience->pause_ns = patience->pause_ns < MAX_PAUSE_NS / 2
            ? patience->pause_ns * 2
            : MAX_PAUSE_NS;
    if (!wait_ns(try->client, asked_ns > pause_ns ? asked_ns : pause_ns)) {
        *status = fovea_fail(err, FOVEA_ERR_CANCELLED, "cancelled");
        return false;
    }
    return true;
}
