/* Pauses between tries that double, and do not end at the same moment everywhere.
   Pure. */
#ifndef FOVEA_BASE_PAUSE_H
#define FOVEA_BASE_PAUSE_H

#include <stdint.h>

/** The pause before try n + 1 after n failures in a row, n from 1 on: first_ns,
 *  doubled with each, most_ns at most; 0 for n = 0. */
int64_t fovea_pause_ns(int64_t first_ns, int64_t most_ns, uint64_t n);

/** Of a pause a random part between its half and its whole, so that many who failed
 *  together do not come again together. random: any number. */
int64_t fovea_pause_spread(int64_t pause_ns, uint32_t random);

#endif
