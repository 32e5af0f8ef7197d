/* See index.h. */
#include "server/index.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "http/keys.h"
#include "index/sets.h"
#include "server/served.h"

enum {
    MAX_NAME = 64, /* with the rest of a path it fits one */
    SHOWN = 60
};

static const char beside[] = "/.fovea"; /* where `fovea index DIR` puts it */

/* Letters that need no escape in a path. */
static bool
is_good_name(const char *name, size_t size)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    size_t i = 0;
    while (i < size && strchr(letters, name[i])) {
        i++;
    }
    return size > 0 && size <= MAX_NAME && i == size && name[0] != '.';
}

static enum fovea_status
name_it(struct fovea_server *server, struct fovea_server_index *index,
        const char *word, struct fovea_error *err)
{
    const char *equals = strchr(word, '=');
    size_t size = equals ? (size_t)(equals - word) : 0;
    if (!equals || !equals[1] || !is_good_name(word, size)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "an index is given as NAME=DIR, with a name of 1 to %d "
                "letters, digits and - _ . in it, not \"%.*s\" (--index)",
                MAX_NAME, SHOWN, word);
    }
    index->name = strndup(word, size);
    if (!index->name) {
        return fovea_fail_memory(err, size, "an index's name");
    }
    for (size_t i = 0; i + 1 < server->n_indexes; i++) {
        if (strcmp(server->indexes[i].name, index->name) == 0) {
            return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                    "two indexes are called %s; give one another name "
                    "(--index)",
                    index->name);
        }
    }
    return FOVEA_OK;
}

/* The index folder itself, or the one that lies in a folder of pictures. */
static enum fovea_status
place_it(struct fovea_server_index *index, const char *folder,
        struct fovea_error *err)
{
    size_t size = strlen(folder) + sizeof beside;
    index->path = malloc(size);
    if (!index->path) {
        return fovea_fail_memory(err, size, "a path");
    }
    (void)snprintf(index->path, size, "%s%s", folder, beside);
    if (fovea_index_folder_is_there(folder) ||
            !fovea_index_folder_is_there(index->path)) {
        index->path[size - sizeof beside] = '\0';
    }
    return FOVEA_OK;
}

static enum fovea_status
check_weights(const struct fovea_served *served,
        const struct fovea_index_set_key *set, struct fovea_error *err)
{
    char digest[FOVEA_WEIGHTS_DIGEST_SIZE];
    enum fovea_status status =
            fovea_model_weights_digest(served->model, digest, err);
    return status || strcmp(digest, set->weights) == 0
            ? status
            : fovea_fail(err, FOVEA_ERR_INDEX_MODEL,
                      "these were made with other weights of it than are here");
}

/* Without the model of a set words and pictures cannot be searched for in it; all
 * else can be done. */
static enum fovea_status
add_model(struct fovea_server *server, struct fovea_server_index *index,
        const struct fovea_index_set_key *set, struct fovea_error *err)
{
    struct fovea_error error;
    struct fovea_server_index_model *model = &index->models[index->n_models];
    const char *key = set->model;
    enum fovea_status status =
            fovea_served_obtain(server, key, &model->served, &error);
    if (!status) {
        status = check_weights(model->served, set, &error);
    }
    if (status) {
        fovea_http_log_say(server->log, "warning", "index",
                "no words or pictures can be searched for in the vectors of %s "
                "that the index %s has: %s",
                key, index->name, error.message);
        return FOVEA_OK;
    }
    model->key = strdup(key);
    index->n_models += model->key != NULL;
    return model->key ? FOVEA_OK
                      : fovea_fail_memory(err, strlen(key), "a model's key");
}

static enum fovea_status
open_models(struct fovea_server *server, struct fovea_server_index *index,
        struct fovea_index_folder *folder, struct fovea_error *err)
{
    const struct fovea_index_set *sets = NULL;
    size_t n = 0;
    enum fovea_status status = fovea_index_sets(folder, &sets, &n, err);
    if (status) {
        return status;
    }
    index->models = calloc(n + 1, sizeof *index->models);
    if (!index->models) {
        return fovea_fail_memory(err, n * sizeof *index->models, "models");
    }
    for (size_t i = 0; i < n && !status; i++) {
        status = add_model(server, index, &sets[i].key, err);
    }
    return status;
}

/* A set of a model, in an index that has none yet. */
static enum fovea_status
begin_set(const struct fovea_server *server, struct fovea_index_folder *folder,
        const struct fovea_served *served, struct fovea_error *err)
{
    const struct fovea_model_info *info = served->info;
    struct fovea_index_set_key key;
    int64_t id = 0;
    enum fovea_status status = fovea_index_set_key_init(&key, info, info->key,
            server->settings.library.pixels, FOVEA_STORE_F32, err);
    if (!status) {
        status = fovea_model_weights_digest(served->model, key.weights, err);
    }
    return status ? status : fovea_index_set_add(folder, &key, &id, err);
}

/* A new index has the vectors that every index has, and those of the models that
 * the server was given. */
static enum fovea_status
begin_sets(struct fovea_server *server, struct fovea_index_folder *folder,
        struct fovea_error *err)
{
    const struct fovea_index_set *sets = NULL;
    const struct fovea_served *first = NULL;
    size_t n_given = server->settings.n_models;
    size_t n = 0;
    enum fovea_status status = fovea_index_sets(folder, &sets, &n, err);
    if (status || n > 0) {
        return status;
    }
    status = fovea_served_obtain(server, FOVEA_DEFAULT_MODEL, &first, err);
    if (!status) {
        status = begin_set(server, folder, first, err);
    }
    for (size_t i = 0; i < n_given && !status; i++) {
        if (&server->models[i] != first) {
            status = begin_set(server, folder, &server->models[i], err);
        }
    }
    return status ? status : fovea_index_commit(folder, err);
}

/* See that it can be written. */
static enum fovea_status
make_it(struct fovea_server *server, const struct fovea_server_index *index,
        struct fovea_error *err)
{
    struct fovea_index_folder *folder = NULL;
    enum fovea_status status = fovea_index_folder_open(index->path,
            FOVEA_INDEX_CREATE, &folder, err);
    if (status == FOVEA_ERR_INDEX_BUSY) {
        fovea_error_clear(err);
        return FOVEA_OK; /* somebody is at it now; later it will do */
    }
    if (!status) {
        status = begin_sets(server, folder, err);
    }
    fovea_index_folder_close(folder);
    return status;
}

/* See that it can be opened as it is to be used. */
static enum fovea_status
try_it(struct fovea_server *server, struct fovea_server_index *index,
        struct fovea_error *err)
{
    struct fovea_server_handle *handle = NULL;
    enum fovea_status status =
            index->is_writable ? make_it(server, index, err) : FOVEA_OK;
    if (!status) {
        status = fovea_server_index_begin(index, &handle, err);
    }
    if (!status) {
        status = open_models(server, index, handle->folder, err);
        fovea_server_index_end(index, handle, true);
    }
    if (status) {
        fovea_error_prefix(err, "index %s", index->name);
    }
    return status;
}

static enum fovea_status
open_one(struct fovea_server *server, const char *word, bool is_writable,
        struct fovea_error *err)
{
    struct fovea_server_index *index = &server->indexes[server->n_indexes++];
    FOVEA_ASSERT(pthread_mutex_init(&index->mu, NULL) == 0);
    index->is_writable = is_writable;
    enum fovea_status status = name_it(server, index, word, err);
    if (!status) {
        status = place_it(index, strchr(word, '=') + 1, err);
    }
    return status ? status : try_it(server, index, err);
}

enum fovea_status
fovea_server_indexes_open(struct fovea_server *server, struct fovea_error *err)
{
    const struct fovea_words *read = &server->settings.indexes;
    const struct fovea_words *written = &server->settings.writable_indexes;
    size_t n = read->n + written->n;
    if (n == 0) {
        return FOVEA_OK;
    }
    if (written->n > 0 && !fovea_http_has_writer(server->http)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "--index-writable takes a key that may write: a line \"KEY " FOVEA_HTTP_WRITER
                "\" in the file of --api-key-file");
    }
    server->indexes = calloc(n, sizeof *server->indexes);
    if (!server->indexes) {
        return fovea_fail_memory(err, n * sizeof *server->indexes, "indexes");
    }
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; i < n && !status; i++) {
        bool is_written = i >= read->n;
        status = open_one(server,
                is_written ? written->all[i - read->n] : read->all[i],
                is_written, err);
    }
    return status;
}

static void
close_handle(struct fovea_server_handle *handle)
{
    fovea_index_folder_close(handle->folder);
    free(handle);
}

void
fovea_server_indexes_close(struct fovea_server *server)
{
    for (size_t i = 0; i < server->n_indexes; i++) {
        struct fovea_server_index *index = &server->indexes[i];
        while (index->idle) {
            struct fovea_server_handle *handle = index->idle;
            index->idle = handle->next;
            close_handle(handle);
        }
        for (size_t j = 0; j < index->n_models; j++) {
            free(index->models[j].key);
        }
        free(index->models);
        fovea_groups_forget(&index->groups);
        (void)pthread_mutex_destroy(&index->mu);
        free(index->name);
        free(index->path);
    }
    free(server->indexes);
}

struct fovea_server_index *
fovea_server_index_find(struct fovea_server *server, const char *name,
        struct fovea_http_complaint *complaint)
{
    if (!name && server->n_indexes == 1) {
        return &server->indexes[0];
    }
    for (size_t i = 0; name && i < server->n_indexes; i++) {
        if (strcmp(server->indexes[i].name, name) == 0) {
            return &server->indexes[i];
        }
    }
    if (name || server->n_indexes == 0) {
        (void)fovea_http_complain(complaint, FOVEA_ERR_INDEX_NOT_FOUND, "index",
                "no index \"%.100s\" is served here; %s", name ? name : "",
                server->n_indexes == 0 ? "there is none (--index)"
                                       : "/v1/indexes lists them");
    } else {
        (void)fovea_http_complain(complaint, FOVEA_ERR_ARGUMENT, "index",
                "\"index\" is missing: the name of one of the %zu indexes "
                "that /v1/indexes lists",
                server->n_indexes);
    }
    return NULL;
}

const struct fovea_served *
fovea_server_index_model(const struct fovea_server *server,
        const struct fovea_server_index *index, const char *key)
{
    for (size_t i = 0; i < index->n_models; i++) {
        if (strcmp(index->models[i].key, key) == 0) {
            return index->models[i].served;
        }
    }
    return fovea_served_by_key(server, key);
}

const char *
fovea_server_index_model_name(const struct fovea_server *server,
        const struct fovea_server_index *index, const char *key)
{
    const struct fovea_served *served =
            fovea_server_index_model(server, index, key);
    /* A directory is its own key, and nobody's business. */
    const char *slash =
            key[0] == '/' || key[0] == '.' ? strrchr(key, '/') : NULL;
    return served ? served->name : slash ? slash + 1 : key;
}

/* Which index lies there now. */
static bool
look(const struct fovea_server_index *index, struct fovea_server_handle *handle)
{
    char path[4096];
    struct stat entry;
    int size = snprintf(path, sizeof path, "%s/index.sqlite", index->path);
    if (size < 0 || (size_t)size >= sizeof path || stat(path, &entry)) {
        return false;
    }
    handle->device = entry.st_dev;
    handle->inode = entry.st_ino;
    return true;
}

static struct fovea_server_handle *
take_idle(struct fovea_server_index *index)
{
    FOVEA_ASSERT(pthread_mutex_lock(&index->mu) == 0);
    struct fovea_server_handle *handle = index->idle;
    index->idle = handle ? handle->next : NULL;
    FOVEA_ASSERT(pthread_mutex_unlock(&index->mu) == 0);
    return handle;
}

/* Of the index that lies there now; those to another one are closed. */
static struct fovea_server_handle *
take_good(struct fovea_server_index *index)
{
    struct fovea_server_handle now = { .folder = NULL };
    bool is_there = look(index, &now);
    struct fovea_server_handle *handle = take_idle(index);
    while (handle &&
            !(is_there && handle->device == now.device &&
                    handle->inode == now.inode)) {
        close_handle(handle);
        handle = take_idle(index);
    }
    return handle;
}

/* NULL and an error. */
static struct fovea_server_handle *
open_handle(const struct fovea_server_index *index, struct fovea_error *err)
{
    struct fovea_server_handle *handle = calloc(1, sizeof *handle);
    if (!handle) {
        (void)fovea_fail_memory(err, sizeof *handle, "an index");
        return NULL;
    }
    (void)look(index, handle);
    if (fovea_index_folder_open(index->path, FOVEA_INDEX_READ, &handle->folder,
                err)) {
        free(handle);
        return NULL;
    }
    return handle;
}

enum fovea_status
fovea_server_index_begin(struct fovea_server_index *index,
        struct fovea_server_handle **handle_out, struct fovea_error *err)
{
    struct fovea_server_handle *handle = take_good(index);
    if (!handle && !(handle = open_handle(index, err))) {
        return err->code;
    }
    enum fovea_status status = fovea_index_snapshot_begin(handle->folder, err);
    if (status) {
        close_handle(handle);
        return status;
    }
    *handle_out = handle;
    return FOVEA_OK;
}

void
fovea_server_index_end(struct fovea_server_index *index,
        struct fovea_server_handle *handle, bool is_good)
{
    fovea_index_snapshot_end(handle->folder);
    if (!is_good) {
        close_handle(handle);
        return;
    }
    FOVEA_ASSERT(pthread_mutex_lock(&index->mu) == 0);
    handle->next = index->idle;
    index->idle = handle;
    FOVEA_ASSERT(pthread_mutex_unlock(&index->mu) == 0);
}
