/*
 * The pool: every model's workers, and the one way of every image to one of
 * them.
 *
 * One thread, the loop, starts, feeds, watches and reaps all workers; it never
 * waits for anything but its epoll. Other threads hand it images through
 * bounded queues guarded by the pool's mutex and an eventfd. Blocking chores
 * (reading
 * and writing the cache, digests) have a thread of their own.
 *
 * Nothing is started before the first image or prewarm. The runtime gives
 * models and open descriptors; this folder knows no path, URL or key beyond
 * handing a
 * model's directory to its workers.
 */
#ifndef FOVEA_POOL_POOL_H
#define FOVEA_POOL_POOL_H

#include "fovea/fovea.h"

#include "wire/messages.h"

struct fovea_pool;
struct fovea_group;

/** Every field is set: the runtime resolves defaults. */
struct fovea_pool_settings {
    unsigned max_workers; /* of each model */
    unsigned max_queue;   /* of each model */
    unsigned memory_limit_pct;
    uint64_t memory_limit_bytes; /* 0: no more than the share */
    int64_t idle_ns;             /* FOVEA_NEVER is none; so below */
    int64_t image_ns;
    int64_t load_ns;
    int64_t drain_ns; /* 0: none */
    uint64_t recycle_after;
    int64_t breaker_open_ns; /* FOVEA_BREAKER_OPEN_NS but in tests */
    int64_t quarantine_ns;   /* FOVEA_QUARANTINE_NS but in tests */
    enum fovea_sandbox sandbox;
    const char *worker_program;  /* copied; NULL: sys/program.h finds it */
    const char *cache_directory; /* copied; as fovea_cache_init() */
    uint64_t max_cache_bytes;
    fovea_event_fn *on_event; /* may be NULL */
    void *event_context;
    const char *memory_root; /* "" but in tests: sys/memory.h; copied */
};

struct fovea_group_settings {
    const char *key;       /* copied; for people */
    const char *directory; /* copied; absolute */
    enum fovea_work_kind kind;
    enum fovea_dtype dtype; /* not AUTO */
    unsigned n_threads;
    unsigned max_batch;
    struct fovea_limits limits;
    uint32_t dimension;    /* float32 of a vector; pixels: 0 */
    uint64_t row_bytes;    /* of a result */
    uint64_t shared_bytes; /* estimates: runtime/estimate.h */
    uint64_t worker_bytes;
};

FOVEA_NODISCARD enum fovea_status fovea_pool_create(
        const struct fovea_pool_settings *settings,
        struct fovea_pool **pool_out, struct fovea_error *err);

/** Refuse new images, drain, answer the rest, end every worker, wait for all
 *  that. In a forked child: ends nothing. NULL is fine. */
void fovea_pool_destroy(struct fovea_pool *pool);

/** A model: the one that has the same directory and kind already, or a new one.
 *  Starts nothing. */
FOVEA_NODISCARD enum fovea_status fovea_group_open(struct fovea_pool *pool,
        const struct fovea_group_settings *settings,
        struct fovea_group **group_out, struct fovea_error *err);

/** The last one to close a model ends its workers. Images in the queue are
 *  served first. */
void fovea_group_close(struct fovea_group *group);

/** row: row_bytes, or NULL on failure. As fovea_done_fn otherwise. */
typedef void fovea_pool_done_fn(void *context, const struct fovea_error *result,
        const void *row, const struct fovea_timings *timings);

struct fovea_pool_request {
    uint64_t ticket; /* fovea_ticket_next(), or 0: a fresh one */
    int fd;          /* regular file or memory; taken by a successful submit */
    uint64_t size;
    bool raw;
    bool is_batch;
    bool is_admitted;     /* the queue's bound was respected before (URLs) */
    int64_t submitted_ns; /* fovea_clock_ns(); where total_ns begins */
    int64_t fetch_ns;     /* handed through to the timings */
    int64_t deadline_ns;  /* absolute; FOVEA_NEVER */
    fovea_pool_done_fn *done;
    void *context;
};

/**
 * Put an image into the model's queue.
 *
 * @param ticket_out  May be NULL.
 * @return FOVEA_OK: the fd is the pool's, done comes exactly once, from the
 *         loop thread. Else nothing happened: FOVEA_ERR_BUSY,
 *         FOVEA_ERR_CIRCUIT_OPEN, FOVEA_ERR_SHUTTING_DOWN, FOVEA_ERR_FORKED,
 *         FOVEA_ERR_WORKER_CRASHED
 *         or FOVEA_ERR_WORKER_TIMEOUT for bytes that ended two workers before,
 *         FOVEA_ERR_NO_MEMORY, FOVEA_ERR_WORKER_START if the loop cannot be
 *         started.
 */
FOVEA_NODISCARD enum fovea_status fovea_group_submit(struct fovea_group *group,
        const struct fovea_pool_request *request, uint64_t *ticket_out,
        struct fovea_error *err);

/** A fresh ticket for an image that is still being fetched; never 0. */
uint64_t fovea_ticket_next(struct fovea_pool *pool);

/** Answer with FOVEA_ERR_CANCELLED if it is not done. One in a worker's hands
 *  is answered at once too; what the worker makes of it is dropped. */
void fovea_group_cancel(struct fovea_group *group, uint64_t ticket);

/* What fovea/pool.h promises. */
bool fovea_group_has_workers(struct fovea_group *group);
FOVEA_NODISCARD enum fovea_status fovea_group_check(struct fovea_group *group,
        struct fovea_error *err);
FOVEA_NODISCARD enum fovea_status fovea_group_prewarm(struct fovea_group *group,
        struct fovea_error *err);
uint64_t fovea_stats_reserved_bytes(struct fovea_pool *pool);
/** All of *stats_out but fetch_ns. */
FOVEA_NODISCARD enum fovea_status fovea_stats_read(struct fovea_pool *pool,
        struct fovea_pool_stats *stats_out, struct fovea_error *err);

#endif
