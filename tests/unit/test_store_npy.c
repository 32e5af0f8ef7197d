/* Files of rows: what is written, byte by byte. */
#include <unistd.h>

#include "store/npy.h"
#include "support/test.h"

static void
npy_headers_have_one_size(void **state)
{
    (void)state;
    char header[FOVEA_NPY_HEADER_SIZE];
    const struct fovea_row_layout vectors = { "<f4", 1, { 512 }, 2048 };
    fovea_npy_header(&vectors, 0, header);
    assert_memory_equal(header, "\x93NUMPY\x01\x00\x76\x00", 10);
    assert_memory_equal(header + 10,
            "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 512), }  ",
            63);
    assert_int_equal(header[127], '\n');
    const struct fovea_row_layout pixels = { "|u1", 3, { 4096, 4096, 3 },
        (size_t)4096 * 4096 * 3 };
    fovea_npy_header(&pixels, UINT64_MAX, header);
    assert_memory_equal(header + 10,
            "{'descr': '|u1', 'fortran_order': False, "
            "'shape': (18446744073709551615, 4096, 4096, 3), }   ",
            93);
    assert_int_equal(header[126], ' ');
    assert_int_equal(header[127], '\n');
}

static void
rows_stand_behind_the_header_that_counts_them(void **state)
{
    (void)state;
    static const float rows[2][3] = { { 1, 2, 3 }, { 4, 5, 6 } };
    char directory[] = "/tmp/fovea-npy-XXXXXX";
    char expected[FOVEA_NPY_HEADER_SIZE];
    char bytes[FOVEA_NPY_HEADER_SIZE + sizeof rows + 1];
    struct fovea_error error;
    struct fovea_npy npy = {
        .layout = { "<f4", 1, { 3 }, sizeof rows[0] },
        .file = FOVEA_ATOMIC_FILE_INIT,
    };
    assert_non_null(mkdtemp(directory));
    assert_int_equal(chdir(directory), 0);
    assert_ok(fovea_atomic_file_open("x.npy", &npy.file, &error), &error);
    assert_ok(fovea_npy_begin(&npy, &error), &error);
    for (size_t i = 0; i < 2; i++) {
        assert_ok(fovea_npy_add(&npy, rows[i], &error), &error);
    }
    assert_ok(fovea_npy_complete(&npy, &error), &error);
    assert_ok(fovea_atomic_file_commit(&npy.file, &error), &error);
    FILE *file = fopen("x.npy", "r");
    assert_non_null(file);
    assert_int_equal(fread(bytes, 1, sizeof bytes, file), sizeof bytes - 1);
    (void)fclose(file);
    fovea_npy_header(&npy.layout, 2, expected);
    assert_memory_equal(bytes, expected, sizeof expected);
    assert_memory_equal(bytes + sizeof expected, rows, sizeof rows);
    assert_true(fovea_npy_is_ours(bytes));
    bytes[8]++; /* of another length */
    assert_false(fovea_npy_is_ours(bytes));
    assert_int_equal(unlink("x.npy"), 0);
    assert_int_equal(rmdir(directory), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(npy_headers_have_one_size),
        cmocka_unit_test(rows_stand_behind_the_header_that_counts_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
