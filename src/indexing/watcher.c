/* See watcher.h. */
#include "indexing/watcher.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>

#include "base/error.h"
#include "base/macros.h"
#include "base/size.h"

enum {
    BUFFER_BYTES = 8 << 10,
    FD_PATH_SIZE = 32
};

/* What happens to names in a folder, and to the folder. A file that is written
   counts when it is closed. */
static const uint32_t mask = IN_CLOSE_WRITE | IN_ATTRIB | IN_CREATE |
        IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF |
        IN_MOVE_SELF | IN_ONLYDIR;

struct fovea_watcher {
    int fd;
    int64_t *roots; /* by the number of the watch; 0: none */
    size_t n_roots;
    int64_t *changed; /* roots, each once */
    size_t n_changed;
    int64_t *taken;
    bool all_changed;
    struct fovea_error problem; /* the first */
};

enum fovea_status
fovea_watcher_create(struct fovea_watcher **watcher_out,
        struct fovea_error *err)
{
    struct fovea_watcher *watcher = calloc(1, sizeof *watcher);
    if (!watcher) {
        return fovea_fail_memory(err, sizeof *watcher, "a watcher");
    }
    watcher->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (watcher->fd < 0) {
        int error = errno;
        free(watcher);
        return fovea_fail_errno(err, FOVEA_ERR_IO, error,
                "--watch: cannot watch folders%s",
                error == EMFILE ? " (sysctl fs.inotify.max_user_instances is "
                                  "the limit)"
                                : "");
    }
    *watcher_out = watcher;
    return FOVEA_OK;
}

void
fovea_watcher_destroy(struct fovea_watcher *watcher)
{
    if (watcher) {
        (void)close(watcher->fd);
        free(watcher->roots);
        free(watcher->changed);
        free(watcher->taken);
        free(watcher);
    }
}

static void
note_problem(struct fovea_watcher *watcher, int error)
{
    if (watcher->problem.code) {
        return;
    }
    (void)fovea_fail_errno(&watcher->problem,
            error == ENOMEM ? FOVEA_ERR_NO_MEMORY : FOVEA_ERR_IO, error,
            "--watch: cannot watch all folders%s",
            error == ENOSPC ? " (sysctl fs.inotify.max_user_watches is the "
                              "limit: more of them, or fewer folders)"
                            : "");
}

/* Room for a watch of this number, which the kernel counts up. */
static bool
make_room(struct fovea_watcher *watcher, size_t number)
{
    if (number < watcher->n_roots) {
        return true;
    }
    size_t n = (number + 1) * 2;
    size_t size = 0;
    int64_t *roots = fovea_mul_size(n, sizeof *roots, &size)
            ? realloc(watcher->roots, size)
            : NULL;
    if (!roots) {
        return false;
    }
    memset(roots + watcher->n_roots, 0, (n - watcher->n_roots) * sizeof *roots);
    watcher->roots = roots;
    watcher->n_roots = n;
    return true;
}

void
fovea_watcher_add(struct fovea_watcher *watcher, int64_t root, int fd)
{
    char path[FD_PATH_SIZE];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int number = inotify_add_watch(watcher->fd, path, mask);
    if (number < 0) {
        note_problem(watcher, errno);
    } else if (!make_room(watcher, (size_t)number)) {
        note_problem(watcher, ENOMEM);
    } else {
        watcher->roots[number] = root;
    }
}

enum fovea_status
fovea_watcher_check(const struct fovea_watcher *watcher,
        struct fovea_error *err)
{
    if (watcher->problem.code && err) {
        *err = watcher->problem;
    }
    return watcher->problem.code;
}

int
fovea_watcher_fd(const struct fovea_watcher *watcher)
{
    return watcher->fd;
}

static void
note_root(struct fovea_watcher *watcher, int64_t root)
{
    for (size_t i = 0; i < watcher->n_changed; i++) {
        if (watcher->changed[i] == root) {
            return;
        }
    }
    int64_t *changed = realloc(watcher->changed,
            (watcher->n_changed + 1) * sizeof *changed);
    if (!changed) {
        watcher->all_changed = true;
        return;
    }
    watcher->changed = changed;
    changed[watcher->n_changed++] = root;
}

/* Whether an event is about anything that counts. */
static bool
note(struct fovea_watcher *watcher, const struct inotify_event *event)
{
    if (event->mask & IN_Q_OVERFLOW) {
        watcher->all_changed = true;
        return true;
    }
    size_t number = (size_t)event->wd;
    int64_t root = event->wd >= 0 && number < watcher->n_roots
            ? watcher->roots[number]
            : 0;
    if (event->mask & IN_IGNORED) {
        if (root) {
            watcher->roots[number] = 0; /* the kernel has dropped it */
        }
        return false;
    }
    /* What begins with a dot is not looked for; an index may lie there. */
    if (!root || (event->len > 0 && event->name[0] == '.')) {
        return false;
    }
    note_root(watcher, root);
    return true;
}

bool
fovea_watcher_read(struct fovea_watcher *watcher)
{
    _Alignas(struct inotify_event) char buffer[BUFFER_BYTES];
    bool counts = false;
    ssize_t n;
    while ((n = read(watcher->fd, buffer, sizeof buffer)) > 0) {
        for (const char *at = buffer; at < buffer + n;) {
            const struct inotify_event *event = (const void *)at;
            counts = note(watcher, event) || counts;
            at += sizeof *event + event->len;
        }
    }
    return counts;
}

const int64_t *
fovea_watcher_take(struct fovea_watcher *watcher, size_t *n_out)
{
    free(watcher->taken);
    watcher->taken = FOVEA_TAKE(watcher->changed);
    *n_out = watcher->all_changed ? 0 : watcher->n_changed;
    watcher->n_changed = 0;
    watcher->all_changed = false;
    return watcher->taken;
}
