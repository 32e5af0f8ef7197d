/* Waiting for a thread that does the work: progress is drawn and signals are taken
   meanwhile. */
#ifndef FOVEA_CLI_ATTEND_H
#define FOVEA_CLI_ATTEND_H

#include "cli/progress.h"

/** Borrowed until the end. */
struct fovea_attendance {
    int done_fd; /* readable once the work has ended */
    int signal_fd;
    int timer_fd; /* readable once the time is over, which then is told once; -1 */
    struct fovea_progress *progress;
    void (*draw)(void *context); /* where there is a terminal */
    /* One of the signals that end a run has come; it may end the process. */
    void (*on_signal)(void *context, int signal_number);
    void (*on_timer)(void *context); /* with a timer */
    void *context;
};

/** Wait until the work has ended; nothing is drawn then. */
void fovea_attend(const struct fovea_attendance *attendance);

#endif
