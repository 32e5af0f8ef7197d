/* Groups of rows that are alike, from pairs. */
#include <stdbool.h>
#include <unistd.h>

#include "base/macros.h"
#include "find/groups.h"
#include "support/test.h"

enum {
    MAX_ROWS = 200
};

static struct fovea_error error;

/* A matrix of cosines; 0: below the threshold. */
static float likeness[MAX_ROWS][MAX_ROWS];

static void
clear(void)
{
    memset(likeness, 0, sizeof likeness);
}

static void
tie(uint32_t a, uint32_t b, float cosine)
{
    likeness[a][b] = cosine;
    likeness[b][a] = cosine;
}

/* The pairs of the first n rows, from the last to the first if so. */
static void
list_pairs(struct fovea_pair_list *list, uint32_t n, size_t capacity,
        bool backwards)
{
    assert_ok(fovea_pair_list_init(list, "/tmp", capacity, &error), &error);
    for (uint32_t i = 0; i < n * n; i++) {
        uint32_t at = backwards ? n * n - 1 - i : i;
        const struct fovea_row_pair pair = { at / n, at % n,
            likeness[at / n][at % n] };
        bool is_other_way = backwards ? pair.a > pair.b : pair.a < pair.b;
        if (is_other_way && pair.cosine > 0) {
            assert_ok(fovea_pair_list_add(list, &pair, &error), &error);
        }
    }
}

static void
make(uint32_t n, struct fovea_groups *groups)
{
    struct fovea_pair_list list;
    list_pairs(&list, n, 1024, false);
    assert_ok(fovea_groups_make(&list, n, groups, &error), &error);
    assert_ok(fovea_groups_measure(groups, &list, n, &error), &error);
    fovea_pair_list_finish(&list);
}

static void
assert_rows(const struct fovea_group *group, size_t n, const uint32_t *rows)
{
    assert_int_equal(group->n, n);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(group->members[i].row, rows[i]);
    }
}

static void
nothing_is_no_group(void **state)
{
    (void)state;
    struct fovea_groups groups;
    clear();
    make(0, &groups);
    assert_int_equal(groups.n, 0);
    fovea_groups_finish(&groups);
    make(7, &groups);
    assert_int_equal(groups.n, 0);
    fovea_groups_finish(&groups);
}

static void
a_chain_is_no_group(void **state)
{
    (void)state;
    struct fovea_groups groups;
    clear();
    /* 0 - 1 - 2 - 3 - 4: the ends of no two are alike. */
    for (uint32_t i = 0; i < 4; i++) {
        tie(i, i + 1, 0.8F);
    }
    make(5, &groups);
    size_t n = 0;
    for (size_t g = 0; g < groups.n; g++) {
        const struct fovea_group *group = &groups.all[g];
        uint32_t best = group->members[group->best].row;
        n += group->n;
        for (size_t k = 0; k < group->n; k++) {
            uint32_t row = group->members[k].row;
            assert_true(row == best || likeness[row][best] > 0);
        }
    }
    assert_true(groups.n >= 1 && n <= 5 && groups.n_members == n);
    fovea_groups_finish(&groups);
}

static void
a_row_goes_to_the_centre_that_it_is_most_alike(void **state)
{
    (void)state;
    static const uint32_t first[] = { 0, 1, 2, 3 };
    static const uint32_t second[] = { 4, 5, 6 };
    struct fovea_groups groups;
    clear();
    tie(0, 1, 0.9F);
    tie(0, 2, 0.9F);
    tie(0, 3, 0.9F);
    tie(0, 6, 0.74F); /* a stranger that happens to be near */
    tie(4, 5, 0.9F);
    tie(4, 6, 0.95F);
    make(7, &groups);
    assert_int_equal(groups.n, 2);
    assert_rows(&groups.all[0], 4, first);
    assert_rows(&groups.all[1], 3, second);
    assert_float_equal(groups.all[1].members[0].cosine, 1, 0);
    assert_float_equal(groups.all[1].members[2].cosine, 0.95F, 0);
    fovea_groups_finish(&groups);
}

static void
any_member_that_reaches_all_may_be_the_best(void **state)
{
    (void)state;
    struct fovea_groups groups;
    struct fovea_pair_list list;
    clear();
    tie(0, 1, 0.9F);
    tie(0, 2, 0.8F);
    tie(0, 3, 0.85F);
    tie(1, 2, 0.75F);
    tie(1, 3, 0.76F);
    list_pairs(&list, 4, 1024, false);
    assert_ok(fovea_groups_make(&list, 4, &groups, &error), &error);
    assert_int_equal(groups.n, 1);
    struct fovea_group *group = &groups.all[0];
    assert_int_equal(group->n, 4);
    assert_true(group->members[0].reaches_all);
    assert_true(group->members[1].reaches_all);
    assert_false(group->members[2].reaches_all);
    assert_false(group->members[3].reaches_all);
    assert_true(group->members[group->best].reaches_all);
    group->best = 1;
    assert_ok(fovea_groups_measure(&groups, &list, 4, &error), &error);
    assert_float_equal(group->members[0].cosine, 0.9F, 0);
    assert_float_equal(group->members[1].cosine, 1, 0);
    assert_float_equal(group->members[2].cosine, 0.75F, 0);
    assert_float_equal(group->members[3].cosine, 0.76F, 0);
    fovea_groups_finish(&groups);
    fovea_pair_list_finish(&list);
}

/* Rows at random, a quarter of the pairs near. */
static void
draw(uint32_t seed, uint32_t n)
{
    uint32_t value = seed;
    clear();
    for (uint32_t a = 0; a < n; a++) {
        for (uint32_t b = 0; b < a; b++) {
            value = value * UINT32_C(1664525) + UINT32_C(1013904223);
            if (value >> 30 == 0) {
                tie(a, b, 0.7F + (float)(value >> 16 & 0x3fff) / 65536);
            }
        }
    }
}

static void
assert_same(const struct fovea_groups *a, const struct fovea_groups *b)
{
    assert_int_equal(a->n, b->n);
    assert_int_equal(a->n_members, b->n_members);
    for (size_t g = 0; g < a->n; g++) {
        assert_int_equal(a->all[g].n, b->all[g].n);
        assert_int_equal(a->all[g].best, b->all[g].best);
        assert_memory_equal(a->all[g].members, b->all[g].members,
                a->all[g].n * sizeof *a->all[g].members);
    }
}

static void
the_order_of_pairs_and_the_file_do_not_count(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 20; seed++) {
        struct fovea_groups groups[3];
        const size_t capacities[] = { 65536, 100, 1 };
        draw(seed, 60);
        for (size_t i = 0; i < 3; i++) {
            struct fovea_pair_list list;
            list_pairs(&list, 60, capacities[i], i % 2);
            assert_int_equal(list.n_in_file > 0, i > 0);
            assert_ok(fovea_groups_make(&list, 60, &groups[i], &error), &error);
            assert_ok(fovea_groups_measure(&groups[i], &list, 60, &error),
                    &error);
            fovea_pair_list_finish(&list);
        }
        assert_same(&groups[0], &groups[1]);
        assert_same(&groups[0], &groups[2]);
        for (size_t i = 0; i < 3; i++) {
            fovea_groups_finish(&groups[i]);
        }
    }
}

/* What holds of any groups. */
static void
each_group_is_around_its_best(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 40; seed++) {
        const uint32_t n = 20 + seed * 4;
        struct fovea_groups groups;
        size_t group_of[MAX_ROWS];
        uint32_t best_of[MAX_ROWS];
        draw(seed, n);
        make(n, &groups);
        for (uint32_t i = 0; i < n; i++) {
            group_of[i] = SIZE_MAX;
        }
        for (size_t g = 0; g < groups.n; g++) {
            const struct fovea_group *group = &groups.all[g];
            assert_true(group->n >= 2);
            best_of[g] = group->members[group->best].row;
            for (size_t k = 0; k < group->n; k++) {
                const struct fovea_group_member *member = &group->members[k];
                assert_true(group_of[member->row] == SIZE_MAX);
                group_of[member->row] = g;
                float cosine = member->row == best_of[g]
                        ? 1
                        : likeness[member->row][best_of[g]];
                assert_true(cosine > 0);
                assert_float_equal(member->cosine, cosine, 0);
            }
        }
        for (uint32_t i = 0; i < n; i++) {
            for (size_t g = 0; g < groups.n && group_of[i] != SIZE_MAX; g++) {
                /* No other best is more like it; none is like another best. */
                uint32_t own = best_of[group_of[i]];
                assert_true(i == own ||
                        likeness[i][best_of[g]] <= likeness[i][own]);
                assert_true(i != own || likeness[i][best_of[g]] <= 0);
            }
        }
        fovea_groups_finish(&groups);
    }
}

static void
a_folder_that_is_not_there_is_named(void **state)
{
    (void)state;
    struct fovea_pair_list list;
    const struct fovea_row_pair pair = { 0, 1, 0.9F };
    assert_ok(
            fovea_pair_list_init(&list, "/proc/self/fovea-nowhere", 1, &error),
            &error);
    assert_ok(fovea_pair_list_add(&list, &pair, &error), &error);
    assert_fails(fovea_pair_list_add(&list, &pair, &error), &error,
            FOVEA_ERR_IO, "/proc/self/fovea-nowhere");
    fovea_pair_list_finish(&list);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_no_group),
        cmocka_unit_test(a_chain_is_no_group),
        cmocka_unit_test(a_row_goes_to_the_centre_that_it_is_most_alike),
        cmocka_unit_test(any_member_that_reaches_all_may_be_the_best),
        cmocka_unit_test(the_order_of_pairs_and_the_file_do_not_count),
        cmocka_unit_test(each_group_is_around_its_best),
        cmocka_unit_test(a_folder_that_is_not_there_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
