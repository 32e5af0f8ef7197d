/* Vectors as the field's clients read them: see job_write.h. */
#include "server/job_write.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <time.h>

#include "base/notes.h"
#include "base/vector.h"
#include "server/job_write_error.h"
#include "server/job_write_labels.h"

static void
add_base64(struct fovea_text *text, const unsigned char *bytes, size_t size)
{
    enum {
        PIECE = 768 /* whole groups of three bytes: padding comes last only */
    };
    unsigned char out[PIECE / 3 * 4 + 1];
    for (size_t i = 0; i < size; i += PIECE) {
        size_t n = size - i < PIECE ? size - i : PIECE;
        int n_out = EVP_EncodeBlock(out, bytes + i, (int)n);
        fovea_text_add(text, (const char *)out, (size_t)n_out);
    }
}

static void
add_vector(const struct fovea_server_job *job, float *vector,
        struct fovea_text *text)
{
    const struct fovea_embed_request *request = &job->request;
    size_t n = job->served->info->embedding_dimension;
    if (request->dimensions > 0 && request->dimensions < n) {
        n = request->dimensions;
        /* Of length 1 again; where all are 0 they stay so. */
        (void)!fovea_vector_normalise(vector, n);
    }
    if (request->encoding == FOVEA_ENCODING_BASE64) {
        /* float32, little-endian: as this machine's are. */
        fovea_text_add(text, "\"", 1);
        add_base64(text, (const unsigned char *)vector, n * sizeof *vector);
        fovea_text_add(text, "\"", 1);
        return;
    }
    fovea_text_add(text, "[", 1);
    for (size_t i = 0; i < n; i++) {
        if (i > 0) {
            fovea_text_add(text, ",", 1);
        }
        fovea_text_json_float(text, vector[i]);
    }
    fovea_text_add(text, "]", 1);
}

static void
add_item(const struct fovea_server_job *job, size_t index,
        struct fovea_text *text)
{
    size_t dimension = job->served->info->embedding_dimension;
    const struct fovea_error *error = &job->items[index].error;
    if (error->code) {
        /* OpenAI's clients decode the vector of every item: theirs is of no
           numbers, in the encoding that was asked for. */
        fovea_text_format(text,
                "{\"object\":\"error\",\"index\":%zu,\"embedding\":%s,", index,
                job->request.encoding == FOVEA_ENCODING_BASE64 ? "\"\"" : "[]");
        fovea_server_job_write_error(job, index, text);
    } else {
        fovea_text_format(text, "{\"object\":\"embedding\",\"index\":%zu",
                index);
        fovea_notes_json(text, error->notes, error->message);
        fovea_text_format(text, ",\"embedding\":");
        add_vector(job, job->vectors + index * dimension, text);
    }
    fovea_text_add(text, "}", 1);
}

static void
add_items(const struct fovea_server_job *job, struct fovea_text *text)
{
    for (size_t i = 0; i < job->n; i++) {
        if (i > 0) {
            fovea_text_add(text, ",", 1);
        }
        add_item(job, i, text);
    }
    fovea_text_add(text, "]", 1);
}

/* What is true of every item, and may be better later, is said of the whole
   request, so that its client tries again. */
static bool
all_may_retry(const struct fovea_server_job *job)
{
    enum fovea_status first = job->items[0].error.code;
    for (size_t i = 0; i < job->request.n_items; i++) {
        if (job->items[i].error.code != first) {
            return false;
        }
    }
    return first && fovea_status_retryable(first);
}

void
fovea_server_job_write(const struct fovea_server_job *job,
        struct fovea_http_answer *answer)
{
    struct fovea_http_complaint complaint = job->failure;
    if (!complaint.error.code && all_may_retry(job)) {
        complaint.error = job->items[0].error;
    }
    if (complaint.error.code) {
        fovea_http_answer_error(answer, &complaint);
        return;
    }
    struct fovea_text *text = &answer->text;
    bool has_labels = job->request.labels.n > 0;
    fovea_text_format(text,
            "{\"object\":\"%s\",\"model\":", has_labels ? "classify" : "list");
    fovea_text_json_string(text, job->served->name);
    fovea_text_format(text, ",\"data\":[");
    if (has_labels) {
        fovea_server_job_write_labels(job, text);
    } else {
        add_items(job, text);
    }
    fovea_text_format(text,
            ",\"usage\":{\"prompt_tokens\":0,\"total_tokens\":0},\"id\":");
    fovea_text_json_string(text, job->exchange->id);
    fovea_text_format(text, ",\"created\":%" PRId64 "}", (int64_t)time(NULL));
    fovea_http_answer_done(answer);
}
