/* safetensors: values of every type, shards, what is read and what is not. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"
#include "checkpoint/tensors.h"
#include "support/safetensors.h"
#include "support/test.h"

/* Reads are watched: where each begins and ends, in the file or in memory. */
enum {
    MAX_READS = 256
};

static struct {
    uint64_t begin;
    uint64_t end;
} reads[MAX_READS];
static size_t n_reads;
static bool reads_fail;

ssize_t __real_pread64(int fd, void *buffer, size_t size, off_t offset);
ssize_t __wrap_pread64(int fd, void *buffer, size_t size, off_t offset);

ssize_t
__wrap_pread64(int fd, void *buffer, size_t size, off_t offset)
{
    assert_true(n_reads < MAX_READS);
    reads[n_reads].begin = (uint64_t)offset;
    reads[n_reads++].end = (uint64_t)offset + size;
    if (reads_fail) {
        errno = EIO;
        return -1;
    }
    return __real_pread64(fd, buffer, size, offset);
}

static const char values_header[] =
        "{\"z.f32\": {\"dtype\": \"F32\", \"shape\": [2, 3], "
        "\"data_offsets\": [8, 32]}, "
        "\"a.f16\": {\"dtype\": \"F16\", \"shape\": [4], "
        "\"data_offsets\": [0, 8]}, "
        "\"m.bf16\": {\"dtype\": \"BF16\", \"shape\": [2], "
        "\"data_offsets\": [32, 36]}, "
        "\"empty\": {\"dtype\": \"F32\", \"shape\": [0, 5], "
        "\"data_offsets\": [32, 32]}, "
        "\"ids\": {\"dtype\": \"I64\", \"shape\": [1, 1], "
        "\"data_offsets\": [36, 44]}, "
        "\"scalar\": {\"dtype\": \"F32\", \"shape\": [], "
        "\"data_offsets\": [44, 48]}, "
        "\"__metadata__\": {\"format\": \"pt\"}}      ";

static size_t
build_values(uint8_t *bytes)
{
    static const uint16_t halves[4] = { 0x3c00, 0xc000, 0x0001, 0x7bff };
    static const float floats[6] = { 0.0F, -1.5F, 3e38F, 1e-45F, 5.0F, 6.0F };
    static const uint16_t bfloats[2] = { 0x3f80, 0xc049 };
    static const float scalar = 4.625F;
    uint8_t data[48] = { 0 };
    memcpy(data, halves, 8);
    memcpy(data + 8, floats, 24);
    memcpy(data + 32, bfloats, 4);
    memcpy(data + 44, &scalar, 4);
    return safetensors_build(bytes, values_header, data, sizeof data);
}

static void
check_values(const struct fovea_checkpoint *checkpoint, const char *name,
        const float *expected, size_t n)
{
    struct fovea_error error;
    float values[8] = { 0 };
    const struct fovea_tensor *tensor = fovea_checkpoint_find(checkpoint, name);
    assert_non_null(tensor);
    assert_string_equal(tensor->name, name);
    assert_int_equal(tensor->n_elements, n);
    assert_ok(fovea_checkpoint_read(checkpoint, tensor, values, &error),
            &error);
    assert_memory_equal(values, expected, n * sizeof *values);
    assert_true(values[n] == 0.0F);
}

static void
values_are_read_as_float32(void **state)
{
    (void)state;
    uint8_t bytes[2048];
    struct fovea_error error;
    struct fovea_checkpoint *checkpoint = NULL;
    assert_ok(safetensors_open(bytes, build_values(bytes), &checkpoint, &error),
            &error);
    assert_int_equal(fovea_checkpoint_count(checkpoint), 6);
    check_values(checkpoint, "z.f32",
            (const float[]){ 0.0F, -1.5F, 3e38F, 1e-45F, 5.0F, 6.0F }, 6);
    check_values(checkpoint, "a.f16",
            (const float[]){ 1.0F, -2.0F, 0x1p-24F, 65504.0F }, 4);
    check_values(checkpoint, "m.bf16", (const float[]){ 1.0F, -3.140625F }, 2);
    check_values(checkpoint, "scalar", (const float[]){ 4.625F }, 1);
    check_values(checkpoint, "empty", (const float[]){ 9.0F }, 0);
    assert_null(fovea_checkpoint_find(checkpoint, "b"));
    assert_null(fovea_checkpoint_find(checkpoint, "__metadata__"));
    const struct fovea_tensor *ids = fovea_checkpoint_find(checkpoint, "ids");
    assert_non_null(ids);
    float value = 0;
    assert_fails(fovea_checkpoint_read(checkpoint, ids, &value, &error), &error,
            FOVEA_ERR_MODEL_WEIGHTS, "ids is neither");
    for (size_t i = 1; i < fovea_checkpoint_count(checkpoint); i++) {
        assert_true(strcmp(fovea_checkpoint_at(checkpoint, i - 1)->name,
                            fovea_checkpoint_at(checkpoint, i)->name) < 0);
    }
    fovea_checkpoint_close(checkpoint);
    fovea_checkpoint_close(NULL);
}

static void
check_loaded(const struct fovea_checkpoint *checkpoint,
        const struct fovea_tensor_spec *spec, const float *expected)
{
    struct fovea_error error;
    float values[8] = { 0 };
    assert_ok(fovea_tensor_load(checkpoint, spec, values, &error), &error);
    assert_memory_equal(values, expected, spec->n_elements * sizeof *values);
    assert_true(values[spec->n_elements] == 0.0F);
}

/* Shares of one that holds several parts, and one that is stored inputs first. */
static void
parts_are_read_as_the_engine_has_them(void **state)
{
    (void)state;
    uint8_t bytes[2048];
    struct fovea_error error;
    struct fovea_checkpoint *checkpoint = NULL;
    assert_ok(safetensors_open(bytes, build_values(bytes), &checkpoint, &error),
            &error);
    struct fovea_tensor_spec spec = { .name = "z.f32",
        .n_dims = 2,
        .shape = { 2, 3 },
        .n_shares = 1,
        .n_elements = 6 };
    check_loaded(checkpoint, &spec,
            (const float[]){ 0.0F, -1.5F, 3e38F, 1e-45F, 5.0F, 6.0F });
    spec.is_transposed = true;
    check_loaded(checkpoint, &spec,
            (const float[]){ 0.0F, 1e-45F, -1.5F, 5.0F, 3e38F, 6.0F });
    spec.is_transposed = false;
    spec.n_shares = 2;
    spec.n_elements = 3;
    check_loaded(checkpoint, &spec, (const float[]){ 0.0F, -1.5F, 3e38F });
    spec.share = 1;
    check_loaded(checkpoint, &spec, (const float[]){ 1e-45F, 5.0F, 6.0F });
    const struct fovea_tensor_spec half = { .name = "a.f16",
        .n_dims = 1,
        .shape = { 4 },
        .share = 2,
        .n_shares = 4,
        .n_elements = 1 };
    check_loaded(checkpoint, &half, (const float[]){ 0x1p-24F });
    float values[8];
    spec.shape[0] = 4;
    assert_fails(fovea_tensor_load(checkpoint, &spec, values, &error), &error,
            FOVEA_ERR_MODEL_WEIGHTS, "has shape [2, 3]");
    fovea_checkpoint_close(checkpoint);
}

static void
required_tensors_are_checked(void **state)
{
    (void)state;
    uint8_t bytes[2048];
    struct fovea_error error;
    struct fovea_checkpoint *checkpoint = NULL;
    const struct fovea_tensor *tensor = NULL;
    assert_ok(safetensors_open(bytes, build_values(bytes), &checkpoint, &error),
            &error);
    assert_ok(fovea_checkpoint_require(checkpoint, "z.f32", 2,
                      (const size_t[]){ 2, 3 }, &tensor, &error),
            &error);
    assert_string_equal(tensor->name, "z.f32");
    assert_fails(fovea_checkpoint_require(checkpoint, "z.f32", 2,
                         (const size_t[]){ 3, 2 }, &tensor, &error),
            &error, FOVEA_ERR_MODEL_WEIGHTS,
            "z.f32 has shape [2, 3], the config asks for [3, 2]");
    assert_fails(fovea_checkpoint_require(checkpoint, "z.f32", 1,
                         (const size_t[]){ 6 }, &tensor, &error),
            &error, FOVEA_ERR_MODEL_WEIGHTS, "asks for [6]");
    assert_fails(fovea_checkpoint_require(checkpoint, "missing", 1,
                         (const size_t[]){ 6 }, &tensor, &error),
            &error, FOVEA_ERR_MODEL_WEIGHTS,
            "w.safetensors: tensor missing is missing");
    assert_fails(fovea_checkpoint_require(checkpoint, "ids", 2,
                         (const size_t[]){ 1, 1 }, &tensor, &error),
            &error, FOVEA_ERR_MODEL_WEIGHTS, "ids is neither F32");
    fovea_checkpoint_close(checkpoint);
}

/* Files. */

static char directory[] = "/tmp/fovea-safetensors-XXXXXX";

static const char *
path_of(const char *name)
{
    static char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static void
write_file(const char *name, const void *bytes, size_t size)
{
    FILE *file = fopen(path_of(name), "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void
remove_file(const char *name)
{
    assert_int_equal(unlink(path_of(name)), 0);
}

static int
make_directory(void **state)
{
    (void)state;
    return mkdtemp(directory) ? 0 : -1;
}

static int
remove_directory(void **state)
{
    (void)state;
    return rmdir(directory);
}

static int
reset_reads(void **state)
{
    (void)state;
    n_reads = 0;
    reads_fail = false;
    return 0;
}

/* A header, and a megabyte for the text tower that nothing may touch. */
static void
only_what_is_asked_for_is_read(void **state)
{
    (void)state;
    static const char header[] =
            "{\"text\": {\"dtype\": \"F32\", \"shape\": [262144], "
            "\"data_offsets\": [8, 1048584]}, "
            "\"vision\": {\"dtype\": \"F32\", \"shape\": [2], "
            "\"data_offsets\": [0, 8]}, "
            "\"last\": {\"dtype\": \"F16\", \"shape\": [1], "
            "\"data_offsets\": [1048584, 1048586]}}";
    static const float data[2] = { 1.0F, 2.0F };
    uint8_t bytes[1024];
    size_t size = safetensors_build(bytes, header, data, sizeof data);
    write_file("model.safetensors", bytes, size);
    assert_int_equal(
            truncate(path_of("model.safetensors"), (off_t)(size + 1048578)), 0);
    struct fovea_error error;
    struct fovea_checkpoint *checkpoint = NULL;
    assert_ok(fovea_checkpoint_open(directory, &checkpoint, &error), &error);
    check_values(checkpoint, "vision", data, 2);
    check_values(checkpoint, "last", (const float[]){ 0.0F }, 1);
    assert_int_equal(n_reads, 4);
    for (size_t i = 0; i < n_reads; i++) {
        assert_true(reads[i].end <= size || reads[i].begin >= size + 1048576);
    }
    /* And reading it does read it. */
    FOVEA_AUTO_FREE float *values = malloc(1048576);
    assert_non_null(values);
    assert_ok(fovea_checkpoint_read(checkpoint,
                      fovea_checkpoint_find(checkpoint, "text"), values,
                      &error),
            &error);
    assert_int_equal(reads[n_reads - 1].begin, size);
    fovea_checkpoint_close(checkpoint);
    remove_file("model.safetensors");
}

static void
failing_and_short_reads_are_reported(void **state)
{
    (void)state;
    uint8_t bytes[2048];
    size_t size = build_values(bytes);
    write_file("model.safetensors", bytes, size);
    struct fovea_error error;
    struct fovea_checkpoint *checkpoint = NULL;
    reads_fail = true;
    assert_fails(fovea_checkpoint_open(directory, &checkpoint, &error), &error,
            FOVEA_ERR_IO, "model.safetensors");
    reads_fail = false;
    assert_ok(fovea_checkpoint_open(directory, &checkpoint, &error), &error);
    const struct fovea_tensor *tensor =
            fovea_checkpoint_find(checkpoint, "scalar");
    float value = 0;
    reads_fail = true;
    assert_fails(fovea_checkpoint_read(checkpoint, tensor, &value, &error),
            &error, FOVEA_ERR_IO, "model.safetensors: scalar");
    reads_fail = false;
    assert_int_equal(truncate(path_of("model.safetensors"), (off_t)size - 1),
            0);
    assert_fails(fovea_checkpoint_read(checkpoint, tensor, &value, &error),
            &error, FOVEA_ERR_MODEL_WEIGHTS, "scalar: the file became shorter");
    fovea_checkpoint_close(checkpoint);
    remove_file("model.safetensors");
}

static void
missing_files_are_named(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_checkpoint *checkpoint = NULL;
    assert_fails(fovea_checkpoint_open(directory, &checkpoint, &error), &error,
            FOVEA_ERR_MODEL_NOT_FOUND, "model.safetensors.index.json");
    assert_null(strstr(error.message, "pytorch_model.bin"));
    write_file("pytorch_model.bin", "PK", 2);
    assert_fails(fovea_checkpoint_open(directory, &checkpoint, &error), &error,
            FOVEA_ERR_MODEL_NOT_FOUND, "not read from pytorch_model.bin");
    remove_file("pytorch_model.bin");
    assert_int_equal(mkdir(path_of("model.safetensors"), 0700), 0);
    assert_fails(fovea_checkpoint_open(directory, &checkpoint, &error), &error,
            FOVEA_ERR_NOT_A_FILE, "model.safetensors");
    assert_int_equal(rmdir(path_of("model.safetensors")), 0);
    assert_null(checkpoint);
}

/* Shards. */

static void
write_shard(const char *name, const char *header, float value, size_t n)
{
    uint8_t bytes[1024];
    float data[4] = { value, value, value, value };
    write_file(name, bytes,
            safetensors_build(bytes, header, data, n * sizeof value));
}

static void
write_shards(void)
{
    write_shard("one.safetensors",
            "{\"a\": " SAFETENSORS_F32("[1]",
                    "[0, 4]") ", \"x\": " SAFETENSORS_F32("[1]", "[4, 8]") "}",
            1.0F, 2);
    write_shard("two.safetensors",
            "{\"b\": " SAFETENSORS_F32("[2]",
                    "[0, 8]") ", \"x\": " SAFETENSORS_F32("[1]", "[8, 12]") "}",
            2.0F, 3);
}

static void
write_index(const char *text)
{
    write_file("model.safetensors.index.json", text, strlen(text));
}

static void
remove_shards(void)
{
    remove_file("one.safetensors");
    remove_file("two.safetensors");
    remove_file("model.safetensors.index.json");
}

static void
shards_are_read(void **state)
{
    (void)state;
    write_shards();
    write_index("{\"metadata\": {\"total_size\": 20}, \"weight_map\": "
                "{\"b\": \"two.safetensors\", \"a\": \"one.safetensors\", "
                "\"x\": \"two.safetensors\"}}");
    struct fovea_error error;
    struct fovea_checkpoint *checkpoint = NULL;
    assert_ok(fovea_checkpoint_open(directory, &checkpoint, &error), &error);
    assert_int_equal(fovea_checkpoint_count(checkpoint), 3);
    check_values(checkpoint, "a", (const float[]){ 1.0F }, 1);
    check_values(checkpoint, "b", (const float[]){ 2.0F, 2.0F }, 2);
    /* Both shards have an x; the index chooses. */
    check_values(checkpoint, "x", (const float[]){ 2.0F }, 1);
    fovea_checkpoint_close(checkpoint);
    remove_shards();
}

static void
check_index_refused(const char *text, enum fovea_status code, const char *part)
{
    struct fovea_error error;
    struct fovea_checkpoint *checkpoint = NULL;
    write_index(text);
    assert_fails(fovea_checkpoint_open(directory, &checkpoint, &error), &error,
            code, part);
    assert_null(checkpoint);
}

static void
bad_indexes_are_refused(void **state)
{
    (void)state;
    static const enum fovea_status weights = FOVEA_ERR_MODEL_WEIGHTS;
    write_shards();
    check_index_refused("", weights, "not valid JSON");
    check_index_refused("[]", weights, "not a JSON object");
    check_index_refused("{}", weights, "weight_map");
    check_index_refused("{\"weight_map\": []}", weights, "weight_map");
    check_index_refused("{\"weight_map\": {}}", weights, "weight_map");
    check_index_refused("{\"weight_map\": {\"a\": 1}}", weights,
            "the shard of a is not a string");
    static const char *const names[] = { "/etc/passwd", "../one.safetensors",
        "..", ".", "", "a/b", "a..b" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(names); i++) {
        char text[128];
        (void)snprintf(text, sizeof text, "{\"weight_map\": {\"a\": \"%s\"}}",
                names[i]);
        check_index_refused(text, weights, "is not a plain file name");
    }
    check_index_refused("{\"weight_map\": {\"a\": \"three.safetensors\"}}",
            FOVEA_ERR_MODEL_NOT_FOUND, "three.safetensors");
    check_index_refused("{\"weight_map\": {\"a\": \"one.safetensors\", "
                        "\"b\": \"one.safetensors\"}}",
            weights, "b is not in the shard one.safetensors");
    check_index_refused("{\"weight_map\": {\"a\": \"one.safetensors\", "
                        "\"a\": \"one.safetensors\"}}",
            weights, "duplicate");
    assert_int_equal(truncate(path_of("two.safetensors"), 100), 0);
    check_index_refused("{\"weight_map\": {\"a\": \"one.safetensors\", "
                        "\"b\": \"two.safetensors\"}}",
            weights, "two.safetensors");
    remove_shards();
}

static void
too_many_shards_are_refused(void **state)
{
    (void)state;
    static char text[16384];
    size_t used = (size_t)snprintf(text, sizeof text, "{\"weight_map\": {");
    for (int i = 0; i < 257; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used,
                "%s\"%d\": \"s%d\"", i ? ", " : "", i, i);
    }
    (void)snprintf(text + used, sizeof text - used, "}}");
    check_index_refused(text, FOVEA_ERR_MODEL_WEIGHTS, "more than 256 shards");
    remove_file("model.safetensors.index.json");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_read_as_float32),
        cmocka_unit_test(parts_are_read_as_the_engine_has_them),
        cmocka_unit_test(required_tensors_are_checked),
        cmocka_unit_test_setup(only_what_is_asked_for_is_read, reset_reads),
        cmocka_unit_test_setup(failing_and_short_reads_are_reported,
                reset_reads),
        cmocka_unit_test_setup(missing_files_are_named, reset_reads),
        cmocka_unit_test_setup(shards_are_read, reset_reads),
        cmocka_unit_test_setup(bad_indexes_are_refused, reset_reads),
        cmocka_unit_test_setup(too_many_shards_are_refused, reset_reads),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
