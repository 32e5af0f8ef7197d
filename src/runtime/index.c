/* Opening, describing and closing an index: see index_handle.h. */
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sized.h"
#include "index/items.h"
#include "index/sets.h"
#include "runtime/index_models.h"

_Static_assert((int)FOVEA_INDEX_KEY_SIZE == (int)FOVEA_INDEX_MODEL_SIZE,
        "both are of one key");

/* Whatever a caller knows beyond a struct's size is told. */
enum {
    MIN_INFO_SIZE = sizeof(size_t) + 1
};

static enum fovea_status
check_options(const struct fovea *library,
        const struct fovea_index_options *options, struct fovea_error *err)
{
    bool is_read = options->mode == FOVEA_INDEX_MODE_READ;
    if ((unsigned)options->mode > FOVEA_INDEX_MODE_CREATE) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "mode %d is not known",
                (int)options->mode);
    }
    if (!is_read && !library) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "library is NULL, and an index that is written embeds");
    }
    if (is_read && options->n_models > 0) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "sets of models are begun in an index that is written, and "
                "the mode is to read");
    }
    if (options->n_models > 0 && !options->models) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "models is NULL");
    }
    return library ? fovea_library_check(library, err) : FOVEA_OK;
}

static enum fovea_status
begin_sets(struct fovea_index *index, const struct fovea_index_options *options,
        struct fovea_error *err)
{
    enum fovea_store store =
            options->stores_f16 ? FOVEA_STORE_F16 : FOVEA_STORE_F32;
    enum fovea_status status =
            fovea_index_begin_set(index, FOVEA_DEFAULT_MODEL, store, err);
    for (size_t i = 0; !status && i < options->n_models; i++) {
        status = options->models[i]
                ? fovea_index_begin_set(index, options->models[i], store, err)
                : fovea_fail(err, FOVEA_ERR_ARGUMENT, "models[%zu] is NULL", i);
    }
    return status ? status : fovea_index_commit(index->folder, err);
}

static enum fovea_status
open_index(struct fovea_index *index, const char *folder,
        const struct fovea_index_options *options, struct fovea_error *err)
{
    static const enum fovea_index_access access[] = {
        [FOVEA_INDEX_MODE_READ] = FOVEA_INDEX_READ,
        [FOVEA_INDEX_MODE_WRITE] = FOVEA_INDEX_WRITE,
        [FOVEA_INDEX_MODE_CREATE] = FOVEA_INDEX_CREATE,
    };
    enum fovea_status status = fovea_index_folder_open(folder,
            access[options->mode], &index->folder, err);
    if (status || !index->is_writable) {
        return status;
    }
    return begin_sets(index, options, err);
}

enum fovea_status
fovea_index_open(struct fovea *library, const char *folder,
        const struct fovea_index_options *options,
        struct fovea_index **index_out, struct fovea_error *err)
{
    struct fovea_index_options all = { .struct_size = 0 };
    if (!folder || !index_out) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "%s is NULL",
                folder ? "index_out" : "folder");
    }
    enum fovea_status status = fovea_sized_take(options, "fovea_index_options",
            "FOVEA_INDEX_OPTIONS_INIT", &all, sizeof all, err);
    if (!status) {
        status = check_options(library, &all, err);
    }
    if (status) {
        return status;
    }
    struct fovea_index *index = calloc(1, sizeof *index);
    if (!index) {
        return fovea_fail_memory(err, sizeof *index, "an index");
    }
    index->owner = getpid();
    index->library = library;
    index->is_writable = all.mode != FOVEA_INDEX_MODE_READ;
    FOVEA_ASSERT(pthread_mutex_init(&index->mutex, NULL) == 0);
    FOVEA_ASSERT(pthread_mutex_init(&index->models_mutex, NULL) == 0);
    status = open_index(index, folder, &all, err);
    if (status) {
        fovea_index_close(index);
        return status;
    }
    *index_out = index;
    return FOVEA_OK;
}

/* In a forked child SQLite's handle and the lock are the parent's. */
void
fovea_index_close(struct fovea_index *index)
{
    if (!index) {
        return;
    }
    if (index->owner == getpid()) {
        fovea_index_models_finish(index);
        fovea_index_folder_close(index->folder);
        (void)pthread_mutex_destroy(&index->models_mutex);
        (void)pthread_mutex_destroy(&index->mutex);
    }
    free(index);
}

static enum fovea_status
describe(struct fovea_index *index, struct fovea_index_info *info,
        struct fovea_error *err)
{
    struct fovea_index_counts counts;
    const struct fovea_index_set *sets = NULL;
    size_t n_sets = 0;
    enum fovea_status status = fovea_index_count(index->folder, &counts, err);
    if (!status) {
        status = fovea_index_sets(index->folder, &sets, &n_sets, err);
    }
    if (!status) {
        info->n_images = counts.n_contents;
        info->n_ids = counts.n_items;
        info->n_files = counts.n_files;
        info->n_failed = counts.n_failed;
        info->n_sets = n_sets;
        info->size_bytes = counts.size_bytes;
    }
    return status;
}

enum fovea_status
fovea_index_describe(struct fovea_index *index,
        struct fovea_index_info *info_out, struct fovea_error *err)
{
    struct fovea_index_info all = { .struct_size = sizeof all };
    enum fovea_status status = fovea_index_check_handle(index, err);
    if (!status && !info_out) {
        status = fovea_fail(err, FOVEA_ERR_ARGUMENT, "info_out is NULL");
    }
    if (!status) {
        status = fovea_sized_check(info_out, MIN_INFO_SIZE, "fovea_index_info",
                "FOVEA_INDEX_INFO_INIT", err);
    }
    if (!status) {
        fovea_index_enter(index);
        status = describe(index, &all, err);
        fovea_index_leave(index);
    }
    if (!status) {
        fovea_sized_give(&all, sizeof all, info_out);
    }
    return status;
}

static enum fovea_status
describe_set(struct fovea_index *index, size_t number,
        struct fovea_index_set_info *info, struct fovea_error *err)
{
    const struct fovea_index_set *sets = NULL;
    size_t n = 0;
    enum fovea_status status = fovea_index_sets(index->folder, &sets, &n, err);
    if (status) {
        return status;
    }
    if (number >= n) {
        return fovea_fail(err, FOVEA_ERR_INDEX_MODEL,
                "the index has %zu sets of vectors and none of number %zu", n,
                number);
    }
    const struct fovea_index_set *set = &sets[number];
    memcpy(info->model, set->key.model, sizeof info->model);
    memcpy(info->weights, set->key.weights, sizeof set->key.weights);
    info->n_vectors = set->n_live;
    info->dtype = set->key.dtype;
    info->pixels = set->key.pixels;
    info->embedding_dimension = set->key.dimension;
    info->stores_f16 = set->key.store == FOVEA_STORE_F16;
    info->has_text = set->key.has_words;
    return FOVEA_OK;
}

enum fovea_status
fovea_index_describe_set(struct fovea_index *index, size_t number,
        struct fovea_index_set_info *info_out, struct fovea_error *err)
{
    struct fovea_index_set_info all = { .struct_size = sizeof all };
    enum fovea_status status = fovea_index_check_handle(index, err);
    if (!status && !info_out) {
        status = fovea_fail(err, FOVEA_ERR_ARGUMENT, "info_out is NULL");
    }
    if (!status) {
        status = fovea_sized_check(info_out, MIN_INFO_SIZE,
                "fovea_index_set_info", "FOVEA_INDEX_SET_INFO_INIT", err);
    }
    if (!status) {
        fovea_index_enter(index);
        status = describe_set(index, number, &all, err);
        fovea_index_leave(index);
    }
    if (!status) {
        fovea_sized_give(&all, sizeof all, info_out);
    }
    return status;
}

enum fovea_status
fovea_index_remove(struct fovea_index *index, const char *id,
        struct fovea_error *err)
{
    enum fovea_status status = fovea_index_check_handle(index, err);
    if (!status && !id) {
        status = fovea_fail(err, FOVEA_ERR_ARGUMENT, "id is NULL");
    }
    if (!status && !index->is_writable) {
        status = fovea_fail(err, FOVEA_ERR_INDEX_READ_ONLY,
                "the index was opened to be read");
    }
    if (status) {
        return status;
    }
    fovea_index_enter(index);
    status = fovea_index_item_remove(index->folder, id, err);
    if (status) {
        fovea_index_rollback(index->folder);
    } else {
        status = fovea_index_commit(index->folder, err);
    }
    fovea_index_leave(index);
    return status;
}
