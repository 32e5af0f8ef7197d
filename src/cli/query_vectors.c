/* See query_vectors.h. */
#include "cli/query_vectors.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/macros.h"
#include "base/sha256.h"
#include "bulk/stdin_image.h"
#include "cli/stats_report.h"
#include "index/contents.h"
#include "index/files.h"
#include "index/roots.h"
#include "index/rows.h"
#include "indexing/stamp.h"
#include "spec/pixels.h"
#include "sys/input.h"

enum {
    READ_BYTES = 1 << 16
};

/* A query, and where it is looked for. */
struct search {
    const struct fovea_search_request *request;
    struct fovea_index_folder *folder;
    const struct fovea_index_set *set;
    struct fovea_query_vectors *vectors;
};

/* The content of a file by its name: FOVEA_ERR_NO_ITEM unless the index knows it
   and it has not been changed. path: whole, without links. */
static enum fovea_status
find_by_path(const struct search *search, const char *path,
        int64_t *content_out, struct fovea_error *err)
{
    FOVEA_AUTO_FREE struct fovea_index_root *roots = NULL;
    size_t n = 0;
    struct stat info;
    enum fovea_status status =
            fovea_index_roots(search->folder, &roots, &n, err);
    if (status || stat(path, &info)) {
        return status ? status : FOVEA_ERR_NO_ITEM;
    }
    struct fovea_stamp now = fovea_stamp_of(&info);
    for (size_t i = 0; i < n; i++) {
        const struct fovea_index_file *file = NULL;
        size_t size = strlen(roots[i].path);
        size -= size == 1; /* of "/" */
        if (strncmp(path, roots[i].path, size) != 0 || path[size] != '/') {
            continue;
        }
        status = fovea_index_file_get(search->folder, roots[i].id,
                path + size + 1, &file, err);
        if (status && status != FOVEA_ERR_NO_ITEM) {
            return status;
        }
        const struct fovea_stamp then = {
            status ? 0 : file->size_bytes,
            status ? 0 : file->mtime_ns,
            status ? 0 : file->inode,
        };
        if (!status && file->content && fovea_stamp_equal(&now, &then)) {
            *content_out = file->content;
            return FOVEA_OK;
        }
    }
    return FOVEA_ERR_NO_ITEM;
}

/* The same by a file's bytes, wherever it lies. */
static enum fovea_status
find_by_bytes(const struct search *search, const char *path,
        int64_t *content_out, struct fovea_error *err)
{
    struct fovea_input input = FOVEA_INPUT_INIT;
    struct fovea_sha256 hash;
    struct fovea_index_content content;
    char digest[FOVEA_SHA256_SIZE];
    FOVEA_AUTO_FREE char *buffer = malloc(READ_BYTES);
    if (!buffer) {
        return fovea_fail_memory(err, READ_BYTES, "reading a file");
    }
    enum fovea_status status = fovea_input_open_file(path, &input, err);
    if (!status && input.size > search->request->options.limits.max_bytes) {
        fovea_input_finish(&input);
        return FOVEA_ERR_NO_ITEM; /* embedding it says so */
    }
    fovea_sha256_begin(&hash);
    for (uint64_t at = 0; !status && at < input.size;) {
        size_t n = 0;
        status = fovea_input_read(&input, at, buffer, READ_BYTES, &n, err);
        fovea_sha256_add(&hash, buffer, n);
        at = n > 0 ? at + n : input.size;
    }
    fovea_input_finish(&input);
    enum fovea_status ended = fovea_sha256_end(&hash, digest, err);
    status = status ? status : ended;
    if (!status) {
        status =
                fovea_index_content_find(search->folder, digest, &content, err);
    }
    *content_out = status ? 0 : content.id;
    return status;
}

/* Take the vector of a file from the index: FOVEA_ERR_NO_ITEM if it is not
   there. */
static enum fovea_status
take_stored(const struct search *search, size_t i, const char *name,
        struct fovea_error *err)
{
    FOVEA_AUTO_FREE char *path = realpath(name, NULL);
    uint64_t row = 0;
    int64_t *content = &search->vectors->contents[i];
    if (!path) {
        return FOVEA_ERR_NO_ITEM; /* embedding it says why */
    }
    enum fovea_status status = find_by_path(search, path, content, err);
    if (status == FOVEA_ERR_NO_ITEM) {
        status = find_by_bytes(search, path, content, err);
    }
    if (!status) {
        status = fovea_index_content_row(search->folder, search->set, *content,
                &row, err);
    }
    return status
            ? status
            : fovea_index_row_vector(search->set, row,
                      search->vectors->vectors + i * search->set->key.dimension,
                      err);
}

static struct fovea_item
item_of(const struct fovea_query_word *word,
        const struct fovea_stdin_image *image)
{
    struct fovea_item item = { .data = word->word };
    switch (word->kind) {
    case FOVEA_QUERY_TEXT:
        item.kind = FOVEA_ITEM_TEXT;
        item.size = strlen(word->word);
        break;
    case FOVEA_QUERY_URL:
        item.kind = FOVEA_ITEM_IMAGE_URL;
        break;
    case FOVEA_QUERY_STDIN:
        item.kind = FOVEA_ITEM_IMAGE_BYTES;
        item.data = image->bytes;
        item.size = image->size;
        break;
    case FOVEA_QUERY_FILE:
    default:
        item.kind = FOVEA_ITEM_IMAGE_PATH;
    }
    return item;
}

/* A failure with the name of the word that it is about. */
static enum fovea_status
name_problem(const struct fovea_query_word *word, struct fovea_error *error)
{
    const char *name =
            word->kind == FOVEA_QUERY_STDIN ? "standard input" : word->word;
    if (!strstr(error->message, name)) {
        fovea_error_prefix(error, "%s", name);
    }
    return error->code;
}

/* Embed words, each into its own row. */
static enum fovea_status
embed(const struct search *search, struct fovea_model *model,
        const struct fovea_stdin_image *image, const bool *is_wanted,
        struct fovea_error *err)
{
    const struct fovea_query_words *query = &search->request->query;
    size_t dimension = search->set->key.dimension;
    for (size_t i = 0; i < query->n; i++) {
        if (!is_wanted[i]) {
            continue;
        }
        struct fovea_item item = item_of(&query->all[i], image);
        struct fovea_error result = { .code = FOVEA_OK };
        enum fovea_status status = fovea_embed_batch(model, &item, 1, 0,
                search->vectors->vectors + i * dimension, &result, err);
        if (status) {
            return status;
        }
        if (result.code) {
            *err = result;
            return name_problem(&query->all[i], err);
        }
        if (result.notes && !search->request->quiet) {
            (void)name_problem(&query->all[i], &result);
            fovea_cli_report("%s", result.message);
        }
        search->vectors->n_embedded++;
    }
    return FOVEA_OK;
}

/* Whether the model that is here is the one that the set is of. */
static enum fovea_status
check_model(const struct search *search, struct fovea_model *model,
        struct fovea_error *err)
{
    const struct fovea_index_set_key *key = &search->set->key;
    char digest[FOVEA_WEIGHTS_DIGEST_SIZE];
    enum fovea_status status = fovea_model_weights_digest(model, digest, err);
    if (status) {
        return status;
    }
    if (strcmp(digest, key->weights) != 0 ||
            fovea_embedding_dimension(model) != key->dimension) {
        return fovea_fail(err, FOVEA_ERR_INDEX_MODEL,
                "the weights of %s here are not those that the index was made "
                "with: ask with a picture that is in it, or make the index "
                "anew",
                key->model);
    }
    return FOVEA_OK;
}

/* Open the library as the set wants it, and embed. */
static enum fovea_status
embed_wanted(const struct search *search, const bool *is_wanted,
        struct fovea_error *err)
{
    const struct fovea_search_request *request = search->request;
    struct fovea_options options = request->options;
    FOVEA_AUTO(fovea_stdin_image_finish)
    struct fovea_stdin_image image = { .size = 0 };
    FOVEA_AUTO(fovea_close_auto) struct fovea *library = NULL;
    FOVEA_AUTO(fovea_model_close_auto) struct fovea_model *model = NULL;
    options.dtype = search->set->key.dtype;
    options.pixels = search->set->key.pixels;
    enum fovea_status status = FOVEA_OK;
    if (request->query.has_stdin) {
        status = fovea_stdin_image_read(options.limits.max_bytes, &image, err);
    }
    if (!status && image.problem.code) {
        *err = image.problem;
        status = err->code;
    }
    if (!status) {
        status = fovea_open(&options, &library, err);
    }
    if (!status) {
        status = fovea_model_open(library, search->set->key.model, &model, err);
    }
    if (!status) {
        status = check_model(search, model, err);
    }
    if (!status) {
        status = embed(search, model, &image, is_wanted, err);
    }
    if (library && request->stats) {
        fovea_stats_report_of(library);
    }
    return status;
}

static enum fovea_status
make_room(struct fovea_query_vectors *vectors, size_t n, size_t dimension,
        struct fovea_error *err)
{
    *vectors = (struct fovea_query_vectors){
        .vectors = calloc(n * dimension, sizeof *vectors->vectors),
        .weights = calloc(n, sizeof *vectors->weights),
        .contents = calloc(n, sizeof *vectors->contents),
        .n = n,
    };
    return vectors->vectors && vectors->weights && vectors->contents
            ? FOVEA_OK
            : fovea_fail_memory(err, n * dimension * sizeof *vectors->vectors,
                      "the query");
}

enum fovea_status
fovea_query_vectors_get(const struct fovea_search_request *request,
        struct fovea_index_folder *folder, const struct fovea_index_set *set,
        struct fovea_query_vectors *vectors_out, struct fovea_error *err)
{
    const struct fovea_query_words *query = &request->query;
    const struct search search = { request, folder, set, vectors_out };
    FOVEA_AUTO_FREE bool *is_wanted = calloc(query->n, sizeof *is_wanted);
    bool is_any_wanted = false;
    enum fovea_status status =
            make_room(vectors_out, query->n, set->key.dimension, err);
    if (status || !is_wanted) {
        return status ? status : fovea_fail_memory(err, query->n, "the query");
    }
    for (size_t i = 0; i < query->n; i++) {
        const struct fovea_query_word *word = &query->all[i];
        vectors_out->weights[i] = word->is_minus ? -1 : 1;
        status = word->kind == FOVEA_QUERY_FILE
                ? take_stored(&search, i, word->word, err)
                : FOVEA_ERR_NO_ITEM;
        if (status == FOVEA_ERR_NO_ITEM || status == FOVEA_ERR_NOT_A_FILE) {
            is_wanted[i] = true;
            is_any_wanted = true;
        } else if (status) {
            return status;
        }
    }
    return is_any_wanted ? embed_wanted(&search, is_wanted, err) : FOVEA_OK;
}

void
fovea_query_vectors_finish(struct fovea_query_vectors *vectors)
{
    free(vectors->vectors);
    free(vectors->weights);
    free(vectors->contents);
}
