/* What a node says of itself: see node_report.h. */
#include "jobs/node_report.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/json_object.h"
#include "base/utf8.h"

static const char *const states[FOVEA_N_NODE_STATES] = {
    [FOVEA_NODE_STARTING] = "starting",
    [FOVEA_NODE_IDLE] = "idle",
    [FOVEA_NODE_WORKING] = "working",
    [FOVEA_NODE_RESTING] = "resting",
    [FOVEA_NODE_AWAY] = "away",
    [FOVEA_NODE_STOPPING] = "stopping",
};

const char *
fovea_node_state_name(enum fovea_node_state state)
{
    return states[state];
}

void
fovea_node_report_write(const struct fovea_node_report *report,
        struct fovea_text *text)
{
    fovea_text_format(text, "{\"version\":");
    fovea_text_json_string(text, report->version);
    fovea_text_format(text,
            ",\"state\":\"%s\",\"reason\":", states[report->state]);
    fovea_text_json_string(text, report->reason);
#define X(member, name, metric, type, help) \
    fovea_text_format(text, ",\"" name "\":%" PRIu64, report->member);
#include "jobs/node_number.def"
#undef X
    fovea_text_format(text, ",\"rate\":%.3f,\"shards\":[", report->rate);
    for (size_t i = 0; i < report->n_shards; i++) {
        const struct fovea_node_shard *shard = &report->shards[i];
        fovea_text_format(text,
                "%s{\"shard\":%" PRIu64 ",\"done\":%" PRIu64
                ",\"items\":%" PRIu64 "}",
                i > 0 ? "," : "", shard->number, shard->n_done, shard->n_items);
    }
    fovea_text_format(text, "]}");
}

static enum fovea_status
refuse(const char *field, struct fovea_error *err)
{
    return fovea_fail(err, FOVEA_ERR_JOB_MESSAGE,
            "a node's report: \"%s\" is missing, or is not what it should be",
            field);
}

static enum fovea_status
read_number(const json_t *object, const char *field, uint64_t *value_out,
        struct fovea_error *err)
{
    return fovea_json_count(object, field, value_out) ? FOVEA_OK
                                                      : refuse(field, err);
}

/* One line of plain text, cut to size bytes. */
static enum fovea_status
read_line(const json_t *object, const char *field, char *line_out, size_t size,
        struct fovea_error *err)
{
    const json_t *json = json_object_get(object, field);
    if (!json_is_string(json)) {
        return refuse(field, err);
    }
    size_t length = strnlen(json_string_value(json), size - 1);
    memcpy(line_out, json_string_value(json), length);
    line_out[length] = '\0';
    fovea_utf8_make_line(line_out);
    return FOVEA_OK;
}

static enum fovea_status
read_state(const json_t *object, enum fovea_node_state *state_out,
        struct fovea_error *err)
{
    const char *name = json_string_value(json_object_get(object, "state"));
    for (size_t i = 0; name && i < FOVEA_N_NODE_STATES; i++) {
        if (strcmp(name, states[i]) == 0) {
            *state_out = (enum fovea_node_state)i;
            return FOVEA_OK;
        }
    }
    return refuse("state", err);
}

static enum fovea_status
read_shards(const json_t *object, struct fovea_node_report *report,
        struct fovea_error *err)
{
    const json_t *list = json_object_get(object, "shards");
    enum fovea_status status = FOVEA_OK;
    if (!json_is_array(list) || json_array_size(list) > FOVEA_NODE_SHARDS) {
        return refuse("shards", err);
    }
    report->n_shards = json_array_size(list);
    for (size_t i = 0; !status && i < report->n_shards; i++) {
        const json_t *json = json_array_get(list, i);
        struct fovea_node_shard *shard = &report->shards[i];
        status = read_number(json, "shard", &shard->number, err);
        if (!status) {
            status = read_number(json, "done", &shard->n_done, err);
        }
        if (!status) {
            status = read_number(json, "items", &shard->n_items, err);
        }
    }
    return status;
}

static enum fovea_status
read_object(const json_t *object, struct fovea_node_report *report,
        struct fovea_error *err)
{
    const json_t *rate = json_object_get(object, "rate");
    enum fovea_status status = read_line(object, "version", report->version,
            sizeof report->version, err);
    if (!status) {
        status = read_state(object, &report->state, err);
    }
    if (!status) {
        status = read_line(object, "reason", report->reason,
                sizeof report->reason, err);
    }
#define X(member, name, metric, type, help) \
    status = status ? status : read_number(object, name, &report->member, err);
#include "jobs/node_number.def"
#undef X
    report->rate = json_number_value(rate);
    if (!status && (!json_is_number(rate) || !(report->rate >= 0))) {
        status = refuse("rate", err);
    }
    return status ? status : read_shards(object, report, err);
}

enum fovea_status
fovea_node_report_read(const char *text, size_t size,
        struct fovea_node_report *report_out, struct fovea_error *err)
{
    struct fovea_node_report report = { .n_shards = 0 };
    json_t *object = size <= FOVEA_NODE_REPORT_SIZE
            ? fovea_json_object(text, size)
            : NULL;
    enum fovea_status status = object
            ? read_object(object, &report, err)
            : fovea_fail(err, FOVEA_ERR_JOB_MESSAGE,
                      "a node's report is not a JSON object of at most %d "
                      "bytes",
                      FOVEA_NODE_REPORT_SIZE);
    json_decref(object);
    if (!status) {
        *report_out = report;
    }
    return status;
}
