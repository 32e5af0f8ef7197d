/*
 * A node's loop, with a queue and shards that only pretend: what is asked for, what is
 * told of which shard, and when. No test needs that anything is done soon.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/macros.h"
#include "jobs/node.h"
#include "support/fake_queue.h"
#include "support/test.h"

#define TAG   "0123456789abcdef"
#define WIDTH 10

enum {
    N = FAKE_QUEUE_SHARDS,
    MAX_VERDICTS = 8
};

/* What the shards come to, and what was done with them. */
static struct scene {
    pthread_mutex_t mu;
    pthread_cond_t changed;
    /* Set by a test. */
    enum fovea_status verdicts[N][MAX_VERDICTS]; /* one a run */
    bool is_held[N];                             /* until it is released */
    bool is_deaf[N];                             /* to cancel, too */
    bool stands_still;                           /* no progress */
    bool is_bad[N];                              /* its message */
    uint64_t n_items[N];
    uint64_t n_done[N];
    enum fovea_status write_status;
    enum fovea_node_wish (*wish)(void);
    /* What came of it. */
    unsigned n_runs[N];
    unsigned n_running;
    unsigned max_running;
    uint64_t n_attempts[N];
    unsigned n_fails[N];
    enum fovea_status why[N]; /* of the last that was written down */
    bool is_cancelled[FOVEA_NODE_SHARDS];
    uint64_t in_slot[FOVEA_NODE_SHARDS];
    uint64_t n_looks;
    unsigned n_rounds;
    unsigned n_resting; /* rounds */
    char lines[8192];
    unsigned n_cancels;
} scene = { .mu = PTHREAD_MUTEX_INITIALIZER,
    .changed = PTHREAD_COND_INITIALIZER };

static struct fovea_node_board board;

static void
lock(void)
{
    (void)pthread_mutex_lock(&scene.mu);
}

static void
unlock(void)
{
    (void)pthread_mutex_unlock(&scene.mu);
}

static void
release(uint64_t shard)
{
    lock();
    scene.is_held[shard] = false;
    (void)pthread_cond_broadcast(&scene.changed);
    unlock();
}

static enum fovea_status
work_check(void *context, const struct fovea_queue_delivery *delivery,
        struct fovea_error *err)
{
    (void)context;
    return scene.is_bad[delivery->shard]
            ? fovea_fail(err, FOVEA_ERR_JOB_MESSAGE, "no message of ours")
            : FOVEA_OK;
}

static void
work_begin(void *context, unsigned slot, uint64_t shard)
{
    (void)context;
    lock();
    scene.is_cancelled[slot] = false;
    scene.in_slot[slot] = shard;
    unlock();
}

static enum fovea_status
work_run(void *context, unsigned slot, uint64_t shard, struct fovea_error *err)
{
    (void)context;
    lock();
    unsigned run = scene.n_runs[shard]++;
    scene.n_running++;
    if (scene.n_running > scene.max_running) {
        scene.max_running = scene.n_running;
    }
    while (scene.is_held[shard] &&
            (scene.is_deaf[shard] || !scene.is_cancelled[slot])) {
        (void)pthread_cond_wait(&scene.changed, &scene.mu);
    }
    bool is_cancelled = scene.is_held[shard];
    enum fovea_status status = is_cancelled ? FOVEA_ERR_CANCELLED
            : run < MAX_VERDICTS            ? scene.verdicts[shard][run]
                                            : FOVEA_OK;
    if (!status) {
        scene.n_done[shard] = scene.n_items[shard];
    }
    scene.n_running--;
    (void)pthread_cond_broadcast(&scene.changed);
    unlock();
    return status ? fovea_fail(err, status, "the scene wants it") : FOVEA_OK;
}

static void
work_look(void *context, unsigned slot, struct fovea_node_look *look_out)
{
    (void)context;
    lock();
    uint64_t shard = scene.in_slot[slot];
    scene.n_looks += !scene.stands_still;
    *look_out = (struct fovea_node_look){
        .progress = scene.n_looks,
        .n_items = scene.n_items[shard],
        .n_done = scene.n_done[shard],
    };
    unlock();
}

static void
work_cancel(void *context, unsigned slot)
{
    (void)context;
    lock();
    scene.n_cancels++;
    scene.is_cancelled[slot] = true;
    (void)pthread_cond_broadcast(&scene.changed);
    unlock();
}

static enum fovea_status
work_count(void *context, unsigned slot, uint64_t shard,
        const struct fovea_error *why, uint64_t *n_out, struct fovea_error *err)
{
    (void)context;
    (void)slot;
    if (scene.write_status) {
        return fovea_fail(err, scene.write_status, "nothing can be written");
    }
    lock();
    scene.why[shard] = why->code;
    *n_out = ++scene.n_attempts[shard];
    unlock();
    return FOVEA_OK;
}

static enum fovea_status
work_fail(void *context, unsigned slot, uint64_t shard, uint64_t n,
        const struct fovea_error *why, struct fovea_error *err)
{
    (void)context;
    (void)slot;
    (void)why;
    (void)err;
    lock();
    assert_int_equal(n, scene.n_attempts[shard]);
    scene.n_fails[shard]++;
    unlock();
    return FOVEA_OK;
}

static const struct fovea_node_work work = {
    .check = work_check,
    .begin = work_begin,
    .run = work_run,
    .look = work_look,
    .cancel = work_cancel,
    .count = work_count,
    .fail = work_fail,
};

static enum fovea_node_wish
wish(void *context)
{
    (void)context;
    scene.n_rounds++;
    struct fovea_node_report report;
    (void)fovea_node_board_read(&board, &report, fovea_clock_ns());
    scene.n_resting += report.state == FOVEA_NODE_RESTING;
    return scene.wish();
}

static void
say(void *context, const char *line)
{
    (void)context;
    size_t size = strlen(scene.lines);
    (void)snprintf(scene.lines + size, sizeof scene.lines - size, "%s\n", line);
}

static enum fovea_node_wish
until_settled(void)
{
    return fake_queue_is_settled() ? FOVEA_NODE_STOP : FOVEA_NODE_GO_ON;
}

static enum fovea_node_wish
never(void)
{
    return FOVEA_NODE_GO_ON;
}

static struct fovea_node_settings
some_settings(void)
{
    return (struct fovea_node_settings){
        .job = "job",
        .name = "node",
        .version = "0.1.0",
        .tag = TAG,
        .patience_ns = INT64_MAX,
        .work = &work,
        .width = WIDTH,
        .stall_ns = INT64_MAX,
        .pause_ns = 1000, /* a microsecond */
        .grace_ns = INT64_MAX,
        .board = &board,
        .stop_fd = -1,
        .wish = wish,
        .say = say,
    };
}

static int
set_up(void **state)
{
    (void)state;
    memset(scene.verdicts, 0, sizeof scene - offsetof(struct scene, verdicts));
    for (size_t i = 0; i < N; i++) {
        scene.n_items[i] = 100;
    }
    scene.wish = until_settled;
    fake_queue_reset(TAG);
    fovea_node_board_init(&board, fovea_clock_ns());
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    fovea_node_board_finish(&board);
    fake_queue_finish();
    return 0;
}

static enum fovea_status
run_with(const struct fovea_node_settings *settings, struct fovea_error *err)
{
    bool is_left = false;
    enum fovea_status status = fovea_node_run(settings, &is_left, err);
    assert_false(is_left);
    assert_int_equal(scene.n_running, 0);
    return status;
}

static void
run_well(void)
{
    struct fovea_error error;
    const struct fovea_node_settings settings = some_settings();
    assert_ok(run_with(&settings, &error), &error);
}

static struct fovea_node_report
report_of(void)
{
    struct fovea_node_report report;
    (void)fovea_node_board_read(&board, &report, fovea_clock_ns());
    return report;
}

static unsigned
times_logged(const char *line)
{
    unsigned n = 0;
    const char *at = fake_queue.log.data;
    for (; at && (at = strstr(at, line)); at += strlen(line)) {
        n += at == fake_queue.log.data || at[-1] == '\n';
    }
    return n;
}

static void
every_shard_is_done_once(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < N; i++) {
        fake_queue_put(i);
    }
    run_well();
    for (uint64_t i = 0; i < N; i++) {
        char line[32];
        (void)snprintf(line, sizeof line, "done %" PRIu64 "\n", i);
        assert_int_equal(scene.n_runs[i], 1);
        assert_int_equal(times_logged(line), 1);
    }
    struct fovea_node_report report = report_of();
    assert_int_equal(report.n_done, N);
    assert_int_equal(report.n_items, N * 100);
    assert_int_equal(report.n_returned + report.n_failed, 0);
    assert_int_equal(report.n_redeliveries, 0);
    assert_int_equal(fake_queue.n_closes, 1);
    assert_true(fake_queue.n_reports >= 1);
    assert_non_null(strstr(fake_queue.report, "\"state\":"));
}

/* One shard is in work and has all of its images left for some rounds; then few, and
   the next one begins before it has ended. */
static enum fovea_node_wish
let_the_next_one_in(void)
{
    lock();
    if (scene.n_running == 1 && scene.n_rounds >= 5) {
        scene.n_done[0] = 100 - WIDTH + 1;
    }
    bool both = scene.n_running == 2;
    unlock();
    if (both) {
        assert_int_equal(fake_queue.n_handed_out, 2);
        release(0);
        release(1);
    }
    return until_settled();
}

static void
the_next_is_asked_for_when_little_is_left(void **state)
{
    (void)state;
    fake_queue_put(0);
    fake_queue_put(1);
    fake_queue_put(2);
    scene.is_held[0] = true;
    scene.is_held[1] = true;
    scene.wish = let_the_next_one_in;
    run_well();
    assert_int_equal(scene.max_running, 2);
    assert_true(scene.n_rounds >= 5);
    assert_int_equal(report_of().n_done, 3);
}

static enum fovea_node_wish
let_some_rounds_pass(void)
{
    if (scene.n_rounds >= 4) {
        release(0);
    }
    return until_settled();
}

static void
nothing_is_asked_for_while_nobody_knows_what_is_left(void **state)
{
    (void)state;
    fake_queue_put(0);
    fake_queue_put(1);
    scene.is_held[0] = true;
    scene.n_items[0] = 0; /* an archive that was not counted */
    scene.wish = let_some_rounds_pass;
    run_well();
    assert_int_equal(scene.max_running, 1);
    assert_true(fake_queue.n_stops >= 1);
    assert_int_equal(report_of().n_done, 2);
}

static void
a_shard_that_was_lost_is_a_redelivery(void **state)
{
    (void)state;
    fake_queue_put(3);
    fake_queue.n_deliveries[3] = 7; /* nodes that were killed */
    run_well();
    struct fovea_node_report report = report_of();
    assert_int_equal(report.n_redeliveries, 1);
    assert_int_equal(report.n_done, 1);
    assert_int_equal(scene.n_attempts[3], 0);
}

static void
a_message_that_is_not_the_jobs_is_dropped(void **state)
{
    (void)state;
    fake_queue_put(4);
    fake_queue_put(5);
    scene.is_bad[4] = true;
    run_well();
    assert_int_equal(scene.n_runs[4], 0);
    assert_int_equal(times_logged("drop 4\n"), 1);
    assert_int_equal(times_logged("done 5\n"), 1);
    assert_int_equal(report_of().n_refused, 1);
    assert_int_equal(report_of().n_failed, 0);
    assert_non_null(strstr(scene.lines, "no message of ours"));
}

static void
a_poison_shard_is_given_back_four_times(void **state)
{
    (void)state;
    fake_queue_put(0);
    fake_queue_put(1);
    for (size_t i = 0; i < MAX_VERDICTS; i++) {
        scene.verdicts[0][i] = FOVEA_ERR_FETCH;
    }
    run_well();
    assert_int_equal(scene.n_runs[0], 5);
    assert_int_equal(scene.n_attempts[0], 5);
    assert_int_equal(scene.n_fails[0], 1);
    assert_int_equal(scene.why[0], FOVEA_ERR_FETCH);
    static const char *const lines[] = { "later 0 1000\n", "later 0 2000\n",
        "later 0 4000\n", "later 0 8000\n", "drop 0\n", "done 1\n" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(lines); i++) {
        assert_int_equal(times_logged(lines[i]), 1);
    }
    struct fovea_node_report report = report_of();
    assert_int_equal(report.n_failed, 1);
    assert_int_equal(report.n_returned, 4);
    assert_int_equal(report.n_redeliveries, 4);
    assert_int_equal(scene.n_resting, 0);
}

static void
a_final_status_ends_a_shard_at_once(void **state)
{
    (void)state;
    fake_queue_put(0);
    scene.verdicts[0][0] = FOVEA_ERR_ARCHIVE;
    run_well();
    assert_int_equal(scene.n_runs[0], 1);
    assert_int_equal(scene.n_fails[0], 1);
    assert_string_equal(fake_queue.log.data, "drop 0\n");
    assert_non_null(strstr(scene.lines, "shard 0 has failed"));
}

/* Its marker says so: nothing is written, and it counts as nobody's. */
static void
a_shard_that_has_failed_is_dropped(void **state)
{
    (void)state;
    fake_queue_put(0);
    scene.verdicts[0][0] = FOVEA_ERR_SHARD_FAILED;
    run_well();
    assert_string_equal(fake_queue.log.data, "drop 0\n");
    assert_int_equal(scene.n_attempts[0] + scene.n_fails[0], 0);
    assert_int_equal(report_of().n_failed, 0);
}

static void
a_full_disk_makes_the_node_rest(void **state)
{
    (void)state;
    fake_queue_put(0);
    for (size_t i = 0; i < 7; i++) {
        scene.verdicts[0][i] = FOVEA_ERR_DISK_FULL;
    }
    run_well();
    assert_int_equal(scene.n_runs[0], 8);
    assert_int_equal(scene.n_attempts[0], 0);
    assert_int_equal(times_logged("later 0 0\n"), 7);
    assert_int_equal(times_logged("done 0\n"), 1);
    assert_non_null(strstr(scene.lines, "resting for"));
}

/* The pause is long: it is seen in a report, and no shard is asked for in it. */
static enum fovea_node_wish
stop_a_resting_one(void)
{
    return scene.n_resting >= 3 ? FOVEA_NODE_STOP : FOVEA_NODE_GO_ON;
}

static void
a_resting_node_asks_for_nothing(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_node_settings settings = some_settings();
    settings.pause_ns = 200 * FOVEA_NS_PER_S;
    fake_queue_put(0);
    fake_queue_put(1);
    scene.n_items[0] = 100;
    scene.verdicts[0][0] = FOVEA_ERR_MEMORY_EXHAUSTED;
    scene.wish = stop_a_resting_one;
    assert_ok(run_with(&settings, &error), &error);
    assert_int_equal(fake_queue.n_handed_out, 1);
    assert_true(fake_queue.n_stops >= 1);
    assert_string_equal(fake_queue.log.data, "later 0 0\n");
}

static void
what_cannot_be_written_down_is_no_verdict(void **state)
{
    (void)state;
    struct fovea_error error;
    const struct fovea_node_settings settings = some_settings();
    fake_queue_put(0);
    scene.verdicts[0][0] = FOVEA_ERR_ARCHIVE;
    scene.write_status = FOVEA_ERR_OBJECT_STORE_DENIED;
    scene.wish = never;
    assert_fails(run_with(&settings, &error), &error,
            FOVEA_ERR_OBJECT_STORE_DENIED, "nothing can be written");
    assert_string_equal(fake_queue.log.data, "later 0 0\n");
    assert_int_equal(scene.n_fails[0], 0);
}

static void
a_machine_without_its_model_ends(void **state)
{
    (void)state;
    struct fovea_error error;
    const struct fovea_node_settings settings = some_settings();
    fake_queue_put(0);
    scene.verdicts[0][0] = FOVEA_ERR_MODEL_WEIGHTS;
    scene.wish = never;
    assert_fails(run_with(&settings, &error), &error, FOVEA_ERR_MODEL_WEIGHTS,
            "the scene wants it");
    assert_string_equal(fake_queue.log.data, "later 0 0\n");
    assert_int_equal(scene.n_attempts[0], 0);
}

/* Until the broker was told three times that a shard is in work. */
static enum fovea_node_wish
release_after_signs(void)
{
    if (fake_queue.n_keeps[0] >= 3) {
        release(0);
    }
    return until_settled();
}

static void
signs_of_life_are_given_while_there_is_progress(void **state)
{
    (void)state;
    fake_queue_put(0);
    fake_queue.ack_wait_ns = 30 * FOVEA_NS_PER_MS;
    scene.is_held[0] = true;
    scene.wish = release_after_signs;
    run_well();
    assert_true(fake_queue.n_keeps[0] >= 3);
    assert_int_equal(report_of().n_done, 1);
}

static void
a_shard_that_hangs_is_given_up(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_node_settings settings = some_settings();
    settings.stall_ns = 20 * FOVEA_NS_PER_MS;
    fake_queue_put(0);
    fake_queue.ack_wait_ns = 300 * FOVEA_NS_PER_S;
    scene.is_held[0] = true;
    scene.stands_still = true;
    assert_ok(run_with(&settings, &error), &error);
    /* It was held each time: the fifth hang was the last. */
    assert_int_equal(scene.n_attempts[0], 5);
    assert_int_equal(scene.n_fails[0], 1);
    assert_int_equal(scene.why[0], FOVEA_ERR_DEADLINE);
    assert_int_equal(times_logged("drop 0\n"), 1);
    assert_int_equal(fake_queue.n_keeps[0], 0);
    assert_non_null(strstr(scene.lines, "--stall-time"));
    assert_non_null(strstr(scene.lines, "resting for"));
}

static void
a_node_whose_work_cannot_be_ended_leaves(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_node_settings settings = some_settings();
    bool is_left = false;
    settings.stall_ns = 20 * FOVEA_NS_PER_MS;
    fake_queue_put(0);
    scene.is_held[0] = true;
    scene.is_deaf[0] = true;
    scene.stands_still = true;
    scene.wish = never;
    assert_fails(fovea_node_run(&settings, &is_left, &error), &error,
            FOVEA_ERR_DEADLINE, "shard 0 hangs");
    assert_true(is_left);
    assert_string_equal(fake_queue.log.data, "later 0 1000\n");
    assert_int_equal(scene.n_attempts[0], 1);
    struct fovea_node_report report;
    assert_false(fovea_node_board_read(&board, &report, fovea_clock_ns()));
    release(0);
    lock();
    while (scene.n_running > 0) {
        (void)pthread_cond_wait(&scene.changed, &scene.mu);
    }
    unlock();
}

/* Two shards in work, the second one begun last. */
static bool
both_are_held(void)
{
    lock();
    scene.n_done[0] = 100;
    bool both = scene.n_running == 2;
    unlock();
    return both;
}

static bool was_told;

static enum fovea_node_wish
stop_with_two(void)
{
    if (!was_told && both_are_held()) {
        was_told = true;
        return FOVEA_NODE_STOP;
    }
    if (was_told && scene.n_cancels == 1) {
        release(0);
    }
    return FOVEA_NODE_GO_ON;
}

static void
a_node_that_stops_finishes_what_it_began_first(void **state)
{
    (void)state;
    was_told = false;
    fake_queue_put(0);
    fake_queue_put(1);
    fake_queue_put(2);
    scene.is_held[0] = true;
    scene.is_held[1] = true;
    scene.wish = stop_with_two;
    run_well();
    assert_int_equal(times_logged("done 0\n"), 1);
    assert_int_equal(times_logged("later 1 0\n"), 1);
    assert_int_equal(scene.n_runs[2], 0);
    assert_int_equal(fake_queue.n_handed_out, 2);
    assert_int_equal(report_of().state, FOVEA_NODE_STOPPING);
}

static enum fovea_node_wish
stop_when_held(void)
{
    lock();
    bool is_held = scene.n_running == 1;
    unlock();
    return is_held ? FOVEA_NODE_STOP : FOVEA_NODE_GO_ON;
}

static void
what_is_not_done_in_time_goes_back(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_node_settings settings = some_settings();
    settings.grace_ns = 0;
    fake_queue_put(0);
    scene.is_held[0] = true;
    scene.wish = stop_when_held;
    assert_ok(run_with(&settings, &error), &error);
    assert_string_equal(fake_queue.log.data, "later 0 0\n");
    assert_int_equal(scene.n_attempts[0], 0);
}

static enum fovea_node_wish
stop_now_when_held(void)
{
    lock();
    bool is_held = scene.n_running == 1;
    unlock();
    return is_held ? FOVEA_NODE_STOP_NOW : FOVEA_NODE_GO_ON;
}

static void
one_that_is_stopped_at_once_gives_back_and_waits_for_nobody(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_node_settings settings = some_settings();
    bool is_left = false;
    fake_queue_put(0);
    scene.is_held[0] = true;
    scene.is_deaf[0] = true;
    scene.wish = stop_now_when_held;
    assert_fails(fovea_node_run(&settings, &is_left, &error), &error,
            FOVEA_ERR_CANCELLED, "");
    assert_true(is_left);
    assert_string_equal(fake_queue.log.data, "later 0 0\n");
    release(0);
    lock();
    while (scene.n_running > 0) {
        (void)pthread_cond_wait(&scene.changed, &scene.mu);
    }
    unlock();
}

static void
a_broker_that_is_away_is_tried_again(void **state)
{
    (void)state;
    fake_queue_put(0);
    fake_queue.open_status = FOVEA_ERR_QUEUE;
    fake_queue.n_open_failures = 4;
    run_well();
    assert_int_equal(fake_queue.n_opens, 5);
    assert_int_equal(report_of().n_done, 1);
}

static void
patience_with_a_broker_ends(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_node_settings settings = some_settings();
    settings.patience_ns = FOVEA_NS_PER_MS;
    fake_queue.open_status = FOVEA_ERR_QUEUE;
    fake_queue.n_open_failures = UINT32_MAX;
    scene.wish = never;
    assert_fails(run_with(&settings, &error), &error, FOVEA_ERR_QUEUE,
            "--queue-patience");
    /* So it is with one that goes away later. */
    fake_queue.n_open_failures = 0;
    fake_queue.away_ns = 2 * FOVEA_NS_PER_MS;
    assert_fails(run_with(&settings, &error), &error, FOVEA_ERR_QUEUE,
            "--queue-patience");
}

static void
a_broker_that_refuses_ends_it(void **state)
{
    (void)state;
    struct fovea_error error;
    const struct fovea_node_settings settings = some_settings();
    static const enum fovea_status statuses[] = { FOVEA_ERR_QUEUE_DENIED,
        FOVEA_ERR_ARGUMENT, FOVEA_ERR_FILE_NOT_FOUND };
    scene.wish = never;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(statuses); i++) {
        fake_queue.open_status = statuses[i];
        fake_queue.n_open_failures = 1;
        assert_fails(run_with(&settings, &error), &error, statuses[i],
                "no broker");
    }
}

static void
without_the_job_it_does_not_begin(void **state)
{
    (void)state;
    struct fovea_error error;
    const struct fovea_node_settings settings = some_settings();
    scene.wish = never;
    fake_queue.look_status = FOVEA_ERR_NO_JOB;
    assert_fails(run_with(&settings, &error), &error, FOVEA_ERR_NO_JOB,
            "no job");
    fake_queue.look_status = FOVEA_OK;
    fake_queue.tag[0] = 'f';
    assert_fails(run_with(&settings, &error), &error, FOVEA_ERR_JOB_DIFFERS,
            "another -o");
    assert_int_equal(fake_queue.n_handed_out, 0);
}

/* The broker has lost its disk; after a while the job is published again. */
static enum fovea_node_wish
lose_the_job(void)
{
    (void)pthread_mutex_lock(&fake_queue.mu);
    if (scene.n_rounds == 2) {
        fake_queue.fetch_status = FOVEA_ERR_NO_JOB;
        fake_queue.look_status = FOVEA_ERR_NO_JOB;
    }
    bool comes_back = fake_queue.n_looks >= 4;
    if (comes_back) {
        fake_queue.look_status = FOVEA_OK;
    }
    (void)pthread_mutex_unlock(&fake_queue.mu);
    if (comes_back && fake_queue.places[0] == FAKE_ABSENT) {
        fake_queue_put(0);
    }
    return fake_queue.places[0] == FAKE_SETTLED ? FOVEA_NODE_STOP
                                                : FOVEA_NODE_GO_ON;
}

static void
a_job_that_is_lost_is_waited_for(void **state)
{
    (void)state;
    scene.wish = lose_the_job;
    run_well();
    assert_int_equal(report_of().n_done, 1);
    assert_true(fake_queue.n_looks >= 5);
    assert_int_equal(fake_queue.n_opens, 1);
    assert_non_null(strstr(scene.lines, "the broker is there again"));
}

static void
one_that_broke_off_is_reached_anew(void **state)
{
    (void)state;
    fake_queue_put(0);
    fake_queue.fetch_status = FOVEA_ERR_QUEUE;
    run_well();
    assert_int_equal(fake_queue.n_opens, 2);
    assert_int_equal(fake_queue.n_closes, 2);
    assert_int_equal(report_of().n_done, 1);
}

/* An acknowledgement that is lost costs nothing: the marker is there. */
static void
an_unconfirmed_end_is_no_trouble(void **state)
{
    (void)state;
    fake_queue_put(0);
    fake_queue.done_status = FOVEA_ERR_QUEUE;
    run_well();
    assert_int_equal(report_of().n_done, 1);
    assert_non_null(strstr(scene.lines, "unconfirmed"));
}

static void
it_ends_when_the_job_is_done_if_so_wanted(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_node_settings settings = some_settings();
    settings.until_done = true;
    fake_queue_put(0);
    fake_queue_put(1);
    scene.wish = never;
    assert_ok(run_with(&settings, &error), &error);
    assert_int_equal(report_of().n_done, 2);
}

/* Another node has the one shard; then it has done it, and the last one comes here. */
static enum fovea_node_wish
bring_the_last_one(void)
{
    bool is_asked = fake_queue.n_counts > 0;
    bool is_brought = fake_queue.places[1] != FAKE_ABSENT;
    if (is_asked && !is_brought) {
        fake_queue.places[0] = FAKE_SETTLED;
        fake_queue_put(1);
    }
    return until_settled();
}

static void
the_end_is_seen_with_the_last_shard(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_node_settings settings = some_settings();
    settings.until_done = true;
    fake_queue.places[0] = FAKE_HANDED_OUT;
    scene.wish = bring_the_last_one;
    assert_ok(run_with(&settings, &error), &error);
    assert_int_equal(report_of().n_done, 1);
    /* It asked once more, and was not told to stop by the wish, which comes first in
       the round that follows. */
    assert_int_equal(fake_queue.n_counts, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_shard_is_done_once),
        TEST(the_next_is_asked_for_when_little_is_left),
        TEST(nothing_is_asked_for_while_nobody_knows_what_is_left),
        TEST(a_shard_that_was_lost_is_a_redelivery),
        TEST(a_message_that_is_not_the_jobs_is_dropped),
        TEST(a_poison_shard_is_given_back_four_times),
        TEST(a_final_status_ends_a_shard_at_once),
        TEST(a_shard_that_has_failed_is_dropped),
        TEST(a_full_disk_makes_the_node_rest),
        TEST(a_resting_node_asks_for_nothing),
        TEST(what_cannot_be_written_down_is_no_verdict),
        TEST(a_machine_without_its_model_ends),
        TEST(signs_of_life_are_given_while_there_is_progress),
        TEST(a_shard_that_hangs_is_given_up),
        TEST(a_node_whose_work_cannot_be_ended_leaves),
        TEST(a_node_that_stops_finishes_what_it_began_first),
        TEST(what_is_not_done_in_time_goes_back),
        TEST(one_that_is_stopped_at_once_gives_back_and_waits_for_nobody),
        TEST(a_broker_that_is_away_is_tried_again),
        TEST(patience_with_a_broker_ends),
        TEST(a_broker_that_refuses_ends_it),
        TEST(without_the_job_it_does_not_begin),
        TEST(a_job_that_is_lost_is_waited_for),
        TEST(one_that_broke_off_is_reached_anew),
        TEST(an_unconfirmed_end_is_no_trouble),
        TEST(it_ends_when_the_job_is_done_if_so_wanted),
        TEST(the_end_is_seen_with_the_last_shard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
