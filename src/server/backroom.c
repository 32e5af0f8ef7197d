/* See backroom.h. */
#include "server/backroom.h"

struct fovea_backroom {
    struct fovea_server *server;
    pthread_t thread;
    pthread_mutex_t mu;
    pthread_cond_t changed;
    /* guarded by mu */
    struct fovea_chore *first;
    struct fovea_chore *last;
    bool is_closing;
};

static struct fovea_chore *
take(struct fovea_backroom *backroom)
{
    (void)pthread_mutex_lock(&backroom->mu);
    while (!backroom->first && !backroom->is_closing) {
        (void)pthread_cond_wait(&backroom->changed, &backroom->mu);
    }
    struct fovea_chore *chore = backroom->first;
    if (chore) {
        backroom->first = chore->next;
        backroom->last = chore->next ? backroom->last : NULL;
    }
    (void)pthread_mutex_unlock(&backroom->mu);
    return chore;
}

static void *
run(void *context)
{
    struct fovea_backroom *backroom = context;
    struct fovea_chore *chore;
    (void)pthread_setname_np(pthread_self(), "fovea-back");
    while ((chore = take(backroom))) {
        chore->work(chore);
        fovea_notice_post(backroom->server, &chore->notice);
    }
    return NULL;
}

enum fovea_status
fovea_backroom_open(struct fovea_server *server, struct fovea_backroom **out,
        struct fovea_error *err)
{
    struct fovea_backroom *backroom = calloc(1, sizeof *backroom);
    if (!backroom) {
        return fovea_fail_memory(err, sizeof *backroom, "a thread");
    }
    backroom->server = server;
    (void)pthread_mutex_init(&backroom->mu, NULL);
    (void)pthread_cond_init(&backroom->changed, NULL);
    int error = pthread_create(&backroom->thread, NULL, run, backroom);
    if (error) {
        free(backroom);
        return fovea_fail_errno(err, FOVEA_ERR_NO_MEMORY, error,
                "a thread cannot be started");
    }
    *out = backroom;
    return FOVEA_OK;
}

void
fovea_backroom_do(struct fovea_backroom *backroom, struct fovea_chore *chore)
{
    chore->next = NULL;
    (void)pthread_mutex_lock(&backroom->mu);
    if (backroom->last) {
        backroom->last->next = chore;
    } else {
        backroom->first = chore;
    }
    backroom->last = chore;
    (void)pthread_cond_signal(&backroom->changed);
    (void)pthread_mutex_unlock(&backroom->mu);
}

void
fovea_backroom_close(struct fovea_backroom *backroom)
{
    if (!backroom) {
        return;
    }
    (void)pthread_mutex_lock(&backroom->mu);
    backroom->is_closing = true;
    (void)pthread_cond_signal(&backroom->changed);
    (void)pthread_mutex_unlock(&backroom->mu);
    (void)pthread_join(backroom->thread, NULL);
    (void)pthread_cond_destroy(&backroom->changed);
    (void)pthread_mutex_destroy(&backroom->mu);
    free(backroom);
}
