/* The caches of this CPU, as the kernel says. */
#ifndef FOVEA_BENCH_CACHES_H
#define FOVEA_BENCH_CACHES_H

#include <stddef.h>

/** Bytes of the cache of data of a level, 1 to 3, that one core reaches; 0: there is
 *  none, or none that is known. The C library's sysconf() has sums over many cores on
 *  some machines. */
size_t fovea_bench_cache_size(unsigned level);

#endif
