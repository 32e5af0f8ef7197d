/* What passes by itself, and how long to wait for that: of images, object stores, the
   hub and stores of vectors. */
#ifndef FOVEA_SOURCE_PASSING_H
#define FOVEA_SOURCE_PASSING_H

#include <stdbool.h>
#include <stdint.h>

#include "fovea/status.h"

/** Half a second: the first pause. */
#define FOVEA_FIRST_PAUSE_NS INT64_C(500000000)

/** Whether an answer of this code may be another one later: of a server that is busy,
 *  or broken for a moment. */
bool fovea_code_may_pass(long code);

/** Whether a request that failed with this status, or was answered with this code
 *  (FOVEA_OK, FOVEA_ERR_FETCH_STATUS), may be answered better later; a connection may
 *  have broken off. */
bool fovea_may_pass(enum fovea_status status, long code);

/** The pause after the try of this number, 0 and up: twice as long each time, to 20
 *  seconds, and of that a random part (base/pause.h). */
int64_t fovea_pause_after(unsigned n, int64_t first_ns);

#endif
