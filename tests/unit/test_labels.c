/* Zero-shot labels: texts by a template, and what pictures get for them. */
#include <math.h>

#include "base/macros.h"
#include "base/vector.h"
#include "labels/labels.h"
#include "support/test.h"

enum {
    MAX_LABELS = 8,
    MAX_DIMENSION = 512
};

struct golden_case {
    uint32_t seed;
    size_t n;
    size_t dimension;
    double scale;
    double bias;
    bool is_sigmoid;
    bool is_raw;
    struct fovea_label_score ranked[MAX_LABELS];
};

static const struct golden_case cases[] = {
/* Made by tests/golden/make_labels.py. */
#include "../golden/labels.inc"
};

/* As vectors() of make_labels.py. */
static void
draw(uint32_t seed, size_t n, size_t dimension, float *vectors)
{
    uint32_t state = seed;
    for (size_t i = 0; i < n * dimension; i++) {
        state = state * UINT32_C(1664525) + UINT32_C(1013904223);
        vectors[i] = (float)(state >> 16) / 32768 - 1;
    }
    for (size_t i = 0; i < n; i++) {
        assert_true(fovea_vector_normalise(vectors + i * dimension, dimension));
    }
}

static void
scores_are_those_of_numpy(void **state)
{
    (void)state;
    static float vectors[(MAX_LABELS + 1) * MAX_DIMENSION];
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        const struct golden_case *golden = &cases[i];
        const struct fovea_labels_scale scale = { golden->scale, golden->bias,
            golden->is_sigmoid };
        struct fovea_label_score scores[MAX_LABELS];
        draw(golden->seed, golden->n + 1, golden->dimension, vectors);
        fovea_labels_rank(vectors, vectors + golden->dimension, golden->n,
                golden->dimension, &scale, golden->is_raw, scores);
        double sum = 0;
        for (size_t j = 0; j < golden->n; j++) {
            const struct fovea_label_score *wanted = &golden->ranked[j];
            assert_int_equal(scores[j].index, wanted->index);
            assert_true(fabs(scores[j].score - wanted->score) <=
                    1e-12 * fabs(wanted->score));
            sum += scores[j].score;
        }
        assert_true(
                golden->is_sigmoid || golden->is_raw || fabs(sum - 1) < 1e-12);
    }
}

static void
equal_scores_keep_the_order_of_the_labels(void **state)
{
    (void)state;
    static const float image[] = { 1, 0 };
    static const float texts[] = { 0, 1, 1, 0, 0, 1, 1, 0, 0, 1 };
    static const size_t wanted[] = { 1, 3, 0, 2, 4 };
    const struct fovea_labels_scale scale = { .scale = 10 };
    struct fovea_label_score scores[5];
    fovea_labels_rank(image, texts, 5, 2, &scale, false, scores);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(scores[i].index, wanted[i]);
    }
}

static void
a_template_has_one_place(void **state)
{
    (void)state;
    static const char *const good[] = { FOVEA_LABELS_TEMPLATE, "{}", "{}, {a}",
        "{{}}" };
    static const char *const bad[] = { "", "a photo of a", "{ }", "{0}",
        "{} and {}", "{}{}" };
    struct fovea_error error;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(good); i++) {
        assert_ok(fovea_labels_check_template(good[i], &error), &error);
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(bad); i++) {
        assert_fails(fovea_labels_check_template(bad[i], &error), &error,
                FOVEA_ERR_ARGUMENT, "where the label is to stand");
    }
}

static void
check_text(const char *template, const char *label, const char *wanted)
{
    char *text = fovea_labels_text(template, label);
    assert_non_null(text);
    assert_string_equal(text, wanted);
    free(text);
}

static void
labels_become_texts(void **state)
{
    (void)state;
    check_text(FOVEA_LABELS_TEMPLATE, "cat", "a photo of a cat");
    check_text("{}", "", "");
    check_text("{} here", "a {}", "a {} here");
    check_text("caf\xc3\xa9 {}.", "\xe7\x8c\xab", "caf\xc3\xa9 \xe7\x8c\xab.");
}

static void
check_bad(const char *const *labels, size_t n, size_t index, const char *part)
{
    struct fovea_error error;
    size_t found = SIZE_MAX;
    assert_fails(fovea_labels_check(labels, n, &found, &error), &error,
            FOVEA_ERR_ARGUMENT, part);
    assert_int_equal(found, index);
}

static void
labels_can_be_told_apart(void **state)
{
    (void)state;
    static const char *const good[] = { "cat", "Cat", "c at", "cats", "dog" };
    static const char *const empty[] = { "cat", " \t\r\n", "" };
    static const char *const same[] = { "a", "cat", "b", "cat", "cat" };
    static const char *const blank[] = { "cat", "ca", " cat\t", "cats" };
    struct fovea_error error;
    size_t index = 7;
    assert_ok(fovea_labels_check(good, FOVEA_ARRAY_LEN(good), &index, &error),
            &error);
    assert_int_equal(index, 7);
    check_bad(good, 0, 0, "there are no labels");
    check_bad(empty, FOVEA_ARRAY_LEN(empty), 1, "label 2 is empty");
    check_bad(same, FOVEA_ARRAY_LEN(same), 3,
            "the label \"cat\" is given twice, as number 2 and as number 4");
    check_bad(blank, FOVEA_ARRAY_LEN(blank), 2, "as number 1 and as number 3");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_those_of_numpy),
        cmocka_unit_test(equal_scores_keep_the_order_of_the_labels),
        cmocka_unit_test(a_template_has_one_place),
        cmocka_unit_test(labels_become_texts),
        cmocka_unit_test(labels_can_be_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
