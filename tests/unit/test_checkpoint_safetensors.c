/*
 * safetensors: values of every type, shards, what is read and what is not, and
 * every lie that a header can tell.
 */
#include <errno.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"
#include "checkpoint/safetensors.h"
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

/* A file: length, header, data. */
static size_t
build(uint8_t *bytes, const char *header, const void *data, size_t data_size)
{
    uint64_t length = strlen(header);
    memcpy(bytes, &length, sizeof length);
    memcpy(bytes + sizeof length, header, length);
    memcpy(bytes + sizeof length + length, data, data_size);
    return sizeof length + length + data_size;
}

static enum fovea_status
open_bytes(const void *bytes, size_t size, struct fovea_checkpoint **checkpoint,
        struct fovea_error *error)
{
    struct fovea_input input;
    fovea_input_from_memory(bytes, size, &input);
    return fovea_checkpoint_open_input("w.safetensors", &input, checkpoint,
            error);
}

static void
check_bytes_refused(const void *bytes, size_t size, const char *part)
{
    struct fovea_error error;
    struct fovea_checkpoint *checkpoint = NULL;
    assert_fails(open_bytes(bytes, size, &checkpoint, &error), &error,
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
    check_bytes_refused(bytes, build(bytes, header, data, data_size), part);
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

#define F32(shape, offsets) \
    "{\"dtype\": \"F32\", \"shape\": " shape ", \"data_offsets\": " offsets "}"

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
    check_tensor_refused(F32("{}", "[0, 4]"), 4, "shape is not an array");
    check_tensor_refused(F32("[-1]", "[0, 4]"), 4, "a dimension is not");
    check_tensor_refused(F32("[1.0]", "[0, 4]"), 4, "a dimension is not");
    check_tensor_refused(F32("[\"1\"]", "[0, 4]"), 4, "a dimension is not");
    check_tensor_refused(F32("[1,1,1,1,1,1,1,1,1]", "[0, 4]"), 4,
            "more than 8");
    check_tensor_refused(F32("[4611686018427387904, 4]", "[0, 4]"), 4,
            "too large");
    check_tensor_refused(F32("[4611686018427387904]", "[0, 0]"), 0,
            "too large");
    check_tensor_refused(
            F32("[9223372036854775807, 9223372036854775807]", "[0, 4]"), 4,
            "too large");
    check_refused("{\"t\": " F32("[9223372036854775808]", "[0, 4]") "}", 4,
            "not valid JSON");
}

static void
offsets_are_checked(void **state)
{
    (void)state;
    check_tensor_refused("{\"dtype\": \"F32\", \"shape\": [1]}", 4,
            "data_offsets are not two");
    check_tensor_refused(F32("[1]", "4"), 4, "data_offsets are not two");
    check_tensor_refused(F32("[1]", "[0]"), 4, "data_offsets are not two");
    check_tensor_refused(F32("[1]", "[0, 4, 8]"), 4, "are not two");
    check_tensor_refused(F32("[1]", "[-4, 0]"), 4, "are not two");
    check_tensor_refused(F32("[1]", "[0, 4.0]"), 4, "are not two");
    check_tensor_refused(F32("[1]", "[4, 0]"), 4, "reversed");
    check_tensor_refused(F32("[1]", "[0, 4]"), 3, "beyond the end");
    check_tensor_refused(F32("[1]", "[0, 9223372036854775807]"), 4,
            "beyond the end");
    check_tensor_refused(F32("[2]", "[0, 4]"), 4, "takes 8 bytes");
    check_tensor_refused(F32("[]", "[0, 8]"), 8, "takes 4 bytes");
    check_tensor_refused(F32("[0]", "[0, 4]"), 4, "takes 0 bytes");
    check_tensor_refused(F32("[1]", "[0, 4]"), 5,
            "longer than its header says");
    check_tensor_refused(F32("[1]", "[4, 8]"), 8, "a gap before");
    check_refused("{}", 1, "longer than its header says");
}

static void
overlaps_and_gaps_are_refused(void **state)
{
    (void)state;
    check_refused("{\"a\": " F32("[2]", "[0, 8]") ", \"b\": " F32("[2]",
                          "[4, 12]") "}",
            12, "b: its data overlaps");
    check_refused("{\"a\": " F32("[2]", "[0, 8]") ", \"b\": " F32("[2]",
                          "[0, 8]") "}",
            8, "b: its data overlaps");
    check_refused("{\"b\": " F32("[1]", "[8, 12]") ", \"a\": " F32("[1]",
                          "[0, 4]") "}",
            12, "b: there is a gap");
    check_refused("{\"a\": " F32("[2]", "[0, 8]") ", \"b\": " F32("[0]",
                          "[4, 4]") "}",
            8, "b: its data overlaps");
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
    return build(bytes, values_header, data, sizeof data);
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
    assert_ok(open_bytes(bytes, build_values(bytes), &checkpoint, &error),
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

/* What IEEE 754 says of a half, by its fields. */
static float
expected_half(unsigned half)
{
    int exponent = (int)(half >> 10 & 31);
    float fraction = (float)(half & 1023);
    float sign = half & 0x8000 ? -1.0F : 1.0F;
    if (exponent == 31) {
        return half & 1023 ? NAN : sign * INFINITY;
    }
    return exponent == 0 ? sign * ldexpf(fraction, -24)
                         : sign * ldexpf(1024.0F + fraction, exponent - 25);
}

static void
every_half_is_exact(void **state)
{
    (void)state;
    enum {
        N = 65536
    };
    static uint16_t halves[N];
    static uint8_t bytes[2 * N + 256];
    static float values[N];
    for (unsigned i = 0; i < N; i++) {
        halves[i] = (uint16_t)i;
    }
    size_t size = build(bytes,
            "{\"t\": {\"dtype\": \"F16\", \"shape\": [65536], "
            "\"data_offsets\": [0, 131072]}}",
            halves, sizeof halves);
    struct fovea_error error;
    struct fovea_checkpoint *checkpoint = NULL;
    assert_ok(open_bytes(bytes, size, &checkpoint, &error), &error);
    assert_ok(fovea_checkpoint_read(checkpoint,
                      fovea_checkpoint_at(checkpoint, 0), values, &error),
            &error);
    for (unsigned i = 0; i < N; i++) {
        float expected = expected_half(i);
        if (isnan(expected)) {
            assert_true(isnan(values[i]));
        } else {
            assert_memory_equal(&values[i], &expected, sizeof expected);
        }
    }
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
    assert_ok(open_bytes(bytes, build_values(bytes), &checkpoint, &error),
            &error);
    assert_ok(fovea_checkpoint_require(checkpoint, "z.f32", 2,
                      (const size_t[]){ 2, 3 }, &tensor, &error),
            &error);
    assert_string_equal(tensor->name, "z.f32");
    assert_fails(fovea_checkpoint_require(checkpoint, "z.f32", 2,
                         (const size_t[]){ 3, 2 }, &tensor, &error),
            &error, FOVEA_ERR_MODEL_WEIGHTS,
            "z.f32 has shape [2, 3], config.json asks for [3, 2]");
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
    size_t size = build(bytes, header, data, sizeof data);
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
    write_file(name, bytes, build(bytes, header, data, n * sizeof value));
}

static void
write_shards(void)
{
    write_shard("one.safetensors",
            "{\"a\": " F32("[1]", "[0, 4]") ", \"x\": " F32("[1]",
                    "[4, 8]") "}",
            1.0F, 2);
    write_shard("two.safetensors",
            "{\"b\": " F32("[2]", "[0, 8]") ", \"x\": " F32("[1]",
                    "[8, 12]") "}",
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
        cmocka_unit_test(the_length_is_checked),
        cmocka_unit_test(the_header_must_be_an_object),
        cmocka_unit_test(descriptions_are_checked),
        cmocka_unit_test(offsets_are_checked),
        cmocka_unit_test(overlaps_and_gaps_are_refused),
        cmocka_unit_test(values_are_read_as_float32),
        cmocka_unit_test(every_half_is_exact),
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
