/*
 * Packed weights on disk, so that the next cold start is an mmap.
 *
 *   <directory>/packed/<key>.fovea    header and weights, as
 *                                     engine/cpu/packed.h has them; the host
 *                                     copies bytes and reads nothing of them
 *   <directory>/digests/<identity>    the weights digest of a file that was
 *                                     digested before: 64 hexadecimal digits
 *
 * key = SHA-256 over weights digest, shape, dtype and the worker's engine word
 * (matrix library, version, CPU features). Files appear whole
 * (sys/atomic_file.h). A file that does not belong to the user, or that others
 * may write, is not opened, nor is a folder. When the folder grows past its
 * cap, the least recently used (by modification time, which opening sets) go.
 */
#ifndef FOVEA_POOL_CACHE_H
#define FOVEA_POOL_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

#include "pool/cache_key.h"

struct fovea_cache {
    char *directory; /* owned; NULL: no cache */
    uint64_t max_bytes;
};

/**
 * @param directory  NULL: $FOVEA_CACHE, else $XDG_CACHE_HOME/fovea, else
 *                   ~/.cache/fovea, else no cache; "": no cache. Made when
 *                   first stored into.
 */
FOVEA_NODISCARD enum fovea_status fovea_cache_init(struct fovea_cache *cache,
        const char *directory, uint64_t max_bytes, struct fovea_error *err);
void fovea_cache_finish(struct fovea_cache *cache);

/**
 * Open what is there under a key, and mark it as used.
 *
 * @param fd_out  Read-only descriptor, owned by the caller; -1 if there is none
 *                (which is no failure).
 * @return FOVEA_OK; FOVEA_ERR_FILE_DENIED if the folder is not the user's or
 *         others may write to it; FOVEA_ERR_IO; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_cache_open(
        const struct fovea_cache *cache, const char *key, int *fd_out,
        struct fovea_error *err);

/**
 * Store a copy of all bytes of a descriptor under a key, then make room: others
 * go until the cap is kept. Blocks for as long as the disk takes.
 *
 * @param is_stored_out  Whether it is there now, synced; it may be although
 *                       making room failed. Without a cache it is not, which is
 *                       no failure.
 * @return as fovea_cache_open(); FOVEA_ERR_IO too for what is larger than the
 *         cap, or than what the disk has free.
 */
FOVEA_NODISCARD enum fovea_status fovea_cache_store(
        const struct fovea_cache *cache, const char *key, int fd,
        bool *is_stored_out, struct fovea_error *err);

/** Throw away what is there under a key; fine if nothing is. FOVEA_OK; as
 *  fovea_cache_open() otherwise. */
FOVEA_NODISCARD enum fovea_status fovea_cache_remove(
        const struct fovea_cache *cache, const char *key,
        struct fovea_error *err);

#endif
