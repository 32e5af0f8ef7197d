/* See index.h. */
#include "index.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/vector.h"
#include "index/files.h"
#include "index/roots.h"
#include "support/test.h"

int64_t
index_add_set(struct fovea_index_folder *folder, const char *model,
        uint32_t dimension)
{
    struct fovea_error error;
    struct fovea_index_set_key key = {
        .weights = "0123",
        .dtype = FOVEA_DTYPE_F32,
        .dimension = dimension,
        .store = FOVEA_STORE_F32,
        .has_words = true,
    };
    int64_t id = 0;
    (void)snprintf(key.model, sizeof key.model, "%s", model);
    assert_ok(fovea_index_set_add(folder, &key, &id, &error), &error);
    return id;
}

void
index_vector(uint64_t number, float *values, size_t n)
{
    uint64_t state = number * 0x9e3779b97f4a7c15U + 1;
    for (size_t i = 0; i < n; i++) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        values[i] = (float)(state >> 40) / (float)(1 << 24) - 0.5F;
    }
    values[0] += 1; /* never all zeros */
    assert_true(fovea_vector_normalise(values, n));
}

struct fovea_index_content
index_content(uint64_t number)
{
    struct fovea_index_content content = {
        .size_bytes = number * 10,
        .width_px = 640,
        .height_px = 480,
        .format = "JPEG",
        .has_taken = number % 2 == 1,
        .taken_s = number % 2 == 1 ? (int64_t)number * 1000 : 0,
    };
    (void)snprintf(content.digest, sizeof content.digest, "%064" PRIx64,
            number);
    return content;
}

int64_t
index_add(struct fovea_index_folder *folder, int64_t set, uint64_t number)
{
    struct fovea_error error;
    const struct fovea_index_set *sets = NULL;
    float values[INDEX_DIMENSION_MAX];
    size_t n = 0;
    int64_t id = 0;
    assert_ok(fovea_index_sets(folder, &sets, &n, &error), &error);
    while (n > 0 && sets->id != set) {
        sets++;
        n--;
    }
    assert_true(n > 0 && sets->key.dimension <= INDEX_DIMENSION_MAX);
    index_vector(number, values, sets->key.dimension);
    const struct fovea_index_vector vector = { set, values };
    const struct fovea_index_content content = index_content(number);
    assert_ok(
            fovea_index_content_put(folder, &content, &vector, 1, &id, &error),
            &error);
    return id;
}

void
index_check_row(struct fovea_index_folder *folder,
        const struct fovea_index_set *set, const struct fovea_index_row *row)
{
    struct fovea_error error;
    struct fovea_index_content content;
    float values[INDEX_DIMENSION_MAX];
    float expected[INDEX_DIMENSION_MAX];
    assert_true(set->key.dimension <= INDEX_DIMENSION_MAX);
    assert_ok(fovea_index_content_get(folder, row->content, &content, &error),
            &error);
    assert_ok(fovea_index_row_vector(set, row->row, values, &error), &error);
    /* The number is what its digest ends in. */
    uint64_t number = strtoull(content.digest + 48, NULL, 16);
    index_vector(number, expected, set->key.dimension);
    assert_memory_equal(values, expected, set->key.dimension * sizeof *values);
}

int64_t
index_add_root(struct fovea_index_folder *folder, const char *path)
{
    struct fovea_error error;
    int64_t id = 0;
    assert_ok(fovea_index_root_put(folder, path, 1, 2, &id, &error), &error);
    return id;
}

int64_t
index_add_file(struct fovea_index_folder *folder, int64_t set, int64_t root,
        const char *path, uint64_t number)
{
    struct fovea_error error;
    int64_t content = index_add(folder, set, number);
    const struct fovea_index_file file = {
        .root = root,
        .path = path,
        .size_bytes = number * 10,
        .mtime_ns = (int64_t)number * 1000000000,
        .inode = number,
        .content = content,
        .message = "",
    };
    assert_ok(fovea_index_file_put(folder, &file, &error), &error);
    return content;
}
