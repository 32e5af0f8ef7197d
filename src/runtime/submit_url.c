/*
 * Submitting URLs: see submit_url.h.
 *
 * A URL is being fetched from here to the pool: it is in the model's list until
 * the pool has it or it was answered. Cancelling marks it there, then asks the
 * fetcher, then the pool; one that was marked after it was looked at, and before
 * the pool had it, is cancelled there by the one who handed it over. So there
 * is no moment in which a cancel is lost.
 */
#include "runtime/submit_url.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"

/* A URL on its way to the pool. */
struct fovea_fetching {
    struct fovea_fetching *next; /* guarded by the model's mutex */
    struct fovea_fetching *previous;
    bool is_cancelled;
    struct fovea_model *model;
    struct fovea_group *group;
    struct fovea_pool_request image; /* as it will be submitted; no fd yet */
    struct fovea_s3_name *object;    /* owned; of an s3:// URL, else NULL */
};

static void
start(struct fovea_fetching *fetching)
{
    struct fovea_model *model = fetching->model;
    (void)pthread_mutex_lock(&model->mutex);
    fetching->previous = NULL;
    fetching->next = model->fetchings;
    if (model->fetchings) {
        model->fetchings->previous = fetching;
    }
    model->fetchings = fetching;
    model->n_refs++;
    (void)pthread_mutex_unlock(&model->mutex);
    (void)pthread_mutex_lock(&model->library->mutex);
    model->library->n_fetching++;
    (void)pthread_mutex_unlock(&model->library->mutex);
}

/* Leave the list; whether it was cancelled until now. */
static bool
leave_list(struct fovea_fetching *fetching)
{
    struct fovea_model *model = fetching->model;
    (void)pthread_mutex_lock(&model->mutex);
    bool is_cancelled = fetching->is_cancelled;
    *(fetching->previous ? &fetching->previous->next : &model->fetchings) =
            fetching->next;
    if (fetching->next) {
        fetching->next->previous = fetching->previous;
    }
    (void)pthread_mutex_unlock(&model->mutex);
    return is_cancelled;
}

/* The very last of one that has left the list. */
static void
end(struct fovea_fetching *fetching)
{
    struct fovea *library = fetching->model->library;
    fovea_model_unref(fetching->model);
    free(fetching->object);
    free(fetching);
    (void)pthread_mutex_lock(&library->mutex);
    if (--library->n_fetching == 0) {
        (void)pthread_cond_broadcast(&library->fetched);
    }
    (void)pthread_mutex_unlock(&library->mutex);
}

static bool
is_cancelled(struct fovea_fetching *fetching)
{
    (void)pthread_mutex_lock(&fetching->model->mutex);
    bool is = fetching->is_cancelled;
    (void)pthread_mutex_unlock(&fetching->model->mutex);
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
tell_declared(void *context, const struct fovea_pool_outcome *outcome)
{
    struct arrival *arrival = context;
    struct fovea_pool_outcome told = *outcome;
    if (told.error.code == FOVEA_ERR_NOT_AN_IMAGE && arrival->declared[0]) {
        (void)fovea_fail(&told.error, told.error.code,
                "%.130s; its server declared %s", outcome->error.message,
                arrival->declared);
    }
    arrival->done(arrival->context, &told);
    free(arrival);
}

/* The bytes of a URL to the pool. */
static enum fovea_status
hand_over(struct fovea_fetching *fetching, const struct fovea_fetched *fetched,
        struct fovea_error *err)
{
    if (is_cancelled(fetching)) {
        return fovea_fail(err, FOVEA_ERR_CANCELLED,
                "the image was cancelled after it was fetched");
    }
    struct arrival *arrival = malloc(sizeof *arrival);
    if (!arrival) {
        return fovea_fail_memory(err, sizeof *arrival, "a URL");
    }
    struct fovea_pool_request image = fetching->image;
    arrival->done = image.done;
    arrival->context = image.context;
    memcpy(arrival->declared, fetched->declared, sizeof arrival->declared);
    image.fd = fetched->fd;
    image.size = fetched->size;
    image.fetch_ns = fetched->fetch_ns;
    image.done = tell_declared;
    image.context = arrival;
    enum fovea_status status =
            fovea_group_submit(fetching->group, &image, NULL, err);
    if (status) {
        free(arrival);
    }
    return status;
}

static void
fetched(void *context, const struct fovea_error *result,
        const struct fovea_fetched *fetched)
{
    struct fovea_fetching *fetching = context;
    const struct fovea_pool_request *image = &fetching->image;
    struct fovea_error error = *result;
    if (error.code && fetching->object) {
        error.code = fovea_s3_failed(fetching->object, error.code, &error);
    }
    if (!error.code && hand_over(fetching, fetched, &error)) {
        (void)close(fetched->fd);
    }
    bool was_cancelled = leave_list(fetching);
    if (!error.code && was_cancelled) {
        fovea_group_cancel(fetching->group, image->ticket);
    }
    if (error.code) {
        const struct fovea_pool_outcome outcome = {
            .error = error,
            .timings = {
                .fetch_ns = fetched->fetch_ns,
                .total_ns = fovea_clock_ns() - image->submitted_ns,
            },
        };
        image->done(image->context, &outcome);
    }
    end(fetching);
}

/* Submit an object: a URL of its store, which is signed for. */
static enum fovea_status
submit_object(struct fovea_fetching *fetching, const char *url,
        struct fovea_fetch_request *request, struct fovea_error *err)
{
    struct fovea *library = fetching->model->library;
    FOVEA_AUTO(fovea_text_finish) struct fovea_text address = { 0 };
    FOVEA_AUTO(fovea_text_finish) struct fovea_text trusted_host = { 0 };
    if (!library->s3) {
        return fovea_s3_check_on(&(struct fovea_s3_options){ .on = false },
                err);
    }
    fetching->object = malloc(sizeof *fetching->object);
    if (!fetching->object) {
        return fovea_fail_memory(err, sizeof *fetching->object, "a URL");
    }
    enum fovea_status status = fovea_s3_url_parse(url, fetching->object, err);
    if (!status && !fetching->object->key[0]) {
        status = fovea_fail(err, FOVEA_ERR_URL,
                "an s3:// URL of a bucket, not of an object");
    }
    if (!status) {
        status = fovea_s3_aim(library->s3, fetching->object, &address,
                &trusted_host, err);
    }
    if (status) {
        return status;
    }
    request->url = address.data;
    request->rights = (struct fovea_fetch_rights){
        .signer = fovea_s3_signer(library->s3),
        .trusted_host = trusted_host.data,
        .explain = fovea_s3_explain_answer,
        .explain_context = fetching->object,
    };
    return fovea_fetcher_submit(library->fetcher, request, err);
}

static enum fovea_status
submit(struct fovea_fetching *fetching, const char *url, bool is_admitted,
        struct fovea_error *err)
{
    struct fovea_fetch_request request = {
        .url = url,
        .ticket = fetching->image.ticket,
        .deadline_ns = fetching->image.deadline_ns,
        .is_admitted = is_admitted,
        .fetched = fetched,
        .context = fetching,
    };
    return fovea_s3_is_url(url)
            ? submit_object(fetching, url, &request, err)
            : fovea_fetcher_submit(fetching->model->library->fetcher, &request,
                      err);
}

enum fovea_status
fovea_url_submit(struct fovea_model *model, const char *url,
        struct fovea_group *group, const struct fovea_pool_request *image,
        uint64_t *ticket_out, struct fovea_error *err)
{
    if (!url) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "data is NULL");
    }
    struct fovea_fetching *fetching = malloc(sizeof *fetching);
    if (!fetching) {
        return fovea_fail_memory(err, sizeof *fetching, "a URL");
    }
    uint64_t ticket = image->ticket ? image->ticket : fovea_group_ticket(group);
    *fetching = (struct fovea_fetching){
        .model = model,
        .group = group,
        .image = *image,
    };
    fetching->image.ticket = ticket;
    fetching->image.is_admitted = true;
    if (ticket_out) {
        *ticket_out = ticket; /* what holds it may go with the callback */
    }
    start(fetching);
    enum fovea_status status = submit(fetching, url, image->is_admitted, err);
    if (status) {
        (void)leave_list(fetching);
        end(fetching);
    }
    return status;
}

void
fovea_url_cancel(struct fovea_model *model, uint64_t ticket)
{
    (void)pthread_mutex_lock(&model->mutex);
    for (struct fovea_fetching *fetching = model->fetchings; fetching;
            fetching = fetching->next) {
        if (fetching->image.ticket == ticket) {
            fetching->is_cancelled = true;
        }
    }
    (void)pthread_mutex_unlock(&model->mutex);
    (void)fovea_fetcher_cancel(model->library->fetcher, ticket);
}
