/*
 * Promises of memory: see governor.h.
 *
 * Invariants: reserved_bytes is the sum of all reservations that are held,
 * pending_bytes the sum of those that are pending. A settled worker may have
 * taken more than it was promised, and the limit sinks when a group's does, so
 * reserved_bytes may be over the limit; it then only keeps new ones out.
 */
#include "pool/governor.h"

#include "base/macros.h"
#include "base/size.h"

void
fovea_governor_init(struct fovea_governor *governor, unsigned limit_pct,
        uint64_t limit_max_bytes)
{
    FOVEA_ASSERT(limit_pct >= 1 && limit_pct <= 100);
    *governor = (struct fovea_governor){
        .limit_pct = limit_pct,
        .limit_max_bytes = limit_max_bytes,
    };
}

void
fovea_governor_update(struct fovea_governor *governor,
        const struct fovea_memory *memory)
{
    governor->memory = *memory;
}

/* Per cent of an amount, without overflow on the way. */
static uint64_t
per_cent(uint64_t amount, unsigned pct)
{
    return amount / 100 * pct + amount % 100 * pct / 100;
}

uint64_t
fovea_governor_limit(const struct fovea_governor *governor)
{
    uint64_t share =
            per_cent(governor->memory.total_bytes, governor->limit_pct);
    return governor->limit_max_bytes
            ? fovea_least_bytes(share, governor->limit_max_bytes)
            : share;
}

uint64_t
fovea_governor_room(const struct fovea_governor *governor)
{
    return fovea_least_bytes(fovea_bytes_left(fovea_governor_limit(governor),
                                     governor->reserved_bytes),
            fovea_bytes_left(governor->memory.available_bytes,
                    governor->pending_bytes));
}

bool
fovea_governor_reserve(struct fovea_governor *governor, uint64_t bytes,
        struct fovea_reservation *reservation)
{
    FOVEA_ASSERT(reservation->bytes == 0);
    if (bytes > fovea_governor_room(governor)) {
        return false;
    }
    governor->reserved_bytes += bytes;
    governor->pending_bytes += bytes;
    *reservation =
            (struct fovea_reservation){ .bytes = bytes, .is_pending = true };
    return true;
}

void
fovea_governor_settle(struct fovea_governor *governor,
        struct fovea_reservation *reservation, uint64_t bytes)
{
    fovea_governor_release(governor, reservation);
    governor->reserved_bytes += bytes;
    reservation->bytes = bytes;
}

void
fovea_governor_release(struct fovea_governor *governor,
        struct fovea_reservation *reservation)
{
    FOVEA_ASSERT(governor->reserved_bytes >= reservation->bytes);
    governor->reserved_bytes -= reservation->bytes;
    if (reservation->is_pending) {
        FOVEA_ASSERT(governor->pending_bytes >= reservation->bytes);
        governor->pending_bytes -= reservation->bytes;
    }
    *reservation = (struct fovea_reservation){ .bytes = 0 };
}

enum fovea_pressure
fovea_governor_pressure(const struct fovea_governor *governor)
{
    uint64_t total = governor->memory.total_bytes;
    uint64_t used = fovea_bytes_left(total, governor->memory.available_bytes);
    if (used < per_cent(total, 50) || total == 0) {
        return FOVEA_PRESSURE_LOW; /* or nothing is known yet */
    }
    if (used < per_cent(total, 70)) {
        return FOVEA_PRESSURE_NORMAL;
    }
    return used < per_cent(total, 85) ? FOVEA_PRESSURE_HIGH
                                      : FOVEA_PRESSURE_CRITICAL;
}
