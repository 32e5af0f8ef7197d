/* The message of a shard: see message.h. */
#include "jobs/message.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/json_object.h"

/* What a message says beside its numbers. */
enum {
    N_WORDS = 6
};

struct word {
    const char *name;
    const char *value;
};

static void
words_of(const char *job, const struct fovea_manifest *manifest,
        struct word words_out[N_WORDS])
{
    const struct fovea_frozen *frozen = &manifest->frozen;
    const struct word words[N_WORDS] = {
        { "job", job },
        { "manifest", manifest->sha256 },
        { "model", frozen->model },
        { "digest", frozen->weights },
        { "dtype", frozen->dtype },
        { "profile", frozen->pixels },
    };
    memcpy(words_out, words, sizeof words);
}

void
fovea_job_message_write(const char *job, const struct fovea_manifest *manifest,
        uint64_t shard, const char *output, struct fovea_text *text)
{
    const struct fovea_manifest_shard *row = &manifest->shards[shard];
    struct word words[N_WORDS];
    words_of(job, manifest, words);
    fovea_text_format(text,
            "{\"shard\":%" PRIu64 ",\"first\":%" PRIu64 ",\"count\":", shard,
            row->first);
    if (row->count == FOVEA_SHARD_UNCOUNTED) {
        fovea_text_format(text, "null");
    } else {
        fovea_text_format(text, "%" PRIu64, row->count);
    }
    for (size_t i = 0; i < N_WORDS; i++) {
        fovea_text_format(text, ",\"%s\":", words[i].name);
        fovea_text_json_string(text, words[i].value);
    }
    fovea_text_format(text, ",\"output\":");
    fovea_text_json_string(text, output);
    fovea_text_format(text, "}");
}

static enum fovea_status
refuse(const char *field, struct fovea_error *err)
{
    return fovea_fail(err, FOVEA_ERR_JOB_MESSAGE,
            "its \"%s\" is missing, or does not agree with the manifest",
            field);
}

static bool
is_count(const json_t *object, const char *name, uint64_t number)
{
    uint64_t found = 0;
    return fovea_json_count(object, name, &found) && found == number;
}

static enum fovea_status
check_numbers(const json_t *object, const struct fovea_manifest *manifest,
        uint64_t shard, struct fovea_error *err)
{
    const struct fovea_manifest_shard *row = &manifest->shards[shard];
    if (!is_count(object, "shard", shard)) {
        return refuse("shard", err);
    }
    if (!is_count(object, "first", row->first)) {
        return refuse("first", err);
    }
    bool agrees = row->count == FOVEA_SHARD_UNCOUNTED
            ? json_is_null(json_object_get(object, "count"))
            : is_count(object, "count", row->count);
    return agrees ? FOVEA_OK : refuse("count", err);
}

/* The text that a manifest's word has once it was JSON: the same, or, where it is not
   UTF-8, what stands for it there. */
static bool
is_word(const json_t *json, const char *value)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text written = { 0 };
    const char *word = json_string_value(json);
    if (!word || strlen(word) != json_string_length(json)) {
        return false;
    }
    if (strcmp(word, value) == 0) {
        return true;
    }
    fovea_text_json_string(&written, value);
    json_t *again = fovea_text_failed(&written)
            ? NULL
            : json_loadb(written.data, written.size, JSON_DECODE_ANY, NULL);
    bool is_same = json_is_string(again) &&
            strcmp(word, json_string_value(again)) == 0;
    json_decref(again);
    return is_same;
}

static enum fovea_status
check_object(const json_t *object, const char *job,
        const struct fovea_manifest *manifest, uint64_t shard,
        struct fovea_error *err)
{
    struct word words[N_WORDS];
    words_of(job, manifest, words);
    enum fovea_status status = check_numbers(object, manifest, shard, err);
    for (size_t i = 0; !status && i < N_WORDS; i++) {
        if (!is_word(json_object_get(object, words[i].name), words[i].value)) {
            status = refuse(words[i].name, err);
        }
    }
    if (!status && !json_is_string(json_object_get(object, "output"))) {
        status = refuse("output", err);
    }
    return status;
}

enum fovea_status
fovea_job_message_check(const char *text, size_t size, const char *job,
        const struct fovea_manifest *manifest, uint64_t shard,
        struct fovea_error *err)
{
    if (shard >= manifest->n_shards) {
        return fovea_fail(err, FOVEA_ERR_JOB_MESSAGE,
                "the manifest has no such shard; it has %" PRIu64,
                manifest->n_shards);
    }
    json_t *object = fovea_json_object(text, size);
    enum fovea_status status = object
            ? check_object(object, job, manifest, shard, err)
            : fovea_fail(err, FOVEA_ERR_JOB_MESSAGE, "it is no JSON object");
    json_decref(object);
    return status;
}
