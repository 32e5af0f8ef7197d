/*
 * What the loop waits for: descriptors of workers, the next time at which
 * something is due, and other threads' wish to be heard.
 *
 * Loop thread, but where it says otherwise.
 */
#ifndef FOVEA_POOL_POLL_H
#define FOVEA_POOL_POLL_H

#include "pool/internal.h"

/** What an event is about: which of a worker's descriptors. */
enum fovea_watched {
    FOVEA_WATCHED_WAKE, /* the pool's own */
    FOVEA_WATCHED_PROCESS,
    FOVEA_WATCHED_CHANNEL,
    FOVEA_WATCHED_LOG,
    FOVEA_WATCHED_COUNT
};

/** Any thread, before the loop runs. */
FOVEA_NODISCARD enum fovea_status fovea_poll_open(struct fovea_pool *pool,
        struct fovea_error *err);
/** Fine on what was not opened, or in part. */
void fovea_poll_close(struct fovea_pool *pool);

/** Have the loop run another round now. Any thread, mu held. */
void fovea_poll_wake(struct fovea_pool *pool);

/** Run another round at this time at the latest. */
void fovea_poll_due(struct fovea_pool *pool, int64_t time_ns);

/** Fine if it is watched already. Any thread, mu held. */
FOVEA_NODISCARD enum fovea_status fovea_poll_watch_wake(
        const struct fovea_pool *pool, struct fovea_error *err);
/** A worker's process, channel and log. */
FOVEA_NODISCARD bool fovea_poll_watch(struct fovea_pool *pool,
        const struct fovea_slot *slot, struct fovea_error *err);
FOVEA_NODISCARD bool fovea_poll_watch_log(const struct fovea_pool *pool,
        const struct fovea_slot *slot);
void fovea_poll_unwatch(const struct fovea_pool *pool, int fd);

/** Something came from a worker; an earlier event of the same wait may have
 *  ended it. */
typedef void fovea_poll_event_fn(struct fovea_slot *slot,
        enum fovea_watched watched);

/** Wait until something happens or is due; sets now_ns. */
void fovea_poll_wait(struct fovea_pool *pool, fovea_poll_event_fn *handle);

#endif
