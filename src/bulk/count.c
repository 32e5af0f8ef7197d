/* Counting inputs: see count.h. */
#include "bulk/count.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct fovea_count {
    struct fovea_entries *entries; /* the thread's */
    pthread_t thread;
    atomic_bool stop;
    atomic_uint_least64_t total;
};

static void *
count_entries(void *argument)
{
    struct fovea_count *count = argument;
    uint64_t n = 0;
    enum fovea_entries_step step = FOVEA_ENTRIES_ENTRY;
    while (!atomic_load(&count->stop)) {
        struct fovea_entry entry = { 0 };
        if (fovea_entries_next(count->entries, &step, &entry, NULL) ||
                step != FOVEA_ENTRIES_ENTRY) {
            break;
        }
        fovea_entry_finish(&entry);
        n++;
    }
    if (step == FOVEA_ENTRIES_END) {
        atomic_store(&count->total, n);
    }
    return NULL;
}

struct fovea_count *
fovea_count_start(const struct fovea_entries_source *source)
{
    for (size_t i = 0; i < source->n_words; i++) {
        if (strcmp(source->words[i], "-") == 0 && !source->image) {
            return NULL;
        }
    }
    struct fovea_count *count = calloc(1, sizeof *count);
    if (!count) {
        return NULL;
    }
    if (fovea_entries_create(source, &count->entries, NULL) ||
            pthread_create(&count->thread, NULL, count_entries, count)) {
        fovea_entries_destroy(count->entries);
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
        fovea_entries_destroy(count->entries);
        free(count);
    }
}
