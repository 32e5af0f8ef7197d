/* See nats_api.h. */
#include "queue/nats_api.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/json_object.h"
#include "queue/nats_subject.h"

#define DESCRIPTION \
    "fovea job 1 " /* 1: how its messages are; the tag behind it */

/*
 * The settings of both, as they are asked for and as they have to be found. A stream
 * of limits keeps what was acknowledged, one message a subject; "discard": "new" refuses
 * the second one. A consumer without a bound of what is out or waits to be handed out
 * serves any number of nodes; the time that a message waits says the node.
 */
struct setting {
    const char *name;
    const char *json;
    const char *
            missing; /* what it says where it is left out; NULL: it must be there */
};

static const struct setting stream_settings[] = {
    { "retention", "\"limits\"", NULL },
    { "storage", "\"file\"", NULL },
    { "max_msgs_per_subject", "1", NULL },
    { "discard", "\"new\"", NULL },
    { "discard_new_per_subject", "true", NULL },
    { "max_msgs", "-1", NULL },
    { "max_bytes", "-1", NULL },
    { "max_age", "0", "0" },
    { "max_msg_size", "69632",
            NULL }, /* FOVEA_QUEUE_MAX_MESSAGE and a header */
    { "deny_delete", "false", "false" },
    { "deny_purge", "false", "false" },
    { "sealed", "false", "false" },
};

static const struct setting consumer_settings[] = {
    { "durable_name", "\"" FOVEA_NATS_CONSUMER "\"", NULL },
    { "deliver_policy", "\"all\"", NULL },
    { "ack_policy", "\"explicit\"", NULL },
    { "replay_policy", "\"instant\"", "\"instant\"" },
    { "max_deliver", "-1", NULL },
    { "max_ack_pending", "-1", NULL },
    { "max_waiting", "100000", NULL },
};

static void
write_settings(struct fovea_text *json, const struct setting *settings,
        size_t n)
{
    for (size_t i = 0; i < n; i++) {
        fovea_text_format(json, ",\"%s\":%s", settings[i].name,
                settings[i].json);
    }
}

void
fovea_nats_write_stream(const char *job, const struct fovea_queue_job *how,
        struct fovea_text *json)
{
    fovea_text_format(json,
            "{\"name\":\"" FOVEA_NATS_STREAM "%s\",\"description\":\"%s%s\","
            "\"subjects\":[\"fovea.%s.shard.*\"],\"num_replicas\":%" PRIu32,
            job, DESCRIPTION, how->tag, job, how->n_replicas);
    write_settings(json, stream_settings, FOVEA_ARRAY_LEN(stream_settings));
    fovea_text_format(json, "}");
}

void
fovea_nats_write_consumer(const char *job, const struct fovea_queue_job *how,
        struct fovea_text *json)
{
    fovea_text_format(json,
            "{\"stream_name\":\"" FOVEA_NATS_STREAM
            "%s\",\"config\":{\"ack_wait\":%" PRId64,
            job, how->ack_wait_ns);
    write_settings(json, consumer_settings, FOVEA_ARRAY_LEN(consumer_settings));
    fovea_text_format(json, "}}");
}

static enum fovea_status
no_answer(struct fovea_error *err, const char *what)
{
    return fovea_fail(err, FOVEA_ERR_JOB_MESSAGE,
            "the broker's answer about %s is not one of JetStream's", what);
}

/* An answer as an object, and what failure it tells. */
static enum fovea_status
load(const char *bytes, size_t size, const char *what,
        struct fovea_nats_answer *answer, json_t **object_out,
        struct fovea_error *err)
{
    *answer = (struct fovea_nats_answer){ .code = 0 };
    FOVEA_AUTO(json_decref_auto)
    json_t *object = fovea_json_object(bytes, size);
    if (!object) {
        return no_answer(err, what);
    }
    const json_t *error = json_object_get(object, "error");
    if (error) {
        json_int_t code = json_integer_value(json_object_get(error, "code"));
        json_int_t err_code =
                json_integer_value(json_object_get(error, "err_code"));
        const char *text =
                json_string_value(json_object_get(error, "description"));
        if (code <= 0 || code > 999 || err_code < 0 || err_code > UINT16_MAX) {
            return no_answer(err, what);
        }
        answer->code = (int)code;
        answer->err_code = (int)err_code;
        (void)snprintf(answer->description, sizeof answer->description, "%s",
                text ? text : "no reason");
    }
    *object_out = FOVEA_TAKE(object);
    return FOVEA_OK;
}

static bool
is_text(const json_t *object, const char *name, const char *text)
{
    const char *value = json_string_value(json_object_get(object, name));
    return value && strcmp(value, text) == 0;
}

/* The first setting that is another one; NULL: none is. */
static const char *
find_difference(const json_t *config, const struct setting *settings, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const json_t *is = json_object_get(config, settings[i].name);
        const char *text = is ? settings[i].json : settings[i].missing;
        FOVEA_AUTO(json_decref_auto)
        json_t *expected = json_loads(settings[i].json, JSON_DECODE_ANY, NULL);
        if (!text || (is && !json_equal(is, expected)) ||
                (!is && strcmp(text, settings[i].json) != 0)) {
            return settings[i].name;
        }
    }
    return NULL;
}

enum fovea_status
fovea_nats_read_answer(const char *bytes, size_t size,
        struct fovea_nats_answer *answer, struct fovea_error *err)
{
    json_t *object = NULL;
    enum fovea_status status = load(bytes, size, "a job", answer, &object, err);
    json_decref(object);
    return status;
}

static bool
is_stream_of(const json_t *object, const char *name, const char *job)
{
    char stream[FOVEA_NATS_SUBJECT_SIZE];
    (void)snprintf(stream, sizeof stream, FOVEA_NATS_STREAM "%s", job);
    return is_text(object, name, stream);
}

enum fovea_status
fovea_nats_read_published(const char *bytes, size_t size, const char *job,
        struct fovea_nats_answer *answer, struct fovea_error *err)
{
    FOVEA_AUTO(json_decref_auto) json_t *object = NULL;
    uint64_t sequence = 0;
    enum fovea_status status =
            load(bytes, size, "a shard", answer, &object, err);
    if (!status && !answer->code &&
            (!is_stream_of(object, "stream", job) ||
                    !fovea_json_count(object, "seq", &sequence) ||
                    sequence == 0)) {
        status = no_answer(err, "a shard");
    }
    return status;
}

/* The tag of a stream's description; false: it is no stream of a job. */
static bool
read_tag(const json_t *config, char *tag_out)
{
    const char *text =
            json_string_value(json_object_get(config, "description"));
    size_t begin = strlen(DESCRIPTION);
    if (!text || strncmp(text, DESCRIPTION, begin) != 0 ||
            strlen(text + begin) != FOVEA_QUEUE_TAG_SIZE - 1 ||
            strspn(text + begin, "0123456789abcdef") !=
                    FOVEA_QUEUE_TAG_SIZE - 1) {
        return false;
    }
    (void)snprintf(tag_out, FOVEA_QUEUE_TAG_SIZE, "%s", text + begin);
    return true;
}

/* What of a stream is not of a job's; NULL: all is. */
static const char *
find_foreign(const json_t *config, const char *job)
{
    static const char *const never[] = { "mirror", "sources", "republish",
        "no_ack", "template_owner" };
    char subject[FOVEA_NATS_SUBJECT_SIZE];
    const json_t *subjects = json_object_get(config, "subjects");
    const char *first = json_string_value(json_array_get(subjects, 0));
    (void)snprintf(subject, sizeof subject, "fovea.%s.shard.*", job);
    if (json_array_size(subjects) != 1 || !first ||
            strcmp(first, subject) != 0) {
        return "subjects";
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(never); i++) {
        const json_t *value = json_object_get(config, never[i]);
        if (value && !json_is_null(value) && !json_is_false(value)) {
            return never[i];
        }
    }
    return find_difference(config, stream_settings,
            FOVEA_ARRAY_LEN(stream_settings));
}

enum fovea_status
fovea_nats_read_stream(const char *bytes, size_t size, const char *job,
        struct fovea_nats_answer *answer, struct fovea_queue_job *how_out,
        struct fovea_error *err)
{
    FOVEA_AUTO(json_decref_auto) json_t *object = NULL;
    struct fovea_queue_job how = *how_out;
    uint64_t n_replicas = 0;
    enum fovea_status status = load(bytes, size, "a job", answer, &object, err);
    if (status || answer->code) {
        return status;
    }
    const json_t *config = json_object_get(object, "config");
    if (!is_stream_of(config, "name", job)) {
        return no_answer(err, "a job");
    }
    if (!read_tag(config, how.tag)) {
        return fovea_fail(err, FOVEA_ERR_JOB_DIFFERS,
                "%s: the stream " FOVEA_NATS_STREAM
                "%s at the broker is no job of this version of fovea's",
                job, job);
    }
    const char *foreign = find_foreign(config, job);
    if (!foreign &&
            (!fovea_json_count(config, "num_replicas", &n_replicas) ||
                    n_replicas > UINT32_MAX)) {
        foreign = "num_replicas";
    }
    if (foreign) {
        return fovea_fail(err, FOVEA_ERR_JOB_DIFFERS,
                "%s: the stream " FOVEA_NATS_STREAM
                "%s at the broker has another %s than fovea gives it",
                job, job, foreign);
    }
    how.n_replicas = (uint32_t)n_replicas;
    *how_out = how;
    return FOVEA_OK;
}

enum fovea_status
fovea_nats_read_consumer(const char *bytes, size_t size, const char *job,
        struct fovea_nats_answer *answer,
        struct fovea_nats_consumer *consumer_out, struct fovea_error *err)
{
    FOVEA_AUTO(json_decref_auto) json_t *object = NULL;
    struct fovea_nats_consumer read = { 0 };
    uint64_t ack_wait_ns = 0;
    enum fovea_status status = load(bytes, size, "a job", answer, &object, err);
    if (status || answer->code) {
        return status;
    }
    const json_t *config = json_object_get(object, "config");
    if (!is_stream_of(object, "stream_name", job) ||
            !fovea_json_count(object, "num_pending", &read.n_pending) ||
            !fovea_json_count(object, "num_ack_pending", &read.n_ack_pending) ||
            !fovea_json_count(object, "num_redelivered", &read.n_redelivered) ||
            !fovea_json_count(object, "num_waiting", &read.n_waiting) ||
            !fovea_json_count(json_object_get(object, "delivered"),
                    "stream_seq", &read.delivered) ||
            !fovea_json_count(json_object_get(object, "ack_floor"),
                    "stream_seq", &read.ack_floor)) {
        return no_answer(err, "a job");
    }
    const char *foreign = find_difference(config, consumer_settings,
            FOVEA_ARRAY_LEN(consumer_settings));
    if (!foreign &&
            (!fovea_json_count(config, "ack_wait", &ack_wait_ns) ||
                    ack_wait_ns == 0)) {
        foreign = "ack_wait";
    }
    if (json_object_get(config, "filter_subject") ||
            json_object_get(config, "backoff")) {
        foreign = "filter or back-off";
    }
    if (foreign) {
        return fovea_fail(err, FOVEA_ERR_JOB_DIFFERS,
                "%s: the consumer " FOVEA_NATS_CONSUMER
                " at the broker has another %s than fovea gives it",
                job, foreign);
    }
    read.ack_wait_ns = (int64_t)ack_wait_ns;
    *consumer_out = read;
    return FOVEA_OK;
}

enum fovea_status
fovea_nats_read_message(const char *bytes, size_t size,
        struct fovea_nats_answer *answer, uint64_t *sequence_out,
        struct fovea_error *err)
{
    FOVEA_AUTO(json_decref_auto) json_t *object = NULL;
    enum fovea_status status =
            load(bytes, size, "a shard", answer, &object, err);
    if (!status && !answer->code &&
            !fovea_json_count(json_object_get(object, "message"), "seq",
                    sequence_out)) {
        status = no_answer(err, "a shard");
    }
    return status;
}

enum fovea_status
fovea_nats_read_names(const char *bytes, size_t size,
        struct fovea_nats_answer *answer,
        bool (*on_job)(void *context, const char *name), void *context,
        size_t *n_out, struct fovea_error *err)
{
    FOVEA_AUTO(json_decref_auto) json_t *object = NULL;
    enum fovea_status status =
            load(bytes, size, "the jobs", answer, &object, err);
    if (status || answer->code) {
        return status;
    }
    size_t i;
    json_t *name;
    const json_t *streams = json_object_get(object, "streams");
    *n_out = json_array_size(streams); /* null, where there is none */
    json_array_foreach(streams, i, name)
    {
        const char *text = json_string_value(name);
        size_t begin = strlen(FOVEA_NATS_STREAM);
        if (text && strncmp(text, FOVEA_NATS_STREAM, begin) == 0 &&
                fovea_queue_is_name(text + begin) &&
                !on_job(context, text + begin)) {
            *n_out = 0;
            break;
        }
    }
    return FOVEA_OK;
}
