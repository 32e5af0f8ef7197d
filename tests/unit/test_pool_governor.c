/* The governor: both rules, settling, releasing, pressure; and that its sums
 * are right whatever comes in which order. */
#include "pool/governor.h"
#include "support/test.h"

#define MIB (UINT64_C(1) << 20)

static struct fovea_governor
make(unsigned pct, uint64_t most, uint64_t total, uint64_t available)
{
    struct fovea_governor governor;
    fovea_governor_init(&governor, pct, most);
    struct fovea_memory memory = { .total_bytes = total,
        .available_bytes = available };
    fovea_governor_update(&governor, &memory);
    return governor;
}

static void
the_limit_is_a_share_and_a_number(void **state)
{
    (void)state;
    struct fovea_governor governor = make(80, 0, 1000, 1000);
    assert_int_equal(fovea_governor_limit(&governor), 800);
    governor = make(80, 500, 1000, 1000);
    assert_int_equal(fovea_governor_limit(&governor), 500);
    governor = make(80, 900, 1000, 1000);
    assert_int_equal(fovea_governor_limit(&governor), 800);
    governor = make(33, 0, 199, 199);
    assert_int_equal(fovea_governor_limit(&governor), 65);
    governor = make(100, 0, UINT64_MAX, UINT64_MAX);
    assert_int_equal(fovea_governor_limit(&governor), UINT64_MAX);
    fovea_governor_init(&governor, 80, 0);
    assert_int_equal(fovea_governor_room(&governor), 0);
}

static void
nothing_goes_over_the_limit(void **state)
{
    (void)state;
    struct fovea_governor governor = make(80, 0, 1000, 1000);
    struct fovea_reservation one = { 0 };
    struct fovea_reservation two = { 0 };
    assert_true(fovea_governor_reserve(&governor, 500, &one));
    fovea_governor_settle(&governor, &one, 500);
    assert_int_equal(fovea_governor_room(&governor), 300);
    assert_false(fovea_governor_reserve(&governor, 301, &two));
    assert_int_equal(two.bytes, 0);
    assert_int_equal(governor.reserved_bytes, 500);
    assert_true(fovea_governor_reserve(&governor, 300, &two));
    assert_int_equal(fovea_governor_room(&governor), 0);

    /* The limit sinks below what is held: nothing breaks, nothing new. */
    struct fovea_memory memory = { .total_bytes = 100, .available_bytes = 100 };
    fovea_governor_update(&governor, &memory);
    assert_int_equal(fovea_governor_room(&governor), 0);
    fovea_governor_release(&governor, &one);
    fovea_governor_release(&governor, &two);
    assert_int_equal(fovea_governor_room(&governor), 80);
}

static void
what_is_pending_is_not_available(void **state)
{
    (void)state;
    struct fovea_governor governor = make(80, 0, 1000, 400);
    struct fovea_reservation one = { 0 };
    struct fovea_reservation two = { 0 };
    assert_false(fovea_governor_reserve(&governor, 401, &one));
    assert_true(fovea_governor_reserve(&governor, 300, &one));
    assert_int_equal(fovea_governor_room(&governor), 100);
    assert_false(fovea_governor_reserve(&governor, 101, &two));

    /* It took the memory, so the system shows less, and it took more than it
       was promised. */
    fovea_governor_settle(&governor, &one, 350);
    assert_int_equal(governor.reserved_bytes, 350);
    assert_int_equal(governor.pending_bytes, 0);
    struct fovea_memory memory = { .total_bytes = 1000, .available_bytes = 50 };
    fovea_governor_update(&governor, &memory);
    assert_int_equal(fovea_governor_room(&governor), 50);

    /* Measured again. */
    fovea_governor_settle(&governor, &one, 200);
    assert_int_equal(governor.reserved_bytes, 200);
    assert_int_equal(governor.pending_bytes, 0);
    fovea_governor_release(&governor, &one);
    assert_int_equal(governor.reserved_bytes, 0);
}

static void
releasing_twice_is_fine(void **state)
{
    (void)state;
    struct fovea_governor governor = make(80, 0, 1000, 1000);
    struct fovea_reservation held = { 0 };
    struct fovea_reservation other = { 0 };
    assert_true(fovea_governor_reserve(&governor, 100, &held));
    assert_true(fovea_governor_reserve(&governor, 200, &other));
    fovea_governor_release(&governor, &held);
    fovea_governor_release(&governor, &held);
    assert_int_equal(governor.reserved_bytes, 200);
    assert_int_equal(governor.pending_bytes, 200);
    assert_true(fovea_governor_reserve(&governor, 0, &held));
    fovea_governor_release(&governor, &held);
    assert_true(fovea_governor_reserve(&governor, 600, &held));
    assert_int_equal(governor.reserved_bytes, 800);
}

static void
pressure_rises_in_four_steps(void **state)
{
    (void)state;
    static const struct {
        uint64_t available;
        const char *name;
    } steps[] = {
        { 1000, "low" },
        { 2000, "low" }, /* more than the total */
        { 501, "low" },
        { 500, "normal" },
        { 301, "normal" },
        { 300, "high" },
        { 151, "high" },
        { 150, "critical" },
        { 0, "critical" },
    };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct fovea_governor governor = make(80, 0, 1000, steps[i].available);
        assert_string_equal(
                fovea_pressure_name(fovea_governor_pressure(&governor)),
                steps[i].name);
    }
    struct fovea_governor unknown;
    fovea_governor_init(&unknown, 80, 0);
    assert_int_equal(fovea_governor_pressure(&unknown), FOVEA_PRESSURE_LOW);
}

/* xorshift: the same numbers in every run. */
static uint64_t
next_number(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

enum {
    N_HOLDERS = 24,
    N_STEPS = 20000
};

static void
assert_sums(const struct fovea_governor *governor,
        const struct fovea_reservation *held)
{
    uint64_t reserved = 0;
    uint64_t pending = 0;
    for (size_t i = 0; i < N_HOLDERS; i++) {
        reserved += held[i].bytes;
        pending += held[i].is_pending ? held[i].bytes : 0;
    }
    assert_int_equal(governor->reserved_bytes, reserved);
    assert_int_equal(governor->pending_bytes, pending);
}

static void
try_reserve(struct fovea_governor *governor, uint64_t bytes,
        struct fovea_reservation *held)
{
    const struct fovea_governor before = *governor;
    bool fits =
            before.reserved_bytes + bytes <= fovea_governor_limit(&before) &&
            before.pending_bytes + bytes <= before.memory.available_bytes;
    assert_int_equal(fovea_governor_reserve(governor, bytes, held), fits);
    assert_int_equal(held->bytes, fits ? bytes : 0);
    assert_int_equal(governor->reserved_bytes,
            before.reserved_bytes + (fits ? bytes : 0));
}

static void
sums_are_right_whatever_comes(void **state)
{
    (void)state;
    uint64_t seed = 0x9e3779b97f4a7c15;
    struct fovea_governor governor = make(80, 3000 * MIB, 4096 * MIB, 0);
    struct fovea_reservation held[N_HOLDERS] = { { 0 } };
    size_t n_reserved = 0;
    for (size_t step = 0; step < N_STEPS; step++) {
        struct fovea_reservation *one = &held[next_number(&seed) % N_HOLDERS];
        uint64_t bytes = next_number(&seed) % (800 * MIB) + 1;
        struct fovea_memory memory = { .total_bytes = 4096 * MIB };
        switch (next_number(&seed) % 5) {
        case 0:
        case 1:
            if (one->bytes == 0) {
                try_reserve(&governor, bytes, one);
                n_reserved += one->bytes != 0;
            }
            break;
        case 2:
            if (one->bytes != 0) {
                fovea_governor_settle(&governor, one, bytes);
                assert_false(one->is_pending);
            }
            break;
        case 3:
            fovea_governor_release(&governor, one);
            fovea_governor_release(&governor, one);
            break;
        default:
            memory.available_bytes = next_number(&seed) % (4096 * MIB);
            fovea_governor_update(&governor, &memory);
            break;
        }
        assert_sums(&governor, held);
    }
    assert_true(n_reserved > N_STEPS / 50);
    for (size_t i = 0; i < N_HOLDERS; i++) {
        fovea_governor_release(&governor, &held[i]);
    }
    assert_int_equal(governor.reserved_bytes, 0);
    assert_int_equal(governor.pending_bytes, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_limit_is_a_share_and_a_number),
        cmocka_unit_test(nothing_goes_over_the_limit),
        cmocka_unit_test(what_is_pending_is_not_available),
        cmocka_unit_test(releasing_twice_is_fine),
        cmocka_unit_test(pressure_rises_in_four_steps),
        cmocka_unit_test(sums_are_right_whatever_comes),
    };
    return cmocka_run_group_tests_name("pool_governor", tests, NULL, NULL);
}
