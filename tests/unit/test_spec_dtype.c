/* The table of dtypes. */
#include "spec/dtype.h"
#include "support/test.h"

static void
every_dtype_has_a_word_of_its_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_N_DTYPES; i++) {
        const char *word = fovea_dtype_word((enum fovea_dtype)i);
        assert_non_null(word);
        assert_string_equal(word, fovea_dtype_words[i]);
        enum fovea_dtype dtype = FOVEA_DTYPE_AUTO;
        assert_true(fovea_dtype_parse(word, &dtype));
        assert_int_equal(dtype, i);
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(word, fovea_dtype_words[k]);
        }
    }
    enum fovea_dtype untouched = FOVEA_DTYPE_BF16;
    assert_false(fovea_dtype_parse("f64", &untouched));
    assert_int_equal(untouched, FOVEA_DTYPE_BF16);
    assert_null(fovea_dtype_words[FOVEA_N_DTYPES]);
    assert_null(fovea_dtype_word((enum fovea_dtype)FOVEA_N_DTYPES));
    assert_null(fovea_dtype_word((enum fovea_dtype) - 1));
}

/* They stand in keys of packed copies and in answers. */
static void
words_do_not_change(void **state)
{
    (void)state;
    assert_string_equal(fovea_dtype_word(FOVEA_DTYPE_AUTO), "auto");
    assert_string_equal(fovea_dtype_word(FOVEA_DTYPE_F32), "f32");
    assert_string_equal(fovea_dtype_word(FOVEA_DTYPE_BF16), "bf16");
    assert_string_equal(fovea_dtype_word(FOVEA_DTYPE_INT8), "int8");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_dtype_has_a_word_of_its_own),
        cmocka_unit_test(words_do_not_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
