/* Every lie that the header of a safetensors file can tell. */
#include "support/safetensors.h"
#include "support/test.h"

static void
check_bytes_refused(const void *bytes, size_t size, const char *part)
{
    struct fovea_error error;
    struct fovea_checkpoint *checkpoint = NULL;
    assert_fails(safetensors_open(bytes, size, &checkpoint, &error), &error,
            FOVEA_ERR_MODEL_WEIGHTS, part);
    assert_non_null(strstr(error.message, "w.safetensors: "));
    assert_null(checkpoint);
}

/* A header with data_size bytes behind it. */
static void
check_refused(const char *header, size_t data_size, const char *part)
{
    static uint8_t bytes[16384];
    static const uint8_t data[1024];
    assert_true(strlen(header) + data_size + 8 <= sizeof bytes);
    check_bytes_refused(bytes,
            safetensors_build(bytes, header, data, data_size), part);
}

/* One tensor "t" of this description. */
static void
check_tensor_refused(const char *description, size_t data_size,
        const char *part)
{
    char header[512];
    (void)snprintf(header, sizeof header, "{\"t\": %s}", description);
    check_refused(header, data_size, part);
    if (!strstr(part, "header says")) {
        check_refused(header, data_size, "w.safetensors: t: ");
    }
}

static void
the_length_is_checked(void **state)
{
    (void)state;
    check_bytes_refused("", 0, "too short");
    check_bytes_refused("\2\0\0\0\0\0\0", 7, "too short");
    check_bytes_refused("\3\0\0\0\0\0\0\0{}", 10, "longer than the file");
    check_bytes_refused("\1\0\0\0\0\0\0\0", 8, "longer than the file");
    check_bytes_refused("\xff\xff\xff\xff\xff\xff\xff\xff{}", 10, "100 MB");
    check_bytes_refused("version https://git-lfs.github.com/spec/v1\n", 43,
            "a Git LFS pointer");
    check_bytes_refused("\1\xe1\xf5\5\0\0\0\0{}", 10, "100 MB");
    check_bytes_refused("\0\xe1\xf5\5\0\0\0\0{}", 10, "at most 8388608");
    check_bytes_refused("\1\0\x80\0\0\0\0\0{}", 10,
            "its header has 8388609 bytes, at most 8388608 are read");
    check_bytes_refused("\0\0\x80\0\0\0\0\0{}", 10, "longer than the file");
    check_bytes_refused("\0\0\0\0\0\0\0\0", 8, "not valid JSON");
}

static void
the_header_must_be_an_object(void **state)
{
    (void)state;
    check_refused("x", 0, "not valid JSON");
    check_refused("{\"t\": ", 0, "not valid JSON");
    check_refused("{\"\xff\": {}}", 0, "not valid JSON");
    check_refused("[]", 0, "not a JSON object");
    check_refused("3", 0, "not a JSON object");
    check_refused("{\"t\": 1, \"t\": 1}", 0, "duplicate");
    check_refused("{\"__metadata__\": 1}", 0, "__metadata__");
    check_refused("{\"__metadata__\": {\"a\": 1}}", 0, "__metadata__");
    char deep[5000];
    memset(deep, '[', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    check_refused(deep, 0, "not valid JSON");
}

static void
descriptions_are_checked(void **state)
{
    (void)state;
    check_tensor_refused("[]", 0, "not an object");
    check_tensor_refused("{}", 0, "dtype is not a string");
    check_tensor_refused("{\"dtype\": 4}", 0, "dtype is not a string");
    check_tensor_refused("{\"dtype\": \"F33\"}", 0, "dtype is not known");
    check_tensor_refused("{\"dtype\": \"f32\"}", 0, "dtype is not known");
    check_tensor_refused("{\"dtype\": \"F32\"}", 0, "shape is not an array");
    check_tensor_refused(SAFETENSORS_F32("{}", "[0, 4]"), 4,
            "shape is not an array");
    check_tensor_refused(SAFETENSORS_F32("[-1]", "[0, 4]"), 4,
            "a dimension is not");
    check_tensor_refused(SAFETENSORS_F32("[1.0]", "[0, 4]"), 4,
            "a dimension is not");
    check_tensor_refused(SAFETENSORS_F32("[\"1\"]", "[0, 4]"), 4,
            "a dimension is not");
    check_tensor_refused(SAFETENSORS_F32("[1,1,1,1,1,1,1,1,1]", "[0, 4]"), 4,
            "more than 8");
    check_tensor_refused(SAFETENSORS_F32("[4611686018427387904, 4]", "[0, 4]"),
            4, "too large");
    check_tensor_refused(SAFETENSORS_F32("[4611686018427387904]", "[0, 0]"), 0,
            "too large");
    check_tensor_refused(
            SAFETENSORS_F32("[9223372036854775807, 9223372036854775807]",
                    "[0, 4]"),
            4, "too large");
    check_refused(
            "{\"t\": " SAFETENSORS_F32("[9223372036854775808]", "[0, 4]") "}",
            4, "not valid JSON");
}

static void
offsets_are_checked(void **state)
{
    (void)state;
    check_tensor_refused("{\"dtype\": \"F32\", \"shape\": [1]}", 4,
            "data_offsets are not two");
    check_tensor_refused(SAFETENSORS_F32("[1]", "4"), 4,
            "data_offsets are not two");
    check_tensor_refused(SAFETENSORS_F32("[1]", "[0]"), 4,
            "data_offsets are not two");
    check_tensor_refused(SAFETENSORS_F32("[1]", "[0, 4, 8]"), 4, "are not two");
    check_tensor_refused(SAFETENSORS_F32("[1]", "[-4, 0]"), 4, "are not two");
    check_tensor_refused(SAFETENSORS_F32("[1]", "[0, 4.0]"), 4, "are not two");
    check_tensor_refused(SAFETENSORS_F32("[1]", "[4, 0]"), 4, "reversed");
    check_tensor_refused(SAFETENSORS_F32("[1]", "[0, 4]"), 3, "beyond the end");
    check_tensor_refused(SAFETENSORS_F32("[1]", "[0, 9223372036854775807]"), 4,
            "beyond the end");
    check_tensor_refused(SAFETENSORS_F32("[2]", "[0, 4]"), 4, "takes 8 bytes");
    check_tensor_refused(SAFETENSORS_F32("[]", "[0, 8]"), 8, "takes 4 bytes");
    check_tensor_refused(SAFETENSORS_F32("[0]", "[0, 4]"), 4, "takes 0 bytes");
    check_tensor_refused(SAFETENSORS_F32("[1]", "[0, 4]"), 5,
            "longer than its header says");
    check_tensor_refused(SAFETENSORS_F32("[1]", "[4, 8]"), 8, "a gap before");
    check_refused("{}", 1, "longer than its header says");
}

static void
overlaps_and_gaps_are_refused(void **state)
{
    (void)state;
    check_refused(
            "{\"a\": " SAFETENSORS_F32("[2]",
                    "[0, 8]") ", \"b\": " SAFETENSORS_F32("[2]", "[4, 12]") "}",
            12, "b: its data overlaps");
    check_refused(
            "{\"a\": " SAFETENSORS_F32("[2]",
                    "[0, 8]") ", \"b\": " SAFETENSORS_F32("[2]", "[0, 8]") "}",
            8, "b: its data overlaps");
    check_refused(
            "{\"b\": " SAFETENSORS_F32("[1]",
                    "[8, 12]") ", \"a\": " SAFETENSORS_F32("[1]", "[0, 4]") "}",
            12, "b: there is a gap");
    check_refused(
            "{\"a\": " SAFETENSORS_F32("[2]",
                    "[0, 8]") ", \"b\": " SAFETENSORS_F32("[0]", "[4, 4]") "}",
            8, "b: its data overlaps");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_length_is_checked),
        cmocka_unit_test(the_header_must_be_an_object),
        cmocka_unit_test(descriptions_are_checked),
        cmocka_unit_test(offsets_are_checked),
        cmocka_unit_test(overlaps_and_gaps_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
