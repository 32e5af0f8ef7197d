/*
 * See index_flights.h. The caller's thread opens, digests and submits; the
 * library's say that something was fetched or embedded, under the mutex, and touch
 * nothing afterwards.
 */
#include "runtime/index_flights.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "index/rows.h"
#include "runtime/file_digest.h"
#include "runtime/open_item.h"
#include "runtime/submit.h"

enum stage {
    STAGE_FREE,
    STAGE_FETCHING,
    STAGE_OPEN,    /* fd and size are known */
    STAGE_WAITING, /* for room in a queue */
    STAGE_EMBEDDING,
    STAGE_DONE,
    STAGE_TAKEN,
};

/* An image for one set. */
struct part {
    struct flight *flight;
    size_t set;
    float *values;
    bool is_wanted; /* and not submitted yet */
    bool is_good;
};

struct flight {
    struct fovea_flight result; /* first: what the caller has */
    struct fovea_flights *all;
    enum stage stage;
    int fd;
    struct part *parts; /* [n_sets] */
    size_t n_pending;   /* of them, submitted */
};

struct fovea_flights {
    struct fovea_index *index;
    const struct fovea_index_set_id *sets;
    size_t n_sets;
    struct fovea_model **models; /* [n_sets] */
    uint64_t ticket;             /* of all */
    struct flight *flights;      /* [capacity] */
    size_t capacity;
    struct part *parts;
    struct fovea_index_vector *vectors;
    float *values;

    pthread_mutex_t mutex; /* guards what the library's threads write */
    pthread_cond_t changed;
    size_t n_under_way; /* fetched or embedded by others now */
};

static void
free_flights(struct fovea_flights *all)
{
    free(all->models);
    free(all->flights);
    free(all->parts);
    free(all->vectors);
    free(all->values);
    free(all);
}

static void
init_flights(struct fovea_flights *all, size_t n_values)
{
    for (size_t i = 0; i < all->capacity; i++) {
        struct flight *flight = &all->flights[i];
        float *values = all->values + i * n_values;
        flight->all = all;
        flight->fd = -1;
        flight->parts = all->parts + i * all->n_sets;
        flight->result.vectors = all->vectors + i * all->n_sets;
        for (size_t k = 0; k < all->n_sets; k++) {
            flight->parts[k] = (struct part){
                .flight = flight,
                .set = k,
                .values = values,
            };
            values += all->sets[k].key.dimension;
        }
    }
}

static enum fovea_status
open_models(struct fovea_flights *all, struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; !status && i < all->n_sets; i++) {
        status = fovea_index_model(all->index, &all->sets[i].key,
                &all->models[i], err);
    }
    if (!status) {
        all->ticket = fovea_group_ticket(all->models[0]->embedder);
    }
    return status;
}

enum fovea_status
fovea_flights_create(struct fovea_index *index,
        const struct fovea_index_set_id *sets, size_t n_sets, size_t capacity,
        struct fovea_flights **flights_out, struct fovea_error *err)
{
    size_t n_values = 0;
    for (size_t i = 0; i < n_sets; i++) {
        n_values += sets[i].key.dimension;
    }
    struct fovea_flights *all = calloc(1, sizeof *all);
    if (!all) {
        return fovea_fail_memory(err, sizeof *all, "images under way");
    }
    all->index = index;
    all->sets = sets;
    all->n_sets = n_sets;
    all->capacity = capacity;
    all->models = calloc(n_sets, sizeof *all->models);
    all->flights = calloc(capacity, sizeof *all->flights);
    all->parts = calloc(capacity * n_sets, sizeof *all->parts);
    all->vectors = calloc(capacity * n_sets, sizeof *all->vectors);
    all->values = calloc(capacity * n_values, sizeof *all->values);
    enum fovea_status status = FOVEA_OK;
    if (!all->models || !all->flights || !all->parts || !all->vectors ||
            !all->values) {
        status = fovea_fail_memory(err, capacity * n_values * sizeof(float),
                "images under way");
    }
    if (!status) {
        status = open_models(all, err);
    }
    if (status) {
        free_flights(all);
        return status;
    }
    FOVEA_ASSERT(pthread_mutex_init(&all->mutex, NULL) == 0);
    fovea_clock_init_cond(&all->changed);
    init_flights(all, n_values);
    *flights_out = all;
    return FOVEA_OK;
}

static struct flight *
find(const struct fovea_flights *all, enum stage stage)
{
    for (size_t i = 0; i < all->capacity; i++) {
        if (all->flights[i].stage == stage) {
            return &all->flights[i];
        }
    }
    return NULL;
}

static void
lock(struct fovea_flights *all)
{
    (void)pthread_mutex_lock(&all->mutex);
}

static void
unlock(struct fovea_flights *all)
{
    (void)pthread_mutex_unlock(&all->mutex);
}

/* The first failure counts. Under the mutex, like what follows. */
static void
keep_error(struct flight *flight, const struct fovea_error *error)
{
    if (!flight->result.error.code) {
        flight->result.error = *error;
    }
}

static void
close_file(struct flight *flight)
{
    if (flight->fd >= 0) {
        (void)close(flight->fd);
        flight->fd = -1;
    }
}

static void
finish(struct flight *flight)
{
    struct fovea_flight *result = &flight->result;
    close_file(flight);
    result->n_vectors = 0;
    for (size_t i = 0; i < flight->all->n_sets; i++) {
        const struct part *part = &flight->parts[i];
        if (part->is_good) {
            result->vectors[result->n_vectors++] = (struct fovea_index_vector){
                .set = flight->all->sets[i].id,
                .values = part->values,
            };
        }
    }
    flight->stage = STAGE_DONE;
}

static void
embedded(void *context, const struct fovea_pool_outcome *outcome)
{
    struct part *part = context;
    struct flight *flight = part->flight;
    struct fovea_flights *all = flight->all;
    struct fovea_index_content *content = &flight->result.content;
    lock(all);
    keep_error(flight, &outcome->error);
    if (outcome->row) {
        memcpy(part->values, outcome->row,
                all->sets[part->set].key.dimension * sizeof(float));
        part->is_good = true;
        flight->result.error.notes |= outcome->error.notes;
    }
    if (outcome->facts.format) {
        const struct fovea_image_facts *facts = &outcome->facts;
        content->width_px = facts->width_px;
        content->height_px = facts->height_px;
        (void)snprintf(content->format, sizeof content->format, "%s",
                facts->format);
        content->has_taken = facts->taken_s != FOVEA_TAKEN_UNKNOWN;
        content->taken_s = content->has_taken ? facts->taken_s : 0;
    }
    all->n_under_way--;
    if (--flight->n_pending == 0 && flight->stage == STAGE_EMBEDDING) {
        finish(flight);
    }
    (void)pthread_cond_broadcast(&all->changed);
    unlock(all);
}

static void
fetched(void *context, const struct fovea_error *result,
        const struct fovea_fetched *fetched)
{
    struct flight *flight = context;
    struct fovea_flights *all = flight->all;
    lock(all);
    keep_error(flight, result);
    flight->fd = fetched->fd;
    flight->result.content.size_bytes = fetched->size;
    flight->stage = STAGE_OPEN;
    all->n_under_way--;
    (void)pthread_cond_broadcast(&all->changed);
    unlock(all);
}

static enum fovea_status
fetch(struct flight *flight, const char *url, struct fovea_error *err)
{
    struct fovea_flights *all = flight->all;
    const struct fovea *library = all->index->library;
    if (!url) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "data is NULL");
    }
    const struct fovea_fetch_request request = {
        .url = url,
        .ticket = all->ticket,
        .deadline_ns = fovea_later(fovea_clock_ns(), library->deadline_ns),
        .is_admitted = true, /* so many are under way, and no more */
        .fetched = fetched,
        .context = flight,
    };
    lock(all);
    flight->stage = STAGE_FETCHING;
    all->n_under_way++;
    unlock(all);
    enum fovea_status status =
            fovea_fetcher_submit(library->fetcher, &request, err);
    if (status) {
        lock(all);
        all->n_under_way--;
        unlock(all);
    }
    return status;
}

static enum fovea_status
open_item(struct flight *flight, const struct fovea_item *item,
        struct fovea_error *err)
{
    enum fovea_status status = fovea_request_check_item(item, err);
    if (status) {
        return status;
    }
    if (item->kind == FOVEA_ITEM_TEXT) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "the item is a text, and an index keeps images");
    }
    if (item->kind == FOVEA_ITEM_IMAGE_URL) {
        return fetch(flight, item->data, err);
    }
    status = fovea_item_open(item, &flight->all->index->library->limits,
            &flight->fd, &flight->result.content.size_bytes, err);
    if (!status) {
        lock(flight->all);
        flight->stage = STAGE_OPEN;
        unlock(flight->all);
    }
    return status;
}

static void
fail(struct flight *flight, const struct fovea_error *error)
{
    lock(flight->all);
    keep_error(flight, error);
    finish(flight);
    unlock(flight->all);
}

/* The sets that the index has these bytes in need nothing. */
static enum fovea_status
choose_parts(struct flight *flight, struct fovea_error *err)
{
    struct fovea_flights *all = flight->all;
    struct fovea_index_folder *folder = all->index->folder;
    struct fovea_index_content known;
    struct fovea_error error;
    fovea_index_enter(all->index);
    enum fovea_status status = fovea_index_content_find(folder,
            flight->result.content.digest, &known, &error);
    bool is_known = status == FOVEA_OK;
    status = status == FOVEA_ERR_NO_ITEM ? FOVEA_OK : status;
    for (size_t i = 0; i < all->n_sets && !status; i++) {
        const struct fovea_index_set *set = NULL;
        uint64_t row = 0;
        flight->parts[i].is_wanted = true;
        if (!is_known) {
            continue;
        }
        status = fovea_index_set_find(folder, all->sets[i].key.model, &set,
                &error);
        if (!status) {
            status = fovea_index_content_row(folder, set, known.id, &row,
                    &error);
            flight->parts[i].is_wanted = status == FOVEA_ERR_NO_ITEM;
            status = status == FOVEA_ERR_NO_ITEM ? FOVEA_OK : status;
        }
    }
    fovea_index_leave(all->index);
    if (is_known) {
        flight->result.content = known;
    }
    if (status && err) {
        *err = error;
    }
    return status;
}

/* FOVEA_ERR_BUSY: later, when something that is under way is done. */
static enum fovea_status
submit_parts(struct flight *flight, struct fovea_error *err)
{
    struct fovea_flights *all = flight->all;
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; i < all->n_sets && !status; i++) {
        struct part *part = &flight->parts[i];
        if (!part->is_wanted) {
            continue;
        }
        lock(all);
        bool is_alone = all->n_under_way == 0;
        all->n_under_way++;
        flight->n_pending++;
        unlock(all);
        const struct fovea_request request = {
            .fd = flight->fd,
            .size = flight->result.content.size_bytes,
            .kind = FOVEA_WORK_EMBED,
            .is_batch = true,
            .is_admitted = is_alone,
            .ticket = all->ticket,
            .done = embedded,
            .context = part,
        };
        status = fovea_request_submit(all->models[i], &request, NULL, err);
        if (status) {
            lock(all);
            all->n_under_way--;
            flight->n_pending--;
            unlock(all);
        }
        part->is_wanted = status == FOVEA_ERR_BUSY;
    }
    return status;
}

/* As far as it goes without waiting. */
static void
go_on(struct flight *flight)
{
    struct fovea_flights *all = flight->all;
    lock(all);
    struct fovea_error error = flight->result.error;
    bool is_new = flight->stage == STAGE_OPEN;
    unlock(all);
    enum fovea_status status = error.code;
    if (!status && is_new) {
        status =
                fovea_file_digest(flight->fd, flight->result.content.size_bytes,
                        flight->result.content.digest, &error);
        status = status ? status : choose_parts(flight, &error);
    }
    if (!status) {
        status = submit_parts(flight, &error);
    }
    lock(all);
    if (status == FOVEA_ERR_BUSY) {
        flight->stage = STAGE_WAITING;
    } else {
        if (status) {
            keep_error(flight, &error);
        }
        flight->stage = STAGE_EMBEDDING;
        if (flight->n_pending == 0) {
            finish(flight);
        }
    }
    unlock(all);
}

bool
fovea_flights_has_room(struct fovea_flights *all)
{
    lock(all);
    bool has_room = find(all, STAGE_FREE) != NULL;
    unlock(all);
    return has_room;
}

void
fovea_flights_start(struct fovea_flights *all, size_t number,
        const struct fovea_item *item)
{
    lock(all);
    struct flight *flight = find(all, STAGE_FREE);
    FOVEA_ASSERT(flight);
    flight->stage = STAGE_TAKEN; /* by this thread, until it is open */
    unlock(all);
    struct fovea_error error;
    flight->result.number = number;
    flight->result.error = (struct fovea_error){ .code = FOVEA_OK };
    flight->result.content = (struct fovea_index_content){ .id = 0 };
    for (size_t i = 0; i < all->n_sets; i++) {
        flight->parts[i].is_wanted = false;
        flight->parts[i].is_good = false;
    }
    if (open_item(flight, item, &error)) {
        fail(flight, &error);
    }
}

/* One that something can be done about. */
static struct flight *
find_ready(const struct fovea_flights *all, bool may_retry)
{
    struct flight *ready = find(all, STAGE_OPEN);
    return !ready && may_retry ? find(all, STAGE_WAITING) : ready;
}

struct fovea_flight *
fovea_flights_next(struct fovea_flights *all)
{
    struct flight *done = NULL;
    bool may_retry = true; /* something has changed since a queue was full */
    bool is_over = false;
    lock(all);
    while (!(done = find(all, STAGE_DONE)) && !is_over) {
        struct flight *ready = find_ready(all, may_retry);
        if (ready) {
            unlock(all);
            go_on(ready);
            lock(all);
            may_retry = may_retry && ready->stage != STAGE_WAITING;
        } else if (all->n_under_way > 0) {
            (void)pthread_cond_wait(&all->changed, &all->mutex);
            may_retry = true;
        } else {
            is_over = may_retry || !find(all, STAGE_WAITING);
            may_retry = true;
        }
    }
    if (done) {
        done->stage = STAGE_TAKEN;
    }
    unlock(all);
    return done ? &done->result : NULL;
}

void
fovea_flights_release(struct fovea_flights *all, struct fovea_flight *flight)
{
    struct flight *taken = (struct flight *)flight;
    lock(all);
    FOVEA_ASSERT(taken->stage == STAGE_TAKEN);
    taken->stage = STAGE_FREE;
    unlock(all);
}

void
fovea_flights_destroy(struct fovea_flights *all)
{
    if (!all) {
        return;
    }
    for (size_t i = 0; i < all->n_sets; i++) {
        fovea_request_cancel(all->models[i], all->ticket);
    }
    (void)fovea_fetcher_cancel(all->index->library->fetcher, all->ticket);
    lock(all);
    while (all->n_under_way > 0) {
        (void)pthread_cond_wait(&all->changed, &all->mutex);
    }
    unlock(all);
    for (size_t i = 0; i < all->capacity; i++) {
        close_file(&all->flights[i]);
    }
    (void)pthread_cond_destroy(&all->changed);
    (void)pthread_mutex_destroy(&all->mutex);
    free_flights(all);
}
