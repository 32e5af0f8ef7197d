/*
 * The thread of the fetcher.
 *
 * All that was submitted and not yet answered stands in one list, in the order
 * it came. The thread begins as many as there is room for, in all and for each
 * server, so that a slow server does not hold up the others and the time-out of
 * a transfer counts from its own start. It alone touches libcurl's handles;
 * others put something into the list, or a flag, and wake it. It unlinks a
 * transfer before it answers: what is linked is answered once.
 */
#include "source/fetch_loop.h"

#include <limits.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/histogram.h"
#include "option/limits.h"
#include "source/fetch_state.h"
#include "source/transfer_settle.h"

/* What a look over the list came to; linked by `next`. */
struct findings {
    struct fovea_transfer *begin[64]; /* stay in the list */
    size_t n_begin;
    struct fovea_transfer *end; /* were taken out of it */
};

static void
unlink_transfer(struct fovea_fetcher *fetcher, struct fovea_transfer *transfer)
{
    *(transfer->previous ? &transfer->previous->next : &fetcher->first) =
            transfer->next;
    *(transfer->next ? &transfer->next->previous : &fetcher->last) =
            transfer->previous;
    transfer->next = NULL;
    transfer->previous = NULL;
    fetcher->n--;
}

static bool
has_room(const struct fovea_fetcher *fetcher, uint64_t server)
{
    unsigned n_same = 0;
    for (unsigned i = 0; i < fetcher->n_begun; i++) {
        n_same += fetcher->servers[i] == server;
    }
    return fetcher->n_begun < fetcher->settings.url.max_connections &&
            n_same < fetcher->settings.url.max_per_host;
}

static void
take_place(struct fovea_fetcher *fetcher, struct fovea_transfer *transfer)
{
    transfer->has_place = true;
    fetcher->servers[fetcher->n_begun++] = transfer->server;
}

static void
leave_place(struct fovea_fetcher *fetcher, struct fovea_transfer *transfer)
{
    if (!transfer->has_place) {
        return;
    }
    unsigned i = 0;
    while (fetcher->servers[i] != transfer->server) {
        i++;
    }
    fetcher->servers[i] = fetcher->servers[--fetcher->n_begun];
    transfer->has_place = false;
}

/* Answer one that is in the list no more. */
static void
answer(struct fovea_fetcher *fetcher, struct fovea_transfer *transfer,
        const struct fovea_error *result)
{
    int64_t time_ns =
            transfer->begun_ns ? fovea_clock_ns() - transfer->begun_ns : 0;
    if (transfer->easy) {
        (void)curl_multi_remove_handle(fetcher->multi, transfer->easy);
    }
    leave_place(fetcher, transfer);
    struct fovea_fetched fetched = { .fd = -1, .fetch_ns = time_ns };
    if (!result->code) {
        fetched.fd = transfer->fd;
        fetched.size = transfer->size;
        memcpy(fetched.declared, transfer->declared, sizeof fetched.declared);
        transfer->fd = -1;
    }
    transfer->fetched(transfer->context, result, &fetched);
    fovea_transfer_destroy(transfer);
}

/* One that is at its end by itself. A cancel that came before counts. */
static void
finish(struct fovea_fetcher *fetcher, struct fovea_transfer *transfer,
        struct fovea_error *result)
{
    (void)pthread_mutex_lock(&fetcher->mutex);
    unlink_transfer(fetcher, transfer);
    fetcher->is_changed = true; /* there is room */
    if (transfer->is_cancelled) {
        (void)fovea_fail(result, FOVEA_ERR_CANCELLED, "cancelled");
    }
    if (!result->code) {
        fovea_histogram_add(&fetcher->times,
                fovea_clock_ns() - transfer->begun_ns);
    }
    (void)pthread_mutex_unlock(&fetcher->mutex);
    answer(fetcher, transfer, result);
}

static void
begin(struct fovea_fetcher *fetcher, struct fovea_transfer *transfer)
{
    struct fovea_error result = { .code = FOVEA_OK };
    enum fovea_status status = fovea_transfer_begin(transfer, &result);
    if (!status && curl_multi_add_handle(fetcher->multi, transfer->easy)) {
        status = fovea_fail_memory(&result, sizeof *transfer, "a transfer");
    }
    if (status) {
        finish(fetcher, transfer, &result);
    }
}

static void
end(struct fovea_fetcher *fetcher, struct fovea_transfer *transfer,
        bool is_stopping)
{
    struct fovea_error result;
    if (transfer->is_cancelled) {
        (void)fovea_fail(&result, FOVEA_ERR_CANCELLED, "cancelled");
    } else if (is_stopping) {
        (void)fovea_fail(&result, FOVEA_ERR_SHUTTING_DOWN,
                "%.100s: not fetched: the library is being closed",
                transfer->url.host);
    } else {
        (void)fovea_fail(&result, FOVEA_ERR_DEADLINE,
                "%.100s: not fetched by the deadline; %s %s",
                transfer->url.host,
                !transfer->easy               ? "it waited its turn"
                        : transfer->has_place ? "it was on its way"
                                              : "its server asked to wait",
                fovea_limit_by(FOVEA_OPTION_DEADLINE));
    }
    answer(fetcher, transfer, &result);
}

/* Under the mutex: what is to end, what can begin. */
static void
look_over(struct fovea_fetcher *fetcher, int64_t now_ns,
        struct findings *findings)
{
    struct fovea_transfer *next = NULL;
    fetcher->is_changed = false;
    fetcher->next_due_ns = FOVEA_NEVER;
    for (struct fovea_transfer *at = fetcher->first; at; at = next) {
        next = at->next;
        if (fetcher->is_stopping || at->is_cancelled ||
                at->deadline_ns <= now_ns) {
            unlink_transfer(fetcher, at);
            at->next = findings->end;
            findings->end = at;
            continue;
        }
        if (at->deadline_ns < fetcher->next_due_ns) {
            fetcher->next_due_ns = at->deadline_ns;
        }
        if (at->not_before_ns > now_ns) {
            if (at->not_before_ns < fetcher->next_due_ns) {
                fetcher->next_due_ns = at->not_before_ns;
            }
            continue;
        }
        if (!at->has_place && has_room(fetcher, at->server)) {
            if (findings->n_begin == FOVEA_ARRAY_LEN(findings->begin)) {
                fetcher->is_changed = true; /* the rest at the next look */
                continue;
            }
            take_place(fetcher, at);
            findings->begin[findings->n_begin++] = at;
        }
    }
}

/* False: it is stopping, and everything is answered. */
static bool
attend(struct fovea_fetcher *fetcher)
{
    struct findings findings = { .n_begin = 0 };
    int64_t now_ns = fovea_clock_ns();
    (void)pthread_mutex_lock(&fetcher->mutex);
    bool is_stopping = fetcher->is_stopping;
    if (fetcher->is_changed || now_ns >= fetcher->next_due_ns) {
        look_over(fetcher, now_ns, &findings);
    }
    (void)pthread_mutex_unlock(&fetcher->mutex);
    while (findings.end) {
        struct fovea_transfer *ended = findings.end;
        findings.end = ended->next;
        end(fetcher, ended, is_stopping);
        /* Its place may be another's. */
        (void)pthread_mutex_lock(&fetcher->mutex);
        fetcher->is_changed = true;
        (void)pthread_mutex_unlock(&fetcher->mutex);
    }
    for (size_t i = 0; i < findings.n_begin; i++) {
        begin(fetcher, findings.begin[i]);
    }
    return !is_stopping;
}

/* Stay in the list, without a place, until its time has come. */
static void
put_off(struct fovea_fetcher *fetcher, struct fovea_transfer *transfer)
{
    (void)pthread_mutex_lock(&fetcher->mutex);
    leave_place(fetcher, transfer);
    fetcher->is_changed = true;
    (void)pthread_mutex_unlock(&fetcher->mutex);
}

/* A transfer that libcurl is done with. */
static void
settle(struct fovea_fetcher *fetcher, CURL *easy, CURLcode code)
{
    char *private = NULL;
    (void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
    struct fovea_transfer *transfer = (struct fovea_transfer *)(void *)private;
    struct fovea_error result = { .code = FOVEA_OK };
    enum fovea_next next = FOVEA_NEXT_END;
    (void)curl_multi_remove_handle(fetcher->multi, easy);
    enum fovea_status status =
            fovea_transfer_settle(transfer, code, &next, &result);
    if (next == FOVEA_NEXT_LATER) {
        put_off(fetcher, transfer);
        return;
    }
    if (next == FOVEA_NEXT_NOW && curl_multi_add_handle(fetcher->multi, easy)) {
        next = FOVEA_NEXT_END;
        status = fovea_fail_memory(&result, sizeof *transfer, "a redirect");
    }
    if (next == FOVEA_NEXT_END) {
        result.code = status;
        finish(fetcher, transfer, &result);
    }
}

/* How long nothing is to be done unless libcurl or another thread has news. */
static int
patience_ms(struct fovea_fetcher *fetcher)
{
    int64_t left_ns = fetcher->next_due_ns - fovea_clock_ns();
    (void)pthread_mutex_lock(&fetcher->mutex);
    bool is_changed = fetcher->is_changed;
    (void)pthread_mutex_unlock(&fetcher->mutex);
    if (is_changed || left_ns <= 0) {
        return 0;
    }
    int64_t left_ms = left_ns / FOVEA_NS_PER_MS + 1;
    return left_ms < INT_MAX ? (int)left_ms : INT_MAX;
}

void *
fovea_fetch_loop(void *context)
{
    struct fovea_fetcher *fetcher = context;
    while (attend(fetcher)) {
        int n = 0;
        const CURLMsg *message = NULL;
        (void)curl_multi_perform(fetcher->multi, &n);
        while ((message = curl_multi_info_read(fetcher->multi, &n))) {
            settle(fetcher, message->easy_handle, message->data.result);
        }
        if (curl_multi_poll(fetcher->multi, NULL, 0, patience_ms(fetcher),
                    NULL)) {
            /* No memory for the list of sockets: not to be asked at once. */
            (void)poll(NULL, 0, 10);
        }
    }
    return NULL;
}
