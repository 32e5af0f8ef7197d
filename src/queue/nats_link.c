/* See nats_link.h. */
#include "queue/nats_link.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/eventfd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/pause.h"

#define TIMEOUT_NS     (5 * FOVEA_NS_PER_S)
#define FIRST_PAUSE_NS (FOVEA_NS_PER_S / 8)
#define MOST_PAUSE_NS  (10 * FOVEA_NS_PER_S)

enum {
    /* One that went silent is noticed after three of them. */
    PING_MS = 15 * 1000,
    PINGS = 2,
    SEND_BUFFER = 1 << 20 /* while it is away */
};

void
fovea_nats_link_raise(struct fovea_nats_link *link)
{
    uint64_t one = 1;
    (void)!write(link->event_fd, &one, sizeof one);
}

/* -- in threads of the library's */

static void
on_break(natsConnection *connection, void *context)
{
    struct fovea_nats_link *link = context;
    (void)connection;
    (void)pthread_mutex_lock(&link->mutex);
    if (!link->away_since_ns) {
        link->away_since_ns = fovea_clock_ns();
    }
    link->n_breaks++;
    (void)pthread_cond_broadcast(&link->changed);
    (void)pthread_mutex_unlock(&link->mutex);
    fovea_nats_link_raise(link);
}

static void
on_back(natsConnection *connection, void *context)
{
    struct fovea_nats_link *link = context;
    (void)connection;
    (void)pthread_mutex_lock(&link->mutex);
    link->away_since_ns = 0;
    (void)pthread_mutex_unlock(&link->mutex);
    fovea_nats_link_raise(link);
}

static void
on_closed(natsConnection *connection, void *context)
{
    struct fovea_nats_link *link = context;
    (void)connection;
    (void)pthread_mutex_lock(&link->mutex);
    link->is_closed = true;
    fovea_nats_link_raise(link);
    (void)pthread_cond_broadcast(&link->changed);
    (void)pthread_mutex_unlock(&link->mutex);
}

static void
on_error(natsConnection *connection, natsSubscription *sub, natsStatus status,
        void *context)
{
    struct fovea_nats_link *link = context;
    (void)connection;
    (void)sub;
    if (status == NATS_NOT_PERMITTED) {
        (void)pthread_mutex_lock(&link->mutex);
        link->is_denied = true;
        (void)pthread_mutex_unlock(&link->mutex);
        fovea_nats_link_raise(link);
    }
}

static int64_t
choose_pause(natsConnection *connection, int n_tries, void *context)
{
    (void)connection;
    (void)context;
    int64_t pause_ns = fovea_pause_ns(FIRST_PAUSE_NS, MOST_PAUSE_NS,
            n_tries > 0 ? (uint64_t)n_tries : 1);
    return fovea_pause_spread(pause_ns, (uint32_t)fovea_clock_ns()) /
            FOVEA_NS_PER_MS;
}

static void
on_unsubscribed(void *context)
{
    struct fovea_nats_link *link = context;
    (void)pthread_mutex_lock(&link->mutex);
    link->n_subscriptions--;
    (void)pthread_cond_broadcast(&link->changed);
    (void)pthread_mutex_unlock(&link->mutex);
}

/* -- in the handle's */

static natsStatus
set_options(struct fovea_nats_link *link, const char *name)
{
    natsOptions *options = link->options;
    const natsStatus set[] = {
        natsOptions_SetName(options, name),
        natsOptions_SetTimeout(options, link->timeout_ns / FOVEA_NS_PER_MS),
        natsOptions_SetPingInterval(options, PING_MS),
        natsOptions_SetMaxPingsOut(options, PINGS),
        natsOptions_SetMaxReconnect(options, -1),
        natsOptions_SetReconnectBufSize(options, SEND_BUFFER),
        natsOptions_SetCustomReconnectDelay(options, choose_pause, NULL),
        natsOptions_SetFailRequestsOnDisconnect(options, true),
        /* Brokers that a broker names are not asked: secrets go to those of
           --queue alone. */
        natsOptions_SetIgnoreDiscoveredServers(options, true),
        natsOptions_SetDisconnectedCB(options, on_break, link),
        natsOptions_SetReconnectedCB(options, on_back, link),
        natsOptions_SetClosedCB(options, on_closed, link),
        natsOptions_SetErrorHandler(options, on_error, link),
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(set); i++) {
        if (set[i] != NATS_OK) {
            return set[i];
        }
    }
    return NATS_OK;
}

/* Around what may begin threads of the library's, which have every signal blocked:
   signals are for ours. */
static void
block_signals(sigset_t *before_out)
{
    sigset_t all;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, before_out);
}

static void
restore_signals(const sigset_t *before)
{
    (void)pthread_sigmask(SIG_SETMASK, before, NULL);
}

enum fovea_status
fovea_nats_link_fail(struct fovea_nats_link *link, natsStatus status,
        const char *what, struct fovea_error *err)
{
    (void)pthread_mutex_lock(&link->mutex);
    bool is_denied = link->is_denied;
    (void)pthread_mutex_unlock(&link->mutex);
    if (status == NATS_NO_MEMORY) {
        return fovea_fail_memory(err, 1, what);
    }
    if (status == NATS_CONNECTION_AUTH_FAILED) {
        return fovea_fail(err, FOVEA_ERR_QUEUE_DENIED,
                "%s: the broker refuses who we are (--queue-token-file, "
                "--queue-nkey, --queue-creds, --queue-cert)",
                what);
    }
    if (is_denied) {
        return fovea_fail(err, FOVEA_ERR_QUEUE_DENIED,
                "%s: the broker does not allow it to who we are", what);
    }
    if (status == NATS_NO_RESPONDERS) {
        return fovea_fail(err, FOVEA_ERR_QUEUE,
                "%s: nothing answers there: the broker has no JetStream "
                "(nats-server -js), or not this job any more",
                what);
    }
    if (status == NATS_SECURE_CONNECTION_REQUIRED) {
        return fovea_fail(err, FOVEA_ERR_QUEUE,
                "%s: the broker wants TLS: give --queue tls://", what);
    }
    if (status == NATS_NO_SERVER) {
        return fovea_fail(err, FOVEA_ERR_QUEUE,
                "%s: no broker answers there (--queue)", what);
    }
    return fovea_fail(err, FOVEA_ERR_QUEUE, "%s: %s%s", what,
            fovea_nats_reason(status),
            status == NATS_SSL_ERROR
                    ? " (tls:// and --queue-ca say who may vouch for it)"
                    : "");
}

enum fovea_status
fovea_nats_link_open(const struct fovea_queue_settings *settings,
        struct fovea_nats_link *link, struct fovea_error *err)
{
    *link = (struct fovea_nats_link){
        .event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
        .timeout_ns = settings->timeout_ns ? settings->timeout_ns : TIMEOUT_NS,
    };
    (void)pthread_mutex_init(&link->mutex, NULL);
    fovea_clock_init_cond(&link->changed);
    if (link->event_fd < 0) {
        return fovea_fail_errno(err, FOVEA_ERR_IO, errno, "an event");
    }
    natsStatus status = natsOptions_Create(&link->options);
    if (status == NATS_OK) {
        status = set_options(link, settings->name ? settings->name : "fovea");
    }
    if (status != NATS_OK) {
        return fovea_nats_link_fail(link, status, "a connection", err);
    }
    enum fovea_status prepared =
            fovea_nats_login(settings, link->options, &link->login, err);
    if (prepared) {
        return prepared;
    }
    sigset_t before;
    block_signals(&before);
    status = natsConnection_Connect(&link->connection, link->options);
    restore_signals(&before);
    return status == NATS_OK
            ? FOVEA_OK
            : fovea_nats_link_fail(link, status, settings->url, err);
}

void
fovea_nats_link_close(struct fovea_nats_link *link)
{
    if (link->connection) {
        natsConnection_Close(link->connection);
        (void)pthread_mutex_lock(&link->mutex);
        while (!link->is_closed || link->n_subscriptions) {
            (void)pthread_cond_wait(&link->changed, &link->mutex);
        }
        (void)pthread_mutex_unlock(&link->mutex);
        natsConnection_Destroy(link->connection);
    }
    natsOptions_Destroy(link->options);
    if (link->event_fd >= 0) {
        (void)close(link->event_fd);
    }
    fovea_nats_login_finish(&link->login);
    (void)pthread_cond_destroy(&link->changed);
    (void)pthread_mutex_destroy(&link->mutex);
}

enum fovea_status
fovea_nats_link_subscribe(struct fovea_nats_link *link, const char *subject,
        int max_messages, natsMsgHandler handler, void *context,
        natsSubscription **sub_out, struct fovea_error *err)
{
    enum {
        MAX_BYTES = 64 << 20
    };
    natsSubscription *sub = NULL;
    sigset_t before;
    block_signals(&before);
    natsStatus status = natsConnection_Subscribe(&sub, link->connection,
            subject, handler, context);
    restore_signals(&before);
    if (status != NATS_OK) {
        return fovea_nats_link_fail(link, status, "the broker", err);
    }
    (void)pthread_mutex_lock(&link->mutex);
    link->n_subscriptions++;
    (void)pthread_mutex_unlock(&link->mutex);
    status = natsSubscription_SetOnCompleteCB(sub, on_unsubscribed, link);
    if (status != NATS_OK) {
        on_unsubscribed(link); /* it is closed: with the connection */
    } else {
        status =
                natsSubscription_SetPendingLimits(sub, max_messages, MAX_BYTES);
    }
    if (status != NATS_OK) {
        natsSubscription_Destroy(sub);
        return fovea_nats_link_fail(link, status, "the broker", err);
    }
    *sub_out = sub;
    return FOVEA_OK;
}

enum fovea_status
fovea_nats_link_request(struct fovea_nats_link *link, const char *subject,
        const char *bytes, size_t size, natsMsg **answer_out,
        struct fovea_error *err)
{
    natsMsg *answer = NULL;
    sigset_t before;
    block_signals(&before);
    natsStatus status = natsConnection_Request(&answer, link->connection,
            subject, bytes, (int)size, link->timeout_ns / FOVEA_NS_PER_MS);
    restore_signals(&before);
    if (status != NATS_OK) {
        return fovea_nats_link_fail(link, status, "the broker", err);
    }
    *answer_out = answer;
    return FOVEA_OK;
}
