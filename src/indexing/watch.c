/* See watch.h. */
#include "indexing/watch.h"

#include <poll.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/macros.h"
#include "index/roots.h"
#include "indexing/root.h"

enum {
    QUIET_MS = 300, /* without a change: what was going on is over */
    WAIT_MS = 5000  /* for changes that do not end */
};

FOVEA_DEFINE_AUTO(struct fovea_updater *, fovea_updater_destroy);

/* Until something has changed, or that long; *has_changed_out: it has. */
static enum fovea_status
wait_for_change(const struct fovea_update_settings *settings, int timeout_ms,
        bool *has_changed_out, struct fovea_error *err)
{
    struct pollfd fds[] = {
        { .fd = settings->stop_fd, .events = POLLIN },
        { .fd = fovea_watcher_fd(settings->watcher), .events = POLLIN },
    };
    (void)poll(fds, FOVEA_ARRAY_LEN(fds), timeout_ms);
    *has_changed_out = fds[1].revents && fovea_watcher_read(settings->watcher);
    return fds[0].revents
            ? fovea_fail(err, FOVEA_ERR_CANCELLED, "the watch was stopped")
            : FOVEA_OK;
}

/* Until there is something to do: changes, and then none for a moment. */
static enum fovea_status
wait_for_work(const struct fovea_update_settings *settings,
        struct fovea_error *err)
{
    bool has_changed = false;
    enum fovea_status status = FOVEA_OK;
    while (!status && !has_changed) {
        status = wait_for_change(settings, -1, &has_changed, err);
    }
    int64_t until_ns = fovea_clock_ns() + WAIT_MS * FOVEA_NS_PER_MS;
    while (!status && has_changed && fovea_clock_ns() < until_ns) {
        status = wait_for_change(settings, QUIET_MS, &has_changed, err);
    }
    return status;
}

/* Whether any of the roots is there. */
static enum fovea_status
check_roots(const struct fovea_update_settings *settings, bool *is_any_out,
        struct fovea_error *err)
{
    FOVEA_AUTO_FREE struct fovea_index_root *roots = NULL;
    size_t n = 0;
    enum fovea_status status =
            fovea_index_roots(settings->folder, &roots, &n, err);
    *is_any_out = false;
    for (size_t i = 0; !status && i < n && !*is_any_out; i++) {
        struct fovea_root root = FOVEA_ROOT_INIT;
        *is_any_out = !fovea_root_open(roots[i].path, &root, NULL);
        fovea_root_finish(&root);
    }
    return status;
}

/* What is to be told after an update, which may be the end. */
static enum fovea_status
check_update(const struct fovea_update_settings *settings,
        enum fovea_status updated, struct fovea_error *err)
{
    bool is_any = true;
    if (updated && !fovea_update_is_of_root(updated)) {
        return updated;
    }
    if (settings->hooks && settings->hooks->on_update) {
        settings->hooks->on_update(settings->hooks->context);
    }
    struct fovea_error error;
    enum fovea_status status = updated
            ? check_roots(settings, &is_any, &error)
            : fovea_watcher_check(settings->watcher, &error);
    if (status) {
        *err = error;
    }
    return status ? status : is_any ? FOVEA_OK : updated;
}

static enum fovea_status
update_and_wait(const struct fovea_update_settings *settings,
        struct fovea_updater *updater, struct fovea_error *err)
{
    const int64_t *roots = NULL;
    size_t n = 0;
    enum fovea_status status = FOVEA_OK;
    while (!status) {
        status = fovea_updater_run(updater, roots, n, err);
        status = check_update(settings, status, err);
        if (!status) {
            status = wait_for_work(settings, err);
        }
        roots = fovea_watcher_take(settings->watcher, &n);
    }
    return status;
}

enum fovea_status
fovea_watch(struct fovea_update_settings *settings, struct fovea_error *err)
{
    FOVEA_AUTO(fovea_updater_destroy_auto)
    struct fovea_updater *updater = NULL;
    struct fovea_error error;
    enum fovea_status status = fovea_watcher_create(&settings->watcher, &error);
    if (!status) {
        status = fovea_updater_create(settings, &updater, &error);
    }
    if (!status) {
        status = update_and_wait(settings, updater, &error);
    }
    fovea_watcher_destroy(FOVEA_TAKE(settings->watcher));
    if (err) {
        *err = error;
    }
    return status;
}
