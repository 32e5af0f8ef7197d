/* How many images go through the layers together. */
#include "base/macros.h"
#include "engine/cpu/pass_size.h"
#include "support/test.h"
#include "support/tower.h"

enum {
    MIB = 1024 * 1024,
};

static const struct fovea_tower b32 =
        TOWER(768, 3072, 12, 12, 224, 32, 512, FOVEA_ACTIVATION_GELU, 1e-5F);
static const struct fovea_tower b16 =
        TOWER(768, 3072, 12, 12, 224, 16, 512, FOVEA_ACTIVATION_GELU, 1e-5F);
static const struct fovea_tower l14 =
        TOWER(1024, 4096, 24, 16, 224, 14, 768, FOVEA_ACTIVATION_GELU, 1e-5F);
static const struct fovea_tower tiny =
        TOWER(64, 128, 2, 4, 64, 32, 64, FOVEA_ACTIVATION_GELU, 1e-5F);
static const struct fovea_tower text =
        CLIP_TEXT_TOWER(512, 2048, 12, 8, 100, 77, 512, FOVEA_ACTIVATION_GELU);

static void
passes_are_as_large_as_they_gain_from(void **state)
{
    (void)state;
    assert_int_equal(fovea_pass_most(&b32), 8);
    assert_int_equal(fovea_pass_most(&b16), 8);
    assert_int_equal(fovea_pass_most(&l14), 8);
    assert_int_equal(fovea_pass_most(&tiny), 64);
    assert_int_equal(fovea_pass_most(&text), FOVEA_MOST_UNITS);
}

static void
rows_that_stay_in_the_cache_are_fewer(void **state)
{
    (void)state;
    static const struct {
        const struct fovea_tower *tower;
        size_t cache_bytes;
        size_t most;
    } cases[] = {
        { &b32, 2 * MIB, 8 },
        { &b16, 2 * MIB, 2 },
        { &l14, 2 * MIB, 1 },
        { &l14, 4 * MIB, 2 },
        { &b32, MIB, 4 },
        { &b32, 64 * MIB, 8 },
        { &l14, 64 * MIB, 8 },
        { &l14, 4096, 1 },
        { &tiny, 2 * MIB, 64 },
        { &text, 4096, FOVEA_MOST_UNITS },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        assert_int_equal(fovea_pass_most_in_cache(cases[i].tower, 2,
                                 cases[i].cache_bytes),
                cases[i].most);
    }
    /* What is not known is taken to be what CPUs with tiles have. */
    assert_int_equal(fovea_pass_most_in_cache(&b16, 2, 0), 2);
    /* Wider elements, fewer rows. */
    assert_int_equal(fovea_pass_most_in_cache(&b32, 4, 2 * MIB), 6);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes_are_as_large_as_they_gain_from),
        cmocka_unit_test(rows_that_stay_in_the_cache_are_fewer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
