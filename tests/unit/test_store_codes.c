/* Codes and what bounds their loss; scores. */
#include <math.h>

#include "base/macros.h"
#include "store/codes.h"
#include "store/score.h"
#include "support/test.h"
#include "support/vectors.h"

/* What is lost by codes is never more than their residual says. */
static void
residuals_bound_what_is_lost(void **state)
{
    (void)state;
    static const size_t dimensions[] = { 1, 2, 63, 64, 65, 512,
        FOVEA_SEGMENT_MAX_DIMENSION };
    float *row = malloc(FOVEA_SEGMENT_MAX_DIMENSION * sizeof *row);
    uint8_t *codes = malloc(FOVEA_SEGMENT_MAX_DIMENSION);
    for (enum vectors_kind kind = 0; kind < VECTORS_N_KINDS; kind++) {
        for (size_t i = 0; i < FOVEA_ARRAY_LEN(dimensions); i++) {
            size_t n = dimensions[i];
            struct fovea_codes_mark mark;
            vectors_fill(kind, 11 + i, row, 1, n);
            double square = fovea_score_square(row, n);
            fovea_codes_make(row, square, n, codes, &mark);
            long double lost = 0;
            for (size_t j = 0; j < n; j++) {
                long double rest =
                        (long double)row[j] / sqrtl((long double)square) -
                        (long double)mark.scale * (codes[j] - 128);
                lost += rest * rest;
                assert_in_range(codes[j], 1, 255);
            }
            assert_true(sqrtl(lost) <= (long double)mark.residual);
            assert_true(mark.residual <= 0.51F);
            for (size_t j = n; j < fovea_codes_size(n); j++) {
                assert_int_equal(codes[j], FOVEA_CODES_ZERO);
            }
        }
    }
    free(row);
    free(codes);
}

static void
a_vector_and_itself_have_exactly_one(void **state)
{
    (void)state;
    float row[100];
    for (enum vectors_kind kind = 0; kind < VECTORS_N_KINDS; kind++) {
        for (size_t n = 1; n <= FOVEA_ARRAY_LEN(row); n++) {
            vectors_fill(kind, n, row, 1, n);
            double square = fovea_score_square(row, n);
            assert_true(fovea_score(row, square, row, n) == 1);
            float scaled[100];
            for (size_t i = 0; i < n; i++) {
                scaled[i] = -row[i];
            }
            assert_true(fovea_score(row, square, scaled, n) == -1);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(residuals_bound_what_is_lost),
        cmocka_unit_test(a_vector_and_itself_have_exactly_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
