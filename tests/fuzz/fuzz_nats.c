/*
 * What a broker says, by the first byte: answers of JetStream, subjects, subjects to
 * settle by, seeds of keys. Refused, or within bounds.
 */
#include <string.h>

#include "base/macros.h"
#include "fuzz.h"
#include "queue/nats_api.h"
#include "queue/nats_nkey.h"
#include "queue/nats_subject.h"

#define JOB "j"

static bool
take_name(void *context, const char *name)
{
    size_t *n = context;
    FOVEA_ASSERT(fovea_queue_is_name(name));
    return ++*n < 100;
}

static void
check_answer(enum fovea_status status, const struct fovea_nats_answer *answer,
        const struct fovea_error *error)
{
    if (status) {
        FOVEA_ASSERT(status == error->code && error->message[0]);
        FOVEA_ASSERT(!strpbrk(error->message, "\r\n\033"));
        FOVEA_ASSERT(status == FOVEA_ERR_JOB_MESSAGE ||
                status == FOVEA_ERR_JOB_DIFFERS);
    } else {
        FOVEA_ASSERT(answer->code >= 0 && answer->code <= 999);
        FOVEA_ASSERT(
                memchr(answer->description, 0, sizeof answer->description));
    }
}

static void
check_text(int kind, const char *text)
{
    uint64_t shard = 0;
    char name[FOVEA_QUEUE_MAX_NAME + 1];
    char subject[FOVEA_NATS_SUBJECT_SIZE];
    char key[FOVEA_NKEY_PUBLIC_SIZE] = "";
    struct fovea_nats_delivered delivered = { 0 };
    if (kind == 0 && fovea_nats_shard_of(text, JOB, &shard)) {
        fovea_nats_shard_subject(JOB, shard, subject);
        FOVEA_ASSERT(strcmp(subject, text) == 0);
    } else if (kind == 1 && fovea_nats_node_of(text, JOB, name)) {
        FOVEA_ASSERT(fovea_queue_is_name(name));
    } else if (kind == 2 && fovea_nats_read_handle(text, JOB, &delivered)) {
        FOVEA_ASSERT(strncmp(text, "$JS.ACK.", 8) == 0);
        FOVEA_ASSERT(!strpbrk(text, " \r\n\t*>"));
    } else if (kind == 3 && fovea_nkey_public(text, key)) {
        FOVEA_ASSERT(strlen(key) == FOVEA_NKEY_PUBLIC_SIZE - 1);
        FOVEA_ASSERT(key[0] == 'U');
    }
}

static void
check_bytes(int kind, const char *bytes, size_t size)
{
    struct fovea_error error = { .code = FOVEA_OK };
    struct fovea_nats_answer answer = { .code = 0 };
    struct fovea_nats_consumer consumer = { .ack_wait_ns = 1 };
    struct fovea_queue_job job = { .n_replicas = 1 };
    uint64_t sequence = 0;
    size_t n = 0;
    size_t n_jobs = 0;
    enum fovea_status status = FOVEA_OK;
    if (kind == 0) {
        status = fovea_nats_read_answer(bytes, size, &answer, &error);
    } else if (kind == 1) {
        status = fovea_nats_read_published(bytes, size, JOB, &answer, &error);
    } else if (kind == 2) {
        status =
                fovea_nats_read_stream(bytes, size, JOB, &answer, &job, &error);
        FOVEA_ASSERT(strspn(job.tag, "0123456789abcdef") == strlen(job.tag));
    } else if (kind == 3) {
        status = fovea_nats_read_consumer(bytes, size, JOB, &answer, &consumer,
                &error);
        FOVEA_ASSERT(consumer.ack_wait_ns > 0);
    } else if (kind == 4) {
        status = fovea_nats_read_message(bytes, size, &answer, &sequence,
                &error);
        FOVEA_ASSERT(sequence <= INT64_MAX);
    } else {
        status = fovea_nats_read_names(bytes, size, &answer, take_name, &n_jobs,
                &n, &error);
    }
    check_answer(status, &answer, &error);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum {
        N_TEXTS = 4,
        N_ANSWERS = 6
    };
    if (size == 0) {
        return 0;
    }
    int kind = data[0] % (N_TEXTS + N_ANSWERS);
    const char *bytes = (const char *)data + 1;
    if (kind < N_TEXTS) {
        /* Not strndup(), which ASan has read a NUL behind the bytes. */
        FOVEA_AUTO_FREE char *text = calloc(size, 1);
        FOVEA_ASSERT(text);
        memcpy(text, bytes, size - 1);
        check_text(kind, text);
    } else {
        check_bytes(kind - N_TEXTS, bytes, size - 1);
    }
    return 0;
}
