/* Every value of the enums of fovea/pool.h has a name of its own. */
#include "fovea/pool.h"

#include "support/test.h"

static const char *
state_name(int value)
{
    return fovea_worker_state_name((enum fovea_worker_state)value);
}

static const char *
reason_name(int value)
{
    return fovea_stop_reason_name((enum fovea_stop_reason)value);
}

static const char *
pressure_name(int value)
{
    return fovea_pressure_name((enum fovea_pressure)value);
}

static const char *
breaker_name(int value)
{
    return fovea_breaker_state_name((enum fovea_breaker_state)value);
}

static const char *
event_name(int value)
{
    return fovea_event_kind_name((enum fovea_event_kind)value);
}

static void
every_value_has_a_name(void **state)
{
    (void)state;
    static const struct {
        const char *(*name)(int value);
        int n;
    } enums[] = {
        { state_name, FOVEA_WORKER_DEAD + 1 },
        { reason_name, FOVEA_STOP_COUNT },
        { pressure_name, FOVEA_PRESSURE_CRITICAL + 1 },
        { breaker_name, FOVEA_BREAKER_HALF_OPEN + 1 },
        { event_name, FOVEA_EVENT_CACHE + 1 },
    };
    for (size_t e = 0; e < sizeof enums / sizeof enums[0]; e++) {
        for (int i = 0; i < enums[e].n; i++) {
            const char *name = enums[e].name(i);
            assert_non_null(name);
            assert_string_not_equal(name, "unknown");
            for (int k = 0; k < i; k++) {
                assert_string_not_equal(name, enums[e].name(k));
            }
        }
        assert_string_equal(enums[e].name(enums[e].n), "unknown");
        assert_string_equal(enums[e].name(-1), "unknown");
    }
}

static void
faults_are_told_from_ends(void **state)
{
    (void)state;
    for (int i = 0; i < FOVEA_STOP_COUNT; i++) {
        assert_int_equal(fovea_stop_reason_is_fault((enum fovea_stop_reason)i),
                i >= FOVEA_STOP_EXEC);
    }
    assert_false(fovea_stop_reason_is_fault(FOVEA_STOP_COUNT));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_has_a_name),
        cmocka_unit_test(faults_are_told_from_ends),
    };
    return cmocka_run_group_tests_name("pool_names", tests, NULL, NULL);
}
