/*
 * Fetching a model: see fovea/pull.h.
 *
 * The revision is turned into a commit first, and every file is that commit's.
 * refs/<revision> names the commit at the very end: nobody finds half a model.
 */
#include "hub/pull.h"

#include <limits.h>
#include <string.h>

#include "base/error.h"
#include "base/sized.h"
#include "checkpoint/config.h"
#include "checkpoint/directory.h"
#include "checkpoint/json.h"
#include "checkpoint/safetensors.h"
#include "hub/pull_state.h"
#include "spec/tokenizer_files.h"
#include "sys/atomic_file.h"
#include "sys/directories.h"

enum {
    MAX_KEY_BYTES = 200
};

/* A branch, a tag or a commit: a path below refs/, and a piece of a URL. */
static bool
is_revision(const char *revision)
{
    size_t size = strlen(revision);
    return size > 0 && size <= FOVEA_MAX_REVISION &&
            strspn(revision,
                    "abcdefghijklmnopqrstuvwxyz"
                    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./") == size &&
            revision[0] != '/' && revision[0] != '.' &&
            revision[size - 1] != '/' && !strstr(revision, "//") &&
            !strstr(revision, "..") && !strstr(revision, "/.");
}

static enum fovea_status
check_arguments(const char *key, const char *revision, struct fovea_error *err)
{
    if (!key || !fovea_is_hub_id(key) || strlen(key) > MAX_KEY_BYTES) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "%.100s is no model of a hub: that is OWNER/NAME",
                key ? key : "NULL");
    }
    if (revision && !is_revision(revision)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "%.100s is no branch, tag or commit", revision);
    }
    const char *offline = fovea_place_variable("HF_HUB_OFFLINE");
    if (offline && strcmp(offline, "0") != 0) {
        return fovea_fail(err, FOVEA_ERR_FETCH,
                "HF_HUB_OFFLINE is set: nothing is fetched");
    }
    return FOVEA_OK;
}

static enum fovea_status
make_places(struct fovea_pull_state *pull, struct fovea_error *err)
{
    FOVEA_AUTO_FREE char *cache = fovea_place_hub_cache();
    FOVEA_AUTO_FREE char *name = fovea_place_repository(pull->hub.key);
    if (!fovea_place_has_hub_cache()) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "no place for the model: set HF_HOME or HOME");
    }
    if (!cache || !name) {
        return fovea_fail_memory(err, PATH_MAX, "a path");
    }
    pull->repository = fovea_place_join(cache, "/", name);
    pull->locks = fovea_place_join(cache, "/.locks/", name);
    pull->snapshot = pull->repository
            ? fovea_place_join(pull->repository, "/snapshots/", pull->commit)
            : NULL;
    FOVEA_AUTO_FREE char *blobs = pull->repository
            ? fovea_place_join(pull->repository, "/blobs", "")
            : NULL;
    if (!pull->locks || !pull->snapshot || !blobs) {
        return fovea_fail_memory(err, PATH_MAX, "a path");
    }
    enum fovea_status status = fovea_make_directories(blobs, err);
    if (!status) {
        status = fovea_make_directories(pull->locks, err);
    }
    return status ? status : fovea_make_directories(pull->snapshot, err);
}

/* Before anything is fetched: is it a model that can be read? */
static enum fovea_status
check_files(const struct fovea_pull_state *pull, struct fovea_error *err)
{
    const struct fovea_file_layout *layout = pull->layout;
    const char *key = pull->hub.key;
    if (!pull->missing) {
        return FOVEA_OK;
    }
    if (pull->missing == layout->config) {
        char configs[FOVEA_FILE_CONFIGS_SIZE];
        fovea_file_layout_configs(configs);
        return fovea_fail(err, FOVEA_ERR_MODEL_UNSUPPORTED,
                "%.100s has no %s: it is not laid out as any model that is "
                "read here",
                key, configs);
    }
    const char *pickle =
            fovea_pull_has(pull, layout->pickle) ? layout->pickle : NULL;
    return fovea_fail(err, FOVEA_ERR_MODEL_UNSUPPORTED,
            "%.100s has no %s%s%s%s", key, layout->weights,
            pickle ? ", only " : "", pickle ? pickle : "",
            pickle ? ", which is a program to run rather than data: look for a "
                     "revision with safetensors"
                   : "");
}

/* A shard stands beside its index. */
static bool
is_shard_name(const char *name)
{
    size_t size = strlen(name);
    static const char ending[] = ".safetensors";
    return size > sizeof ending && size < 200 && name[0] != '.' &&
            strspn(name,
                    "abcdefghijklmnopqrstuvwxyz"
                    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == size &&
            strcmp(name + size - (sizeof ending - 1), ending) == 0;
}

static enum fovea_status
pull_shards(struct fovea_pull_state *pull, json_t *map, struct fovea_error *err)
{
    const char *last = "";
    enum fovea_status status = FOVEA_OK;
    /* pull_file() passes by what is here; most tensors share a shard with the
       one before. */
    for (void *at = json_object_iter(map); at && !status;
            at = json_object_iter_next(map, at)) {
        const char *name = json_string_value(json_object_iter_value(at));
        if (!name || !is_shard_name(name) || !fovea_pull_has(pull, name)) {
            status = fovea_fail(err, FOVEA_ERR_MODEL_WEIGHTS,
                    "%.100s: its index names a shard that it does not have",
                    pull->hub.key);
        } else if (strcmp(name, last) != 0) {
            status = fovea_pull_file(pull, name, err);
            last = name;
        }
    }
    return status;
}

static enum fovea_status
pull_by_index(struct fovea_pull_state *pull, struct fovea_error *err)
{
    enum fovea_status status = fovea_pull_file(pull, pull->layout->index, err);
    if (status) {
        return status;
    }
    FOVEA_AUTO_FREE char *path =
            fovea_place_join(pull->snapshot, "/", pull->layout->index);
    FOVEA_AUTO_FREE char *text = NULL;
    FOVEA_AUTO(json_decref_auto) json_t *index = NULL;
    size_t size = 0;
    if (!path) {
        return fovea_fail_memory(err, PATH_MAX, "a path");
    }
    status = fovea_json_load(path, FOVEA_MAX_INDEX_BYTES,
            FOVEA_ERR_MODEL_WEIGHTS, &text, &size, err);
    if (!status) {
        status = fovea_json_parse(pull->layout->index, text, size,
                FOVEA_ERR_MODEL_WEIGHTS, &index, err);
    }
    return status
            ? status
            : pull_shards(pull, json_object_get(index, "weight_map"), err);
}

static enum fovea_status
pull_if_there(struct fovea_pull_state *pull, const char *name,
        struct fovea_error *err)
{
    return name && fovea_pull_has(pull, name) ? fovea_pull_file(pull, name, err)
                                              : FOVEA_OK;
}

/* A repository that timm and open_clip share has a config.json of timm's. */
static enum fovea_status
pull_config(struct fovea_pull_state *pull, struct fovea_error *err)
{
    enum fovea_status status = fovea_pull_file(pull, pull->layout->config, err);
    if (status || pull->layout->id != FOVEA_FILE_LAYOUT_HUGGING_FACE ||
            !fovea_config_is_of_timm(pull->snapshot)) {
        return status;
    }
    pull->hidden = pull->layout->config;
    fovea_pull_find_layout(pull);
    if (pull->missing == pull->layout->config) {
        return fovea_fail(err, FOVEA_ERR_MODEL_UNSUPPORTED,
                "%.100s is a model of timm by itself, which is not supported; "
                "those that are also laid out for open_clip are",
                pull->hub.key);
    }
    status = check_files(pull, err);
    return status ? status : fovea_pull_file(pull, pull->layout->config, err);
}

/* What turns texts into tokens, of a model whose words can be read. */
static enum fovea_status
pull_tokenizer(struct fovea_pull_state *pull, struct fovea_error *err)
{
    static const char *const whole[] = { FOVEA_FILE_TOKENIZER,
        FOVEA_FILE_TOKENIZER_CONFIG, NULL };
    static const char *const parts[] = { FOVEA_FILE_VOCABULARY,
        FOVEA_FILE_MERGES, FOVEA_FILE_TOKENIZER_CONFIG, NULL };
    const char *const *names =
            fovea_pull_has(pull, FOVEA_FILE_TOKENIZER) ? whole : parts;
    struct fovea_tower tower;
    enum fovea_status status = FOVEA_OK;
    if (fovea_tower_read(pull->snapshot, FOVEA_MODALITY_TEXT, &tower, NULL)) {
        return FOVEA_OK;
    }
    for (size_t i = 0; names[i] && !status; i++) {
        status = pull_if_there(pull, names[i], err);
    }
    return status;
}

static enum fovea_status
pull_files(struct fovea_pull_state *pull, struct fovea_error *err)
{
    enum fovea_status status = check_files(pull, err);
    if (!status) {
        status = make_places(pull, err);
    }
    if (!status) {
        status = pull_config(pull, err);
    }
    if (!status) {
        status = pull_if_there(pull, pull->layout->processor, err);
    }
    if (!status) {
        status = fovea_pull_has(pull, pull->layout->weights)
                ? fovea_pull_file(pull, pull->layout->weights, err)
                : pull_by_index(pull, err);
    }
    return status ? status : pull_tokenizer(pull, err);
}

/* A file below refs/, whose name may have slashes in it. */
static enum fovea_status
write_ref(const struct fovea_pull_state *pull, const char *name,
        struct fovea_error *err)
{
    FOVEA_AUTO_FREE char *path =
            fovea_place_join(pull->repository, "/refs/", name);
    FOVEA_AUTO_FREE char *directory = path ? strdup(path) : NULL;
    if (!directory) {
        return fovea_fail_memory(err, PATH_MAX, "a path");
    }
    *strrchr(directory, '/') = 0;
    enum fovea_status status = fovea_make_directories(directory, err);
    FOVEA_AUTO(fovea_atomic_file_abandon)
    struct fovea_atomic_file file = FOVEA_ATOMIC_FILE_INIT;
    if (!status) {
        status = fovea_atomic_file_open(path, &file, err);
    }
    if (!status) {
        status = fovea_atomic_file_write(&file, pull->commit,
                FOVEA_COMMIT_SIZE - 1, err);
    }
    return status ? status : fovea_atomic_file_commit(&file, err);
}

/* refs/main of a converted model stays with huggingface_hub, which knows
   another commit by it; fovea finds the model by a name of its own. */
static enum fovea_status
write_refs(const struct fovea_pull_state *pull, struct fovea_error *err)
{
    const char *revision = pull->hub.revision;
    enum fovea_status status = strcmp(revision, pull->commit) != 0
            ? write_ref(pull, revision, err)
            : FOVEA_OK;
    return status || !pull->converted[0]
            ? status
            : write_ref(pull, FOVEA_CONVERTED_REF, err);
}

enum fovea_status
fovea_pull_model(const char *key, const struct fovea_pull_options *options,
        char **directory_out, struct fovea_error *err)
{
    struct fovea_pull_options chosen = { .n_tries = 0 };
    enum fovea_status status = fovea_sized_take(options, "fovea_pull_options",
            "FOVEA_PULL_OPTIONS_INIT", &chosen, sizeof chosen, err);
    if (!status) {
        status = check_arguments(key, chosen.revision, err);
    }
    if (status) {
        return status;
    }
    struct fovea_pull_state pull = { .commit = "" };
    status = fovea_hub_open(&pull.hub, key, &chosen, err);
    if (!status) {
        status = fovea_pull_find_revision(&pull, err);
    }
    if (!status) {
        status = pull_files(&pull, err);
    }
    if (!status) {
        status = write_refs(&pull, err);
    }
    fovea_hub_close(&pull.hub);
    if (!status && directory_out) {
        *directory_out = FOVEA_TAKE(pull.snapshot);
    }
    json_decref(pull.info);
    free(pull.repository);
    free(pull.locks);
    free(pull.snapshot);
    return status;
}
