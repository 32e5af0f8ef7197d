/* Batches: see batch.h. */
#include "runtime/batch.h"

#include <string.h>

#include "base/error.h"
#include "runtime/submit.h"

enum {
    /* Of what the workers can hold at once: one share in their hands, one in
       the queue for when they are done. */
    N_SHARES = 2,
};

struct run;

/* One of the images in flight. */
struct place {
    struct place *next; /* in the list of free ones */
    struct run *run;
    size_t index;
};

struct run {
    struct fovea_model *model;
    const struct fovea_batch *batch;
    struct place *places; /* [n_places] */
    size_t n_places;
    /* Guarded by the model's mutex. */
    struct place *free_places;
    size_t n_in_flight;
};

static size_t
count_places(const struct fovea *library, size_t n)
{
    size_t most = (size_t)N_SHARES * library->max_workers * library->max_batch;
    most = most < library->max_queue ? most : library->max_queue;
    return n < most ? n : most;
}

static void
settle(struct run *run, size_t index, const struct fovea_error *result,
        const void *row)
{
    const struct fovea_batch *batch = run->batch;
    unsigned char *to = batch->rows + index * batch->row_size;
    batch->results[index] = *result;
    if (row) {
        memcpy(to, row, batch->row_size);
    } else {
        memset(to, 0, batch->row_size);
    }
}

/* Under the model's mutex. */
static void
give_back(struct place *place)
{
    struct run *run = place->run;
    place->next = run->free_places;
    run->free_places = place;
    run->n_in_flight--;
    run->model->n_batch_items--;
    (void)pthread_cond_broadcast(&run->model->batch_changed);
}

static void
done(void *context, const struct fovea_error *result, const void *row,
        const struct fovea_timings *timings)
{
    (void)timings;
    struct place *place = context;
    struct fovea_model *model = place->run->model;
    settle(place->run, place->index, result, row);
    (void)pthread_mutex_lock(&model->mutex);
    model->n_batch_done++;
    give_back(place);
    (void)pthread_mutex_unlock(&model->mutex);
}

/* A place for the next image, once there is one; counted as in flight, because
   its end may come before submitting it has returned. */
static struct place *
take_place(struct run *run, uint64_t *n_done_out)
{
    struct fovea_model *model = run->model;
    (void)pthread_mutex_lock(&model->mutex);
    while (!run->free_places) {
        (void)pthread_cond_wait(&model->batch_changed, &model->mutex);
    }
    struct place *place = run->free_places;
    run->free_places = place->next;
    run->n_in_flight++;
    model->n_batch_items++;
    *n_done_out = model->n_batch_done;
    (void)pthread_mutex_unlock(&model->mutex);
    return place;
}

/* After an image could not be submitted: whether to try again, because one of
   some batch was done since. Waits for that while any is in flight. */
static bool
wait_for_room(struct place *place, uint64_t n_done)
{
    struct fovea_model *model = place->run->model;
    (void)pthread_mutex_lock(&model->mutex);
    give_back(place);
    while (model->n_batch_done == n_done && model->n_batch_items > 0) {
        (void)pthread_cond_wait(&model->batch_changed, &model->mutex);
    }
    bool has_room = model->n_batch_done != n_done;
    (void)pthread_mutex_unlock(&model->mutex);
    return has_room;
}

static void
submit_item(struct run *run, size_t index)
{
    const struct fovea_batch *batch = run->batch;
    struct fovea_error error;
    enum fovea_status status;
    uint64_t n_done = 0;
    struct place *place;
    do {
        place = take_place(run, &n_done);
        place->index = index;
        const struct fovea_request request = {
            .item = &batch->items[index],
            .kind = batch->kind,
            .flags = batch->flags,
            .is_batch = true,
            .done = done,
            .context = place,
        };
        status = fovea_request_submit(run->model, &request, NULL, &error);
    } while (status == FOVEA_ERR_BUSY && wait_for_room(place, n_done));
    if (status) {
        settle(run, index, &error, NULL);
    }
    if (status && status != FOVEA_ERR_BUSY) {
        (void)pthread_mutex_lock(&run->model->mutex);
        give_back(place);
        (void)pthread_mutex_unlock(&run->model->mutex);
    }
}

static void
submit_all(struct run *run)
{
    for (size_t i = 0; i < run->n_places; i++) {
        run->places[i].run = run;
        run->places[i].next = run->free_places;
        run->free_places = &run->places[i];
    }
    for (size_t i = 0; i < run->batch->n; i++) {
        submit_item(run, i);
    }
    struct fovea_model *model = run->model;
    (void)pthread_mutex_lock(&model->mutex);
    while (run->n_in_flight > 0) {
        (void)pthread_cond_wait(&model->batch_changed, &model->mutex);
    }
    (void)pthread_mutex_unlock(&model->mutex);
}

/* Statuses of items that no worker has seen, nor would see any other. */
static bool
says_no_worker(enum fovea_status status)
{
    static const enum fovea_status all[] = { FOVEA_ERR_MEMORY_EXHAUSTED,
        FOVEA_ERR_WORKER_START, FOVEA_ERR_SANDBOX, FOVEA_ERR_CIRCUIT_OPEN,
        FOVEA_ERR_FORKED, FOVEA_ERR_MODEL_NOT_FOUND, FOVEA_ERR_MODEL_CONFIG,
        FOVEA_ERR_MODEL_WEIGHTS, FOVEA_ERR_MODEL_UNSUPPORTED };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(all); i++) {
        if (status == all[i]) {
            return true;
        }
    }
    return false;
}

/* What is true of every item is said of the whole call. */
static enum fovea_status
judge(const struct fovea_batch *batch, struct fovea_error *err)
{
    for (size_t i = 0; i < batch->n; i++) {
        if (!says_no_worker(batch->results[i].code)) {
            return FOVEA_OK;
        }
    }
    if (err) {
        *err = batch->results[0];
    }
    return batch->results[0].code;
}

enum fovea_status
fovea_batch_run(struct fovea_model *model, const struct fovea_batch *batch,
        struct fovea_error *err)
{
    enum fovea_status status = fovea_library_check(model->library, err);
    if (status || batch->n == 0) {
        return status;
    }
    struct run run = {
        .model = model,
        .batch = batch,
        .n_places = count_places(model->library, batch->n),
    };
    run.places = calloc(run.n_places, sizeof *run.places);
    if (!run.places) {
        return fovea_fail_memory(err, run.n_places * sizeof *run.places,
                "a batch");
    }
    submit_all(&run);
    free(run.places);
    return judge(batch, err);
}
