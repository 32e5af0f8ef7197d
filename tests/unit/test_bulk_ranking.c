/* Ranking by cosine: order, ties, bounds, bad inputs, what is printed. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "bulk/ranking.h"
#include "support/test.h"

enum {
    DIMENSION = 2
};

static const float query[DIMENSION] = { 1, 0 };

static void
add(struct fovea_ranking *ranking, const char *name, float x, float y)
{
    char path[64];
    (void)snprintf(path, sizeof path, "%s", name);
    const float row[DIMENSION] = { x, y };
    const struct fovea_entry entry = { .path = path };
    const struct fovea_error good = { .code = FOVEA_OK };
    const struct fovea_row_result result = { &entry, &good, row };
    struct fovea_error error;
    assert_ok(fovea_ranking_add(ranking, &result, 1, &error), &error);
}

static void
add_bad(struct fovea_ranking *ranking)
{
    char path[] = "bad.txt";
    const struct fovea_entry entry = { .path = path };
    struct fovea_error bad;
    (void)fovea_fail(&bad, FOVEA_ERR_NOT_AN_IMAGE, "no image");
    const struct fovea_row_result result = { &entry, &bad, NULL };
    struct fovea_error error;
    assert_ok(fovea_ranking_add(ranking, &result, 1, &error), &error);
}

static void
the_most_alike_come_first_and_equals_in_order(void **state)
{
    (void)state;
    struct fovea_ranking ranking;
    fovea_ranking_init(&ranking, query, DIMENSION, 0);
    struct fovea_text text = { 0 };
    add(&ranking, "far\x1b[2J", -1, 0);
    add(&ranking, "near", 0.6F, 0.8F);
    add(&ranking, "same", 1, 0);
    add(&ranking, "near too", 0.6F, -0.8F);
    add_bad(&ranking);
    fovea_ranking_settle(&ranking);
    fovea_ranking_table(&ranking, &text);
    assert_string_equal(text.data,
            " RANK   COSINE  INPUT\n"
            "    1   1.0000  same\n"
            "    2   0.6000  near\n"
            "    3   0.6000  near too\n"
            "    4  -1.0000  far?[2J\n");
    fovea_text_clear(&text);
    fovea_ranking_json(&ranking, &text);
    assert_non_null(strstr(text.data,
            "{\"rank\":2,\"cosine\":0.6,\"input\":\"near\"}\n"));
    assert_non_null(strstr(text.data,
            "\"far\\u001b[2J\"}\n{\"input\":\"bad.txt\",\"error\":{"
            "\"code\":\"not_an_image\",\"message\":\"no image\"}}\n"));
    fovea_text_finish(&text);
    fovea_ranking_finish(&ranking);
}

static void
notes_stand_beside_the_names(void **state)
{
    (void)state;
    struct fovea_ranking ranking;
    fovea_ranking_init(&ranking, query, DIMENSION, 0);
    struct fovea_text text = { 0 };
    char path[] = "half";
    const float row[DIMENSION] = { 1, 0 };
    const struct fovea_entry entry = { .path = path };
    struct fovea_error noted;
    fovea_error_clear(&noted);
    fovea_note(&noted, FOVEA_NOTE_DAMAGED, "2 of 3 rows");
    const struct fovea_row_result result = { &entry, &noted, row };
    struct fovea_error error;
    assert_ok(fovea_ranking_add(&ranking, &result, 1, &error), &error);
    add(&ranking, "whole", 0.6F, 0.8F);
    fovea_ranking_settle(&ranking);
    fovea_ranking_table(&ranking, &text);
    assert_string_equal(text.data,
            " RANK   COSINE  INPUT\n"
            "    1   1.0000  half (damaged)\n"
            "    2   0.6000  whole\n");
    fovea_text_clear(&text);
    fovea_ranking_json(&ranking, &text);
    assert_string_equal(text.data,
            "{\"rank\":1,\"cosine\":1.0,\"input\":\"half\",\"damaged\":true,"
            "\"note\":\"2 of 3 rows\"}\n"
            "{\"rank\":2,\"cosine\":0.6,\"input\":\"whole\"}\n");
    fovea_text_finish(&text);
    fovea_ranking_finish(&ranking);
}

static void
only_the_best_are_kept(void **state)
{
    (void)state;
    enum {
        N = 5000,
        N_BEST = 3,
    };
    struct fovea_ranking ranking;
    fovea_ranking_init(&ranking, query, DIMENSION, N_BEST);
    for (unsigned i = 0; i < N; i++) {
        char name[16];
        unsigned mixed = i * 2654435761U % N; /* in no order */
        (void)snprintf(name, sizeof name, "%u", mixed);
        float x = (float)mixed / N;
        add(&ranking, name, x, sqrtf(1 - x * x));
        assert_true(ranking.neighbours.n < 2000);
    }
    float best = 0;
    for (unsigned i = 0; i < N; i++) {
        float value = (float)(i * 2654435761U % N) / N;
        best = value > best ? value : best;
    }
    fovea_ranking_settle(&ranking);
    assert_int_equal(ranking.neighbours.n, N_BEST);
    assert_true(ranking.neighbours.all[0].cosine >= best - 1e-6F);
    assert_true(ranking.neighbours.all[0].cosine >=
            ranking.neighbours.all[1].cosine);
    assert_true(ranking.neighbours.all[1].cosine >=
            ranking.neighbours.all[2].cosine);
    fovea_ranking_finish(&ranking);
}

static void
cosines_stay_between_their_bounds(void **state)
{
    (void)state;
    struct fovea_ranking ranking;
    fovea_ranking_init(&ranking, query, DIMENSION, 0);
    add(&ranking, "rounded up", 1.0000001F, 0);
    add(&ranking, "rounded down", -1.0000001F, 0);
    fovea_ranking_settle(&ranking);
    assert_true(ranking.neighbours.all[0].cosine <= 1);
    assert_true(ranking.neighbours.all[1].cosine >= -1);
    fovea_ranking_finish(&ranking);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_most_alike_come_first_and_equals_in_order),
        cmocka_unit_test(notes_stand_beside_the_names),
        cmocka_unit_test(only_the_best_are_kept),
        cmocka_unit_test(cosines_stay_between_their_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
