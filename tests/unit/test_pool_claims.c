/* What a worker claims about itself, and how far it is believed. */
#include "pool/claims.h"
#include "support/test.h"

#define MIB (UINT64_C(1) << 20)

static const struct fovea_group_settings group = {
    .kind = FOVEA_WORK_EMBED,
    .dimension = 512,
    .row_bytes = 2048,
    .shared_bytes = 400 * MIB,
    .worker_bytes = 100 * MIB,
};

static const struct fovea_group_settings pixels = {
    .kind = FOVEA_WORK_PIXELS,
    .row_bytes = 3000,
    .worker_bytes = 100 * MIB,
};

static struct fovea_ready
good(void)
{
    return (struct fovea_ready){
        .dimension = 512,
        .row_bytes = 2048,
        .shared_bytes = 390 * MIB,
        .scratch_bytes = 20 * MIB,
        .load_ns = 60,
        .warm_up_ns = 40,
    };
}

static void
sizes_are_near_the_estimate(void **state)
{
    (void)state;
    struct fovea_ready ready = good();
    assert_null(fovea_claims_ready(&group, &ready, 100));
    ready.shared_bytes = (500 + 32) * MIB;
    assert_null(fovea_claims_ready(&group, &ready, 100));
    ready.shared_bytes++;
    assert_non_null(fovea_claims_ready(&group, &ready, 100));
    ready = good();
    ready.scratch_bytes = (125 + 32) * MIB;
    assert_null(fovea_claims_ready(&group, &ready, 100));
    ready.scratch_bytes = UINT64_C(1) << 45;
    assert_non_null(fovea_claims_ready(&group, &ready, 100));
}

static void
rows_are_as_they_were_announced(void **state)
{
    (void)state;
    struct fovea_ready ready = good();
    ready.dimension = 511;
    assert_non_null(fovea_claims_ready(&group, &ready, 100));
    ready = good();
    ready.row_bytes = 2044;
    assert_non_null(fovea_claims_ready(&group, &ready, 100));
}

static void
pixels_have_no_weights(void **state)
{
    (void)state;
    struct fovea_ready ready = { .row_bytes = 3000, .scratch_bytes = MIB };
    assert_null(fovea_claims_ready(&pixels, &ready, 100));
    ready.shared_bytes = 1;
    assert_non_null(fovea_claims_ready(&pixels, &ready, 100));
}

static void
images_are_within_the_limits(void **state)
{
    (void)state;
    const struct fovea_group_settings images = {
        .kind = FOVEA_WORK_THUMBNAIL,
        .limits = { .max_side_px = 100, .max_pixels = 5000 },
    };
    const struct fovea_group_settings texts = { .kind = FOVEA_WORK_TOKENS };
    struct fovea_facts facts = { .width_px = 100, .height_px = 50 };
    assert_true(fovea_claims_facts(&images, &facts));
    assert_false(fovea_claims_facts(&texts, &facts));
    facts.height_px = 51;
    assert_false(fovea_claims_facts(&images, &facts));
    facts = (struct fovea_facts){ .width_px = 1, .height_px = 101 };
    assert_false(fovea_claims_facts(&images, &facts));
    facts = (struct fovea_facts){ .width_px = 101, .height_px = 1 };
    assert_false(fovea_claims_facts(&images, &facts));
    facts = (struct fovea_facts){ 0 };
    assert_false(fovea_claims_facts(&images, &facts));
    assert_true(fovea_claims_facts(&texts, &facts));
}

static void
nothing_took_longer_than_there_was_time(void **state)
{
    (void)state;
    struct fovea_ready ready = good();
    assert_non_null(fovea_claims_ready(&group, &ready, 99));
    assert_true(fovea_claims_times(60, 40, 100));
    assert_false(fovea_claims_times(60, 41, 100));
    assert_false(fovea_claims_times(UINT64_C(1) << 55, UINT64_C(1) << 55,
            INT64_C(1) << 55));
    assert_false(fovea_claims_times(0, 0, -1));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_near_the_estimate),
        cmocka_unit_test(rows_are_as_they_were_announced),
        cmocka_unit_test(pixels_have_no_weights),
        cmocka_unit_test(images_are_within_the_limits),
        cmocka_unit_test(nothing_took_longer_than_there_was_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
