/*
 * What `fovea job` does that takes its time, in a thread of its own: the main one
 * draws how far it is and listens for signals. The first signal asks the work to give
 * up, a second one ends the process.
 */
#ifndef FOVEA_CLI_JOB_TASK_H
#define FOVEA_CLI_JOB_TASK_H

#include "cli/progress.h"
#include "objects/objects.h"

struct fovea_job_task {
    /* By the caller. */
    enum fovea_status (*run)(void *context, struct fovea_error *err);
    /* Where there is a terminal; in the main thread. */
    void (*draw)(void *context, struct fovea_progress *progress);
    void *context;
    bool shows_progress;
    /* While it runs. */
    int stop_fd; /* readable once to give up */
    struct fovea_progress progress;
    /* At its end. */
    int signal_number; /* that it was given up by; 0 */
    enum fovea_status status;
    struct fovea_error error;
    int done_fd;
};

/** Run it. The exit code; FOVEA_EXIT_OK where it returned FOVEA_OK. What it failed with
 *  is reported. */
int fovea_job_task_run(struct fovea_job_task *task);

/** Whether it is to give up; of struct fovea_objects_settings, too. Any thread. */
bool fovea_job_task_is_cancelled(void *task);

/** Wait for so long, or until it is to give up. */
void fovea_job_task_wait(struct fovea_job_task *task, int64_t for_ns);

#endif
