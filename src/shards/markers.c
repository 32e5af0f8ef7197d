/* See markers.h. */
#include "shards/markers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "shards/json.h"
#include "shards/key.h"

enum {
    COUNT_TRIES = 8 /* where others count at the same time */
};

static void
write_failure(const struct fovea_shard_failure *failure,
        struct fovea_text *text)
{
    fovea_text_format(text,
            "{\"shard\":%" PRIu64 ",\"attempts\":%" PRIu64
            ",\"error\":{\"code\":\"%s\",\"message\":",
            failure->number, failure->n_attempts,
            fovea_status_name(failure->code));
    fovea_text_json_string(text, failure->message);
    fovea_text_format(text, "},\"status\":%d}\n", (int)failure->code);
}

bool
fovea_shard_failure_parse(const char *bytes, size_t size, uint64_t number,
        struct fovea_shard_failure *failure)
{
    uint64_t shard = 0;
    uint64_t code = 0;
    FOVEA_AUTO(json_decref_auto)
    json_t *object = fovea_json_object(bytes, size);
    *failure = (struct fovea_shard_failure){
        .number = number,
        .code = FOVEA_ERR_SHARD_FAILED,
    };
    if (!fovea_json_count(object, "shard", &shard) || shard != number ||
            !fovea_json_count(object, "attempts", &failure->n_attempts) ||
            !fovea_json_count(object, "status", &code) ||
            !fovea_json_text(json_object_get(object, "error"), "message",
                    sizeof failure->message, failure->message)) {
        failure->n_attempts = 0;
        failure->message[0] = '\0';
        return false;
    }
    failure->code = fovea_marker_status(code);
    return true;
}

/* Read one of the two; *is_there_out: damaged or not. */
static enum fovea_status
read_failure(struct fovea_objects *objects, enum fovea_shard_object object,
        uint64_t number, bool *is_there_out, struct fovea_object_info *info,
        struct fovea_shard_failure *failure, struct fovea_error *err)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text bytes = { 0 };
    char key[FOVEA_SHARD_KEY_SIZE];
    fovea_shard_key(object, number, key);
    enum fovea_status status = fovea_objects_get(objects, key,
            FOVEA_MARKER_MAX_BYTES, &bytes, info, err);
    *is_there_out = !status || status == FOVEA_ERR_ARGUMENT;
    if (!status || status == FOVEA_ERR_FILE_NOT_FOUND ||
            status == FOVEA_ERR_ARGUMENT) {
        (void)fovea_shard_failure_parse(bytes.data, status ? 0 : bytes.size,
                number, failure);
    }
    if (status == FOVEA_ERR_ARGUMENT) {
        status = fovea_objects_stat(objects, key, info, err);
    }
    return status == FOVEA_ERR_FILE_NOT_FOUND ? FOVEA_OK : status;
}

static enum fovea_status
write_attempts(struct fovea_objects *objects,
        const struct fovea_shard_failure *failure, const char *version,
        struct fovea_error *err)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text text = { 0 };
    char key[FOVEA_SHARD_KEY_SIZE];
    bool was_there = false;
    fovea_shard_key(FOVEA_SHARD_ATTEMPTS, failure->number, key);
    write_failure(failure, &text);
    if (fovea_text_failed(&text)) {
        return fovea_fail_memory(err, text.capacity, "a marker");
    }
    enum fovea_status status = version
            ? fovea_objects_replace_bytes(objects, key, version, text.data,
                      text.size, err)
            : fovea_objects_put_new_bytes(objects, key, text.data, text.size,
                      &was_there, err);
    return !status && was_there
            ? fovea_fail(err, FOVEA_ERR_OBJECT_CHANGED,
                      "%.160s: others count at the same time",
                      fovea_objects_name(objects, key))
            : status;
}

enum fovea_status
fovea_shard_count_attempt(struct fovea_objects *objects, uint64_t number,
        const struct fovea_error *error, uint64_t *n_attempts_out,
        struct fovea_error *err)
{
    enum fovea_status status = FOVEA_ERR_OBJECT_CHANGED;
    for (int i = 0; status == FOVEA_ERR_OBJECT_CHANGED && i < COUNT_TRIES;
            i++) {
        struct fovea_shard_failure failure;
        struct fovea_object_info info;
        bool is_there = false;
        status = read_failure(objects, FOVEA_SHARD_ATTEMPTS, number, &is_there,
                &info, &failure, err);
        if (status) {
            return status;
        }
        failure.n_attempts++;
        failure.code = error->code;
        (void)snprintf(failure.message, sizeof failure.message, "%s",
                error->message);
        status = write_attempts(objects, &failure,
                is_there ? info.version : NULL, err);
        if (!status) {
            *n_attempts_out = failure.n_attempts;
        }
    }
    return status;
}

enum fovea_status
fovea_shard_fail(struct fovea_objects *objects,
        const struct fovea_shard_failure *failure, struct fovea_error *err)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text text = { 0 };
    char key[FOVEA_SHARD_KEY_SIZE];
    bool was_there = false;
    fovea_shard_key(FOVEA_SHARD_FAILED, failure->number, key);
    write_failure(failure, &text);
    return fovea_text_failed(&text)
            ? fovea_fail_memory(err, text.capacity, "a marker")
            : fovea_objects_put_new_bytes(objects, key, text.data, text.size,
                      &was_there, err);
}

enum fovea_status
fovea_shard_failed(struct fovea_objects *objects, uint64_t number,
        bool *is_failed_out, struct fovea_shard_failure *failure_out,
        struct fovea_error *err)
{
    struct fovea_object_info info;
    return read_failure(objects, FOVEA_SHARD_FAILED, number, is_failed_out,
            &info, failure_out, err);
}

enum fovea_status
fovea_shard_forgive(struct fovea_objects *objects, uint64_t number,
        struct fovea_error *err)
{
    char key[FOVEA_SHARD_KEY_SIZE];
    fovea_shard_key(FOVEA_SHARD_ATTEMPTS, number, key);
    enum fovea_status status = fovea_objects_remove(objects, key, err);
    fovea_shard_key(FOVEA_SHARD_FAILED, number, key);
    return status ? status : fovea_objects_remove(objects, key, err);
}
