/* Submitting: see submit.h. */
#include "runtime/submit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/sized.h"
#include "runtime/open_item.h"
#include "runtime/submit_url.h"
#include "wire/thumbnail.h"

/* The pool closes its own. */
static enum fovea_status
open_request(const struct fovea_model *model,
        const struct fovea_request *request, struct fovea_pool_request *image,
        struct fovea_error *err)
{
    if (request->item) {
        return fovea_item_open(request->item, &model->library->limits,
                &image->fd, &image->size, err);
    }
    image->size = request->size;
    image->fd = fcntl(request->fd, F_DUPFD_CLOEXEC, 0);
    return image->fd >= 0 ? FOVEA_OK
                          : fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                                    "cannot open the image once more");
}

static enum fovea_status
submit_file(const struct fovea_model *model,
        const struct fovea_request *request, struct fovea_group *group,
        struct fovea_pool_request *image, uint64_t *ticket_out,
        struct fovea_error *err)
{
    enum fovea_status status = open_request(model, request, image, err);
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
enum fovea_status
fovea_request_check_item(const struct fovea_item *item, struct fovea_error *err)
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
fovea_request_check_flags(unsigned flags, struct fovea_error *err)
{
    const unsigned known = FOVEA_EMBED_RAW | FOVEA_EMBED_REFUSE_TRUNCATED;
    if (flags & ~known) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "flags 0x%x are not known",
                flags);
    }
    return FOVEA_OK;
}

/* Who does it depends on what the item is. */
static enum fovea_status
choose_kind(const struct fovea_model *model,
        const struct fovea_request *request, enum fovea_work_kind *kind_out,
        struct fovea_error *err)
{
    *kind_out = request->kind;
    if (!request->item || request->item->kind != FOVEA_ITEM_TEXT) {
        return FOVEA_OK;
    }
    if (request->kind == FOVEA_WORK_PIXELS ||
            request->kind == FOVEA_WORK_THUMBNAIL) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "the item is a text, and texts have no %s",
                request->kind == FOVEA_WORK_PIXELS ? "pixels" : "thumbnails");
    }
    if (request->kind == FOVEA_WORK_EMBED) {
        *kind_out = FOVEA_WORK_EMBED_TEXT;
    }
    return fovea_model_check_text(model, err);
}

enum fovea_status
fovea_request_submit(struct fovea_model *model,
        const struct fovea_request *request, uint64_t *ticket_out,
        struct fovea_error *err)
{
    const struct fovea *library = model->library;
    struct fovea_group *group = NULL;
    enum fovea_status status = fovea_library_check(library, err);
    if (!status && request->item) {
        status = fovea_request_check_item(request->item, err);
    }
    enum fovea_work_kind kind = request->kind;
    if (!status) {
        status = choose_kind(model, request, &kind, err);
    }
    if (!status) {
        status = fovea_model_group(model, kind, &group, err);
    }
    if (status) {
        return status;
    }
    int64_t now_ns = fovea_clock_ns();
    struct fovea_pool_request image = {
        .ticket = request->ticket,
        .fd = -1,
        .flags = {
            .raw = request->flags & FOVEA_EMBED_RAW,
            .refuses_truncated =
                    (request->flags & FOVEA_EMBED_REFUSE_TRUNCATED) ||
                    library->limits.truncate == FOVEA_TRUNCATE_REFUSE,
        },
        .is_batch = request->is_batch,
        .is_admitted = request->is_admitted,
        .submitted_ns = now_ns,
        .deadline_ns = fovea_later(now_ns,
                request->deadline_ns ? request->deadline_ns
                                     : library->deadline_ns),
        .done = request->done,
        .context = request->context,
    };
    if (request->item && request->item->kind == FOVEA_ITEM_IMAGE_URL) {
        return fovea_url_submit(model, request->item->data, group, &image,
                ticket_out, err);
    }
    return submit_file(model, request, group, &image, ticket_out, err);
}

static enum fovea_status
take_options(const struct fovea_submit_options *options,
        struct fovea_submit_options *all_out, struct fovea_error *err)
{
    struct fovea_submit_options all = { 0 };
    enum fovea_status status = fovea_sized_take(options, "fovea_submit_options",
            "FOVEA_SUBMIT_OPTIONS_INIT", &all, sizeof all, err);
    if (!status) {
        status = fovea_request_check_flags(all.flags, err);
    }
    if (!status && all.deadline_ns < 0) {
        status = fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "deadline_ns is less than no time");
    }
    if (!status && all.facts_out) {
        status = fovea_sized_check(all.facts_out,
                offsetof(struct fovea_image_facts, taken_s),
                "fovea_image_facts", "FOVEA_IMAGE_FACTS_INIT", err);
    }
    if (!status) {
        *all_out = all;
    }
    return status;
}

/* Somebody else's callback and what it wants to be called with. */
struct listener {
    fovea_done_fn *done;
    fovea_thumbnail_fn *thumbnail; /* the one or the other */
    void *context;
    struct fovea_image_facts *facts_out; /* NULL: nobody asks */
};

static void
tell(void *context, const struct fovea_pool_outcome *outcome)
{
    struct listener *listener = context;
    if (listener->facts_out) {
        fovea_sized_give(&outcome->facts, sizeof outcome->facts,
                listener->facts_out);
    }
    if (listener->done) {
        listener->done(listener->context, &outcome->error, outcome->row,
                &outcome->timings);
    } else {
        const struct fovea_thumbnail_row *row = outcome->row;
        listener->thumbnail(listener->context, &outcome->error,
                row ? row->jpeg : NULL, row ? row->size : 0, &outcome->timings);
    }
    free(listener);
}

static enum fovea_status
submit(struct fovea_model *model, struct fovea_request *request,
        const struct fovea_submit_options *options,
        const struct listener *listener, uint64_t *ticket_out,
        struct fovea_error *err)
{
    struct fovea_submit_options all;
    enum fovea_status status = take_options(options, &all, err);
    if (status) {
        return status;
    }
    struct listener *copy = malloc(sizeof *copy);
    if (!copy) {
        return fovea_fail_memory(err, sizeof *copy, "a callback");
    }
    *copy = *listener;
    copy->facts_out = all.facts_out;
    request->flags = all.flags;
    request->is_batch = all.is_batch;
    request->deadline_ns = all.deadline_ns;
    request->done = tell;
    request->context = copy;
    status = fovea_request_submit(model, request, ticket_out, err);
    if (status) {
        free(copy);
    }
    return status;
}

enum fovea_status
fovea_submit(struct fovea_model *model, const struct fovea_item *item,
        const struct fovea_submit_options *options, fovea_done_fn *done,
        void *context, uint64_t *ticket_out, struct fovea_error *err)
{
    if (!model || !item || !done) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "an argument is NULL");
    }
    const struct listener listener = { .done = done, .context = context };
    struct fovea_request request = { .item = item };
    return submit(model, &request, options, &listener, ticket_out, err);
}

enum fovea_status
fovea_submit_thumbnail(struct fovea_model *model, const struct fovea_item *item,
        const struct fovea_submit_options *options, fovea_thumbnail_fn *done,
        void *context, uint64_t *ticket_out, struct fovea_error *err)
{
    if (!model || !item || !done) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "an argument is NULL");
    }
    const struct listener listener = { .thumbnail = done, .context = context };
    struct fovea_request request = {
        .item = item,
        .kind = FOVEA_WORK_THUMBNAIL,
    };
    return submit(model, &request, options, &listener, ticket_out, err);
}

void
fovea_request_cancel(struct fovea_model *model, uint64_t ticket)
{
    struct fovea_group *groups[FOVEA_N_WORK_KINDS];
    (void)pthread_mutex_lock(&model->mutex);
    memcpy(groups, model->groups, sizeof groups);
    (void)pthread_mutex_unlock(&model->mutex);
    fovea_url_cancel(model, ticket);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(groups); i++) {
        if (groups[i]) {
            fovea_group_cancel(groups[i], ticket);
        }
    }
}

void
fovea_cancel(struct fovea_model *model, uint64_t ticket)
{
    if (model && !fovea_library_check(model->library, NULL)) {
        fovea_request_cancel(model, ticket);
    }
}
