/* Counting inputs: see count.h. */
#include "bulk/count.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct fovea_count {
    struct fovea_inputs *inputs; /* the thread's */
    pthread_t thread;
    atomic_bool stop;
    atomic_uint_least64_t total;
};

static void *
count_inputs(void *argument)
{
    struct fovea_count *count = argument;
    uint64_t n = 0;
    enum fovea_inputs_step step = FOVEA_INPUTS_ENTRY;
    while (!atomic_load(&count->stop)) {
        struct fovea_entry entry = { 0 };
        if (fovea_inputs_next(count->inputs, &step, &entry, NULL) ||
                step != FOVEA_INPUTS_ENTRY) {
            break;
        }
        fovea_entry_finish(&entry);
        n++;
    }
    if (step == FOVEA_INPUTS_END) {
        atomic_store(&count->total, n);
    }
    return NULL;
}

struct fovea_count *
fovea_count_start(const struct fovea_inputs_settings *inputs)
{
    struct fovea_count *count =
            fovea_inputs_repeat(inputs) ? calloc(1, sizeof *count) : NULL;
    if (!count) {
        return NULL;
    }
    if (fovea_inputs_create(inputs, &count->inputs, NULL) ||
            pthread_create(&count->thread, NULL, count_inputs, count)) {
        fovea_inputs_destroy(count->inputs);
        free(count);
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
        atomic_store(&count->stop, true);
        (void)pthread_join(count->thread, NULL);
        fovea_inputs_destroy(count->inputs);
        free(count);
    }
}
