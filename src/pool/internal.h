/*
 * What the files of the pool share: its structs, and which file does what.
 *
 * Two kinds of thread come here. The loop thread runs everything below but the
 * entry points of pool.h and what chores.c does on its own thread. So:
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

#include "base/clock.h"
#include "base/error.h"
#include "pool/blame.h"
#include "pool/breaker.h"
#include "pool/cache.h"
#include "pool/governor.h"
#include "pool/log_budget.h"
#include "pool/pool.h"
#include "pool/quarantine.h"
#include "pool/queue.h"
#include "sys/memory.h"
#include "sys/process.h"
#include "wire/channel.h"
#include "wire/messages.h"

/* A worker that is ready for so long without work is idle. */
#define FOVEA_IDLE_AFTER_NS FOVEA_NS_PER_S
/* From the polite word to SIGKILL. */
#define FOVEA_STOP_AFTER_NS FOVEA_NS_PER_S
/* How often it is asked whether a worker has ended where the kernel does not
   tell: one that should soon, and any other, whose channel says so too. */
#define FOVEA_LOOK_SOON_NS (10 * FOVEA_NS_PER_MS)
#define FOVEA_LOOK_NS      FOVEA_NS_PER_S
/* Images after which a worker that has no memory for one is replaced: codecs
   leak, and what they leaked is missing from the little that it may have. */
#define FOVEA_WORN_AFTER 100
/* How often the memory is looked at while workers live. */
#define FOVEA_PRESSURE_EVERY_NS FOVEA_NS_PER_S
/* How soon a worker that could not be added is tried again. */
#define FOVEA_SCALE_AGAIN_NS (100 * FOVEA_NS_PER_MS)

/* An image of a job. */
struct fovea_inflight {
    struct fovea_pool_item *item; /* NULL: answered, by whomever */
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
    uint64_t granted_bytes;       /* to its images: the sum of their grants */
    struct fovea_inflight inflight[FOVEA_MAX_BATCH];
    uint32_t n_inflight;
    uint32_t n_left;      /* whose result is still to come */
    bool is_disconnected; /* it closed the channel */
    bool has_isolated;    /* in hand */
    /* loop */
    uint64_t serial; /* of this worker, never used again */
    struct fovea_process process;
    int channel;
    int log_fd;
    int output_fd; /* pixels of the job in hand */
    enum fovea_channel_state channel_state;
    int64_t used_ns;         /* last time it had an image, or became ready */
    int64_t progress_ns;     /* last frame of the job in hand, or its start */
    int64_t job_ns;          /* its start */
    int64_t due_ns;          /* the load's deadline; the time of SIGKILL */
    int64_t inflight_due_ns; /* no deadline of an image in hand is earlier */
    uint64_t job_id;
    struct fovea_need need; /* while it waits for an answer to that */
    uint64_t asked;         /* the number of its question */
    int64_t asked_ns;
    unsigned given_weights; /* model->n_weights of them; 0: none */
    bool is_probe;          /* the one worker of a half-open breaker */
    bool lacks_memory;      /* for an image that it was not refused any for */
    bool is_harmless;       /* its end is no fault: the packed copy was bad */
    bool is_on_trial;       /* it has the canary in hand */
    enum fovea_blame blame; /* for its end */
    struct fovea_error
            failure; /* FAILED's, or why it is killed; code 0: none */
    struct fovea_log_budget log;
    int64_t log_rests_until_ns; /* 0: it is watched */
    size_t line_size;
    char line[FOVEA_LOG_LINE_SIZE];      /* being read */
    char last_line[FOVEA_LOG_LINE_SIZE]; /* of its log */
};

/* Where a model's packed weights come from. */
enum fovea_weights_state {
    FOVEA_WEIGHTS_UNKNOWN, /* nobody looked yet */
    FOVEA_WEIGHTS_DIGEST,  /* a chore digests the files */
    FOVEA_WEIGHTS_ENGINE,  /* digest known; a HELLO must name the engine */
    FOVEA_WEIGHTS_OPENING, /* a chore opens the packed copy */
    FOVEA_WEIGHTS_ABSENT,  /* a worker must pack, or is at it */
    FOVEA_WEIGHTS_HERE,    /* weights_fd */
};

/* Somebody who waits for a worker; on the waiter's stack. Guarded by mu. */
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
    uint64_t shared_bytes; /* as READY channel_state; 0: not loaded */
    /* loop */
    enum fovea_weights_state weights;
    int weights_fd;
    bool weights_are_foreign;
    unsigned n_weights;    /* how many there were; the last ones' number */
    unsigned n_bad_copies; /* refused in a row */
    char engine[FOVEA_WIRE_NAME_SIZE];
    bool has_key;
    char digest[FOVEA_CACHE_KEY_SIZE];
    char cache_key[FOVEA_CACHE_KEY_SIZE];
    uint64_t packer;    /* serial of the worker that packs; 0: none */
    unsigned n_chores;  /* that will come back to it */
    int64_t scale_ns;   /* no worker is added before */
    bool has_turn;      /* it waits for a cold start: room.h */
    int64_t turn_ns;    /* since when */
    int64_t came_ns;    /* what its place in line goes by */
    int64_t yielded_ns; /* when a worker last went for another model */
    enum fovea_breaker_state breaker_reported; /* to on_event */
};

struct fovea_chores;

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
    bool has_cancelled; /* an item in some worker's hands */
    int64_t drain_until_ns;
    uint64_t last_ticket;
    struct fovea_group *groups;
    struct fovea_items cancelled; /* taken out of queues, to be answered */
    struct fovea_quarantine quarantine;
    /* loop, shown */
    struct fovea_governor governor;
    struct fovea_slot *slots; /* FOVEA_MAX_WORKERS */
    unsigned n_slots;         /* ever used */
    /* loop */
    struct fovea_chores *chores;
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

/* loop.c: the thread. */
FOVEA_NODISCARD enum fovea_status fovea_pool_loop_start(struct fovea_pool *pool,
        struct fovea_error *err);              /* mu held; fine if it runs */
void fovea_poll_wake(struct fovea_pool *pool); /* mu held */
/** Run another round at this time at the latest. */
void fovea_poll_due(struct fovea_pool *pool, int64_t time_ns);
FOVEA_NODISCARD bool fovea_poll_watch(struct fovea_pool *pool,
        const struct fovea_slot *slot, struct fovea_error *err);
FOVEA_NODISCARD bool fovea_poll_watch_log(const struct fovea_pool *pool,
        const struct fovea_slot *slot);
void fovea_poll_unwatch(const struct fovea_pool *pool, int fd);

/* events.c */
void fovea_event_report(struct fovea_pool *pool, enum fovea_event_kind kind,
        const struct fovea_group *group, const struct fovea_slot *slot,
        const char *format, ...) FOVEA_PRINTF(5, 6);

/* answer.c: an image's end. */
/** row: NULL on failure. Frees the item. timings may lack total_ns. */
void fovea_complete(struct fovea_pool_item *item,
        const struct fovea_error *result, const void *row,
        struct fovea_timings timings);
void fovea_complete_all(struct fovea_items *items,
        const struct fovea_error *result);
/** Everything that waits for this model's workers: images and prewarms. */
void fovea_complete_waiting(struct fovea_group *group,
        const struct fovea_error *result);
/** Of those who wait for a worker: for this one, or, if it is ready, for any.
 *  serial 0: all. */
void fovea_prewarm_done(struct fovea_group *group, uint64_t serial,
        const struct fovea_error *result);
/** Those who wait for this worker wait for any from now on. */
void fovea_prewarm_release(struct fovea_group *group, uint64_t serial);

/* spawn.c: from a program to a process. */
FOVEA_NODISCARD enum fovea_status fovea_spawn(struct fovea_pool *pool,
        struct fovea_slot *slot, struct fovea_error *err);
FOVEA_NODISCARD enum fovea_status fovea_spawn_environment(char ***out,
        struct fovea_error *err);
void fovea_spawn_environment_free(char **environment);

/* slot.c: a worker's states, and its end. */
bool fovea_slot_lives(const struct fovea_slot *slot); /* SPAWNING to IDLE */
bool fovea_slot_is_free_to_work(const struct fovea_slot *slot);
bool fovea_slot_is_ready(const struct fovea_slot *slot); /* was and lives */
unsigned fovea_slot_count(const struct fovea_group *group,
        bool (*test)(const struct fovea_slot *slot));
struct fovea_slot *fovea_slot_find(struct fovea_pool *pool);
void fovea_slot_set_state(struct fovea_slot *slot,
        enum fovea_worker_state state);
/** Start a worker in a free slot; the reservation moves to it. DEAD if that did
 *  not work: it is still to be judged then. */
struct fovea_slot *fovea_slot_start(struct fovea_group *group,
        struct fovea_reservation *own);
/** End it at once. why: for its images and the event. */
void fovea_slot_kill(struct fovea_slot *slot, enum fovea_stop_reason reason,
        const struct fovea_error *why);
/** Ask it to end. It has no image. */
void fovea_slot_stop(struct fovea_slot *slot, enum fovea_stop_reason reason);
/** Something could not be sent to it: it is gone, or about to be killed. */
void fovea_slot_send_failed(struct fovea_slot *slot,
        const struct fovea_error *why);
/** It closed its end of the channel. */
void fovea_slot_lose_channel(struct fovea_slot *slot);
/** Its process has ended. */
void fovea_slot_reap(struct fovea_slot *slot);
/** Reap it if it has ended and nothing else would tell. */
void fovea_slot_look(struct fovea_slot *slot);
/** Timers of one worker: upkeep.c. */
void fovea_slot_upkeep(struct fovea_slot *slot);

/* receive.c: what workers say. */
void fovea_receive(struct fovea_slot *slot, unsigned max_frames);

/* log.c: what workers write. */
void fovea_log_receive(struct fovea_slot *slot);
/** Its timers. */
void fovea_log_upkeep(struct fovea_slot *slot);
/** It has ended, and writes no more. */
void fovea_log_finish(struct fovea_slot *slot);

/* grant.c: memory for images that cannot be streamed. */
/** A NEED came. False: it makes no sense. */
FOVEA_NODISCARD bool fovea_grant_ask(struct fovea_slot *slot,
        const struct fovea_frame *frame);
/** Answer those who wait, as far as that can be done now. */
void fovea_grant_round(struct fovea_pool *pool);
/** The image is decoded, or done. Fine if it holds nothing. */
void fovea_grant_release(struct fovea_slot *slot,
        struct fovea_inflight *inflight);
/** The worker's process is gone. */
void fovea_grant_release_all(struct fovea_slot *slot);
/** Whether any image waits for memory: no worker is added to others then. */
bool fovea_grant_is_awaited(struct fovea_pool *pool);
/** Whether one does since before a time: no cold start that is wanted since then
 *  overtakes it. */
bool fovea_grant_is_awaited_since(struct fovea_pool *pool, int64_t time_ns);
/** Whether this worker is to go for an image that has waited for long, although
 *  there is work for it. */
bool fovea_grant_is_owed(const struct fovea_slot *slot);

/* failure.c: what a death means for images and the breaker. */
void fovea_failure_lose_inflight(struct fovea_slot *slot);
void fovea_failure_judge(struct fovea_slot *slot);
/** It has the canary no more. */
void fovea_failure_end_trial(struct fovea_slot *slot);
void fovea_failure_breaker(struct fovea_group *group);
/** What the breaker's refusal says. Loop thread, or mu held. */
void fovea_failure_refusal(const struct fovea_group *group, int64_t now_ns,
        struct fovea_error *error_out);

/* weights.c: who packs, who maps, what is cached. */
void fovea_group_weights_look(struct fovea_group *group);
/** Send LOAD to every worker that said hello and can have it now. */
void fovea_group_weights_send(struct fovea_group *group);
void fovea_group_weights_greeted(struct fovea_slot *slot, const char *engine);
/** fd: owned, -1 if there came none. False: it makes no sense. */
FOVEA_NODISCARD bool fovea_group_weights_ready(struct fovea_slot *slot, int fd,
        const struct fovea_ready *ready);
/** It says that what it was given is of no use. True: that is no fault of ours,
 *  and it will go better without. */
FOVEA_NODISCARD bool fovea_group_weights_bad(struct fovea_slot *slot);
struct fovea_chore;
void fovea_group_weights_chore_done(struct fovea_chore *chore);
/** A worker is gone; the last one takes the weights with it. */
void fovea_group_weights_gone(struct fovea_slot *slot);

/* start.c: memory for workers, cold start, one more. */
void fovea_start_refresh(struct fovea_pool *pool, int64_t max_age_ns);
/** Images or prewarms wait: cold start, or one more worker, or nothing. */
void fovea_start_workers(struct fovea_group *group);

/* schedule.c */
/** A round of one model. */
void fovea_schedule(struct fovea_group *group);
/** What was cancelled in workers' hands. */
void fovea_schedule_cancel(struct fovea_pool *pool);

/* close.c */
/** The end of everything: answer all, stop all. */
void fovea_close_all(struct fovea_pool *pool);
/** Models that nobody has open and that hold nothing. all: whatever they
 *  hold. */
void fovea_close_groups(struct fovea_pool *pool, bool all);

#endif
