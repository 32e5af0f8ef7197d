/*
 * What the files of the pool share: its structs. Calls go down this list, never
 * up (scripts/check_rings.py):
 *
 *   group                      what any thread may ask of a group
 *   loop                       the thread: rounds of epoll
 *   schedule upkeep            a group's round; what time does to workers
 *   dispatch start             items to workers; more workers
 *   receive                    what workers say
 *   grant                      memory for single items
 *   pool close                 the pool as a whole; ends
 *   room load_send             memory for a group; LOAD to workers
 *   measure                    a worker apart, which times a layer
 *   life                       start, stop, kill and reap a worker
 *   failure                    what its end means for items and breaker
 *   group_weights              who packs, who maps, what is cached
 *   complete inflight          an item's end; the items that a worker has
 *   turns pressure worker_log stats
 *   canary events jobs output poll prewarm slot spawn
 *   internal                   this file; all above know its structs
 *   blame breaker cache* claims governor items log_budget quarantine queue
 *   settings                   no state of the pool's; most of them pure
 *
 * Two kinds of thread come here. The loop thread runs everything below but the
 * entry points (group.h, stats.h, pool.h) and what is done in the background
 * (jobs.h). So:
 *
 *   - "guarded by mu": anybody, with pool->mu held;
 *   - "loop, shown": written by the loop thread with mu held, read by it
 *     without and by others with;
 *   - "loop": the loop thread's alone.
 *
 * Callbacks, system calls that may take time and everything that starts or ends
 * a process happen with mu not held. All decisions are made from the queues and
 * the slots themselves; what is counted is only ever shown.
 */
#ifndef FOVEA_POOL_INTERNAL_H
#define FOVEA_POOL_INTERNAL_H

#include <pthread.h>
#include <sys/types.h>

#include "base/background.h"
#include "base/clock.h"
#include "base/error.h"
#include "pool/blame.h"
#include "pool/breaker.h"
#include "pool/cache.h"
#include "pool/governor.h"
#include "pool/log_budget.h"
#include "pool/pool_settings.h"
#include "pool/quarantine.h"
#include "pool/queue.h"
#include "sys/memory.h"
#include "sys/process.h"
#include "wire/channel.h"
#include "wire/messages.h"

/* A worker that is ready for so long without work is idle. */
#define FOVEA_IDLE_AFTER_NS FOVEA_NS_PER_S
/* From SIGTERM to SIGKILL. */
#define FOVEA_STOP_AFTER_NS FOVEA_NS_PER_S
/* How often it is asked whether a worker has ended where the kernel does not
   tell: one that should soon, and any other, whose channel says so too. */
#define FOVEA_CHECK_END_SOON_NS (10 * FOVEA_NS_PER_MS)
#define FOVEA_CHECK_END_NS      FOVEA_NS_PER_S
/* Items after which a worker that has no memory for one is replaced: codecs
   leak, and what they leaked is missing from the little that it may have. */
#define FOVEA_WORN_AFTER 100
/* How often the memory is looked at while workers live. */
#define FOVEA_PRESSURE_EVERY_NS FOVEA_NS_PER_S
/* How soon a worker that could not be added is tried again. */
#define FOVEA_SCALE_AGAIN_NS (100 * FOVEA_NS_PER_MS)

/* An item of a job. */
struct fovea_inflight {
    struct fovea_pool_item *item; /* NULL: completed already */
    bool is_raw;
    bool is_decoded;
    bool is_done; /* the worker gave its result */
    bool has_asked;
    bool is_refused;
    struct fovea_reservation grant; /* for decoding it; outlives the item */
};

/* A place for a worker; DEAD ones are free. */
struct fovea_slot {
    /* loop, shown */
    struct fovea_group *group;
    enum fovea_worker_state state;
    enum fovea_stop_reason reason;
    pid_t pid;
    int64_t started_ns;
    int64_t since_ns; /* in its state */
    int64_t ready_ns; /* 0: not yet */
    bool is_sandboxed;
    uint64_t n_items;
    struct fovea_reservation own; /* without the shared weights */
    bool is_disconnected;         /* it closed the channel */
    /* loop, shown: its job, which inflight.c alone writes */
    uint64_t granted_bytes; /* to its items: the sum of their grants */
    struct fovea_inflight inflight[FOVEA_MAX_BATCH];
    uint32_t n_inflight;
    uint32_t n_left; /* whose result is still to come */
    bool has_isolated;
    /* loop: the same */
    uint64_t job_id;
    int64_t job_ns;          /* its start */
    int64_t progress_ns;     /* the last frame of it, or its start */
    int64_t inflight_due_ns; /* no deadline of an item in flight is earlier */
    struct fovea_need need;  /* while it waits for an answer to that */
    uint64_t asked;          /* the number of its question */
    int64_t asked_ns;
    bool is_on_trial; /* it has the canary */
    /* loop */
    uint64_t serial; /* of this worker, never used again */
    struct fovea_process process;
    int channel;
    int log_fd;
    int output_fd; /* pixels of the job */
    enum fovea_channel_state channel_state;
    int64_t used_ns;        /* last time it had an item, or became ready */
    int64_t due_ns;         /* the load's deadline; the time of SIGKILL */
    unsigned given_weights; /* group->n_weights of them; 0: none */
    bool is_probe;          /* the one worker of a half-open breaker */
    bool lacks_memory;      /* for an item that it was not refused any for */
    bool is_harmless;       /* its end is no fault: the packed copy was bad */
    enum fovea_blame blame; /* for its end */
    struct fovea_error
            failure; /* FAILED's, or why it is killed; code 0: none */
    struct fovea_log_budget log;
    int64_t log_rests_until_ns; /* 0: it is watched */
    size_t line_size;
    char line[FOVEA_LOG_LINE_SIZE];      /* being read */
    char last_line[FOVEA_LOG_LINE_SIZE]; /* of its log */
};

/* Where what a group's workers map comes from. */
enum fovea_weights_state {
    FOVEA_WEIGHTS_UNKNOWN, /* not looked for yet */
    FOVEA_WEIGHTS_DIGEST,  /* a job digests the files */
    FOVEA_WEIGHTS_ENGINE,  /* digest known; a HELLO must name the engine */
    FOVEA_WEIGHTS_OPENING, /* a job opens the packed copy */
    FOVEA_WEIGHTS_ABSENT,  /* a worker must pack, or is at it */
    FOVEA_WEIGHTS_HERE,    /* weights_files */
};

/* Descriptors of the files that workers share; -1: none, or not of its kind. */
struct fovea_shared_files {
    int fds[FOVEA_N_SHARED];
};
#define FOVEA_SHARED_FILES_INIT \
    {                           \
        {                       \
            -1, -1              \
        }                       \
    }
_Static_assert(FOVEA_N_SHARED == 2, "each has a descriptor there");

/* A digest, or a key in the cache, of each of them. */
struct fovea_shared_words {
    char of[FOVEA_N_SHARED][FOVEA_CACHE_KEY_SIZE];
};

/* A caller that waits for a worker; on its stack. Guarded by mu. */
struct fovea_prewarm {
    struct fovea_prewarm *next;
    uint64_t serial; /* of the worker it waits for; 0: any */
    bool is_seen;    /* by the loop */
    bool is_done;
    struct fovea_error result; /* code FOVEA_OK: a worker is ready */
};

struct fovea_group {
    struct fovea_pool *pool;
    struct fovea_group *next;             /* set before it is in the list */
    struct fovea_group_settings settings; /* strings: the next two */
    char *key;
    char *directory;
    /* guarded by mu */
    unsigned n_handles;
    struct fovea_queue queue;
    struct fovea_prewarm *prewarms;
    struct fovea_model_stats counts; /* those that only grow, histograms */
    /* loop, shown */
    struct fovea_breaker breaker;
    struct fovea_trial trial;
    struct fovea_error last_fault;
    struct fovea_reservation shared;
    uint64_t shared_bytes; /* as READY said; 0: not loaded */
    /* loop */
    enum fovea_weights_state weights;
    struct fovea_shared_files weights_files;
    bool weights_are_foreign;
    unsigned n_weights;    /* how many there were; the last ones' number */
    unsigned n_bad_copies; /* refused in a row */
    char engine[FOVEA_WIRE_NAME_SIZE];
    bool has_key;
    struct fovea_shared_words digests;
    struct fovea_shared_words cache_keys;
    uint64_t packer;    /* serial of the worker that packs; 0: none */
    unsigned n_jobs;    /* in the background */
    int64_t scale_ns;   /* no worker is added before */
    bool has_turn;      /* it waits for a cold start: room.h */
    int64_t turn_ns;    /* since when */
    int64_t came_ns;    /* what its place in line goes by */
    int64_t yielded_ns; /* when a worker last went for another group */
    enum fovea_breaker_state breaker_reported; /* to on_event */
};

struct fovea_pool {
    struct fovea_pool_settings settings; /* strings: the next two */
    char *worker_program;                /* NULL: to be found */
    char *memory_root;
    char *program;      /* found when the first worker starts */
    char **environment; /* of workers */
    pid_t owner;        /* the process that may use it */
    struct fovea_cache cache;
    int epoll;
    int wake; /* eventfd */
    pthread_t thread;
    pthread_mutex_t mu;
    pthread_cond_t prewarmed;
    /* guarded by mu */
    bool has_thread;
    bool is_woken;
    bool is_closing;
    bool has_cancelled; /* an item in flight */
    int64_t drain_until_ns;
    uint64_t last_ticket;
    struct fovea_group *groups;
    struct fovea_items cancelled; /* taken out of queues, to be completed */
    struct fovea_quarantine quarantine;
    /* loop, shown */
    struct fovea_governor governor;
    struct fovea_slot *slots; /* FOVEA_MAX_WORKERS */
    unsigned n_slots;         /* ever used */
    /* loop */
    struct fovea_background background;
    int64_t now_ns; /* of this round */
    int64_t due_ns; /* of the next one */
    int64_t memory_read_ns;
    uint64_t oom_kills;
    struct fovea_log_window log_lines; /* of all workers */
    enum fovea_pressure pressure;
    uint64_t last_serial;
    uint64_t last_job;
    uint64_t last_asked;
    bool reported_no_sandbox;
    uint8_t *buffer; /* a frame */
    float *vector;   /* a result's */
    uint8_t *row;    /* of pixels; row_size bytes */
    size_t row_size;
};

/* What its workers work on, in messages: "image", "text". */
static inline const char *
fovea_group_item(const struct fovea_group *group)
{
    return fovea_work_facts(group->settings.kind)->item;
}

/* Of a model, in messages: what its workers load, before the model's key. */
static inline const char *
fovea_group_part(const struct fovea_group *group)
{
    const struct fovea_work_facts *facts =
            fovea_work_facts(group->settings.kind);
    if (facts->modality == FOVEA_MODALITY_IMAGE) {
        return "";
    }
    return facts->has_engine ? "the text tower of " : "the tokenizer of ";
}

/* Images are judged by codecs, which all models share; a text by the tokenizer
   of its model. For the quarantine. */
static inline const char *
fovea_group_judge(const struct fovea_group *group)
{
    bool is_text = fovea_work_facts(group->settings.kind)->modality ==
            FOVEA_MODALITY_TEXT;
    return is_text ? group->settings.directory : "";
}

/* A child of fork() may not use it: the threads are the parent's. */
static inline bool
fovea_pool_is_forked(const struct fovea_pool *pool)
{
    return getpid() != pool->owner;
}

static inline void
fovea_lock(struct fovea_pool *pool)
{
    FOVEA_ASSERT(pthread_mutex_lock(&pool->mu) == 0);
}

static inline void
fovea_unlock(struct fovea_pool *pool)
{
    FOVEA_ASSERT(pthread_mutex_unlock(&pool->mu) == 0);
}

#endif
