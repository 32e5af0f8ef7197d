/*
 * Points of a collection of Qdrant, over its REST interface: the id is the
 * picture's in the index, the payload what the index knows of it.
 *
 * Before a batch is sent the server is asked which of its points are there
 * already, of the same bytes, places and model: those are left out, so that an
 * export that was cut off, or is made again, goes on where it was.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/error.h"
#include "export/fields.h"
#include "export/rest.h"

#define KEY_VARIABLE "FOVEA_QDRANT_API_KEY"

enum {
    /* A request is sent once it is as long: servers take 32 MB and more. */
    BODY_BYTES = 8 << 20,
    SHOWN = 200 /* of an answer, in messages */
};

struct state {
    const struct fovea_export_settings *settings;
    struct fovea_rest rest;
    struct fovea_text path; /* "/collections/NAME" */
    struct fovea_text body;
    size_t n_points; /* in the body */
};

/* What must be the same for a point to be left out. */
static const char *const same_fields[] = { "sha256", "model", "weights",
    "dtype", "pixels", "paths" };

static void
json_finish(json_t **json)
{
    json_decref(*json);
}

static enum fovea_status
refuse(const struct state *state, long code, const char *what,
        struct fovea_error *err)
{
    const struct fovea_text *answer = &state->rest.answer;
    char said[SHOWN + 1] = "";
    if (answer->data) {
        size_t n = answer->size < SHOWN ? answer->size : SHOWN;
        memcpy(said, answer->data, n);
    }
    return fovea_fail(err,
            code == 401 || code == 403 ? FOVEA_ERR_UNAUTHORIZED
                                       : FOVEA_ERR_FETCH_STATUS,
            "%.100s, %s: it answered %ld%s: %s", state->settings->url, what,
            code,
            code == 401 || code == 403 ? " (is " KEY_VARIABLE
                                         " set to its key?)"
                                       : "",
            said);
}

/* The member "result" of the answer; owned by the caller. */
static enum fovea_status
read_result(const struct state *state, json_t **result_out,
        struct fovea_error *err)
{
    const struct fovea_text *answer = &state->rest.answer;
    json_t *root =
            json_loadb(answer->data ? answer->data : "", answer->size, 0, NULL);
    json_t *result = json_object_get(root, "result");
    *result_out = json_incref(result);
    json_decref(root);
    return result ? FOVEA_OK
                  : fovea_fail(err, FOVEA_ERR_FETCH_STATUS,
                            "%.100s: its answer is not Qdrant's",
                            state->settings->url);
}

static enum fovea_status
ask(struct state *state, const char *method, const char *below,
        const struct fovea_text *body, long *code_out, struct fovea_error *err)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text path = { 0 };
    fovea_text_format(&path, "%s%s", state->path.data, below);
    return fovea_text_failed(&path)
            ? fovea_fail_memory(err, path.capacity, "a path")
            : fovea_rest_ask(&state->rest, method, path.data, body, code_out,
                      err);
}

static enum fovea_status
check_collection(const struct state *state, struct fovea_error *err)
{
    FOVEA_AUTO(json_finish) json_t *result = NULL;
    json_int_t size = -1;
    const char *distance = "";
    enum fovea_status status = read_result(state, &result, err);
    if (status) {
        return status;
    }
    if (json_unpack(result, "{s:{s:{s:{s:I, s:s}}}}", "config", "params",
                "vectors", "size", &size, "distance", &distance) ||
            size != state->settings->set->dimension ||
            strcmp(distance, "Cosine") != 0) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "the collection %.100s at %.100s is not one of unnamed vectors "
                "with %u numbers and the distance Cosine: give another one "
                "(--collection), or remove it there",
                state->settings->collection, state->settings->url,
                state->settings->set->dimension);
    }
    return FOVEA_OK;
}

static enum fovea_status
make_collection(struct state *state, struct fovea_error *err)
{
    long code = 0;
    fovea_text_format(&state->body,
            "{\"vectors\":{\"size\":%u,\"distance\":\"Cosine\"}}",
            state->settings->set->dimension);
    if (fovea_text_failed(&state->body)) {
        return fovea_fail_memory(err, state->body.capacity, "a request");
    }
    enum fovea_status status = ask(state, "PUT", "", &state->body, &code, err);
    fovea_text_clear(&state->body);
    return status        ? status
            : code < 300 ? FOVEA_OK
                         : refuse(state, code, "making the collection", err);
}

/* A name in a path of a URL. */
static void
add_escaped(struct fovea_text *path, const char *name)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~";
    for (; *name; name++) {
        if (strchr(plain, *name)) {
            fovea_text_add(path, name, 1);
        } else {
            fovea_text_format(path, "%%%02X", (unsigned char)*name);
        }
    }
}

static enum fovea_status
open_collection(const struct fovea_export_settings *settings, void *opaque,
        struct fovea_error *err)
{
    struct state *state = opaque;
    long code = 0;
    state->settings = settings;
    /* Before workers or threads there are none that change the environment. */
    const char *key = getenv(KEY_VARIABLE); /* NOLINT(concurrency-mt-unsafe) */
    fovea_text_format(&state->path, "/collections/");
    add_escaped(&state->path, settings->collection);
    if (fovea_text_failed(&state->path)) {
        return fovea_fail_memory(err, state->path.capacity, "a path");
    }
    enum fovea_status status = fovea_rest_open(&state->rest, settings,
            key && *key ? key : NULL, err);
    if (!status) {
        status = ask(state, "GET", "", NULL, &code, err);
    }
    if (status) {
        return status;
    }
    return code == 404 ? make_collection(state, err)
            : code < 300
            ? check_collection(state, err)
            : refuse(state, code, "asking for the collection", err);
}

/* The payload of a point; an object of JSON. */
static void
add_payload(struct fovea_text *text, const struct state *state,
        const struct fovea_export_row *row)
{
    fovea_text_add(text, "{", 1);
    fovea_export_picture_json(text, row->picture);
    fovea_text_add(text, ",", 1);
    fovea_export_set_json(text, state->settings->set);
    fovea_text_add(text, "}", 1);
}

/* Points of these rows that the server has; owned by the caller. */
static enum fovea_status
ask_there(struct state *state, const struct fovea_export_row *rows, size_t n,
        json_t **points_out, struct fovea_error *err)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text body = { 0 };
    long code = 0;
    fovea_text_format(&body, "{\"ids\":[");
    for (size_t i = 0; i < n; i++) {
        fovea_text_format(&body, "%s%" PRId64, i ? "," : "",
                rows[i].picture->content.id);
    }
    fovea_text_format(&body, "],\"with_vector\":false,\"with_payload\":[");
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(same_fields); i++) {
        fovea_text_format(&body, "%s\"%s\"", i ? "," : "", same_fields[i]);
    }
    fovea_text_format(&body, "]}");
    if (fovea_text_failed(&body)) {
        return fovea_fail_memory(err, body.capacity, "a request");
    }
    enum fovea_status status = ask(state, "POST", "/points", &body, &code, err);
    return status         ? status
            : code >= 300 ? refuse(state, code, "asking for points", err)
                          : read_result(state, points_out, err);
}

static bool
is_same(const json_t *there, const json_t *ours)
{
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(same_fields); i++) {
        if (!json_equal(json_object_get(there, same_fields[i]),
                    json_object_get(ours, same_fields[i]))) {
            return false;
        }
    }
    return true;
}

static bool
is_there(const json_t *points, int64_t id, const char *payload)
{
    size_t n = json_array_size(points);
    for (size_t i = 0; i < n; i++) {
        const json_t *point = json_array_get(points, i);
        const json_t *number = json_object_get(point, "id");
        if (json_is_integer(number) && json_integer_value(number) == id) {
            json_t *ours = json_loads(payload, 0, NULL);
            bool same =
                    ours && is_same(json_object_get(point, "payload"), ours);
            json_decref(ours);
            return same;
        }
    }
    return false;
}

static enum fovea_status
send_points(struct state *state, struct fovea_export_counts *counts,
        struct fovea_error *err)
{
    long code = 0;
    if (state->n_points == 0) {
        return FOVEA_OK;
    }
    fovea_text_format(&state->body, "]}");
    if (fovea_text_failed(&state->body)) {
        return fovea_fail_memory(err, state->body.capacity, "a request");
    }
    enum fovea_status status =
            ask(state, "PUT", "/points?wait=true", &state->body, &code, err);
    fovea_text_clear(&state->body);
    if (!status && code >= 300) {
        status = refuse(state, code, "sending points", err);
    }
    counts->n_written += status ? 0 : state->n_points;
    state->n_points = 0;
    return status;
}

static void
add_point(struct state *state, const struct fovea_export_row *row,
        const char *payload)
{
    struct fovea_text *body = &state->body;
    fovea_text_format(body, "%s{\"id\":%" PRId64 ",\"payload\":%s,\"vector\":",
            state->n_points++ ? "," : "{\"points\":[", row->picture->content.id,
            payload);
    fovea_export_vector_json(body, row->vector,
            state->settings->set->dimension);
    fovea_text_add(body, "}", 1);
}

static enum fovea_status
write_rows(void *opaque, const struct fovea_export_row *rows, size_t n,
        struct fovea_export_counts *counts, struct fovea_error *err)
{
    struct state *state = opaque;
    FOVEA_AUTO(json_finish) json_t *points = NULL;
    FOVEA_AUTO(fovea_text_finish) struct fovea_text payload = { 0 };
    enum fovea_status status = ask_there(state, rows, n, &points, err);
    for (size_t i = 0; i < n && !status; i++) {
        fovea_text_clear(&payload);
        add_payload(&payload, state, &rows[i]);
        if (fovea_text_failed(&payload)) {
            return fovea_fail_memory(err, payload.capacity, "a payload");
        }
        if (is_there(points, rows[i].picture->content.id, payload.data)) {
            counts->n_there++;
            continue;
        }
        add_point(state, &rows[i], payload.data);
        if (state->body.size > BODY_BYTES) {
            status = send_points(state, counts, err);
        }
    }
    return status ? status : send_points(state, counts, err);
}

static enum fovea_status
commit(void *opaque, struct fovea_error *err)
{
    (void)opaque; /* each batch was kept before the next */
    (void)err;
    return FOVEA_OK;
}

static void
finish(void *opaque)
{
    struct state *state = opaque;
    fovea_rest_finish(&state->rest);
    fovea_text_finish(&state->path);
    fovea_text_finish(&state->body);
}

const struct fovea_export_format fovea_export_qdrant = {
    .name = "qdrant",
    .state_size = sizeof(struct state),
    .open = open_collection,
    .write = write_rows,
    .commit = commit,
    .finish = finish,
};
