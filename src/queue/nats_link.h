/*
 * A connection to a NATS server that is made again whenever it breaks, and what is
 * asked over it.
 *
 * The client library has threads of its own; what they tell (broken off, back again,
 * refused) is kept under the mutex and raises the descriptor. Those of a handle lock
 * the same mutex for what their subscriptions bring.
 */
#ifndef FOVEA_QUEUE_NATS_LINK_H
#define FOVEA_QUEUE_NATS_LINK_H

#include <pthread.h>

#include <nats/nats.h>

#include "base/macros.h"
#include "queue/nats_login.h"
#include "queue/queue_types.h"

struct fovea_nats_link {
    natsConnection *connection;
    natsOptions *options;
    struct fovea_nats_login login;
    int event_fd;
    int64_t timeout_ns;
    pthread_mutex_t mutex;  /* of what stands below */
    pthread_cond_t changed; /* any of it */
    int64_t away_since_ns;  /* 0: it is there */
    uint64_t n_breaks;
    bool is_closed;         /* for good */
    bool is_denied;         /* the server refused a subject */
    size_t n_subscriptions; /* whose handlers may still be called */
};

/** As fovea_queue_open(). */
FOVEA_NODISCARD enum fovea_status fovea_nats_link_open(
        const struct fovea_queue_settings *settings,
        struct fovea_nats_link *link, struct fovea_error *err);

/** No handler runs any more when it returns. Fine after a failed open. */
void fovea_nats_link_close(struct fovea_nats_link *link);

/** Make the descriptor readable. Any thread. */
void fovea_nats_link_raise(struct fovea_nats_link *link);

/**
 * Subscribe; the handler runs in a thread of the library's, and owns its messages.
 *
 * @param max_messages  That may wait for the handler; others are lost.
 */
FOVEA_NODISCARD enum fovea_status fovea_nats_link_subscribe(
        struct fovea_nats_link *link, const char *subject, int max_messages,
        natsMsgHandler handler, void *context, natsSubscription **sub_out,
        struct fovea_error *err);

/** Ask, and wait for the answer. A server that has nobody for the subject:
 *  FOVEA_ERR_QUEUE, without JetStream. */
FOVEA_NODISCARD enum fovea_status fovea_nats_link_request(
        struct fovea_nats_link *link, const char *subject, const char *bytes,
        size_t size, natsMsg **answer_out, struct fovea_error *err);

/** Why a call of the library's failed; what: was to be done. */
enum fovea_status fovea_nats_link_fail(struct fovea_nats_link *link,
        natsStatus status, const char *what, struct fovea_error *err);

FOVEA_DEFINE_AUTO(natsMsg *, natsMsg_Destroy);

#endif
