/* What the command writes byte by byte: names of inputs, .npy headers. */
#include "bulk/input_name.h"
#include "store/npy.h"
#include "support/test.h"

static void
names_that_are_not_utf8_keep_their_bytes(void **state)
{
    (void)state;
    struct fovea_text text = { 0 };
    fovea_input_name_json(&text, "a\xe9.jpg");
    assert_string_equal(text.data,
            "\"input\":\"a\xef\xbf\xbd.jpg\",\"input_hex\":\"61e92e6a7067\"");
    fovea_text_clear(&text);
    fovea_input_name_json(&text, "\xc3\xa9");
    assert_string_equal(text.data, "\"input\":\"\xc3\xa9\"");
    fovea_text_finish(&text);
}

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
        4096 * 4096 * 3 };
    fovea_npy_header(&pixels, UINT64_MAX, header);
    assert_memory_equal(header + 10,
            "{'descr': '|u1', 'fortran_order': False, "
            "'shape': (18446744073709551615, 4096, 4096, 3), }   ",
            93);
    assert_int_equal(header[126], ' ');
    assert_int_equal(header[127], '\n');
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_are_not_utf8_keep_their_bytes),
        cmocka_unit_test(npy_headers_have_one_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
