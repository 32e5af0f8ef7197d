/*
 * Embedding without waiting: submit images as names come in, print each result
 * when it is there, in whatever order.
 *
 *     async MODEL < NAMES
 *
 * NAMES are paths or http(s) URLs, one a line. A full queue is not an error
 * here: it says to wait until one of our own images is done.
 *
 * To build it against an installed fovea:
 *
 *     cc async.c -pthread $(pkg-config --cflags --libs fovea) -o async
 */
#include <fovea/fovea.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Guarded by the mutex. */
struct progress {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    size_t n_waiting; /* submitted and not yet answered */
    size_t n_good;
    size_t n_bad;
};

/* What an image's answer needs to know; freed by it. */
struct item {
    struct progress *progress;
    char *name;
};

/* Called by a thread of the library, exactly once an image. */
static void
done(void *context, const struct fovea_error *result, const float *embedding,
        const struct fovea_timings *timings)
{
    struct item *item = context;
    struct progress *progress = item->progress;
    pthread_mutex_lock(&progress->mutex);
    if (result->code == FOVEA_OK) {
        printf("%s: %+.6f ... after %.1f ms\n", item->name,
                (double)embedding[0], (double)timings->total_ns / 1e6);
        progress->n_good++;
    } else {
        (void)fprintf(stderr, "%s: %s\n", item->name, result->message);
        progress->n_bad++;
    }
    progress->n_waiting--;
    pthread_cond_signal(&progress->changed);
    pthread_mutex_unlock(&progress->mutex);
    free(item->name);
    free(item);
}

/* Wait until fewer images than that are under way. */
static void
wait_until_below(struct progress *progress, size_t n)
{
    pthread_mutex_lock(&progress->mutex);
    while (progress->n_waiting >= n) {
        pthread_cond_wait(&progress->changed, &progress->mutex);
    }
    pthread_mutex_unlock(&progress->mutex);
}

static void
add_to(struct progress *progress, size_t *count, int by)
{
    pthread_mutex_lock(&progress->mutex);
    *count += (size_t)by;
    pthread_mutex_unlock(&progress->mutex);
}

/* Takes the item: done() frees it, or this does. */
static void
submit(struct fovea_model *model, struct item *item)
{
    struct progress *progress = item->progress;
    struct fovea_error error;
    const struct fovea_item image = {
        .kind = strstr(item->name, "://") ? FOVEA_ITEM_IMAGE_URL
                                          : FOVEA_ITEM_IMAGE_PATH,
        .data = item->name,
    };
    size_t n_before;
    enum fovea_status status;
    do {
        pthread_mutex_lock(&progress->mutex);
        n_before = progress->n_waiting++; /* the answer may come at once */
        pthread_mutex_unlock(&progress->mutex);
        status = fovea_submit(model, &image, NULL, done, item, NULL, &error);
        if (status) { /* done() will not be called */
            add_to(progress, &progress->n_waiting, -1);
        }
        if (status == FOVEA_ERR_BUSY && n_before > 0) {
            wait_until_below(progress, n_before);
        }
    } while (status == FOVEA_ERR_BUSY && n_before > 0);
    if (status) {
        (void)fprintf(stderr, "%s: %s\n", item->name, error.message);
        add_to(progress, &progress->n_bad, 1);
        free(item->name);
        free(item);
    }
}

static void
submit_list(struct fovea_model *model, struct progress *progress)
{
    char line[4096];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        struct item *item = malloc(sizeof *item);
        char *name = strdup(line);
        if (!item || !name) {
            free(item);
            free(name);
            break;
        }
        item->progress = progress;
        item->name = name;
        submit(model, item);
    }
    wait_until_below(progress, 1);
}

int
main(int argc, char **argv)
{
    struct fovea *library = NULL;
    struct fovea_model *model = NULL;
    struct fovea_error error;
    struct progress progress = {
        .mutex = PTHREAD_MUTEX_INITIALIZER,
        .changed = PTHREAD_COND_INITIALIZER,
    };
    if (argc != 2) {
        (void)fputs("usage: async MODEL < NAMES\n", stderr);
        return 2;
    }
    if (fovea_open(NULL, &library, &error) ||
            fovea_model_open(library, argv[1], &model, &error)) {
        (void)fprintf(stderr, "%s\n", error.message);
        fovea_close(library);
        return 1;
    }
    submit_list(model, &progress);
    fovea_model_close(model);
    fovea_close(library);
    printf("%zu good, %zu bad\n", progress.n_good, progress.n_bad);
    return progress.n_bad > 0 ? 3 : 0;
}
