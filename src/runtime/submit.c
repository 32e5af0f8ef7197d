/*
 * Submitting: see submit.h.
 *
 * A URL is in flight from here to the pool: in the model's list, until the pool
 * has it or it was answered. Cancelling marks it there, then asks the fetcher,
 * then the pool; a flight that was marked after it was looked at, and before
 * the pool had it, is cancelled there by the one who handed it over. So there
 * is no moment in which a cancel is lost.
 */
#include "runtime/submit.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "runtime/open_item.h"

/* A URL on its way to a model's pool. */
struct fovea_flight {
    struct fovea_flight *next; /* guarded by the model's mutex */
    struct fovea_flight *previous;
    bool is_cancelled;
    struct fovea_model *model;
    struct fovea_group *group;
    struct fovea_pool_request image; /* as it will be submitted; no fd yet */
};

static void
take_off(struct fovea_flight *flight)
{
    struct fovea_model *model = flight->model;
    (void)pthread_mutex_lock(&model->mutex);
    flight->previous = NULL;
    flight->next = model->flights;
    if (model->flights) {
        model->flights->previous = flight;
    }
    model->flights = flight;
    model->n_refs++;
    (void)pthread_mutex_unlock(&model->mutex);
    (void)pthread_mutex_lock(&model->library->mutex);
    model->library->n_fetching++;
    (void)pthread_mutex_unlock(&model->library->mutex);
}

/* Leave the list; whether it was cancelled until now. */
static bool
leave_list(struct fovea_flight *flight)
{
    struct fovea_model *model = flight->model;
    (void)pthread_mutex_lock(&model->mutex);
    bool is_cancelled = flight->is_cancelled;
    *(flight->previous ? &flight->previous->next : &model->flights) =
            flight->next;
    if (flight->next) {
        flight->next->previous = flight->previous;
    }
    (void)pthread_mutex_unlock(&model->mutex);
    return is_cancelled;
}

/* The very last of a flight that has left the list. */
static void
end_flight(struct fovea_flight *flight)
{
    struct fovea *library = flight->model->library;
    fovea_model_unref(flight->model);
    free(flight);
    (void)pthread_mutex_lock(&library->mutex);
    if (--library->n_fetching == 0) {
        (void)pthread_cond_broadcast(&library->fetched);
    }
    (void)pthread_mutex_unlock(&library->mutex);
}

static bool
is_cancelled(struct fovea_flight *flight)
{
    (void)pthread_mutex_lock(&flight->model->mutex);
    bool is = flight->is_cancelled;
    (void)pthread_mutex_unlock(&flight->model->mutex);
    return is;
}

/* A callback, and what the server said that the image is. */
struct arrival {
    fovea_pool_done_fn *done;
    void *context;
    char declared[FOVEA_DECLARED_SIZE];
};

/* Pages that ask to log in come with a good status. */
static void
tell_declared(void *context, const struct fovea_error *result, const void *row,
        const struct fovea_timings *timings)
{
    struct arrival *arrival = context;
    struct fovea_error error = *result;
    if (error.code == FOVEA_ERR_NOT_AN_IMAGE && arrival->declared[0]) {
        (void)fovea_fail(&error, error.code, "%.130s; its server declared %s",
                result->message, arrival->declared);
    }
    arrival->done(arrival->context, &error, row, timings);
    free(arrival);
}

/* The bytes of a URL to the pool. */
static enum fovea_status
hand_over(struct fovea_flight *flight, const struct fovea_fetched *fetched,
        struct fovea_error *err)
{
    if (is_cancelled(flight)) {
        return fovea_fail(err, FOVEA_ERR_CANCELLED,
                "the image was cancelled after it was fetched");
    }
    struct arrival *arrival = malloc(sizeof *arrival);
    if (!arrival) {
        return fovea_fail_memory(err, sizeof *arrival, "a URL");
    }
    struct fovea_pool_request image = flight->image;
    arrival->done = image.done;
    arrival->context = image.context;
    memcpy(arrival->declared, fetched->declared, sizeof arrival->declared);
    image.fd = fetched->fd;
    image.size = fetched->size;
    image.fetch_ns = fetched->fetch_ns;
    image.done = tell_declared;
    image.context = arrival;
    enum fovea_status status =
            fovea_group_submit(flight->group, &image, NULL, err);
    if (status) {
        free(arrival);
    }
    return status;
}

static void
fetched(void *context, const struct fovea_error *result,
        const struct fovea_fetched *fetched)
{
    struct fovea_flight *flight = context;
    const struct fovea_pool_request *image = &flight->image;
    struct fovea_error error = *result;
    if (!error.code && hand_over(flight, fetched, &error)) {
        (void)close(fetched->fd);
    }
    bool was_cancelled = leave_list(flight);
    if (!error.code && was_cancelled) {
        fovea_group_cancel(flight->group, image->ticket);
    }
    if (error.code) {
        const struct fovea_timings timings = {
            .fetch_ns = fetched->fetch_ns,
            .total_ns = fovea_clock_ns() - image->submitted_ns,
        };
        image->done(image->context, &error, NULL, &timings);
    }
    end_flight(flight);
}

static enum fovea_status
submit_url(struct fovea_model *model, const char *url,
        struct fovea_group *group, const struct fovea_pool_request *image,
        uint64_t *ticket_out, struct fovea_error *err)
{
    if (!url) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "data is NULL");
    }
    struct fovea_flight *flight = malloc(sizeof *flight);
    if (!flight) {
        return fovea_fail_memory(err, sizeof *flight, "a URL");
    }
    uint64_t ticket = fovea_group_ticket(group);
    *flight = (struct fovea_flight){
        .model = model,
        .group = group,
        .image = *image,
    };
    flight->image.ticket = ticket;
    flight->image.is_admitted = true;
    if (ticket_out) {
        *ticket_out = ticket; /* what holds it may go with the callback */
    }
    take_off(flight);
    const struct fovea_fetch_request request = {
        .url = url,
        .ticket = ticket,
        .deadline_ns = image->deadline_ns,
        .is_admitted = image->is_admitted,
        .fetched = fetched,
        .context = flight,
    };
    enum fovea_status status =
            fovea_fetcher_submit(model->library->fetcher, &request, err);
    if (status) {
        (void)leave_list(flight);
        end_flight(flight);
    }
    return status;
}

static enum fovea_status
submit_file(struct fovea_model *model, const struct fovea_item *item,
        struct fovea_group *group, struct fovea_pool_request *image,
        uint64_t *ticket_out, struct fovea_error *err)
{
    enum fovea_status status = fovea_item_open(item,
            model->library->limits.max_bytes, &image->fd, &image->size, err);
    if (status) {
        return status;
    }
    status = fovea_group_submit(group, image, ticket_out, err);
    if (status) {
        (void)close(image->fd);
    }
    return status;
}

/* What a later version puts there would be passed over in silence. */
static enum fovea_status
check_reserved(const struct fovea_item *item, struct fovea_error *err)
{
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(item->reserved); i++) {
        if (item->reserved[i]) {
            return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                    "reserved[%zu] of the item is not zero", i);
        }
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_request_submit(struct fovea_model *model,
        const struct fovea_request *request, uint64_t *ticket_out,
        struct fovea_error *err)
{
    const struct fovea *library = model->library;
    struct fovea_group *group = NULL;
    enum fovea_status status = fovea_library_check(library, err);
    if (!status) {
        status = check_reserved(request->item, err);
    }
    if (!status) {
        status = fovea_model_group(model, request->kind, &group, err);
    }
    if (status) {
        return status;
    }
    int64_t now_ns = fovea_clock_ns();
    struct fovea_pool_request image = {
        .fd = -1,
        .raw = request->flags & FOVEA_EMBED_RAW,
        .is_batch = request->is_batch,
        .is_admitted = request->is_admitted,
        .submitted_ns = now_ns,
        .deadline_ns = fovea_later(now_ns,
                request->deadline_ns ? request->deadline_ns
                                     : library->deadline_ns),
        .done = request->done,
        .context = request->context,
    };
    if (request->item->kind == FOVEA_ITEM_IMAGE_URL) {
        return submit_url(model, request->item->data, group, &image, ticket_out,
                err);
    }
    return submit_file(model, request->item, group, &image, ticket_out, err);
}

/* Somebody else's callback and what it wants to be called with. */
struct listener {
    fovea_done_fn *done;
    void *context;
};

static void
tell(void *context, const struct fovea_error *result, const void *row,
        const struct fovea_timings *timings)
{
    struct listener *listener = context;
    listener->done(listener->context, result, row, timings);
    free(listener);
}

enum fovea_status
fovea_submit(struct fovea_model *model, const struct fovea_item *item,
        const struct fovea_submit_options *options, fovea_done_fn *done,
        void *context, uint64_t *ticket_out, struct fovea_error *err)
{
    static const struct fovea_submit_options defaults;
    const struct fovea_submit_options *chosen = options ? options : &defaults;
    if (!model || !item || !done) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "an argument is NULL");
    }
    if (chosen->flags & ~(unsigned)FOVEA_EMBED_RAW) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "flags 0x%x are not known",
                chosen->flags);
    }
    if (chosen->deadline_ns < 0) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "deadline_ns is less than no time");
    }
    struct listener *listener = malloc(sizeof *listener);
    if (!listener) {
        return fovea_fail_memory(err, sizeof *listener, "a callback");
    }
    *listener = (struct listener){ done, context };
    const struct fovea_request request = {
        .item = item,
        .flags = chosen->flags,
        .is_batch = chosen->is_batch,
        .deadline_ns = chosen->deadline_ns,
        .done = tell,
        .context = listener,
    };
    enum fovea_status status =
            fovea_request_submit(model, &request, ticket_out, err);
    if (status) {
        free(listener);
    }
    return status;
}

void
fovea_request_cancel(struct fovea_model *model, enum fovea_work_kind kind,
        uint64_t ticket)
{
    (void)pthread_mutex_lock(&model->mutex);
    for (struct fovea_flight *flight = model->flights; flight;
            flight = flight->next) {
        if (flight->image.ticket == ticket) {
            flight->is_cancelled = true;
        }
    }
    struct fovea_group *group = model->groups[kind];
    (void)pthread_mutex_unlock(&model->mutex);
    if (group && !fovea_fetcher_cancel(model->library->fetcher, ticket)) {
        fovea_group_cancel(group, ticket);
    }
}

void
fovea_cancel(struct fovea_model *model, uint64_t ticket)
{
    if (model && !fovea_library_check(model->library, NULL)) {
        fovea_request_cancel(model, FOVEA_WORK_EMBED, ticket);
    }
}
