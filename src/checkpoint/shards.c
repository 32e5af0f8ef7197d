/*
 * Opening a checkpoint's directory: one file, or shards that an index lists.
 *
 * The index says which file holds which tensor. Only the tensors that it names
 * are taken; a shard's other ones are checked with its header and left out.
 */
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "checkpoint/directory.h"
#include "checkpoint/header.h"
#include "checkpoint/json.h"
#include "checkpoint/safetensors.h"

enum {
    MAX_SHARDS = 256 /* each is an open file */
};

/* The shards of an index, while their number is not known. */
struct shard_list {
    const char *index; /* path, for messages */
    const char *names[MAX_SHARDS];
    size_t n;
};

static enum fovea_status
open_single(const char *path, struct fovea_checkpoint **checkpoint_out,
        struct fovea_error *err)
{
    struct fovea_input input = FOVEA_INPUT_INIT;
    enum fovea_status status = fovea_input_open_file(path, &input, err);
    return status
            ? status
            : fovea_checkpoint_open_input(path, &input, checkpoint_out, err);
}

/* A shard stands beside its index: its name never leads elsewhere. */
static bool
is_plain_name(const char *name)
{
    return name[0] && !strchr(name, '/') && strcmp(name, ".") != 0 &&
            !strstr(name, "..");
}

static enum fovea_status
list_shard(struct shard_list *list, const char *tensor, const json_t *value,
        struct fovea_error *err)
{
    if (!json_is_string(value)) {
        return fovea_fail(err, FOVEA_ERR_MODEL_WEIGHTS,
                "%s: weight_map: the shard of %s is not a string",
                fovea_show(list->index).text, fovea_show(tensor).text);
    }
    const char *name = json_string_value(value);
    for (size_t i = 0; i < list->n; i++) {
        if (!strcmp(list->names[i], name)) {
            return FOVEA_OK;
        }
    }
    if (!is_plain_name(name)) {
        return fovea_fail(err, FOVEA_ERR_MODEL_WEIGHTS,
                "%s: weight_map: \"%s\" is not a plain file name",
                fovea_show(list->index).text, fovea_show(name).text);
    }
    if (list->n == MAX_SHARDS) {
        return fovea_fail(err, FOVEA_ERR_MODEL_WEIGHTS,
                "%s: weight_map: more than %d shards",
                fovea_show(list->index).text, MAX_SHARDS);
    }
    list->names[list->n++] = name;
    return FOVEA_OK;
}

static enum fovea_status
list_shards(struct shard_list *list, json_t *map, struct fovea_error *err)
{
    if (!json_is_object(map) || json_object_size(map) == 0) {
        return fovea_fail(err, FOVEA_ERR_MODEL_WEIGHTS,
                "%s: weight_map is not an object with tensors",
                fovea_show(list->index).text);
    }
    enum fovea_status status =
            fovea_check_tensors(list->index, json_object_size(map), err);
    if (status) {
        return status;
    }
    const char *tensor = NULL;
    json_t *value = NULL;
    json_object_foreach(map, tensor, value)
    {
        status = list_shard(list, tensor, value, err);
        if (status) {
            return status;
        }
    }
    return FOVEA_OK;
}

static enum fovea_status
open_shard(const char *directory, const char *name, struct fovea_shard *shard,
        struct fovea_error *err)
{
    enum fovea_status status =
            fovea_join_path(directory, name, &shard->name, err);
    if (status) {
        return status;
    }
    status = fovea_input_open_file(shard->name, &shard->input, err);
    if (status == FOVEA_ERR_FILE_NOT_FOUND) {
        return fovea_fail(err, FOVEA_ERR_MODEL_NOT_FOUND,
                "%s: the index lists this shard and it is not there",
                fovea_show(shard->name).text);
    }
    return status;
}

/* The index of a shard in the list, for a name that is in it. */
static size_t
shard_index(const struct shard_list *list, const char *name)
{
    size_t i = 0;
    while (i < list->n && strcmp(list->names[i], name) != 0) {
        i++;
    }
    FOVEA_ASSERT(i < list->n);
    return i;
}

/* Move the entries that the index places in this shard to the checkpoint. */
static void
take_entries(struct fovea_checkpoint *checkpoint, const struct shard_list *list,
        const json_t *map, size_t shard, struct fovea_tensor_entry *entries,
        size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const json_t *place = json_object_get(map, entries[i].name);
        if (place && shard_index(list, json_string_value(place)) == shard) {
            struct fovea_tensor_entry *entry =
                    &checkpoint->entries[checkpoint->n_entries++];
            *entry = entries[i];
            entry->shard = shard;
            entries[i].name = NULL;
        }
    }
}

static enum fovea_status
check_placed(const struct fovea_checkpoint *checkpoint, json_t *map,
        const char *index, struct fovea_error *err)
{
    const char *tensor = NULL;
    json_t *value = NULL;
    json_object_foreach(map, tensor, value)
    {
        if (!fovea_checkpoint_find(checkpoint, tensor)) {
            return fovea_fail(err, FOVEA_ERR_MODEL_WEIGHTS,
                    "%s: %s is not in the shard %s", fovea_show(index).text,
                    fovea_show(tensor).text,
                    fovea_show(json_string_value(value)).text);
        }
    }
    return FOVEA_OK;
}

static enum fovea_status
read_shards(const char *directory, const struct shard_list *list, json_t *map,
        struct fovea_checkpoint *checkpoint, struct fovea_error *err)
{
    checkpoint->entries =
            calloc(json_object_size(map), sizeof *checkpoint->entries);
    if (!checkpoint->entries) {
        return fovea_fail_memory(err,
                json_object_size(map) * sizeof *checkpoint->entries, "tensors");
    }
    for (size_t i = 0; i < list->n; i++) {
        struct fovea_shard *shard = &checkpoint->shards[i];
        struct fovea_tensor_entry *entries = NULL;
        size_t n = 0;
        enum fovea_status status =
                open_shard(directory, list->names[i], shard, err);
        if (!status) {
            status = fovea_safetensors_parse(shard->name, &shard->input,
                    &entries, &n, err);
        }
        if (status) {
            return status;
        }
        take_entries(checkpoint, list, map, i, entries, n);
        fovea_entries_free(entries, n);
    }
    fovea_entries_sort(checkpoint->entries, checkpoint->n_entries);
    return check_placed(checkpoint, map, list->index, err);
}

static enum fovea_status
open_index(const char *directory, const char *path,
        struct fovea_checkpoint **checkpoint_out, struct fovea_error *err)
{
    FOVEA_AUTO_FREE char *text = NULL;
    size_t size = 0;
    enum fovea_status status = fovea_json_load(path, FOVEA_MAX_INDEX_BYTES,
            FOVEA_ERR_MODEL_WEIGHTS, &text, &size, err);
    if (status) {
        return status;
    }
    FOVEA_AUTO(json_decref_auto) json_t *object = NULL;
    status = fovea_json_parse(path, text, size, FOVEA_ERR_MODEL_WEIGHTS,
            &object, err);
    if (status) {
        return status;
    }
    json_t *map = json_object_get(object, "weight_map");
    struct shard_list list = { .index = path };
    status = list_shards(&list, map, err);
    if (status) {
        return status;
    }
    struct fovea_checkpoint *checkpoint = NULL;
    status = fovea_checkpoint_create(&fovea_source_files, list.n, &checkpoint,
            err);
    if (status) {
        return status;
    }
    status = read_shards(directory, &list, map, checkpoint, err);
    if (status) {
        fovea_checkpoint_close(checkpoint);
        return status;
    }
    *checkpoint_out = checkpoint;
    return FOVEA_OK;
}

static enum fovea_status
fail_without_weights(const char *directory,
        const struct fovea_file_layout *layout, struct fovea_error *err)
{
    FOVEA_AUTO_FREE char *pickle = NULL;
    enum fovea_status status =
            fovea_join_path(directory, layout->pickle, &pickle, err);
    if (status) {
        return status;
    }
    const bool has_pickle = access(pickle, F_OK) == 0;
    return fovea_fail(err, FOVEA_ERR_MODEL_NOT_FOUND,
            "%s: there is %s%s%s%s%s%s", fovea_show(directory).text,
            layout->index ? "neither " : "no ", layout->weights,
            layout->index ? " nor " : "", layout->index ? layout->index : "",
            has_pickle ? "; weights are not read from " : "",
            has_pickle ? layout->pickle : "");
}

/* The one file, or what the index lists. FOVEA_ERR_FILE_NOT_FOUND: neither. */
static enum fovea_status
open_weights(const char *directory, const struct fovea_file_layout *layout,
        struct fovea_checkpoint **checkpoint_out, struct fovea_error *err)
{
    FOVEA_AUTO_FREE char *single = NULL;
    FOVEA_AUTO_FREE char *index = NULL;
    enum fovea_status status =
            fovea_join_path(directory, layout->weights, &single, err);
    if (!status && layout->index) {
        status = fovea_join_path(directory, layout->index, &index, err);
    }
    if (status) {
        return status;
    }
    status = open_single(single, checkpoint_out, err);
    return status == FOVEA_ERR_FILE_NOT_FOUND && index
            ? open_index(directory, index, checkpoint_out, err)
            : status;
}

enum fovea_status
fovea_checkpoint_open(const char *directory,
        struct fovea_checkpoint **checkpoint_out, struct fovea_error *err)
{
    const struct fovea_file_layout *layout =
            fovea_directory_layout(directory, NULL);
    struct fovea_error problem;
    enum fovea_status status =
            open_weights(directory, layout, checkpoint_out, &problem);
    if (status == FOVEA_ERR_FILE_NOT_FOUND) {
        return fail_without_weights(directory, layout, err);
    }
    if (status && err) {
        *err = problem;
    }
    return status;
}
