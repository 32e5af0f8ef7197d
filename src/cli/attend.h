/* A thread that does the work, while this one draws progress and takes signals. */
#ifndef FOVEA_CLI_ATTEND_H
#define FOVEA_CLI_ATTEND_H

#include "fovea/export.h"
#include "fovea/status.h"

#include "cli/progress.h"

/** Borrowed until the end. */
struct fovea_attendance {
    void *(*work)(void *context); /* the thread's; NULL is what it returns */
    int done_fd;                  /* readable once the work has ended */
    int signal_fd;
    int timer_fd; /* readable once the time is over, which then is told once; -1 */
    struct fovea_progress *progress;
    void (*draw)(void *context); /* where there is a terminal */
    /* One of the signals that end a run has come; it may end the process. */
    void (*on_signal)(void *context, int signal_number);
    void (*on_timer)(void *context); /* with a timer */
    void *context;
};

/** Start the work and wait until it has ended; nothing is drawn then. FOVEA_OK,
 *  whatever came of the work; FOVEA_ERR_NO_MEMORY if there is no thread for it. */
FOVEA_NODISCARD enum fovea_status fovea_attend(
        const struct fovea_attendance *attendance, struct fovea_error *err);

#endif
