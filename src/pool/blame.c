/* Whose fault it is: see blame.h. */
#include "pool/blame.h"

#include <signal.h>

#include "base/macros.h"

/* In the order of enum fovea_phase. What is not named is nobody's. */
#define ROW(starting, fresh, working, trial, waiting)                       \
    {                                                                       \
        FOVEA_BLAME_##starting, FOVEA_BLAME_##fresh, FOVEA_BLAME_##working, \
                FOVEA_BLAME_##trial, FOVEA_BLAME_##waiting                  \
    }

/* A start that is killed counts, whoever did it: only that makes the next one
   wait, and a machine where every start is killed is to be told of. */
static const enum fovea_blame table[FOVEA_STOP_COUNT][FOVEA_PHASE_WAITING +
        1] = {
    [FOVEA_STOP_EXEC] = ROW(WORKER, NOBODY, NOBODY, NOBODY, NOBODY),
    [FOVEA_STOP_LOAD] = ROW(WORKER, NOBODY, NOBODY, NOBODY, NOBODY),
    [FOVEA_STOP_LOAD_TIMEOUT] = ROW(WORKER, NOBODY, NOBODY, NOBODY, NOBODY),
    [FOVEA_STOP_IMAGE_TIMEOUT] = ROW(NOBODY, NOBODY, ITEM, WORKER, NOBODY),
    [FOVEA_STOP_CRASHED] = ROW(WORKER, WORKER, ITEM, WORKER, NOBODY),
    [FOVEA_STOP_EXITED] = ROW(WORKER, WORKER, ITEM, WORKER, NOBODY),
    [FOVEA_STOP_PROTOCOL] = ROW(WORKER, WORKER, ITEM, WORKER, NOBODY),
    [FOVEA_STOP_KILLED] = ROW(WORKER, OUTSIDE, OUTSIDE, OUTSIDE, OUTSIDE),
    [FOVEA_STOP_OOM] = ROW(WORKER, OUTSIDE, OUTSIDE, OUTSIDE, OUTSIDE),
};

enum fovea_blame
fovea_blame_find(enum fovea_stop_reason reason, enum fovea_phase phase)
{
    FOVEA_ASSERT(reason < FOVEA_STOP_COUNT && phase <= FOVEA_PHASE_WAITING);
    return table[reason][phase];
}

enum fovea_stop_reason
fovea_blame_signal(int number)
{
    switch (number) {
    case SIGSEGV:
    case SIGBUS:
    case SIGILL:
    case SIGFPE:
    case SIGTRAP:
    case SIGABRT:
    case SIGPIPE:
    case SIGXFSZ:
    case SIGSYS: /* a call that the seal kills for */
        return FOVEA_STOP_CRASHED;
    default:
        /* SIGKILL, SIGTERM and the like; SIGXCPU, which tells of a limit that
           whoever started the host has set on the whole life of a process. */
        return FOVEA_STOP_KILLED;
    }
}

void
fovea_trial_fault(struct fovea_trial *trial, int64_t now_ns)
{
    if (trial->n_faults == 0) {
        trial->since_ns = now_ns;
    }
    trial->n_faults++;
}

void
fovea_trial_passed(struct fovea_trial *trial)
{
    trial->n_faults = 0;
}

void
fovea_trial_failed(struct fovea_trial *trial, int64_t now_ns)
{
    trial->released_ns = now_ns;
}

bool
fovea_trial_is_due(const struct fovea_trial *trial)
{
    return trial->n_faults >= FOVEA_TRIAL_AFTER_FAULTS;
}
