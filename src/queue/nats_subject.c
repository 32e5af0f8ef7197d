/* See nats_subject.h. */
#include "queue/nats_subject.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"

void
fovea_nats_shard_subject(const char *job, uint64_t shard, char *subject)
{
    (void)snprintf(subject, FOVEA_NATS_SUBJECT_SIZE, "fovea.%s.shard.%" PRIu64,
            job, shard);
}

/* What stands behind "fovea.<job>.<kind>."; NULL: something else. */
static const char *
behind(const char *subject, const char *job, const char *kind)
{
    char beginning[FOVEA_NATS_SUBJECT_SIZE];
    int size = snprintf(beginning, sizeof beginning, "fovea.%s.%s.", job, kind);
    return subject && strncmp(subject, beginning, (size_t)size) == 0
            ? subject + size
            : NULL;
}

bool
fovea_nats_shard_of(const char *subject, const char *job, uint64_t *shard_out)
{
    const char *number = behind(subject, job, "shard");
    /* As it is written here, and in no second way. */
    return number && (number[0] != '0' || !number[1]) &&
            fovea_number_parse(number, shard_out);
}

void
fovea_nats_node_subject(const char *job, const char *node, char *subject)
{
    (void)snprintf(subject, FOVEA_NATS_SUBJECT_SIZE, "fovea.%s.node.%s", job,
            node);
}

bool
fovea_nats_node_of(const char *subject, const char *job, char *node_out)
{
    const char *node = behind(subject, job, "node");
    if (!node || !fovea_queue_is_name(node)) {
        return false;
    }
    (void)snprintf(node_out, FOVEA_QUEUE_MAX_NAME + 1, "%s", node);
    return true;
}

void
fovea_nats_api_subject(const char *job, const char *what, bool of_consumer,
        char *subject)
{
    (void)snprintf(subject, FOVEA_NATS_SUBJECT_SIZE,
            "$JS.API.%s." FOVEA_NATS_STREAM "%s%s", what, job,
            of_consumer ? "." FOVEA_NATS_CONSUMER : "");
}

/*
 * "$JS.ACK.<stream>.<consumer>.<deliveries>.<stream seq>.<consumer seq>.<time>.<left>",
 * or, as newer servers say it, with the domain and the account before the stream and a
 * token more at the end.
 */
bool
fovea_nats_read_handle(const char *handle, const char *job,
        struct fovea_nats_delivered *delivered_out)
{
    enum {
        N_OLD = 9,
        N_NEW = 11, /* and more */
        MAX_TOKENS = 13
    };
    char text[FOVEA_NATS_MAX_HANDLE];
    char stream[FOVEA_NATS_SUBJECT_SIZE];
    const char *tokens[MAX_TOKENS];
    size_t n = 0;
    size_t size = handle ? strlen(handle) : 0;
    if (size == 0 || size >= sizeof text ||
            strcspn(handle, " \t\r\n*>") != size) {
        return false;
    }
    (void)snprintf(stream, sizeof stream, FOVEA_NATS_STREAM "%s", job);
    (void)snprintf(text, sizeof text, "%s", handle);
    char *rest = text;
    for (char *token = strsep(&rest, "."); token && n < MAX_TOKENS;
            token = strsep(&rest, ".")) {
        tokens[n++] = token;
    }
    if (rest || (n != N_OLD && n < N_NEW) || strcmp(tokens[0], "$JS") != 0 ||
            strcmp(tokens[1], "ACK") != 0) {
        return false;
    }
    const char *const *at = &tokens[n == N_OLD ? 2 : 4];
    return strcmp(at[0], stream) == 0 &&
            strcmp(at[1], FOVEA_NATS_CONSUMER) == 0 &&
            fovea_number_parse(at[2], &delivered_out->n_deliveries) &&
            fovea_number_parse(at[3], &delivered_out->sequence);
}
