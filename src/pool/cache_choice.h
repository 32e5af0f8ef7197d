/*
 * What was measured for FOVEA_DTYPE_AUTO, so that it is measured once:
 *
 *   <directory>/dtypes/<key>    a line of the key, one of the times, a checksum
 *
 * A file that is damaged, or another one's under this name, is none.
 */
#ifndef FOVEA_POOL_CACHE_CHOICE_H
#define FOVEA_POOL_CACHE_CHOICE_H

#include "pool/cache.h"
#include "spec/choice.h"

/** The key of a shape on this machine: the CPU, what the matrix library may use of
 *  it, our version. Empty without memory: nothing is found or kept under that. */
void fovea_cache_choice_key(const struct fovea_choice_shape *shape,
        char key_out[FOVEA_CACHE_KEY_SIZE]);

/** False: there is none. */
bool fovea_cache_choice_read(const struct fovea_cache *cache, const char *key,
        struct fovea_choice_times *times_out);

/** If it can be written; else it is measured again, which is no failure. */
void fovea_cache_choice_write(const struct fovea_cache *cache, const char *key,
        const struct fovea_choice_times *times);

/** Wait until no other process measures for this cache; closing the descriptor lets
 *  the next one. -1: there is no cache, no lock is to be had in it, or another process
 *  keeps it for a minute, which measures no more: it is stopped, or has forked. */
int fovea_cache_choice_lock(const struct fovea_cache *cache);

#endif
