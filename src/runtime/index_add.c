/*
 * Adding to an index: images are embedded while others are written down. Writing
 * is one commit for many, because each waits for the disk.
 */
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "index/items.h"
#include "runtime/index_flights.h"
#include "runtime/window.h"

enum {
    /* For each image that keeps the workers busy, one that waits to be written
       down. */
    N_SHARES = 2,
};

/* A call of it. */
struct adding {
    struct fovea_index *index;
    const char *const *ids;
    const struct fovea_item *items;
    size_t n;
    struct fovea_error *results;
    struct fovea_flights *flights;
    struct fovea_flight **ready; /* [capacity]: to be written down */
    size_t n_ready;
    size_t capacity;
};

static int64_t
now_s(void)
{
    struct timespec now = { 0 };
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec;
}

static enum fovea_status
put(const struct adding *adding, const struct fovea_flight *flight,
        struct fovea_error *err)
{
    struct fovea_index_folder *folder = adding->index->folder;
    int64_t id = 0;
    enum fovea_status status = fovea_index_content_put(folder, &flight->content,
            flight->vectors, flight->n_vectors, &id, err);
    if (status) {
        return status;
    }
    const struct fovea_index_item item = {
        .name = adding->ids[flight->number],
        .content = id,
        .added_s = now_s(),
    };
    return fovea_index_item_put(folder, &item, err);
}

/* Of the images that are good; one whose id is no text costs itself. */
static enum fovea_status
put_all(const struct adding *adding, struct fovea_error *err)
{
    struct fovea_index_folder *folder = adding->index->folder;
    uint64_t n_swept = 0;
    for (size_t i = 0; i < adding->n_ready; i++) {
        const struct fovea_flight *flight = adding->ready[i];
        struct fovea_error error;
        enum fovea_status status =
                flight->error.code ? FOVEA_OK : put(adding, flight, &error);
        if (status == FOVEA_ERR_ARGUMENT) {
            adding->results[flight->number] = error;
        } else if (status) {
            *err = error;
            return status;
        }
    }
    /* What an id led to before, or a bad one would have. */
    enum fovea_status status = fovea_index_sweep(folder, &n_swept, err);
    return status ? status : fovea_index_commit(folder, err);
}

/* Write down what is ready, all or nothing of it. */
static enum fovea_status
write_down(struct adding *adding, struct fovea_error *err)
{
    struct fovea_error error = { .code = FOVEA_OK };
    fovea_index_enter(adding->index);
    enum fovea_status status = put_all(adding, &error);
    if (status) {
        fovea_index_rollback(adding->index->folder);
    }
    fovea_index_leave(adding->index);
    for (size_t i = 0; i < adding->n_ready; i++) {
        struct fovea_flight *flight = adding->ready[i];
        struct fovea_error *result = &adding->results[flight->number];
        if (status && !result->code) {
            *result = error;
        }
        fovea_flights_release(adding->flights, flight);
    }
    adding->n_ready = 0;
    if (status && err) {
        *err = error;
    }
    return status;
}

static enum fovea_status
check_id(const char *id, struct fovea_error *err)
{
    size_t size = id ? strlen(id) : 0;
    return size >= 1 && size <= FOVEA_INDEX_NAME_MAX
            ? FOVEA_OK
            : fovea_fail(err, FOVEA_ERR_ARGUMENT,
                      "an id has 1 to %d bytes, not %zu", FOVEA_INDEX_NAME_MAX,
                      size);
}

/* Wait for the next one; when there are enough of them, or no more, they are
   written down. */
static enum fovea_status
take_next(struct adding *adding, bool *has_more_out, struct fovea_error *err)
{
    struct fovea_flight *flight = fovea_flights_next(adding->flights);
    *has_more_out = flight != NULL;
    if (flight) {
        adding->results[flight->number] = flight->error;
        adding->ready[adding->n_ready++] = flight;
    }
    bool is_enough = !flight || adding->n_ready >= adding->capacity / N_SHARES;
    return is_enough && adding->n_ready > 0 ? write_down(adding, err)
                                            : FOVEA_OK;
}

static enum fovea_status
add_all(struct adding *adding, struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    bool has_more = true;
    for (size_t i = 0; i < adding->n && !status; i++) {
        while (!status && !fovea_flights_has_room(adding->flights)) {
            status = take_next(adding, &has_more, err);
        }
        if (!status && !check_id(adding->ids[i], &adding->results[i])) {
            fovea_flights_start(adding->flights, i, &adding->items[i]);
        }
    }
    while (!status && has_more) {
        status = take_next(adding, &has_more, err);
    }
    return status;
}

static enum fovea_status
begin(struct adding *adding, const struct fovea_index_set_id *sets,
        size_t n_sets, struct fovea_error *err)
{
    size_t usual = fovea_window_usual(adding->index->library);
    adding->capacity = N_SHARES * (adding->n < usual ? adding->n : usual);
    adding->ready = calloc(adding->capacity, sizeof *adding->ready);
    if (!adding->ready) {
        return fovea_fail_memory(err, adding->capacity * sizeof *adding->ready,
                "images under way");
    }
    return fovea_flights_create(adding->index, sets, n_sets, adding->capacity,
            &adding->flights, err);
}

static enum fovea_status
run(struct adding *adding, struct fovea_error *err)
{
    FOVEA_AUTO_FREE struct fovea_index_set_id *sets = NULL;
    size_t n_sets = 0;
    fovea_index_enter(adding->index);
    enum fovea_status status =
            fovea_index_set_ids(adding->index, &sets, &n_sets, err);
    fovea_index_leave(adding->index);
    if (!status) {
        status = begin(adding, sets, n_sets, err);
    }
    if (!status) {
        status = add_all(adding, err);
    }
    fovea_flights_destroy(adding->flights);
    free(adding->ready);
    return status;
}

static enum fovea_status
check(const struct fovea_index *index, bool has_arguments,
        struct fovea_error *err)
{
    enum fovea_status status = fovea_index_check_handle(index, err);
    if (!status && !has_arguments) {
        status = fovea_fail(err, FOVEA_ERR_ARGUMENT, "an argument is NULL");
    }
    if (!status && !index->is_writable) {
        status = fovea_fail(err, FOVEA_ERR_INDEX_READ_ONLY,
                "the index was opened to be read");
    }
    return status ? status : fovea_library_check(index->library, err);
}

enum fovea_status
fovea_index_add_batch(struct fovea_index *index, const char *const *ids,
        const struct fovea_item *items, size_t n, struct fovea_error *results,
        struct fovea_error *err)
{
    struct fovea_error error;
    enum fovea_status status =
            check(index, n == 0 || (ids && items && results), err);
    if (status || n == 0) {
        return status;
    }
    struct adding adding = {
        .index = index,
        .ids = ids,
        .items = items,
        .n = n,
        .results = results,
    };
    /* Until something comes of it; nothing is called so. */
    const struct fovea_error untried = { .code = FOVEA_ERR_INTERNAL };
    for (size_t i = 0; i < n; i++) {
        results[i] = untried;
    }
    status = run(&adding, &error);
    for (size_t i = 0; i < n && status; i++) {
        if (results[i].code == FOVEA_ERR_INTERNAL && !results[i].message[0]) {
            results[i] = error;
        }
    }
    if (status && err) {
        *err = error;
    }
    return status;
}

enum fovea_status
fovea_index_add(struct fovea_index *index, const char *id,
        const struct fovea_item *item, struct fovea_error *err)
{
    struct fovea_error result;
    enum fovea_status status = check(index, id && item, err);
    if (status) {
        return status;
    }
    (void)!fovea_index_add_batch(index, &id, item, 1, &result, NULL);
    if (err) {
        *err = result;
    }
    return result.code;
}
