/* See done.h. */
#include "shards/done.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "shards/json.h"
#include "shards/key.h"
#include "shards/markers.h"

/* Members that are short words. */
static const struct {
    const char *name;
    size_t offset;
    size_t size;
} words[] = {
#define WORD(name, member)                                      \
    {                                                           \
        name, offsetof(struct fovea_shard_done, member),        \
                sizeof((struct fovea_shard_done *)NULL)->member \
    }
    WORD("weights", weights),
    WORD("dtype", dtype),
    WORD("pixels", pixels),
    WORD("isa", isa),
    WORD("version", version),
#undef WORD
};

void
fovea_shard_done_write(const struct fovea_shard_done *done,
        struct fovea_text *text)
{
    fovea_text_format(text,
            "{\"shard\":%" PRIu64 ",\"inputs\":%" PRIu64 ",\"rows\":%" PRIu64
            ",\"errors\":%" PRIu64 ",\"skipped\":%" PRIu64 ",\"files\":{",
            done->number, done->n_inputs, done->n_rows, done->n_errors,
            done->n_skipped);
    for (size_t i = 0; i < FOVEA_N_SHARD_FILES; i++) {
        char key[FOVEA_SHARD_KEY_SIZE];
        fovea_shard_key(fovea_shard_file_object(i), done->number, key);
        fovea_text_format(text,
                "%s\"%s\":{\"bytes\":%" PRIu64 ",\"sha256\":\"%s\"}",
                i ? "," : "", key, done->files[i].size, done->files[i].sha256);
    }
    fovea_text_format(text, "}");
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(words); i++) {
        fovea_text_format(text, ",\"%s\":", words[i].name);
        fovea_text_json_string(text, (const char *)done + words[i].offset);
    }
    fovea_text_format(text, "}\n");
}

static bool
parse_files(const json_t *object, struct fovea_shard_done *done)
{
    const json_t *files = json_object_get(object, "files");
    if (json_object_size(files) != FOVEA_N_SHARD_FILES) {
        return false;
    }
    for (size_t i = 0; i < FOVEA_N_SHARD_FILES; i++) {
        struct fovea_shard_file *file = &done->files[i];
        char key[FOVEA_SHARD_KEY_SIZE];
        fovea_shard_key(fovea_shard_file_object(i), done->number, key);
        const json_t *facts = json_object_get(files, key);
        if (!fovea_json_count(facts, "bytes", &file->size) ||
                !fovea_json_text(facts, "sha256", sizeof file->sha256,
                        file->sha256) ||
                !fovea_sha256_is_hex(file->sha256)) {
            return false;
        }
    }
    return true;
}

bool
fovea_shard_done_parse(const char *bytes, size_t size,
        struct fovea_shard_done *done_out)
{
    struct fovea_shard_done done = { .number = 0 };
    FOVEA_AUTO(json_decref_auto)
    json_t *object = fovea_json_object(bytes, size);
    bool is_good = fovea_json_count(object, "shard", &done.number) &&
            fovea_json_count(object, "inputs", &done.n_inputs) &&
            fovea_json_count(object, "rows", &done.n_rows) &&
            fovea_json_count(object, "errors", &done.n_errors) &&
            fovea_json_count(object, "skipped", &done.n_skipped) &&
            done.n_rows <= done.n_inputs &&
            done.n_errors <= done.n_inputs - done.n_rows &&
            done.n_skipped == done.n_inputs - done.n_rows - done.n_errors &&
            parse_files(object, &done);
    for (size_t i = 0; is_good && i < FOVEA_ARRAY_LEN(words); i++) {
        is_good = fovea_json_text(object, words[i].name, words[i].size,
                (char *)&done + words[i].offset);
    }
    if (is_good) {
        *done_out = done;
    }
    return is_good;
}

/* Why a marker is not one of this shard; NULL: it is. */
static const char *
find_fault(const struct fovea_shard_done *done,
        const struct fovea_manifest *manifest, uint64_t number)
{
    const struct fovea_frozen *frozen = &manifest->frozen;
    const struct fovea_manifest_shard *shard = &manifest->shards[number];
    if (done->number != number) {
        return "the marker is another shard's";
    }
    if (done->n_inputs > shard->count ||
            (done->n_inputs < shard->count && !shard->is_archive)) {
        return "the marker has another number of inputs than the manifest";
    }
    if (strcmp(done->weights, frozen->weights) != 0 ||
            strcmp(done->dtype, frozen->dtype) != 0 ||
            strcmp(done->pixels, frozen->pixels) != 0) {
        return "the marker is of another model, dtype or pixels than the "
               "manifest";
    }
    return NULL;
}

static enum fovea_status
say_damaged(struct fovea_objects *objects, enum fovea_shard_object object,
        uint64_t number, const char *what, struct fovea_error *err)
{
    char key[FOVEA_SHARD_KEY_SIZE];
    fovea_shard_key(object, number, key);
    return fovea_fail(err, FOVEA_ERR_SHARDS_MISSING, "%.140s: %s",
            fovea_objects_name(objects, key), what);
}

/* Whether a file is that of the marker; FOVEA_ERR_SHARDS_MISSING: no. */
static enum fovea_status
look_at_file(struct fovea_objects *objects, const struct fovea_shard_done *done,
        size_t index, enum fovea_shard_look how, struct fovea_error *err)
{
    struct fovea_object_info info = { 0 };
    const struct fovea_shard_file *file = &done->files[index];
    enum fovea_shard_object object = fovea_shard_file_object(index);
    char key[FOVEA_SHARD_KEY_SIZE];
    fovea_shard_key(object, done->number, key);
    enum fovea_status status = how == FOVEA_SHARD_LOOK_READ
            ? fovea_objects_digest(objects, key, &info, err)
            : fovea_objects_stat(objects, key, &info, err);
    if (status == FOVEA_ERR_FILE_NOT_FOUND) {
        return say_damaged(objects, object, done->number,
                "is gone, and its shard is marked as done", err);
    }
    if (!status &&
            (info.size != file->size ||
                    (info.sha256[0] &&
                            strcmp(info.sha256, file->sha256) != 0))) {
        return say_damaged(objects, object, done->number,
                "is not the file that its shard's marker tells of", err);
    }
    return status;
}

/* The marker and the files that it tells of. */
static enum fovea_status
look_at_marker(struct fovea_objects *objects,
        const struct fovea_manifest *manifest, uint64_t number,
        enum fovea_shard_look how, struct fovea_shard_done *done,
        struct fovea_error *err)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text bytes = { 0 };
    char key[FOVEA_SHARD_KEY_SIZE];
    fovea_shard_key(FOVEA_SHARD_DONE, number, key);
    enum fovea_status status = fovea_objects_get(objects, key,
            FOVEA_MARKER_MAX_BYTES, &bytes, NULL, err);
    if (status == FOVEA_ERR_ARGUMENT ||
            (!status &&
                    !fovea_shard_done_parse(bytes.data, bytes.size, done))) {
        return say_damaged(objects, FOVEA_SHARD_DONE, number,
                "is no marker of fovea's", err);
    }
    const char *fault = status ? NULL : find_fault(done, manifest, number);
    if (fault) {
        return say_damaged(objects, FOVEA_SHARD_DONE, number, fault, err);
    }
    for (size_t i = 0; !status && how != FOVEA_SHARD_LOOK_MARKER &&
            i < FOVEA_N_SHARD_FILES;
            i++) {
        status = look_at_file(objects, done, i, how, err);
    }
    return status;
}

enum fovea_status
fovea_shard_look(struct fovea_objects *objects,
        const struct fovea_manifest *manifest, uint64_t number,
        enum fovea_shard_look how, enum fovea_shard_state *state_out,
        struct fovea_shard_done *done_out, struct fovea_error *err)
{
    struct fovea_shard_done done;
    struct fovea_shard_failure failure;
    struct fovea_error error;
    bool is_failed = false;
    FOVEA_ASSERT(number < manifest->n_shards);
    enum fovea_status status =
            look_at_marker(objects, manifest, number, how, &done, &error);
    *state_out = status == FOVEA_ERR_FILE_NOT_FOUND ? FOVEA_SHARD_STATE_OPEN
            : status                                ? FOVEA_SHARD_STATE_DAMAGED
                                                    : FOVEA_SHARD_STATE_DONE;
    if (!status && done_out) {
        *done_out = done;
    }
    if (status == FOVEA_ERR_FILE_NOT_FOUND) {
        status = fovea_shard_failed(objects, number, &is_failed, &failure,
                &error);
        if (!status && is_failed) {
            *state_out = FOVEA_SHARD_STATE_FAILED;
            (void)fovea_fail(&error, failure.code, "%s", failure.message);
        }
    }
    if (err && (status || is_failed)) {
        *err = error;
    }
    return status == FOVEA_ERR_SHARDS_MISSING ? FOVEA_OK : status;
}
