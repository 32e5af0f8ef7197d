/* Tables: what is left out, what is cut, what stands where. */
#include "cli/columns.h"
#include "support/test.h"

static const struct fovea_column columns[] = {
    { .header = "N", .is_right = true },
    { .header = "NAME", .can_be_cut = true },
    { .header = "A", .left_out = 2 },
    { .header = "BB", .is_right = true, .left_out = 1 },
};

static void
assert_table_of(const struct fovea_column *of, const char *name, size_t width,
        const char *expected)
{
    struct fovea_table table = { .columns = of, .n_columns = 4 };
    struct fovea_text text = { 0 };
    const char *const rows[][4] = { { "7", name, "a", "b" },
        { "10", "x", "aaa", "" } };
    for (size_t i = 0; i < 2; i++) {
        struct fovea_table_row *row = fovea_table_add(&table);
        assert_non_null(row);
        for (size_t k = 0; k < 4; k++) {
            row->cells[k] = strdup(rows[i][k]);
            assert_non_null(row->cells[k]);
        }
    }
    fovea_text_format(&table.rows[0].below, "    below\n");
    fovea_table_format(&table, width, &text);
    assert_false(fovea_text_failed(&text));
    assert_string_equal(text.data, expected);
    fovea_text_finish(&text);
    fovea_table_finish(&table);
}

static void
assert_table(const char *name, size_t width, const char *expected)
{
    assert_table_of(columns, name, width, expected);
}

static void
a_column_is_cut_before_others_are_left_out(void **state)
{
    (void)state;
    static const struct fovea_column cut[] = {
        { .header = "N", .is_right = true },
        { .header = "NAME", .can_be_cut = true, .cut_first = 2, .cut_to = 6 },
        { .header = "A", .left_out = 2 },
        { .header = "BB", .is_right = true, .left_out = 1 },
    };
    assert_table_of(cut, "abcdefgh", 15,
            " N  NAME    A\n"
            " 7  abcde+  a\n"
            "    below\n"
            "10  x       aaa\n");
    assert_table_of(cut, "abcdefgh", 14,
            " N  NAME\n"
            " 7  abcde+\n"
            "    below\n"
            "10  x\n");
}

static void
what_fits_is_whole(void **state)
{
    (void)state;
    static const char whole[] = " N  NAME      A    BB\n"
                                " 7  a name    a     b\n"
                                "    below\n"
                                "10  x         aaa    \n";
    assert_table("a name  ", 0, whole);
    assert_table("a name  ", 21, whole);
}

static void
columns_are_left_out_then_cut(void **state)
{
    (void)state;
    assert_table("abcdefgh", 20,
            " N  NAME      A\n"
            " 7  abcdefgh  a\n"
            "    below\n"
            "10  x         aaa\n");
    assert_table("abcdefgh", 16,
            " N  NAME\n"
            " 7  abcdefgh\n"
            "    below\n"
            "10  x\n");
    assert_table("abcdefgh", 10,
            " N  NAME\n"
            " 7  abcde+\n"
            "    below\n"
            "10  x\n");
    /* Never below its header. */
    assert_table("abcdefgh", 3,
            " N  NAME\n"
            " 7  abc+\n"
            "    below\n"
            "10  x\n");
}

static void
letters_are_not_cut_in_two(void **state)
{
    (void)state;
    assert_table("\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc", 9,
            " N  NAME\n"
            " 7  \xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4+\n"
            "    below\n"
            "10  x\n");
    assert_table("\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc", 10,
            " N  NAME\n"
            " 7  \xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\n"
            "    below\n"
            "10  x\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_is_whole),
        cmocka_unit_test(columns_are_left_out_then_cut),
        cmocka_unit_test(a_column_is_cut_before_others_are_left_out),
        cmocka_unit_test(letters_are_not_cut_in_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
