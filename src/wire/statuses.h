/*
 * Which statuses a worker may say. Of an item that is what decoding it can
 * come to; of a load what a model's files and the machine can. All others tell
 * of things that a worker knows nothing of (keys, routes, queues, URLs), and
 * would make the host answer with them.
 */
#ifndef FOVEA_WIRE_STATUSES_H
#define FOVEA_WIRE_STATUSES_H

#include <stdbool.h>

#include "fovea/status.h"

enum fovea_said_of {
    FOVEA_SAID_OF_ITEM, /* RESULT, GRANT */
    FOVEA_SAID_OF_LOAD, /* FAILED */
};

/** FOVEA_OK may not be said: that is not a failure. */
bool fovea_may_be_said(enum fovea_said_of what, enum fovea_status status);

/** For the worker: a failure that may not be said is a bug. */
enum fovea_status fovea_sayable(enum fovea_said_of what,
        enum fovea_status status);

#endif
