/* See attend.h. */
#include "cli/attend.h"

#include <poll.h>

#include "base/error.h"
#include "base/macros.h"
#include "base/thread.h"
#include "cli/signals.h"

enum {
    REDRAW_MS = 100
};

static void
wait_for_end(const struct fovea_attendance *attendance)
{
    struct pollfd fds[] = {
        { .fd = attendance->done_fd, .events = POLLIN },
        { .fd = attendance->signal_fd, .events = POLLIN },
        { .fd = attendance->timer_fd, .events = POLLIN },
    };
    bool is_drawn = attendance->progress->fd >= 0;
    while (!fds[0].revents) {
        (void)poll(fds, FOVEA_ARRAY_LEN(fds), is_drawn ? REDRAW_MS : -1);
        int signal_number = fovea_signals_take(attendance->signal_fd);
        if (signal_number) {
            attendance->on_signal(attendance->context, signal_number);
        }
        if (fds[2].revents) {
            attendance->on_timer(attendance->context);
            fds[2].fd = -1;
        }
        if (is_drawn) {
            attendance->draw(attendance->context);
        }
    }
    fovea_progress_clear(attendance->progress);
}

enum fovea_status
fovea_attend(const struct fovea_attendance *attendance, struct fovea_error *err)
{
    pthread_t thread;
    int failure =
            fovea_thread_create(&thread, attendance->work, attendance->context);
    if (failure) {
        return fovea_fail_errno(err, FOVEA_ERR_NO_MEMORY, failure,
                "cannot start a thread");
    }
    wait_for_end(attendance);
    (void)pthread_join(thread, NULL);
    return FOVEA_OK;
}
