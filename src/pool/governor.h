/*
 * Who may take how much memory.
 *
 * Reservations are promises: packed weights of a group once, each worker's own
 * memory each. A reservation is `pending` until its owner has really taken the
 * memory (a worker that is READY), because until then the system still shows it
 * as available. Two rules, both must hold for a new reservation of r bytes:
 *
 *     reserved + r           <= limit     (limit_pct of memory.total_bytes)
 *     pending + r            <= available now
 *
 * Pure bookkeeping: no threads, no clock, memory facts come in. Used by the
 * loop thread; stats are copied out under the pool's mutex.
 */
#ifndef FOVEA_POOL_GOVERNOR_H
#define FOVEA_POOL_GOVERNOR_H

#include "fovea/pool.h"

#include "sys/memory.h"

struct fovea_governor {
    unsigned limit_pct;         /* 1..100 */
    uint64_t limit_max_bytes;   /* 0: none */
    struct fovea_memory memory; /* as last read */
    uint64_t reserved_bytes;
    uint64_t pending_bytes; /* part of reserved_bytes */
};

/** What somebody holds; all zero: nothing. */
struct fovea_reservation {
    uint64_t bytes;
    bool is_pending;
};

void fovea_governor_init(struct fovea_governor *governor, unsigned limit_pct,
        uint64_t limit_max_bytes);

/** Take fresh facts. */
void fovea_governor_update(struct fovea_governor *governor,
        const struct fovea_memory *memory);

uint64_t fovea_governor_limit(const struct fovea_governor *governor);

/** What could be reserved now, by both rules. */
uint64_t fovea_governor_room(const struct fovea_governor *governor);

/** Reserve, pending. False, and nothing changed, if it does not fit.
 *  *reservation must hold nothing. */
FOVEA_NODISCARD bool fovea_governor_reserve(struct fovea_governor *governor,
        uint64_t bytes, struct fovea_reservation *reservation);

/** The memory was taken, and it is really this much: no longer pending. Never
 *  refused: it is a fact. */
void fovea_governor_settle(struct fovea_governor *governor,
        struct fovea_reservation *reservation, uint64_t bytes);

/** Release; fine on one that holds nothing, so also twice. */
void fovea_governor_release(struct fovea_governor *governor,
        struct fovea_reservation *reservation);

/** From what is available of the total. */
enum fovea_pressure fovea_governor_pressure(
        const struct fovea_governor *governor);

#endif
