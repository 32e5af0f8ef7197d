/* Counting inputs: see count.h. */
#include "bulk/count.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>

#include "base/event_fd.h"
#include "base/macros.h"

struct fovea_count {
    struct fovea_inputs_settings settings;
    struct fovea_inputs *inputs; /* the thread's */
    pthread_t thread;
    int stop_fd; /* eventfd: readable once it is to stop */
    atomic_uint_least64_t total;
};

/* Whether it is to go on; where there is no input yet, once there may be one. */
static bool
goes_on(const struct fovea_count *count, enum fovea_inputs_step step)
{
    bool waits = step == FOVEA_INPUTS_WAIT;
    struct pollfd fds[] = {
        { .fd = count->stop_fd, .events = POLLIN },
        { .fd = waits ? fovea_inputs_wait_fd(count->inputs) : -1,
                .events = POLLIN },
    };
    (void)poll(fds, FOVEA_ARRAY_LEN(fds), waits ? -1 : 0);
    return step != FOVEA_INPUTS_END && !fds[0].revents;
}

static void *
count_inputs(void *argument)
{
    struct fovea_count *count = argument;
    uint64_t n = 0;
    enum fovea_inputs_step step = FOVEA_INPUTS_ENTRY;
    bool is_known = true;
    while (is_known && goes_on(count, step)) {
        struct fovea_entry entry = { 0 };
        is_known = !fovea_inputs_next(count->inputs, &step, &entry, NULL);
        n += is_known && step == FOVEA_INPUTS_ENTRY;
        fovea_entry_finish(&entry);
    }
    if (is_known && step == FOVEA_INPUTS_END) {
        atomic_store(&count->total, n);
    }
    return NULL;
}

static void
finish(struct fovea_count *count)
{
    fovea_inputs_destroy(count->inputs);
    if (count->stop_fd >= 0) {
        (void)close(count->stop_fd);
    }
    free(count);
}

struct fovea_count *
fovea_count_start(const struct fovea_inputs_settings *inputs)
{
    struct fovea_count *count =
            fovea_inputs_repeat(inputs) ? calloc(1, sizeof *count) : NULL;
    if (!count) {
        return NULL;
    }
    count->settings = *inputs;
    count->settings.source.purpose = FOVEA_PURPOSE_COUNT;
    count->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (count->stop_fd < 0 ||
            fovea_inputs_create(&count->settings, &count->inputs, NULL) ||
            pthread_create(&count->thread, NULL, count_inputs, count)) {
        finish(count);
        return NULL;
    }
    return count;
}

uint64_t
fovea_count_total(const struct fovea_count *count)
{
    return atomic_load(&count->total);
}

void
fovea_count_stop(struct fovea_count *count)
{
    if (count) {
        fovea_event_raise(count->stop_fd);
        (void)pthread_join(count->thread, NULL);
        finish(count);
    }
}
