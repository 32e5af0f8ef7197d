/*
 * A pool with fake workers, and what it takes to test it: a folder of its own,
 * a machine's memory as the test wishes it, images that are submitted and
 * waited for, events as they were told.
 */
#ifndef FOVEA_SUPPORT_SCENE_H
#define FOVEA_SUPPORT_SCENE_H

#include <pthread.h>

#include "base/clock.h"
#include "fake.h"
#include "pool/group.h"
#include "pool/pool.h"
#include "pool/stats.h"
#include "test.h"

#define SCENE_MIB (UINT64_C(1) << 20)

enum {
    SCENE_MAX_EVENTS = 4096,
};

/* Nothing here takes so long on any machine; whoever waits for more fails. No
   test may need that something is done sooner: what has to wait is held by
   "held NAME" (fake.h) until scene_let_go(). */
#define SCENE_PATIENCE_NS (300 * FOVEA_NS_PER_S)

struct scene_event {
    enum fovea_event_kind kind;
    int64_t pid;
    enum fovea_stop_reason reason;
    char key[32];
    char message[256];
};

struct scene {
    char directory[64];
    char *program;
    struct fovea_pool_settings settings;
    struct fovea_pool *pool;
    unsigned n_fds; /* before it was opened */
    pthread_mutex_t mu;
    pthread_cond_t changed;
    size_t n_events;
    struct scene_event events[SCENE_MAX_EVENTS];
};

/* An image on its way, and what came of it. */
struct shot {
    struct scene *scene;
    struct fovea_group *group; /* for a test's own use */
    char text[256];
    size_t size;
    bool raw;
    bool is_batch;
    bool is_pixels;
    bool is_admitted;
    bool is_refused;     /* for a test's own use */
    struct shot *next;   /* submitted by this one's callback; or NULL */
    int64_t deadline_ns; /* 0: never */
    uint64_t ticket;
    /* Guarded by the scene's mu: shot_answers() may be asked at any time; the rest
       is there after shot_wait(), and nobody writes it any more. */
    unsigned n_done;
    unsigned order; /* of its answer among all */
    struct fovea_error result;
    float vector[FAKE_DIMENSION];
    uint8_t row[FAKE_ROW_BYTES];
    struct fovea_timings timings;
    struct fovea_image_facts facts;
};

/** A folder, a machine with 8 GiB, settings that a test may still change. */
void scene_init(struct scene *scene);
/** The machine's memory, MiB. */
void scene_set_memory(const struct scene *scene, unsigned total_mb,
        unsigned available_mb);
/** A file in the scene's folder; NULL text removes it. */
void scene_write(const struct scene *scene, const char *name, const char *text);
/** What is held by this name goes on; what comes later does not wait. */
void scene_let_go(const struct scene *scene, const char *name);
void scene_open(struct scene *scene);
/** Close the pool, and check that nothing is left of it: no descriptor, no
 *  process. */
void scene_close(struct scene *scene);
/** scene_close() if it is open, and away with the folder. */
void scene_finish(struct scene *scene);

/** A model in a folder of its own; load: what its workers do, or NULL. */
struct fovea_group *scene_group(struct scene *scene, const char *name,
        const char *load);
/** The settings that it gets, for changing them. */
void scene_group_settings(struct scene *scene, const char *name,
        char directory_out[128], struct fovea_group_settings *out);

/** text as for printf. */
void shot_init(struct shot *shot, struct scene *scene, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
FOVEA_NODISCARD enum fovea_status shot_submit(struct shot *shot,
        struct fovea_group *group, struct fovea_error *err);
/** The same where it cannot be refused. */
void shot_must_submit(struct shot *shot, struct fovea_group *group);
void shot_wait(struct shot *shot);
/** How often it was answered so far. */
unsigned shot_answers(struct shot *shot);
/** Submit, wait, and check that the right vector came. */
void shot_expect_good(struct shot *shot, struct fovea_group *group);
/** That what came is right: the vector of these bytes, exactly once. */
void shot_check_good(struct shot *shot);
/** The same with a failure, whose message has part in it. */
void shot_expect(struct shot *shot, struct fovea_group *group,
        enum fovea_status status, const char *part);
void shot_check(struct shot *shot, enum fovea_status status, const char *part);

/** How often an event was told; the last one's message where asked for. */
unsigned scene_count(struct scene *scene, enum fovea_event_kind kind);
unsigned scene_count_stops(struct scene *scene, enum fovea_stop_reason reason);
/** Wait until an event was told so often; its last message. */
const char *scene_wait_event(struct scene *scene, enum fovea_event_kind kind,
        unsigned n);
void scene_wait_stops(struct scene *scene, enum fovea_stop_reason reason,
        unsigned n);
/** Workers in a state, from the stats; wait for a number of them. */
unsigned scene_count_workers(struct scene *scene,
        enum fovea_worker_state state);
void scene_wait_workers(struct scene *scene, enum fovea_worker_state state,
        unsigned n);
/** A process id of a worker in this state; 0 if there is none. */
int64_t scene_worker(struct scene *scene, enum fovea_worker_state state);
/** The process id of the only worker, once it has nothing to do. */
pid_t scene_resting_worker(struct scene *scene);
unsigned scene_count_live(struct scene *scene);

/* A program of tests: each has a scene of its own in the file's variable `scene`.
   prepare: a function that changes its settings, or NULL. */
#define SCENE_MAIN(prepare, ...)                              \
    static int set_up(void **state)                           \
    {                                                         \
        static void (*const change_settings)(void) = prepare; \
        (void)state;                                          \
        scene_init(&scene);                                   \
        if (change_settings) {                                \
            change_settings();                                \
        }                                                     \
        return 0;                                             \
    }                                                         \
    static int tear_down(void **state)                        \
    {                                                         \
        (void)state;                                          \
        scene_finish(&scene);                                 \
        return 0;                                             \
    }                                                         \
    int main(void)                                            \
    {                                                         \
        const struct CMUnitTest tests[] = { __VA_ARGS__ };    \
        return cmocka_run_group_tests(tests, NULL, NULL);     \
    }

#define SCENE_TEST(name) \
    cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/** Descriptors that this process has open. */
unsigned count_fds(void);
void sleep_ns(int64_t ns);

#endif
