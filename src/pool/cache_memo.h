/*
 * Memos: what the digest of some weights was, under the identity of their
 * files, so that they are not read again.
 */
#ifndef FOVEA_POOL_CACHE_MEMO_H
#define FOVEA_POOL_CACHE_MEMO_H

#include "pool/cache.h"

/** identity: 64 lower-case hexadecimal digits. False: there is no memo. */
bool fovea_cache_memo_read(const struct fovea_cache *cache,
        const char *identity, char digest_out[FOVEA_CACHE_KEY_SIZE]);

/** If it can be written; else the next one reads the weights again, which is no
 *  failure. */
void fovea_cache_memo_write(const struct fovea_cache *cache,
        const char *identity, const char *digest);

#endif
