/* Finding and reading golden values; see golden.h. */
#include "golden.h"

#include "test.h"

void
golden_path(const char *rest, char path_out[GOLDEN_PATH_SIZE])
{
    const char *root = getenv("FOVEA_SOURCE_ROOT");
    int n = snprintf(path_out, GOLDEN_PATH_SIZE, "%s/%s", root ? root : ".",
            rest);
    assert_in_range(n, 1, GOLDEN_PATH_SIZE - 1);
}

/* Magic, version 1.0 and a header length that keeps the values aligned. */
static void
check_npy_header(FILE *file, const char *descr, const char *shape)
{
    unsigned char head[10];
    char text[256] = "";
    char wanted[64];
    assert_int_equal(fread(head, 1, sizeof head, file), sizeof head);
    assert_memory_equal(head, "\x93NUMPY\x01\x00", 8);
    size_t length = (size_t)head[8] | (size_t)head[9] << 8;
    assert_in_range(length, 1, sizeof text - 1);
    assert_int_equal(fread(text, 1, length, file), length);
    (void)snprintf(wanted, sizeof wanted, "'descr': '%s'", descr);
    assert_non_null(strstr(text, wanted));
    (void)snprintf(wanted, sizeof wanted, "'shape': %s", shape);
    assert_non_null(strstr(text, wanted));
    assert_non_null(strstr(text, "'fortran_order': False"));
}

void *
golden_read_npy(const char *name, const char *descr, const char *shape,
        size_t size)
{
    char rest[128];
    char path[GOLDEN_PATH_SIZE];
    (void)snprintf(rest, sizeof rest, "tests/golden/%s.npy", name);
    golden_path(rest, path);
    FILE *file = fopen(path, "rb");
    if (!file) {
        fail_msg("cannot open %s", path);
    }
    check_npy_header(file, descr, shape);
    char *values = malloc(size + 1);
    assert_non_null(values);
    assert_int_equal(fread(values, 1, size + 1, file), size);
    assert_int_equal(fclose(file), 0);
    return values;
}

struct golden_model
golden_open(const char *name, enum fovea_dtype dtype, unsigned n_threads,
        unsigned max_batch)
{
    return golden_open_with(name,
            &(struct fovea_options){ .struct_size =
                                             sizeof(struct fovea_options),
                    .n_threads = n_threads,
                    .max_batch = max_batch,
                    .dtype = dtype });
}

struct golden_model
golden_open_with(const char *name, const struct fovea_options *options)
{
    struct golden_model golden = { 0 };
    struct fovea_error error;
    char rest[128];
    char path[GOLDEN_PATH_SIZE];
    (void)snprintf(rest, sizeof rest, "tests/golden/models/%s", name);
    golden_path(rest, path);
    assert_ok(fovea_open(options, &golden.library, &error), &error);
    assert_ok(fovea_model_open(golden.library, path, &golden.model, &error),
            &error);
    golden.dimension = fovea_embedding_dimension(golden.model);
    return golden;
}

void
golden_close(struct golden_model *golden)
{
    fovea_model_close(golden->model);
    fovea_close(golden->library);
    *golden = (struct golden_model){ 0 };
}
