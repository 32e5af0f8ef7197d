/*
 * A bounded number of items in flight: see window.h.
 *
 * There is a slot for each item that may be in flight and one more, for the
 * result that the taker looks at. A slot is free, or pending (from its put until
 * it is done), or done, or taken. The line holds those that will be taken, in
 * that order: all that were put if the window is ordered, else those that are
 * done. The callback of an item writes its row before it marks the slot done,
 * and touches nothing afterwards.
 */
#include "runtime/window.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "pool/group.h"
#include "runtime/submit.h"

enum {
    /* Of what the workers can hold at once: one share in flight, one in
       the queue for when they are done. */
    N_SHARES = 2,
};

struct slot {
    struct slot *previous; /* in line */
    struct slot *next;     /* in line, or free */
    struct fovea_window *window;
    uint64_t number;   /* of the put that it serves: slots are used again */
    bool is_submitted; /* that is known, and it is not done */
    bool is_done;
    void *row;     /* where the result goes */
    void *own_row; /* NULL: it has no room of its own */
    struct fovea_timings timings;
    struct fovea_image_facts facts;
    struct fovea_stream_result result;
};

struct fovea_window {
    /* Never changes. */
    pid_t owner;
    struct fovea_model *model;
    struct fovea_window_settings settings;
    struct slot *slots; /* [size + 1] */
    unsigned char *rows;

    pthread_mutex_t mutex;
    pthread_cond_t changed; /* CLOCK_MONOTONIC */
    /* Guarded by mutex. */
    struct slot *free_slots;
    struct slot *first; /* of the line */
    struct slot *last;
    struct slot *taken;
    size_t n_untaken;   /* pending or done */
    size_t n_pending;   /* of them */
    size_t n_submitted; /* of them: with the library, that is known */
    uint64_t n_puts;    /* ever */
    uint64_t ticket;    /* of all that is put until the next cancel */
    bool is_shown;      /* the eventfd's count is 1 */
};

size_t
fovea_window_usual(const struct fovea *library)
{
    size_t most = (size_t)N_SHARES * library->max_workers * library->max_batch;
    return most < library->max_queue ? most : library->max_queue;
}

static size_t
count_slots(const struct fovea_window *window)
{
    return window->settings.size + 1;
}

static void
free_window(struct fovea_window *window)
{
    free(window->rows);
    free(window->slots);
    free(window);
}

static void
init_slots(struct fovea_window *window)
{
    for (size_t i = 0; i < count_slots(window); i++) {
        struct slot *slot = &window->slots[i];
        slot->window = window;
        slot->own_row = window->rows
                ? window->rows + i * window->settings.row_bytes
                : NULL;
        slot->next = window->free_slots;
        window->free_slots = slot;
    }
}

enum fovea_status
fovea_window_create(struct fovea_model *model,
        const struct fovea_window_settings *settings,
        struct fovea_window **window_out, struct fovea_error *err)
{
    struct fovea_window *window = calloc(1, sizeof *window);
    if (!window) {
        return fovea_fail_memory(err, sizeof *window, "items in flight");
    }
    window->owner = getpid();
    window->model = model;
    window->settings = *settings;
    window->slots = calloc(count_slots(window), sizeof *window->slots);
    if (window->slots && settings->keeps_rows) {
        /* Touched as they are used. */
        window->rows = calloc(count_slots(window), settings->row_bytes);
    }
    if (!window->slots || (settings->keeps_rows && !window->rows)) {
        free_window(window);
        return fovea_fail_memory(err,
                settings->size * (sizeof *window->slots + settings->row_bytes),
                "items in flight");
    }
    init_slots(window);
    window->ticket = fovea_group_ticket(model->embedder);
    FOVEA_ASSERT(pthread_mutex_init(&window->mutex, NULL) == 0);
    fovea_clock_init_cond(&window->changed);
    fovea_model_ref(model);
    *window_out = window;
    return FOVEA_OK;
}

static bool
can_take(const struct fovea_window *window)
{
    return window->first && window->first->is_done;
}

/* After any change of the line; under the mutex, like all that follows up to
   the putting. Neither call waits: the count is 0 or 1. */
static void
show(struct fovea_window *window)
{
    int fd = window->settings.event_fd;
    bool can = can_take(window);
    if (fd >= 0 && can != window->is_shown) {
        uint64_t count = 1;
        (void)!(can ? write(fd, &count, sizeof count)
                    : read(fd, &count, sizeof count));
    }
    window->is_shown = can;
    (void)pthread_cond_broadcast(&window->changed);
}

static void
append(struct fovea_window *window, struct slot *slot)
{
    slot->previous = window->last;
    slot->next = NULL;
    *(window->last ? &window->last->next : &window->first) = slot;
    window->last = slot;
}

static void
leave_line(struct fovea_window *window, struct slot *slot)
{
    *(slot->previous ? &slot->previous->next : &window->first) = slot->next;
    *(slot->next ? &slot->next->previous : &window->last) = slot->previous;
}

static void
release(struct fovea_window *window, struct slot *slot)
{
    slot->next = window->free_slots;
    window->free_slots = slot;
}

/* An item that is being put. */
struct putting {
    struct slot *slot;
    uint64_t number;
    uint64_t ticket;
};

static bool
begin(struct fovea_window *window, uint64_t tag, void *row,
        struct putting *put_out)
{
    (void)pthread_mutex_lock(&window->mutex);
    bool has_room = window->n_untaken < window->settings.size;
    if (has_room) {
        struct slot *slot = window->free_slots;
        window->free_slots = slot->next;
        slot->number = ++window->n_puts;
        slot->is_submitted = false;
        slot->is_done = false;
        slot->row = row ? row : slot->own_row;
        slot->timings = (struct fovea_timings){ 0 };
        slot->result = (struct fovea_stream_result){
            .tag = tag,
            .timings = &slot->timings,
        };
        window->n_untaken++;
        window->n_pending++;
        if (window->settings.ordered) {
            append(window, slot);
        }
        *put_out = (struct putting){ slot, slot->number, window->ticket };
    }
    (void)pthread_mutex_unlock(&window->mutex);
    return has_room;
}

/* The queue is full: whether to give up, because something is under way that
   will come out. */
static bool
withdraw(struct fovea_window *window, struct slot *slot)
{
    (void)pthread_mutex_lock(&window->mutex);
    bool gives_up = window->n_submitted > 0;
    if (gives_up) {
        if (window->settings.ordered) {
            leave_line(window, slot);
        }
        window->n_untaken--;
        window->n_pending--;
        release(window, slot);
        show(window);
    }
    (void)pthread_mutex_unlock(&window->mutex);
    return gives_up;
}

static void
settle(struct slot *slot)
{
    struct fovea_window *window = slot->window;
    (void)pthread_mutex_lock(&window->mutex);
    slot->is_done = true;
    window->n_pending--;
    window->n_submitted -= slot->is_submitted;
    slot->is_submitted = false;
    if (!window->settings.ordered) {
        append(window, slot);
    }
    show(window);
    (void)pthread_mutex_unlock(&window->mutex);
}

static void
done(void *context, const struct fovea_pool_outcome *outcome)
{
    struct slot *slot = context;
    slot->result.error = outcome->error;
    slot->timings = outcome->timings;
    if (outcome->row) {
        size_t size = slot->window->settings.row_bytes;
        memcpy(slot->row, outcome->row, size);
        slot->result.value = fovea_work_value(slot->window->settings.kind,
                slot->row, size, &slot->result.row_bytes);
    }
    if (outcome->facts.format) {
        slot->facts = outcome->facts;
        slot->result.facts = &slot->facts;
    }
    settle(slot);
}

/* It is with the library, or done already; and a cancel may have come before it
   was there. */
static void
enter(struct fovea_window *window, const struct putting *put)
{
    struct slot *slot = put->slot;
    (void)pthread_mutex_lock(&window->mutex);
    if (slot->number == put->number && !slot->is_done) {
        slot->is_submitted = true;
        window->n_submitted++;
    }
    bool is_cancelled = window->ticket != put->ticket;
    (void)pthread_mutex_unlock(&window->mutex);
    if (is_cancelled) {
        fovea_request_cancel(window->model, put->ticket);
    }
}

enum fovea_status
fovea_window_put(struct fovea_window *window, const struct fovea_item *item,
        uint64_t tag, void *row, struct fovea_error *err)
{
    struct putting put;
    if (!begin(window, tag, row, &put)) {
        return fovea_fail(err, FOVEA_ERR_BUSY,
                "%zu items were put and not taken already",
                window->settings.size);
    }
    struct fovea_request request = {
        .item = item,
        .kind = window->settings.kind,
        .flags = window->settings.flags,
        .is_batch = true,
        .deadline_ns = window->settings.deadline_ns,
        .ticket = put.ticket,
        .done = done,
        .context = put.slot,
    };
    struct fovea_error error;
    enum fovea_status status =
            fovea_request_submit(window->model, &request, NULL, &error);
    if (status == FOVEA_ERR_BUSY) {
        if (withdraw(window, put.slot)) {
            if (err) {
                *err = error;
            }
            return status;
        }
        request.is_admitted = true;
        status = fovea_request_submit(window->model, &request, NULL, &error);
    }
    if (status) {
        put.slot->result.error = error;
        settle(put.slot);
    } else {
        enter(window, &put);
    }
    return FOVEA_OK;
}

const struct fovea_stream_result *
fovea_window_take(struct fovea_window *window)
{
    static const struct fovea_stream_result none_yet = {
        .state = FOVEA_STREAM_NONE_YET,
    };
    static const struct fovea_stream_result all_taken = {
        .state = FOVEA_STREAM_ALL_TAKEN,
    };
    const struct fovea_stream_result *result = NULL;
    (void)pthread_mutex_lock(&window->mutex);
    if (window->taken) {
        release(window, FOVEA_TAKE(window->taken));
    }
    if (can_take(window)) {
        window->taken = window->first;
        leave_line(window, window->taken);
        window->n_untaken--;
        show(window);
        result = &window->taken->result;
    } else {
        result = window->n_untaken > 0 ? &none_yet : &all_taken;
    }
    (void)pthread_mutex_unlock(&window->mutex);
    return result;
}

bool
fovea_window_wait(struct fovea_window *window, int64_t until_ns)
{
    (void)pthread_mutex_lock(&window->mutex);
    while (!can_take(window) && window->n_untaken > 0 &&
            fovea_clock_wait(&window->changed, &window->mutex, until_ns)) {
    }
    bool has_come = can_take(window) || window->n_untaken == 0;
    (void)pthread_mutex_unlock(&window->mutex);
    return has_come;
}

void
fovea_window_cancel(struct fovea_window *window)
{
    uint64_t fresh = fovea_group_ticket(window->model->embedder);
    (void)pthread_mutex_lock(&window->mutex);
    uint64_t ticket = window->ticket;
    window->ticket = fresh;
    (void)pthread_mutex_unlock(&window->mutex);
    fovea_request_cancel(window->model, ticket);
}

void
fovea_window_destroy(struct fovea_window *window)
{
    if (!window) {
        return;
    }
    if (window->owner == getpid()) {
        fovea_window_cancel(window);
        (void)pthread_mutex_lock(&window->mutex);
        while (window->n_pending > 0) {
            (void)pthread_cond_wait(&window->changed, &window->mutex);
        }
        (void)pthread_mutex_unlock(&window->mutex);
        (void)pthread_cond_destroy(&window->changed);
        (void)pthread_mutex_destroy(&window->mutex);
        fovea_model_unref(window->model);
    }
    free_window(window);
}
