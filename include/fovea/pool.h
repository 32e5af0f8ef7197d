/*
 * Looking into the pool of worker processes, and at what happens in it.
 *
 * Nothing here is needed to embed anything.
 */
#ifndef FOVEA_POOL_H
#define FOVEA_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/sized.h"
#include "fovea/status.h"

#ifdef __cplusplus
extern "C" {
#endif

struct fovea;
struct fovea_model;

/** Where a worker is in its life. */
enum fovea_worker_state {
    FOVEA_WORKER_SPAWNING,   /* started; has not said hello yet */
    FOVEA_WORKER_LOADING,    /* reads or maps the weights, seals itself */
    FOVEA_WORKER_READY,      /* waits for work, and worked lately */
    FOVEA_WORKER_PROCESSING, /* has items in flight */
    FOVEA_WORKER_IDLE,       /* waits, and has for a second or more */
    FOVEA_WORKER_EVICTING,   /* was asked to end */
    FOVEA_WORKER_FAILED,     /* is beyond help; was killed or died */
    FOVEA_WORKER_DEAD,       /* ended and reaped */
};

/** Why a worker stops or stopped. */
enum fovea_stop_reason {
    FOVEA_STOP_NONE,
    FOVEA_STOP_IDLE,     /* had nothing to do for longer than the limit */
    FOVEA_STOP_MEMORY,   /* made room for another model, or under pressure */
    FOVEA_STOP_MODEL,    /* its model was closed */
    FOVEA_STOP_SHUTDOWN, /* the library was closed */
    FOVEA_STOP_RECYCLED, /* had served its number of items */
    FOVEA_STOP_EXEC,     /* could not be started */
    FOVEA_STOP_LOAD,     /* could not load the model, and said why */
    FOVEA_STOP_LOAD_TIMEOUT,
    FOVEA_STOP_IMAGE_TIMEOUT,
    FOVEA_STOP_CRASHED,  /* ended by a signal of its own making */
    FOVEA_STOP_KILLED,   /* ended or held still by a signal from outside */
    FOVEA_STOP_OOM,      /* killed by the kernel for memory */
    FOVEA_STOP_EXITED,   /* ended by itself without being asked */
    FOVEA_STOP_PROTOCOL, /* sent something that makes no sense */
    FOVEA_STOP_COUNT
};

/** How much of the memory that may be used is in use: below 50 %, 70 %, 85 %,
 *  or more. */
enum fovea_pressure {
    FOVEA_PRESSURE_LOW,
    FOVEA_PRESSURE_NORMAL,
    FOVEA_PRESSURE_HIGH,     /* no worker is added to others */
    FOVEA_PRESSURE_CRITICAL, /* idle workers are evicted */
};

enum fovea_breaker_state {
    FOVEA_BREAKER_CLOSED,    /* as it should be */
    FOVEA_BREAKER_OPEN,      /* no worker is started, requests are refused */
    FOVEA_BREAKER_HALF_OPEN, /* one worker may show that all is well again */
};

/** Short names ("processing", "idle", ...); static. Since: 0.1 */
FOVEA_API const char *fovea_worker_state_name(enum fovea_worker_state state);
FOVEA_API const char *fovea_stop_reason_name(enum fovea_stop_reason reason);
FOVEA_API const char *fovea_pressure_name(enum fovea_pressure pressure);
FOVEA_API const char *fovea_breaker_state_name(enum fovea_breaker_state state);

enum {
    FOVEA_HISTOGRAM_BUCKETS = 32,
    /* Room for more reasons and notes than there are, so that what stands
       behind their counts stays where it is. */
    FOVEA_STOP_ROOM = 32,
    FOVEA_NOTE_ROOM = 32
};

/** Whether that is an end that the pool did not ask for: it could not start or
 *  load, crashed, hung, talked nonsense, was killed. Whose fault it is depends
 *  on what it was at. Since: 0.1 */
FOVEA_API bool fovea_stop_reason_is_fault(enum fovea_stop_reason reason);

/** Times, in buckets that double: buckets[i] counts those of at most
 *  fovea_histogram_bound_ns(i) and more than the bound before. */
struct fovea_histogram {
    uint64_t count;
    int64_t sum_ns;
    uint64_t buckets[FOVEA_HISTOGRAM_BUCKETS];
};

/** Upper bound of a bucket: 10 us, 20 us, 40 us, ...; INT64_MAX for the last
 *  one and above. Since: 0.1 */
FOVEA_API int64_t fovea_histogram_bound_ns(size_t bucket);

/** The time that a share (0..1) of all stayed under, as the upper bound of its
 *  bucket; 0 of an empty histogram and of NULL. Since: 0.1 */
FOVEA_API int64_t fovea_histogram_quantile_ns(
        const struct fovea_histogram *histogram, double share);

/** A worker. It grows at its end; the array of them has the caller's size of
 *  one (struct fovea_pool_stats). */
struct fovea_worker_stats {
    const char *model_key;
    int64_t pid;
    unsigned slot;
    enum fovea_worker_state state;
    enum fovea_stop_reason stop_reason; /* NONE unless it stops */
    bool sandboxed;                     /* known from READY on */
    int64_t age_ns;                     /* since it was started */
    int64_t in_state_ns;
    int64_t ready_after_ns; /* from its start to READY; 0: not yet */
    uint64_t n_images;      /* or texts: served, good or bad */
    uint32_t n_in_flight;
    uint64_t reserved_bytes; /* of its own, without the shared weights */
    uint64_t pss_bytes;      /* measured; 0 if it cannot be read */
    const char *work;        /* as of its model's stats; static */
};

/** The queue and the workers of a model for one kind of work. It grows at its
 *  end, as above. */
struct fovea_model_stats {
    const char *key;
    uint32_t n_workers; /* that live */
    uint32_t max_workers;
    uint32_t n_queued;
    uint32_t max_queue;
    uint32_t n_in_flight; /* of workers */
    uint64_t n_submitted;
    uint64_t n_embedded;               /* good ones */
    uint64_t n_noted[FOVEA_NOTE_ROOM]; /* of them, by the notes they have */
    uint64_t n_failed;                 /* bad items and all other failures */
    uint64_t n_retried;
    uint64_t n_cold_starts;
    uint64_t stops[FOVEA_STOP_ROOM]; /* workers by reason */
    enum fovea_breaker_state breaker;
    uint64_t shared_bytes;             /* packed weights; 0: not loaded */
    struct fovea_histogram queue_ns;   /* waiting for a worker */
    struct fovea_histogram decode_ns;  /* bytes to pixels or tokens */
    struct fovea_histogram forward_ns; /* to the vector, an item's share */
    struct fovea_histogram total_ns;   /* from submitting to the answer */
    const char *work; /* what its workers do: "embed" of images, "embed_text",
                         "pixels", "tokens". Each has a queue and workers of its
                         own, with the same key. Static */
};

/** How everything stands. It grows at its end (sized.h), and the two arrays have
 *  elements of the sizes that the caller's header knows. */
struct fovea_pool_stats {
    size_t struct_size; /* these three by FOVEA_POOL_STATS_INIT */
    size_t model_size;  /* of an element of models */
    size_t worker_size; /* of workers */
    size_t n_models;
    struct fovea_model_stats *models;
    size_t n_workers;
    struct fovea_worker_stats *workers;
    uint64_t memory_total_bytes; /* of the system, or what a cgroup allows */
    uint64_t memory_limit_bytes; /* that fovea keeps to */
    uint64_t memory_available_bytes;
    uint64_t memory_reserved_bytes;
    uint64_t memory_pss_bytes; /* measured, all workers */
    enum fovea_pressure pressure;
    uint32_t n_quarantined; /* images that are refused: they ended workers */
    struct fovea_histogram fetch_ns; /* of URLs */
};

#ifdef __cplusplus
inline struct fovea_pool_stats
fovea_pool_stats_sized()
{
    struct fovea_pool_stats stats = fovea_pool_stats();
    stats.struct_size = sizeof stats;
    stats.model_size = sizeof *stats.models;
    stats.worker_size = sizeof *stats.workers;
    return stats;
}
#    define FOVEA_POOL_STATS_INIT fovea_pool_stats_sized()
#else
#    define FOVEA_POOL_STATS_INIT                             \
        {                                                     \
            .struct_size = sizeof(struct fovea_pool_stats),   \
            .model_size = sizeof(struct fovea_model_stats),   \
            .worker_size = sizeof(struct fovea_worker_stats), \
        }
#endif

/**
 * Read how everything stands. Wakes nothing.
 *
 * @param stats_out  Initialised by FOVEA_POOL_STATS_INIT; to be ended with
 *                   fovea_pool_stats_finish(), before which it is not read into
 *                   again.
 * @return FOVEA_OK; FOVEA_ERR_NO_MEMORY; FOVEA_ERR_FORKED; FOVEA_ERR_ARGUMENT
 *         for sizes that are none.
 * Threads: safe. Since: 0.1
 */
FOVEA_API FOVEA_NODISCARD enum fovea_status fovea_pool_stats(
        struct fovea *library, struct fovea_pool_stats *stats_out,
        struct fovea_error *err);

/** Free the arrays; it may be read into again. NULL is fine. Since: 0.1 */
FOVEA_API void fovea_pool_stats_finish(struct fovea_pool_stats *stats);

/** Whether the model has a worker that could take an image now or soon (from
 *  SPAWNING to IDLE). Threads: safe. Since: 0.1 */
FOVEA_API bool fovea_pool_has_workers(const struct fovea_model *model);

/** As fovea_pool_has_workers(), for texts. Since: 0.1 */
FOVEA_API bool fovea_pool_has_text_workers(struct fovea_model *model);

/**
 * Whether an image would be served: by workers that are there, or after a cold
 * start, for which the memory is there, if need be after other models' workers
 * have made room, for which it would wait its turn. Wakes and reserves nothing.
 *
 * @return FOVEA_OK; FOVEA_ERR_MEMORY_EXHAUSTED, FOVEA_ERR_CIRCUIT_OPEN,
 *         FOVEA_ERR_SHUTTING_DOWN, FOVEA_ERR_FORKED, FOVEA_ERR_ARGUMENT.
 * Threads: safe. Since: 0.1
 */
FOVEA_API FOVEA_NODISCARD enum fovea_status fovea_pool_check(
        const struct fovea_model *model, struct fovea_error *err);

/** As fovea_pool_check(), for a text; FOVEA_ERR_TEXT_UNSUPPORTED of a model that
 *  has no text tower. Since: 0.1 */
FOVEA_API FOVEA_NODISCARD enum fovea_status fovea_pool_check_text(
        struct fovea_model *model, struct fovea_error *err);

/**
 * Have a model's workers ready before the first image: without workers, a cold
 * start as the first image would cause it; with some, one more. Waits until a
 * worker is ready; where memory is short a cold start waits its turn, as images
 * do.
 *
 * @return FOVEA_OK, also where all workers that may be are there already;
 *         FOVEA_ERR_MEMORY_EXHAUSTED, FOVEA_ERR_WORKER_START, a model status,
 *         FOVEA_ERR_CIRCUIT_OPEN, FOVEA_ERR_SHUTTING_DOWN, FOVEA_ERR_FORKED.
 * Threads: safe; not from a callback of the library. Since: 0.1
 */
FOVEA_API FOVEA_NODISCARD enum fovea_status fovea_pool_spawn_worker(
        struct fovea_model *model, struct fovea_error *err);

/** As fovea_pool_spawn_worker(), for texts; FOVEA_ERR_TEXT_UNSUPPORTED of a
 *  model that has no text tower. Since: 0.1 */
FOVEA_API FOVEA_NODISCARD enum fovea_status fovea_pool_spawn_text_worker(
        struct fovea_model *model, struct fovea_error *err);

/** Memory reserved for all workers and their weights, MiB, rounded up. Threads:
 *  safe. Since: 0.1 */
FOVEA_API uint64_t fovea_pool_total_memory_mb(const struct fovea *library);

enum fovea_event_kind {
    FOVEA_EVENT_WORKER_STARTED,
    FOVEA_EVENT_WORKER_READY,
    FOVEA_EVENT_WORKER_STOPPED, /* reaped; reason and message say why */
    FOVEA_EVENT_WORKER_LOG,     /* a line that a worker wrote */
    FOVEA_EVENT_COLD_START,     /* message: how many workers */
    FOVEA_EVENT_START_REFUSED,  /* memory; message says how much */
    FOVEA_EVENT_NO_SANDBOX,     /* once: the kernel refuses; see the options */
    FOVEA_EVENT_PRESSURE,       /* the level changed; message names it */
    FOVEA_EVENT_BREAKER,        /* its state changed; message names it */
    FOVEA_EVENT_CACHE,          /* a packed copy was stored or thrown away */
};

/** Something that happened. The library's, and so are its strings: they live as
 *  long as the call. It grows at its end (sized.h). */
struct fovea_event {
    enum fovea_event_kind kind;
    const char *model_key; /* NULL: of no model */
    int64_t pid;           /* 0: of no worker */
    enum fovea_stop_reason reason;
    const char *message; /* one line; never NULL */
};

/** Called by the pool's thread, one at a time. It must return soon and may call
 *  nothing of the library but the name functions. */
typedef void fovea_event_fn(void *context, const struct fovea_event *event);

FOVEA_API const char *fovea_event_kind_name(enum fovea_event_kind kind);

#ifdef __cplusplus
}
#endif

#endif
