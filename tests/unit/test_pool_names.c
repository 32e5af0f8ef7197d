/* Every value of the enums of fovea/pool.h has a name of its own. */
#include "fovea/pool.h"

#include "test.h"

/* One enum: what its values are called. */
#define CHECK(function, type, n)                                       \
    do {                                                               \
        for (int i = 0; i < (n); i++) {                                \
            const char *name = function((enum type)i);                 \
            assert_non_null(name);                                     \
            assert_string_not_equal(name, "unknown");                  \
            for (int k = 0; k < i; k++) {                              \
                assert_string_not_equal(name, function((enum type)k)); \
            }                                                          \
        }                                                              \
        assert_string_equal(function((enum type)(n)), "unknown");      \
        assert_string_equal(function((enum type)(-1)), "unknown");     \
    } while (0)

static void
every_value_has_a_name(void **state)
{
    (void)state;
    CHECK(fovea_worker_state_name, fovea_worker_state, FOVEA_WORKER_DEAD + 1);
    CHECK(fovea_stop_reason_name, fovea_stop_reason, FOVEA_STOP_COUNT);
    CHECK(fovea_pressure_name, fovea_pressure, FOVEA_PRESSURE_CRITICAL + 1);
    CHECK(fovea_breaker_state_name, fovea_breaker_state,
            FOVEA_BREAKER_HALF_OPEN + 1);
    CHECK(fovea_event_kind_name, fovea_event_kind, FOVEA_EVENT_CACHE + 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_has_a_name),
    };
    return cmocka_run_group_tests_name("pool_names", tests, NULL, NULL);
}
