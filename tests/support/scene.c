/* A pool with fake workers: see scene.h. */
#include "scene.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/macros.h"
#include "runtime/shared_digest.h"
#include "sys/memfd.h"

static void
on_event(void *context, const struct fovea_event *event)
{
    struct scene *scene = context;
    FOVEA_ASSERT(event->message); /* cmocka's own are for the test's thread */
    (void)pthread_mutex_lock(&scene->mu);
    if (scene->n_events < SCENE_MAX_EVENTS) {
        struct scene_event *copy = &scene->events[scene->n_events++];
        copy->kind = event->kind;
        copy->pid = event->pid;
        copy->reason = event->reason;
        (void)snprintf(copy->key, sizeof copy->key, "%s",
                event->model_key ? event->model_key : "");
        (void)snprintf(copy->message, sizeof copy->message, "%.255s",
                event->message);
    }
    (void)pthread_cond_broadcast(&scene->changed);
    (void)pthread_mutex_unlock(&scene->mu);
}

unsigned
count_fds(void)
{
    DIR *directory = opendir("/proc/self/fd");
    assert_non_null(directory);
    unsigned n = 0;
    while (readdir(directory)) {
        n++;
    }
    (void)closedir(directory);
    return n - 3; /* ".", "..", its own */
}

void
sleep_ns(int64_t ns)
{
    struct timespec time = { ns / FOVEA_NS_PER_S, ns % FOVEA_NS_PER_S };
    (void)nanosleep(&time, NULL);
}

void
scene_write(const struct scene *scene, const char *name, const char *text)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", scene->directory, name);
    if (!text) {
        (void)unlink(path);
        return;
    }
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

void
scene_let_go(const struct scene *scene, const char *name)
{
    scene_write(scene, name, "");
}

void
scene_set_memory(const struct scene *scene, unsigned total_mb,
        unsigned available_mb)
{
    char text[256];
    (void)snprintf(text, sizeof text,
            "MemTotal: %u kB\nMemFree: %u kB\nMemAvailable: %u kB\n",
            total_mb * 1024, available_mb * 1024, available_mb * 1024);
    /* Whole at once: the pool may be reading it. */
    char from[128];
    char to[128];
    scene_write(scene, "proc/new", text);
    (void)snprintf(from, sizeof from, "%s/proc/new", scene->directory);
    (void)snprintf(to, sizeof to, "%s/proc/meminfo", scene->directory);
    assert_int_equal(rename(from, to), 0);
}

void
scene_init(struct scene *scene)
{
    memset(scene, 0, sizeof *scene);
    const char *program = getenv("FOVEA_FAKE_WORKER");
    assert_non_null(program);
    scene->program = realpath(program, NULL);
    assert_non_null(scene->program);
    (void)snprintf(scene->directory, sizeof scene->directory,
            "/tmp/fovea-pool-XXXXXX");
    assert_non_null(mkdtemp(scene->directory));
    /* Where workers look for what to say. */
    assert_int_equal(chdir(scene->directory), 0);
    assert_int_equal(mkdir("proc", 0700), 0);
    scene_set_memory(scene, 8192, 8192);
    assert_int_equal(pthread_mutex_init(&scene->mu, NULL), 0);
    assert_int_equal(pthread_cond_init(&scene->changed, NULL), 0);
    scene->settings = (struct fovea_pool_settings){
        .max_workers = 4,
        .max_queue = 4096,
        .memory_limit_pct = 80,
        .idle_ns = FOVEA_NEVER,
        .image_ns = SCENE_PATIENCE_NS,
        .load_ns = SCENE_PATIENCE_NS,
        .drain_ns = SCENE_PATIENCE_NS,
        .recycle_after = UINT64_MAX,
        .breaker_open_ns = SCENE_PATIENCE_NS,
        .quarantine_ns = 3600 * FOVEA_NS_PER_S,
        .sandbox = FOVEA_SANDBOX_ON,
        .worker_program = scene->program,
        .cache_directory = "",
        .max_cache_bytes = UINT64_C(1) << 30,
        .digest = fovea_shared_digest,
        .on_event = on_event,
        .event_context = scene,
        .memory_root = scene->directory,
    };
}

void
scene_open(struct scene *scene)
{
    scene->n_fds = count_fds();
    struct fovea_error error;
    assert_ok(fovea_pool_create(&scene->settings, &scene->pool, &error),
            &error);
}

void
scene_close(struct scene *scene)
{
    fovea_pool_destroy(scene->pool);
    scene->pool = NULL;
    assert_int_equal(count_fds(), scene->n_fds);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static int
remove_entry(const char *path, const struct stat *facts, int type,
        struct FTW *place)
{
    (void)facts;
    (void)type;
    (void)place;
    return remove(path);
}

void
scene_finish(struct scene *scene)
{
    if (scene->pool) {
        scene_close(scene);
    }
    assert_int_equal(chdir("/"), 0);
    (void)nftw(scene->directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    free(scene->program);
    (void)pthread_cond_destroy(&scene->changed);
    (void)pthread_mutex_destroy(&scene->mu);
}

void
scene_group_settings(struct scene *scene, const char *name,
        char directory_out[128], struct fovea_group_settings *out)
{
    (void)snprintf(directory_out, 128, "%s/%s", scene->directory, name);
    *out = (struct fovea_group_settings){
        .key = name,
        .directory = directory_out,
        .kind = FOVEA_WORK_EMBED,
        .dtype = FOVEA_DTYPE_F32,
        .n_threads = 1,
        .max_batch = 8,
        .limits = { .max_bytes = 1 << 20,
                .max_pixels = 1 << 20,
                .max_side_px = 1 << 16,
                .damaged = FOVEA_DAMAGED_REFUSE,
                .max_text_bytes = FOVEA_DEFAULT_MAX_TEXT_BYTES,
                .max_decode_bytes = 1 << 30,
                .max_decode_work = 1 << 20 },
        .thumbnail_px = 16,
        .dimension = FAKE_DIMENSION,
        .row_bytes = FAKE_DIMENSION * sizeof(float),
        .shared_bytes = 100 * SCENE_MIB,
        .worker_bytes = 50 * SCENE_MIB,
    };
}

struct fovea_group *
scene_group(struct scene *scene, const char *name, const char *load)
{
    char directory[128];
    struct fovea_group_settings settings;
    scene_group_settings(scene, name, directory, &settings);
    (void)mkdir(directory, 0700);
    if (load) {
        char file[64];
        (void)snprintf(file, sizeof file, "%s/load", name);
        scene_write(scene, file, load);
    }
    struct fovea_group *group = NULL;
    struct fovea_error error;
    assert_ok(fovea_group_open(scene->pool, &settings, &group, &error), &error);
    return group;
}

void
shot_init(struct shot *shot, struct scene *scene, const char *format, ...)
{
    memset(shot, 0, sizeof *shot);
    shot->scene = scene;
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(shot->text, sizeof shot->text, format, arguments);
    va_end(arguments);
    assert_true(n >= 0 && (size_t)n < sizeof shot->text);
    shot->size = (size_t)n;
}

/* Guarded by the scene's mu of whoever answers. */
static unsigned n_answers;

static void
done(void *context, const struct fovea_pool_outcome *outcome)
{
    struct shot *shot = context;
    const void *row = outcome->row;
    struct scene *scene = shot->scene;
    if (shot->next) {
        struct fovea_error error;
        FOVEA_ASSERT(!shot_submit(shot->next, shot->group, &error));
    }
    (void)pthread_mutex_lock(&scene->mu);
    shot->n_done++;
    shot->order = ++n_answers;
    shot->result = outcome->error;
    shot->timings = outcome->timings;
    shot->facts = outcome->facts;
    if (row && shot->is_pixels) {
        memcpy(shot->row, row, sizeof shot->row);
    } else if (row) {
        memcpy(shot->vector, row, sizeof shot->vector);
    }
    (void)pthread_cond_broadcast(&scene->changed);
    (void)pthread_mutex_unlock(&scene->mu);
}

enum fovea_status
shot_submit(struct shot *shot, struct fovea_group *group,
        struct fovea_error *err)
{
    (void)pthread_mutex_lock(&shot->scene->mu);
    shot->n_done = 0; /* it may be submitted again */
    (void)pthread_mutex_unlock(&shot->scene->mu);
    struct fovea_pool_request image = {
        .size = shot->size,
        .flags.raw = shot->raw,
        .is_batch = shot->is_batch,
        .is_admitted = shot->is_admitted,
        .submitted_ns = fovea_clock_ns(),
        .deadline_ns = shot->deadline_ns ? shot->deadline_ns : FOVEA_NEVER,
        .done = done,
        .context = shot,
    };
    FOVEA_ASSERT(fovea_memfd_from_bytes("shot", shot->text, shot->size,
                         &image.fd, err) == FOVEA_OK);
    enum fovea_status status =
            fovea_group_submit(group, &image, &shot->ticket, err);
    if (status) {
        (void)close(image.fd);
    }
    return status;
}

void
shot_must_submit(struct shot *shot, struct fovea_group *group)
{
    struct fovea_error error;
    assert_ok(shot_submit(shot, group, &error), &error);
}

static void
wait_a_little(struct scene *scene)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 10000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    (void)pthread_cond_timedwait(&scene->changed, &scene->mu, &until);
}

void
shot_wait(struct shot *shot)
{
    struct scene *scene = shot->scene;
    int64_t until = fovea_clock_ns() + SCENE_PATIENCE_NS;
    (void)pthread_mutex_lock(&scene->mu);
    while (!shot->n_done && fovea_clock_ns() < until) {
        wait_a_little(scene);
    }
    unsigned n_done = shot->n_done;
    (void)pthread_mutex_unlock(&scene->mu);
    if (!n_done) {
        fail_msg("no answer to \"%s\"", shot->text);
    }
}

unsigned
shot_answers(struct shot *shot)
{
    (void)pthread_mutex_lock(&shot->scene->mu);
    unsigned n_done = shot->n_done;
    (void)pthread_mutex_unlock(&shot->scene->mu);
    return n_done;
}

void
shot_check_good(struct shot *shot)
{
    shot_wait(shot);
    assert_ok(shot->result.code, &shot->result);
    assert_int_equal(shot_answers(shot), 1);
    if (shot->is_pixels) {
        for (size_t i = 0; i < sizeof shot->row; i++) {
            assert_int_equal(shot->row[i],
                    fake_hash(shot->text, shot->size) & 0xff);
        }
        return;
    }
    float expected[FAKE_DIMENSION];
    fake_vector(shot->text, shot->size, shot->raw, expected);
    assert_memory_equal(shot->vector, expected, sizeof expected);
}

void
shot_expect_good(struct shot *shot, struct fovea_group *group)
{
    struct fovea_error error;
    assert_ok(shot_submit(shot, group, &error), &error);
    shot_check_good(shot);
}

void
shot_check(struct shot *shot, enum fovea_status status, const char *part)
{
    shot_wait(shot);
    assert_int_equal(shot_answers(shot), 1);
    assert_fails(shot->result.code, &shot->result, status, part);
}

void
shot_expect(struct shot *shot, struct fovea_group *group,
        enum fovea_status status, const char *part)
{
    struct fovea_error error;
    assert_ok(shot_submit(shot, group, &error), &error);
    shot_check(shot, status, part);
}

/* The last event that fits, and how many do; mu held. */
static unsigned
count_locked(struct scene *scene, enum fovea_event_kind kind,
        enum fovea_stop_reason reason, const char **message_out)
{
    unsigned n = 0;
    for (size_t i = 0; i < scene->n_events; i++) {
        const struct scene_event *event = &scene->events[i];
        if (event->kind == kind && (!reason || event->reason == reason)) {
            n++;
            *message_out = event->message;
        }
    }
    return n;
}

static unsigned
count_events(struct scene *scene, enum fovea_event_kind kind,
        enum fovea_stop_reason reason)
{
    const char *message = NULL;
    (void)pthread_mutex_lock(&scene->mu);
    unsigned n = count_locked(scene, kind, reason, &message);
    (void)pthread_mutex_unlock(&scene->mu);
    return n;
}

unsigned
scene_count(struct scene *scene, enum fovea_event_kind kind)
{
    return count_events(scene, kind, FOVEA_STOP_NONE);
}

unsigned
scene_count_stops(struct scene *scene, enum fovea_stop_reason reason)
{
    return count_events(scene, FOVEA_EVENT_WORKER_STOPPED, reason);
}

static const char *
wait_event(struct scene *scene, enum fovea_event_kind kind,
        enum fovea_stop_reason reason, unsigned n)
{
    const char *message = NULL;
    int64_t until = fovea_clock_ns() + SCENE_PATIENCE_NS;
    (void)pthread_mutex_lock(&scene->mu);
    unsigned found = 0;
    while ((found = count_locked(scene, kind, reason, &message)) < n &&
            fovea_clock_ns() < until) {
        wait_a_little(scene);
    }
    (void)pthread_mutex_unlock(&scene->mu);
    if (found < n) {
        fail_msg("%u of %u events %s", found, n, fovea_event_kind_name(kind));
    }
    return message;
}

const char *
scene_wait_event(struct scene *scene, enum fovea_event_kind kind, unsigned n)
{
    return wait_event(scene, kind, FOVEA_STOP_NONE, n);
}

void
scene_wait_stops(struct scene *scene, enum fovea_stop_reason reason, unsigned n)
{
    (void)wait_event(scene, FOVEA_EVENT_WORKER_STOPPED, reason, n);
}

/* How many are in a state from the one to the other, at one moment. */
static unsigned
count_between(struct scene *scene, enum fovea_worker_state first,
        enum fovea_worker_state last)
{
    struct fovea_pool_stats stats;
    struct fovea_error error;
    assert_ok(fovea_stats_read(scene->pool, &stats, &error), &error);
    unsigned n = 0;
    for (size_t i = 0; i < stats.n_workers; i++) {
        enum fovea_worker_state state = stats.workers[i].state;
        n += state >= first && state <= last;
    }
    fovea_pool_stats_finish(&stats);
    return n;
}

unsigned
scene_count_workers(struct scene *scene, enum fovea_worker_state state)
{
    return count_between(scene, state, state);
}

unsigned
scene_count_live(struct scene *scene)
{
    return count_between(scene, FOVEA_WORKER_SPAWNING, FOVEA_WORKER_IDLE);
}

void
scene_wait_workers(struct scene *scene, enum fovea_worker_state state,
        unsigned n)
{
    int64_t until = fovea_clock_ns() + SCENE_PATIENCE_NS;
    unsigned found = 0;
    while ((found = scene_count_workers(scene, state)) != n) {
        if (fovea_clock_ns() > until) {
            fail_msg("%u of %u workers are %s", found, n,
                    fovea_worker_state_name(state));
        }
        sleep_ns(FOVEA_NS_PER_MS);
    }
}

int64_t
scene_worker(struct scene *scene, enum fovea_worker_state state)
{
    struct fovea_pool_stats stats;
    struct fovea_error error;
    assert_ok(fovea_stats_read(scene->pool, &stats, &error), &error);
    int64_t pid = 0;
    for (size_t i = 0; i < stats.n_workers; i++) {
        if (stats.workers[i].state == state) {
            pid = stats.workers[i].pid;
        }
    }
    fovea_pool_stats_finish(&stats);
    return pid;
}

pid_t
scene_resting_worker(struct scene *scene)
{
    scene_wait_workers(scene, FOVEA_WORKER_PROCESSING, 0);
    /* In this order: what is ready becomes idle, not the other way round. */
    int64_t pid = scene_worker(scene, FOVEA_WORKER_READY);
    pid = pid ? pid : scene_worker(scene, FOVEA_WORKER_IDLE);
    assert_true(pid > 0);
    return (pid_t)pid;
}
