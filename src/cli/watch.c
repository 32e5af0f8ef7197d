/* See watch.h. */
#include "cli/watch.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli/cli.h"

static bool
is_important(const struct fovea_event *event)
{
    switch (event->kind) {
    case FOVEA_EVENT_WORKER_LOG:
    case FOVEA_EVENT_NO_SANDBOX:
    case FOVEA_EVENT_BREAKER:
        return true;
    case FOVEA_EVENT_WORKER_STOPPED:
        return fovea_stop_reason_is_fault(event->reason);
    case FOVEA_EVENT_WORKER_STARTED:
    case FOVEA_EVENT_WORKER_READY:
    case FOVEA_EVENT_COLD_START:
    case FOVEA_EVENT_START_REFUSED: /* a result says it */
    case FOVEA_EVENT_PRESSURE:
    case FOVEA_EVENT_CACHE:
    default:
        return false;
    }
}

static const char *
what_it_did(enum fovea_event_kind kind)
{
    switch (kind) {
    case FOVEA_EVENT_WORKER_STARTED:
        return "started";
    case FOVEA_EVENT_WORKER_READY:
        return "ready";
    case FOVEA_EVENT_WORKER_STOPPED:
        return "stopped";
    case FOVEA_EVENT_WORKER_LOG:
        return "says";
    case FOVEA_EVENT_COLD_START:
    case FOVEA_EVENT_START_REFUSED:
    case FOVEA_EVENT_NO_SANDBOX:
    case FOVEA_EVENT_PRESSURE:
    case FOVEA_EVENT_BREAKER:
    case FOVEA_EVENT_CACHE:
    default:
        return fovea_event_kind_name(kind);
    }
}

void
fovea_watch_event(void *context, const struct fovea_event *event)
{
    const struct fovea_watch *watch = context;
    if (!watch->is_verbose && (watch->is_quiet || !is_important(event))) {
        return;
    }
    if (isatty(STDERR_FILENO)) {
        (void)fputs("\r\033[K", stderr); /* over the progress line */
    }
    if (event->kind == FOVEA_EVENT_WORKER_STOPPED && !event->pid) {
        fovea_cli_report("a worker did not start: %s", event->message);
    } else if (event->pid) {
        fovea_cli_report("worker %" PRId64 " %s: %s", event->pid,
                what_it_did(event->kind), event->message);
    } else {
        fovea_cli_report("%s: %s", fovea_event_kind_name(event->kind),
                event->message);
    }
}
