/* The entry points of the fetcher: see fetch.h. Its thread is in fetch_loop.c. */
#include "source/fetch.h"

#include <string.h>

#include "base/error.h"
#include "base/thread.h"
#include "option/limits.h"
#include "source/fetch_loop.h"
#include "source/fetch_state.h"
#include "source/libcurl.h"

enum fovea_status
fovea_fetcher_create(const struct fovea_fetch_settings *settings,
        struct fovea_fetcher **fetcher_out, struct fovea_error *err)
{
    struct fovea_fetcher *fetcher = calloc(1, sizeof *fetcher);
    if (!fetcher) {
        return fovea_fail_memory(err, sizeof *fetcher, "the fetcher");
    }
    fetcher->settings = *settings;
    fetcher->user_agent = strdup(settings->url.user_agent);
    if (!fetcher->user_agent) {
        free(fetcher);
        return fovea_fail_memory(err, 1, "the fetcher");
    }
    fetcher->settings.url.user_agent = fetcher->user_agent;
    fetcher->pid = getpid();
    fetcher->next_due_ns = FOVEA_NEVER;
    (void)pthread_mutex_init(&fetcher->mutex, NULL);
    *fetcher_out = fetcher;
    return FOVEA_OK;
}

static void
append(struct fovea_fetcher *fetcher, struct fovea_transfer *transfer)
{
    transfer->previous = fetcher->last;
    transfer->next = NULL;
    *(fetcher->last ? &fetcher->last->next : &fetcher->first) = transfer;
    fetcher->last = transfer;
    fetcher->n++;
}

static enum fovea_status
make_multi(struct fovea_fetcher *fetcher, struct fovea_error *err)
{
    const struct fovea_url_options *url = &fetcher->settings.url;
    fetcher->servers = calloc(url->max_connections, sizeof *fetcher->servers);
    fetcher->multi = curl_multi_init();
    if (!fetcher->servers || !fetcher->multi ||
            curl_multi_setopt(fetcher->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
                    (long)url->max_connections) ||
            curl_multi_setopt(fetcher->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
                    (long)url->max_per_host) ||
            curl_multi_setopt(fetcher->multi, CURLMOPT_MAXCONNECTS,
                    (long)url->max_connections)) {
        return fovea_fail_memory(err, sizeof *fetcher, "the fetcher");
    }
    return FOVEA_OK;
}

static enum fovea_status
start_thread(struct fovea_fetcher *fetcher, struct fovea_error *err)
{
    int error =
            fovea_thread_create(&fetcher->thread, fovea_fetch_loop, fetcher);
    if (error) {
        return fovea_fail_errno(err, FOVEA_ERR_FETCH, error,
                "cannot start the thread that fetches URLs");
    }
    (void)pthread_setname_np(fetcher->thread, "fovea-fetch");
    return FOVEA_OK;
}

static void
drop_multi(struct fovea_fetcher *fetcher)
{
    (void)curl_multi_cleanup(fetcher->multi);
    free(fetcher->servers);
    fetcher->multi = NULL;
    fetcher->servers = NULL;
    curl_global_cleanup();
}

/* Under the mutex, at the first URL. */
static enum fovea_status
start(struct fovea_fetcher *fetcher, struct fovea_error *err)
{
    if (fetcher->is_started) {
        return FOVEA_OK;
    }
    enum fovea_status status = fovea_libcurl_start(err);
    if (status) {
        return status;
    }
    status = make_multi(fetcher, err);
    if (!status) {
        status = start_thread(fetcher, err);
    }
    if (status) {
        drop_multi(fetcher);
        return status;
    }
    fetcher->is_started = true;
    return FOVEA_OK;
}

/* Under the mutex. */
static enum fovea_status
admit(struct fovea_fetcher *fetcher, bool is_admitted, struct fovea_error *err)
{
    if (fetcher->is_stopping) {
        return fovea_fail(err, FOVEA_ERR_SHUTTING_DOWN,
                "no URL is fetched any more: the library is being closed");
    }
    if (!is_admitted && fetcher->n >= fetcher->settings.max_waiting) {
        return fovea_fail(err, FOVEA_ERR_BUSY,
                "%u URLs are being fetched or wait for it already %s",
                fetcher->n, fovea_limit_by(FOVEA_OPTION_QUEUE));
    }
    return start(fetcher, err);
}

enum fovea_status
fovea_fetcher_submit(struct fovea_fetcher *fetcher,
        const struct fovea_fetch_request *request, struct fovea_error *err)
{
    if (fetcher->pid != getpid()) {
        return fovea_fail(err, FOVEA_ERR_FORKED,
                "the fetcher is the parent's: open the library anew");
    }
    if (fetcher->settings.url.off) {
        return fovea_fail(err, FOVEA_ERR_URL_REFUSED,
                "fetching URLs is switched off (--no-url)");
    }
    struct fovea_transfer *transfer = NULL;
    enum fovea_status status = fovea_transfer_create(request, &transfer, err);
    if (status) {
        return status;
    }
    transfer->settings = &fetcher->settings;
    (void)pthread_mutex_lock(&fetcher->mutex);
    status = admit(fetcher, request->is_admitted, err);
    if (!status) {
        append(fetcher, transfer);
        fetcher->is_changed = true;
        (void)curl_multi_wakeup(fetcher->multi);
    }
    (void)pthread_mutex_unlock(&fetcher->mutex);
    if (status) {
        fovea_transfer_destroy(transfer);
    }
    return status;
}

bool
fovea_fetcher_cancel(struct fovea_fetcher *fetcher, uint64_t ticket)
{
    if (fetcher->pid != getpid()) {
        return false;
    }
    bool found = false;
    (void)pthread_mutex_lock(&fetcher->mutex);
    for (struct fovea_transfer *at = fetcher->first; at; at = at->next) {
        if (at->ticket == ticket) {
            found = true;
            at->is_cancelled = true;
        }
    }
    if (found) {
        fetcher->is_changed = true;
        (void)curl_multi_wakeup(fetcher->multi);
    }
    (void)pthread_mutex_unlock(&fetcher->mutex);
    return found;
}

void
fovea_fetcher_read_times(struct fovea_fetcher *fetcher,
        struct fovea_histogram *times_out)
{
    (void)pthread_mutex_lock(&fetcher->mutex);
    *times_out = fetcher->times;
    (void)pthread_mutex_unlock(&fetcher->mutex);
}

void
fovea_fetcher_destroy(struct fovea_fetcher *fetcher)
{
    /* In a forked child there is no thread, its locks may be held by nobody,
       and closing connections would tell the servers: all that stays. */
    if (!fetcher || fetcher->pid != getpid()) {
        return;
    }
    (void)pthread_mutex_lock(&fetcher->mutex);
    fetcher->is_stopping = true;
    fetcher->is_changed = true;
    bool is_started = fetcher->is_started;
    (void)pthread_mutex_unlock(&fetcher->mutex);
    if (is_started) {
        (void)curl_multi_wakeup(fetcher->multi);
        (void)pthread_join(fetcher->thread, NULL);
        drop_multi(fetcher);
    }
    (void)pthread_mutex_destroy(&fetcher->mutex);
    free(fetcher->user_agent);
    free(fetcher);
}
