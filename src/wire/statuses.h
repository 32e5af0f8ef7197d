/*
 * Which statuses a worker may report. Of an item that is what decoding it can come
 * to; of a load what a model's files and the machine can. All others tell
 * of things that a worker knows nothing of (keys, routes, queues, URLs), and
 * would make the host answer with them.
 */
#ifndef FOVEA_WIRE_STATUSES_H
#define FOVEA_WIRE_STATUSES_H

#include <stdbool.h>

#include "fovea/status.h"

enum fovea_report_of {
    FOVEA_REPORT_OF_ITEM, /* RESULT, GRANT */
    FOVEA_REPORT_OF_LOAD, /* FAILED */
};

/** FOVEA_OK may not: that is not a failure. */
bool fovea_worker_may_report(enum fovea_report_of what,
        enum fovea_status status);

/** What a worker reports: a failure that it may not report is a bug, and
 *  FOVEA_ERR_INTERNAL. */
enum fovea_status fovea_worker_status(enum fovea_report_of what,
        enum fovea_status status);

#endif
