/* logit_scale and logit_bias of a checkpoint: stored as a logarithm and a number,
   or not at all. */
#include <math.h>

#include "base/macros.h"
#include "checkpoint/logits.h"
#include "support/safetensors.h"
#include "support/test.h"

static enum fovea_status
read_logits(const char *header, const float *values, size_t n,
        struct fovea_logits *logits, bool *is_found, struct fovea_error *err)
{
    static uint8_t bytes[1024];
    struct fovea_checkpoint *checkpoint = NULL;
    size_t size = safetensors_build(bytes, header, values, n * sizeof *values);
    *logits = (struct fovea_logits)FOVEA_LOGITS_SIGLIP;
    assert_ok(safetensors_open(bytes, size, &checkpoint, err), err);
    enum fovea_status status =
            fovea_logits_read(checkpoint, logits, is_found, err);
    fovea_checkpoint_close(checkpoint);
    return status;
}

static void
both_are_read(void **state)
{
    (void)state;
    static const float values[] = { 2.5F, -12.5F };
    /* A scalar, and an array of one, as SigLIP's are. */
    static const char *const headers[] = {
        "{\"logit_scale\": " SAFETENSORS_F32("[]",
                "[0, 4]") ", "
                          "\"logit_bias\": " SAFETENSORS_F32("[]",
                                  "[4, 8]") "}",
        "{\"logit_scale\": " SAFETENSORS_F32("[1]",
                "[0, 4]") ", "
                          "\"logit_bias\": " SAFETENSORS_F32("[1]",
                                  "[4, 8]") "}",
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(headers); i++) {
        struct fovea_logits logits;
        struct fovea_error error;
        bool is_found = false;
        assert_ok(
                read_logits(headers[i], values, 2, &logits, &is_found, &error),
                &error);
        assert_true(is_found);
        assert_float_equal(logits.scale, expf(2.5F), 1e-6F);
        assert_float_equal(logits.bias, -12.5F, 0);
        assert_true(logits.is_sigmoid); /* the family's to say */
    }
}

static void
what_is_not_there_is_the_familys(void **state)
{
    (void)state;
    static const float values[] = { 1, -3 };
    struct fovea_logits logits;
    struct fovea_error error;
    bool is_found = true;
    assert_ok(read_logits("{\"w\": " SAFETENSORS_F32("[2]", "[0, 8]") "}",
                      values, 2, &logits, &is_found, &error),
            &error);
    assert_false(is_found);
    assert_float_equal(logits.scale, 10, 0);
    assert_float_equal(logits.bias, -10, 0);
    assert_ok(read_logits("{\"logit_scale\": " SAFETENSORS_F32("[]",
                                  "[0, 4]") ", \"w\": " SAFETENSORS_F32("[]",
                                  "[4, 8]") "}",
                      values, 2, &logits, &is_found, &error),
            &error);
    assert_true(is_found);
    assert_float_equal(logits.scale, expf(1), 1e-6F);
    assert_float_equal(logits.bias, -10, 0);
}

static void
what_makes_no_logits_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        float values[2];
        const char *message;
    } cases[] = {
        { "{\"logit_scale\": " SAFETENSORS_F32("[2]", "[0, 8]") "}", { 1, 2 },
                "logit_scale has 2 elements" },
        { "{\"logit_scale\": " SAFETENSORS_F32("[]",
                  "[0, 4]") ", "
                            "\"logit_bias\": " SAFETENSORS_F32("[]",
                                    "[4, 8]") "}",
                { 100, 0 }, "logit_scale of 100" },
        { "{\"logit_scale\": " SAFETENSORS_F32("[]",
                  "[0, 4]") ", "
                            "\"logit_bias\": " SAFETENSORS_F32("[]",
                                    "[4, 8]") "}",
                { 1, NAN }, "logit_bias of nan" },
        { "{\"logit_scale\": {\"dtype\": \"I64\", \"shape\": [], "
          "\"data_offsets\": [0, 8]}}",
                { 1, 1 }, "logit_scale is neither F32 nor F16 nor BF16" },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        struct fovea_logits logits;
        struct fovea_error error;
        bool is_found = false;
        assert_fails(read_logits(cases[i].header, cases[i].values, 2, &logits,
                             &is_found, &error),
                &error, FOVEA_ERR_MODEL_WEIGHTS, cases[i].message);
        assert_float_equal(logits.scale, 10, 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_are_read),
        cmocka_unit_test(what_is_not_there_is_the_familys),
        cmocka_unit_test(what_makes_no_logits_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
