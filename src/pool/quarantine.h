/*
 * Quarantine: items that ended two workers, by size and SHA-256, so that the
 * same bytes do not take a third. Bounded in number (the oldest goes) and in
 * time, because the verdict may be wrong: what crashed once may have been the
 * machine.
 *
 * Pure but for fovea_quarantine_digest(): time comes in.
 */
#ifndef FOVEA_POOL_QUARANTINE_H
#define FOVEA_POOL_QUARANTINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

#include "base/clock.h"
#include "base/sha256.h"

enum {
    FOVEA_QUARANTINE_MAX = 64
};

/* How long an item is refused. */
#define FOVEA_QUARANTINE_NS (3600 * FOVEA_NS_PER_S)

struct fovea_quarantined {
    uint64_t size;
    char digest[FOVEA_SHA256_SIZE];
    int64_t since_ns;
    struct fovea_error result; /* what its items are completed with */
};

/* Guarded by whoever owns it. */
struct fovea_quarantine {
    struct fovea_quarantined entries[FOVEA_QUARANTINE_MAX];
    size_t n;        /* in use, oldest first */
    int64_t time_ns; /* how long an entry lasts */
};

/** Empty. time_ns: FOVEA_QUARANTINE_NS but in tests. */
void fovea_quarantine_init(struct fovea_quarantine *quarantine,
        int64_t time_ns);

/** How many items are in it now. */
size_t fovea_quarantine_count(struct fovea_quarantine *quarantine,
        int64_t now_ns);

/** Whether any has this size: only then is a digest worth its time. */
bool fovea_quarantine_has_size(struct fovea_quarantine *quarantine,
        uint64_t size, int64_t now_ns);

/** What is known of these bytes; NULL if nothing is. Lives until the next call
 *  on the quarantine. */
const struct fovea_quarantined *fovea_quarantine_find(
        struct fovea_quarantine *quarantine, uint64_t size, const char *digest,
        int64_t now_ns);

/** Take an item in; bytes that are in it already count from now on. */
void fovea_quarantine_add(struct fovea_quarantine *quarantine,
        const struct fovea_quarantined *entry);

/** Let those go that came in at this time or later: they were not at fault. */
void fovea_quarantine_release(struct fovea_quarantine *quarantine,
        int64_t since_ns);

/** SHA-256 of size bytes of a descriptor from offset 0, and of whom else they
 *  are judged by: "" for nobody. Blocks. FOVEA_ERR_IO, FOVEA_ERR_NO_MEMORY. */
FOVEA_NODISCARD enum fovea_status fovea_quarantine_digest(int fd, uint64_t size,
        const char *judge, char digest_out[FOVEA_SHA256_SIZE],
        struct fovea_error *err);

#endif
