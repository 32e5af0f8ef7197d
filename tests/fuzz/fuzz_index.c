/*
 * The files of an index that somebody else made: whatever is in them, reading,
 * checking and writing end with an answer.
 *
 * An input is laid over a good file: a first byte says which and how. Its lowest bit
 * is 0 for index.sqlite, 1 for the segment; the rest is 0 as the whole file, 1 at the
 * offset that the next three bytes give, 2 by exclusive or at that offset, 3 as 2
 * with the file cut behind it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"
#include "fuzz.h"
#include "index/check.h"
#include "index/compact.h"
#include "index/contents.h"
#include "index/files.h"
#include "index/items.h"
#include "index/mask.h"
#include "index/roots.h"
#include "index/rows.h"
#include "index/run.h"
#include "support/tree.h"

enum {
    MAX_SIZE = 1 << 20,
    DIMENSION = 8,
    N_FILES = 40,
    MAX_ROWS = 100000, /* that are looked at */
    OFFSET_BYTES = 3,
};

struct file {
    const char *name; /* below the folder */
    uint8_t bytes[MAX_SIZE];
    size_t size;
};

static char folder_path[] = "/dev/shm/fovea-fuzz-XXXXXX";
static struct file good[2] = { { .name = "index.sqlite" },
    { .name = "segments/1.seg" } };

static void
path_of(const char *name, char path[64])
{
    (void)snprintf(path, 64, "%s/%s", folder_path, name);
}

static void
write_file(const struct file *file)
{
    char path[64];
    path_of(file->name, path);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FOVEA_ASSERT(fd >= 0);
    FOVEA_ASSERT(write(fd, file->bytes, file->size) == (ssize_t)file->size);
    (void)close(fd);
}

static void
read_file(struct file *file)
{
    char path[64];
    path_of(file->name, path);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    FOVEA_ASSERT(fd >= 0);
    ssize_t n = read(fd, file->bytes, sizeof file->bytes);
    FOVEA_ASSERT(n > 0 && (size_t)n < sizeof file->bytes);
    file->size = (size_t)n;
    (void)close(fd);
}

static void
remove_index(void)
{
    static const char *const names[] = { "segments/1.seg", "segments/2.seg",
        "segments/3.seg", "segments", "index.sqlite", "index.sqlite-wal",
        "index.sqlite-shm", "index.sqlite-journal", "lock", "" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(names); i++) {
        char path[64];
        path_of(names[i], path);
        (void)remove(path);
    }
}

static void
fill(struct fovea_index_folder *folder)
{
    const struct fovea_index_set_key key = { .model = "model/a",
        .dtype = FOVEA_DTYPE_F32,
        .dimension = DIMENSION,
        .store = FOVEA_STORE_F32 };
    int64_t set = 0;
    int64_t root = 0;
    FOVEA_ASSERT(!fovea_index_set_add(folder, &key, &set, NULL));
    FOVEA_ASSERT(!fovea_index_root_put(folder, "/p", 1, 1, &root, NULL));
    for (int i = 0; i < N_FILES; i++) {
        char name[16];
        const float values[DIMENSION] = { 1, (float)i };
        const struct fovea_index_vector vector = { set, values };
        struct fovea_index_content content = { .width_px = 1, .format = "PNG" };
        struct fovea_index_file file = { .root = root, .path = name };
        (void)snprintf(name, sizeof name, "d/%d.png", i);
        (void)snprintf(content.digest, sizeof content.digest, "%064x", i);
        FOVEA_ASSERT(!fovea_index_content_put(folder, &content, &vector, 1,
                &file.content, NULL));
        file.failure = i % 7 == 0 ? FOVEA_ERR_IMAGE_CORRUPT : FOVEA_OK;
        FOVEA_ASSERT(!fovea_index_file_put(folder, &file, NULL));
        const struct fovea_index_item item = { name, file.content, 1 };
        FOVEA_ASSERT(i % 5 || !fovea_index_item_put(folder, &item, NULL));
    }
}

static void
make_good(void)
{
    struct fovea_index_folder *folder = NULL;
    FOVEA_ASSERT(tree_make_in_memory(folder_path) == 0);
    FOVEA_ASSERT(!fovea_index_folder_open(folder_path, FOVEA_INDEX_CREATE,
            &folder, NULL));
    fill(folder);
    FOVEA_ASSERT(!fovea_index_commit(folder, NULL));
    FOVEA_ASSERT(!fovea_index_file_remove(folder, 1, "d/3.png", NULL));
    uint64_t n = 0;
    FOVEA_ASSERT(!fovea_index_sweep(folder, &n, NULL));
    FOVEA_ASSERT(!fovea_index_commit(folder, NULL));
    fovea_index_folder_close(folder);
    read_file(&good[0]);
    read_file(&good[1]);
    (void)atexit(remove_index);
}

static void
lay_over(struct file *file, const uint8_t *data, size_t size)
{
    unsigned how = data[0] >> 1;
    if (how == 0 || size < 1 + OFFSET_BYTES) {
        file->size =
                size - 1 < sizeof file->bytes ? size - 1 : sizeof file->bytes;
        memcpy(file->bytes, data + 1, file->size);
        return;
    }
    size_t offset = (size_t)data[1] << 16 | (size_t)data[2] << 8 | data[3];
    for (size_t i = 1 + OFFSET_BYTES; i < size && offset < file->size;
            i++, offset++) {
        file->bytes[offset] =
                how == 1 ? data[i] : (uint8_t)(file->bytes[offset] ^ data[i]);
    }
    if (how == 3 && offset < file->size) {
        file->size = offset;
    }
}

static void
read_rows(struct fovea_index_folder *folder, const struct fovea_index_set *set)
{
    static float values[FOVEA_SEGMENT_MAX_DIMENSION];
    struct fovea_index_rows *rows = NULL;
    const struct fovea_index_row *row = NULL;
    struct fovea_index_content content;
    (void)!fovea_index_rows_open(folder, set, 0, &rows, NULL);
    for (int i = 0; rows && i < MAX_ROWS; i++) {
        if (fovea_index_rows_next(rows, &row, NULL) || !row) {
            break;
        }
        (void)!fovea_index_row_vector(set, row->row, values, NULL);
        (void)!fovea_index_content_get(folder, row->content, &content, NULL);
    }
    fovea_index_rows_close(rows);
}

static void
read_files(struct fovea_index_folder *folder)
{
    static const struct fovea_index_file_query queries[] = { { 0 },
        { .failed = true }, { .content = 2 }, { .missing_set = 1 },
        { .root = 1 } };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(queries); i++) {
        struct fovea_index_files *files = NULL;
        const struct fovea_index_file *file = NULL;
        (void)!fovea_index_files_open(folder, &queries[i], &files, NULL);
        for (int n = 0; files && n < MAX_ROWS; n++) {
            if (fovea_index_files_next(files, &file, NULL) || !file) {
                break;
            }
        }
        fovea_index_files_close(files);
    }
}

static void
read_index(void)
{
    struct fovea_index_folder *folder = NULL;
    const struct fovea_index_set *sets = NULL;
    const char *const globs[] = { "*.png" };
    const struct fovea_index_filter filter = { .globs = globs,
        .n_globs = 1,
        .dates = { .has_since = true } };
    struct fovea_index_root *roots = NULL;
    struct fovea_index_run run;
    struct fovea_index_counts counts;
    size_t n = 0;
    if (fovea_index_folder_open(folder_path, FOVEA_INDEX_READ, &folder, NULL)) {
        return;
    }
    if (!fovea_index_snapshot_begin(folder, NULL) &&
            !fovea_index_sets(folder, &sets, &n, NULL)) {
        for (size_t i = 0; i < n && i < 3; i++) {
            uint64_t *mask = NULL;
            uint64_t n_rows = 0;
            read_rows(folder, &sets[i]);
            (void)!fovea_index_mask(folder, &sets[i], i % 2 ? NULL : &filter,
                    &mask, &n_rows, NULL);
            free(mask);
        }
    }
    read_files(folder);
    (void)!fovea_index_roots(folder, &roots, &n, NULL);
    (void)!fovea_index_run_get(folder, &run, NULL);
    (void)!fovea_index_count(folder, &counts, NULL);
    free(roots);
    fovea_index_folder_close(folder);
}

static bool
hear(void *context, const char *fault, const char *remedy)
{
    size_t *n = context;
    FOVEA_ASSERT(fault[0] && remedy[0]);
    return ++*n < 1000;
}

static void
write_index(void)
{
    struct fovea_index_folder *folder = NULL;
    struct fovea_index_compacted done;
    const float values[DIMENSION] = { 1 };
    const struct fovea_index_vector vector = { 1, values };
    struct fovea_index_content content = { .width_px = 2, .format = "GIF" };
    int64_t id = 0;
    (void)snprintf(content.digest, sizeof content.digest, "%064x", 0xabc);
    if (fovea_index_folder_open(folder_path, FOVEA_INDEX_WRITE, &folder,
                NULL)) {
        return;
    }
    (void)!fovea_index_content_put(folder, &content, &vector, 1, &id, NULL);
    (void)!fovea_index_file_remove(folder, 1, "d/5.png", NULL);
    (void)!fovea_index_commit(folder, NULL);
    (void)!fovea_index_compact(folder, NULL, &done, NULL);
    fovea_index_folder_close(folder);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct file file;
    const struct fovea_index_check_calls calls = { .on_fault = hear,
        .context = &(size_t){ 0 } };
    uint64_t n_faults = 0;
    if (good[0].size == 0) {
        make_good();
    }
    if (size == 0) {
        return 0;
    }
    char path[64];
    path_of("segments", path);
    remove_index();
    FOVEA_ASSERT(mkdir(folder_path, 0700) == 0 && mkdir(path, 0700) == 0);
    file = good[data[0] & 1];
    lay_over(&file, data, size);
    write_file(&good[!(data[0] & 1)]);
    write_file(&file);
    read_index();
    (void)!fovea_index_check(folder_path, &calls, &n_faults, NULL);
    write_index();
    return 0;
}
