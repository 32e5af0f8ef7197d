/* Inside of source/: what passes by itself, and how long to wait for that. */
#ifndef FOVEA_SOURCE_PASSING_H
#define FOVEA_SOURCE_PASSING_H

#include <stdbool.h>
#include <stdint.h>

#include "fovea/status.h"

/** Half a second: the first pause. */
#define FOVEA_FIRST_PAUSE_NS INT64_C(500000000)

/** Whether a request that failed with this status, or was answered with this code, may
 *  be answered better later: a server that is busy or broken for a moment, a
 *  connection that broke off. */
bool fovea_may_pass(enum fovea_status status, long code);

/** The pause after the try of this number, 0 and up: twice as long each time, to 20
 *  seconds, and of that a random part (base/pause.h). */
int64_t fovea_pause_after(unsigned n, int64_t first_ns);

#endif
