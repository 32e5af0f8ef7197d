/* Circuit breaker and back-off: see breaker.h. */
#include "pool/breaker.h"

#include "base/macros.h"

void
fovea_breaker_init(struct fovea_breaker *breaker, int64_t open_ns)
{
    *breaker = (struct fovea_breaker){
        .state = FOVEA_BREAKER_CLOSED,
        .next_ns = INT64_MIN,
        .open_ns = open_ns,
    };
}

bool
fovea_breaker_may_start(struct fovea_breaker *breaker, int64_t now_ns)
{
    if (now_ns < breaker->next_ns) {
        return false;
    }
    if (breaker->state == FOVEA_BREAKER_OPEN) {
        breaker->state = FOVEA_BREAKER_HALF_OPEN;
        breaker->is_probing = false;
    }
    return !breaker->is_probing;
}

bool
fovea_breaker_refuses(const struct fovea_breaker *breaker, int64_t now_ns)
{
    return breaker->state == FOVEA_BREAKER_OPEN && now_ns < breaker->next_ns;
}

void
fovea_breaker_started(struct fovea_breaker *breaker)
{
    breaker->is_probing = breaker->state == FOVEA_BREAKER_HALF_OPEN;
}

void
fovea_breaker_served(struct fovea_breaker *breaker)
{
    /* While it is open the others may still serve what they have in flight;
       that says nothing about starting new ones. */
    if (breaker->state != FOVEA_BREAKER_OPEN) {
        fovea_breaker_init(breaker, breaker->open_ns);
    }
}

/* How long to wait after so many faults in a row, fewer than open it. */
static int64_t
back_off_ns(unsigned n_faults)
{
    _Static_assert(FOVEA_BREAKER_FAULTS < 30, "the shift stays in range");
    int64_t wait_ns = FOVEA_BACKOFF_FIRST_NS << (n_faults - 1);
    return wait_ns < FOVEA_BACKOFF_MOST_NS ? wait_ns : FOVEA_BACKOFF_MOST_NS;
}

void
fovea_breaker_fault(struct fovea_breaker *breaker, int64_t now_ns)
{
    if (breaker->state == FOVEA_BREAKER_OPEN) {
        return; /* others that go down with it do not make it longer */
    }
    breaker->n_faults++;
    breaker->is_probing = false;
    if (breaker->state == FOVEA_BREAKER_HALF_OPEN ||
            breaker->n_faults >= FOVEA_BREAKER_FAULTS) {
        breaker->state = FOVEA_BREAKER_OPEN;
        breaker->next_ns = now_ns + breaker->open_ns;
        return;
    }
    breaker->next_ns = now_ns + back_off_ns(breaker->n_faults);
}

void
fovea_breaker_probe_gone(struct fovea_breaker *breaker)
{
    breaker->is_probing = false;
}
