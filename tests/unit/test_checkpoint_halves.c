/* Every value of float16, read as float32. */
#include <math.h>

#include "support/safetensors.h"
#include "support/test.h"

/* What IEEE 754 says of a half, by its fields. */
static float
expected_half(unsigned half)
{
    int exponent = (int)(half >> 10 & 31);
    float fraction = (float)(half & 1023);
    float sign = half & 0x8000 ? -1.0F : 1.0F;
    if (exponent == 31) {
        return half & 1023 ? NAN : sign * INFINITY;
    }
    return exponent == 0 ? sign * ldexpf(fraction, -24)
                         : sign * ldexpf(1024.0F + fraction, exponent - 25);
}

static void
every_half_is_exact(void **state)
{
    (void)state;
    enum {
        N = 65536
    };
    static uint16_t halves[N];
    static uint8_t bytes[2 * N + 256];
    static float values[N];
    for (unsigned i = 0; i < N; i++) {
        halves[i] = (uint16_t)i;
    }
    size_t size = safetensors_build(bytes,
            "{\"t\": {\"dtype\": \"F16\", \"shape\": [65536], "
            "\"data_offsets\": [0, 131072]}}",
            halves, sizeof halves);
    struct fovea_error error;
    struct fovea_checkpoint *checkpoint = NULL;
    assert_ok(safetensors_open(bytes, size, &checkpoint, &error), &error);
    assert_ok(fovea_checkpoint_read(checkpoint,
                      fovea_checkpoint_at(checkpoint, 0), values, &error),
            &error);
    for (unsigned i = 0; i < N; i++) {
        float expected = expected_half(i);
        if (isnan(expected)) {
            assert_true(isnan(values[i]));
        } else {
            assert_memory_equal(&values[i], &expected, sizeof expected);
        }
    }
    fovea_checkpoint_close(checkpoint);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_half_is_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
