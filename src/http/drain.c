/* Signals, and the end of a server: see drain.h. */
#include "http/drain.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>

#include "base/error.h"
#include "http/exchange.h"
#include "http/notify.h"

static void
fill(sigset_t *signals_out)
{
    (void)sigemptyset(signals_out);
    (void)sigaddset(signals_out, SIGINT);
    (void)sigaddset(signals_out, SIGTERM);
    (void)sigaddset(signals_out, SIGHUP);
}

void
fovea_http_drain_block_signals(void)
{
    sigset_t signals;
    fill(&signals);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

void
fovea_http_drain_ignore_pipes(void)
{
    (void)sigaction(SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN },
            NULL);
}

enum fovea_status
fovea_http_drain_open(struct fovea_http *http, struct fovea_error *err)
{
    sigset_t signals;
    fill(&signals);
    http->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    return http->signals >= 0 ? FOVEA_OK
                              : fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                                        "the server's events cannot be opened");
}

static void
reload(struct fovea_http *http)
{
    const struct fovea_http_settings *settings = &http->settings;
    struct fovea_error error;
    fovea_http_notify_reloading();
    if (fovea_http_log_reopen(&http->log, &error)) {
        fovea_http_log_say(&http->log, "error", "reload", "%s", error.message);
    }
    if (fovea_http_keys_read(settings->api_key, settings->api_key_file,
                &http->keys, &error)) {
        fovea_http_log_say(&http->log, "error", "reload",
                "%s; the keys stay as they were", error.message);
    } else {
        fovea_http_log_say(&http->log, "info", "reload",
                "log opened anew, %zu keys read", http->keys.n);
    }
    fovea_http_notify("READY=1");
}

static void
begin(struct fovea_http *http)
{
    if (http->is_draining) {
        http->drain_until_ns = 0; /* asked twice: at once */
        return;
    }
    http->is_draining = true;
    http->drain_until_ns =
            fovea_later(fovea_clock_ns(), http->settings.drain_ns);
    if (http->settings.leaves_signals) {
        return;
    }
    fovea_http_notify("STOPPING=1");
    fovea_http_log_say(&http->log, "info", "server",
            "draining: %zu requests are under way", http->n_working);
}

void
fovea_http_drain_take_stops(struct fovea_http *http)
{
    for (unsigned n = atomic_exchange(&http->n_stops, 0); n > 0; n--) {
        begin(http);
    }
}

void
fovea_http_drain_take_signals(struct fovea_http *http)
{
    struct signalfd_siginfo info;
    while (read(http->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGHUP) {
            reload(http);
        } else {
            begin(http);
        }
    }
}

/* The time for draining is over: end what there is. */
static void
cut_off(struct fovea_http *http)
{
    struct fovea_error why;
    (void)fovea_fail(&why, FOVEA_ERR_SHUTTING_DOWN,
            "the server is shutting down and could not wait any longer");
    http->is_stopping = true;
    for (struct fovea_http_connection *connection = http->connections;
            connection; connection = connection->next) {
        if (connection->exchange) {
            fovea_http_exchange_cancel(connection->exchange, &why);
        }
    }
}

bool
fovea_http_drain_is_over(struct fovea_http *http, int64_t now_ns)
{
    if (!http->is_draining) {
        return false;
    }
    if (!http->is_stopping && now_ns >= http->drain_until_ns) {
        cut_off(http);
    }
    if (http->is_stopping) {
        return http->n_working == 0;
    }
    for (const struct fovea_http_connection *connection = http->connections;
            connection; connection = connection->next) {
        if (connection->exchange) {
            return false;
        }
    }
    return true;
}
