/* Objects one at a time: see s3.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "s3/state.h"
#include "source/easy.h"

enum {
    MAX_TEXT = 16384 /* of an answer that is no object */
};

/* Headers that are looked at. */
enum {
    ETAG,
    LENGTH,
    SHA256,
    REGION,
    N_FIELDS
};

/* What a request for an object needs. */
struct target {
    struct fovea_client *client;
    struct fovea_text url;
    struct fovea_text trusted_host;
    struct fovea_text text; /* what was answered */
    struct fovea_http_field fields[N_FIELDS];
};

static void
target_finish(struct target *target)
{
    fovea_text_finish(&target->url);
    fovea_text_finish(&target->trusted_host);
    fovea_text_finish(&target->text);
}

static enum fovea_status
aim(struct fovea_s3 *s3, const struct fovea_s3_name *name,
        struct target *target, struct fovea_error *err)
{
    *target = (struct target){
        .fields = {
            [ETAG] = { .name = "ETag" },
            [LENGTH] = { .name = "Content-Length" },
            [SHA256] = { .name = "x-amz-meta-sha256" },
            [REGION] = { .name = "x-amz-bucket-region" },
        },
    };
    enum fovea_status status = fovea_s3_client(s3, &target->client, err);
    return status
            ? status
            : fovea_s3_aim(s3, name, &target->url, &target->trusted_host, err);
}

static struct fovea_http_request
request_of(struct fovea_s3 *s3, const char *method, struct target *target)
{
    return (struct fovea_http_request){
        .method = method,
        .url = target->url.data,
        .trusted_host = target->trusted_host.data,
        .signer = fovea_s3_signer(s3),
        .fields = target->fields,
        .n_fields = N_FIELDS,
        .text = &target->text,
        .max_text_bytes = MAX_TEXT,
    };
}

static bool
is_digest(const char *text)
{
    return strlen(text) == FOVEA_SHA256_SIZE - 1 &&
            strspn(text, "0123456789abcdef") == FOVEA_SHA256_SIZE - 1;
}

static void
describe(const struct fovea_http_field *fields, uint64_t size,
        struct fovea_s3_object *object_out)
{
    *object_out = (struct fovea_s3_object){ .size = size };
    const char *etag = fields[ETAG].value;
    if (strlen(etag) < sizeof object_out->etag) {
        (void)snprintf(object_out->etag, sizeof object_out->etag, "%s", etag);
    }
    if (is_digest(fields[SHA256].value)) {
        memcpy(object_out->sha256, fields[SHA256].value,
                sizeof object_out->sha256);
    }
}

enum fovea_status
fovea_s3_head(struct fovea_s3 *s3, const struct fovea_s3_name *name,
        struct fovea_s3_object *object_out, struct fovea_error *err)
{
    FOVEA_AUTO(target_finish) struct target target;
    long code = 0;
    enum fovea_status status = aim(s3, name, &target, err);
    if (!status) {
        const struct fovea_http_request request =
                request_of(s3, "HEAD", &target);
        status = fovea_client_perform(target.client, &request, &code, err);
    }
    if (status) {
        return fovea_s3_failed(name, status, err);
    }
    uint64_t size = 0;
    if (!fovea_is_good(code)) {
        return fovea_s3_explain(name, code, NULL, target.fields[REGION].value,
                err);
    }
    if (!fovea_number_parse(target.fields[LENGTH].value, &size)) {
        char words[FOVEA_S3_WORDS_SIZE];
        fovea_s3_words(name, words);
        return fovea_fail(err, FOVEA_ERR_OBJECT_STORE,
                "%s: the object store does not say how large it is", words);
    }
    describe(target.fields, size, object_out);
    return FOVEA_OK;
}

enum fovea_status
fovea_s3_get(struct fovea_s3 *s3, const struct fovea_s3_name *name,
        const struct fovea_s3_range *range, fovea_receive_fn *receive,
        void *context, struct fovea_s3_object *object_out,
        struct fovea_error *err)
{
    FOVEA_AUTO(target_finish) struct target target;
    struct fovea_error unread;
    err = err ? err : &unread; /* receive() fills it, too */
    enum fovea_status status = aim(s3, name, &target, err);
    if (status) {
        return fovea_s3_failed(name, status, err);
    }
    const struct fovea_download download = {
        .url = target.url.data,
        .trusted_host = target.trusted_host.data,
        .signer = fovea_s3_signer(s3),
        .offset = range ? range->offset : 0,
        .size = range ? range->size : 0,
        .etag = range ? range->etag : NULL,
        .fields = target.fields,
        .n_fields = N_FIELDS,
        .receive = receive,
        .context = context,
    };
    struct fovea_downloaded downloaded;
    status = fovea_client_download(target.client, &download, &downloaded, err);
    if (status && !downloaded.is_receivers) {
        status = fovea_s3_failed(name, status, err);
    }
    if (!status && !fovea_is_good(downloaded.code)) {
        status = fovea_s3_explain(name, downloaded.code, &downloaded.text,
                target.fields[REGION].value, err);
    }
    if (!status && object_out) {
        describe(target.fields, downloaded.whole_size, object_out);
    }
    fovea_text_finish(&downloaded.text);
    return status;
}

static enum fovea_status
digest(const struct fovea_input *body, char sha256[FOVEA_SHA256_SIZE],
        struct fovea_error *err)
{
    enum {
        PIECE = 1 << 16
    };
    FOVEA_AUTO_FREE uint8_t *piece = malloc(PIECE);
    struct fovea_sha256 hash;
    struct fovea_error unread;
    enum fovea_status status = FOVEA_OK;
    size_t n = 1;
    if (!piece) {
        return fovea_fail_memory(err, PIECE, "a digest");
    }
    fovea_sha256_begin(&hash);
    for (uint64_t at = 0; n > 0 && !status; at += n) {
        status = fovea_input_read(body, at, piece, PIECE, &n, err);
        fovea_sha256_add(&hash, piece, status ? 0 : n);
    }
    enum fovea_status ended =
            fovea_sha256_end(&hash, sha256, status ? &unread : err);
    return status ? status : ended;
}

/* What a write says in its head. */
struct lines {
    char sha256[FOVEA_SHA256_SIZE + 32];
    char type[160];
    char match[FOVEA_ETAG_VALUE_SIZE + 16];
    const char *all[3];
    size_t n;
};

static void
write_lines(const struct fovea_s3_write *write, const char *sha256,
        struct lines *lines)
{
    lines->n = 0;
    (void)snprintf(lines->sha256, sizeof lines->sha256, "x-amz-meta-sha256: %s",
            sha256);
    lines->all[lines->n++] = lines->sha256;
    if (write->type) {
        (void)snprintf(lines->type, sizeof lines->type, "Content-Type: %s",
                write->type);
        lines->all[lines->n++] = lines->type;
    }
    if (write->condition == FOVEA_S3_IF_NEW) {
        (void)snprintf(lines->match, sizeof lines->match, "If-None-Match: *");
        lines->all[lines->n++] = lines->match;
    } else if (write->condition == FOVEA_S3_IF_SAME) {
        (void)snprintf(lines->match, sizeof lines->match, "If-Match: %s",
                write->etag);
        lines->all[lines->n++] = lines->match;
    }
}

enum fovea_status
fovea_s3_put(struct fovea_s3 *s3, const struct fovea_s3_name *name,
        const struct fovea_s3_write *write, bool *done_out, char *etag_out,
        struct fovea_error *err)
{
    FOVEA_AUTO(target_finish) struct target target;
    char sha256[FOVEA_SHA256_SIZE];
    struct lines lines;
    long code = 0;
    enum fovea_status status = aim(s3, name, &target, err);
    if (!status && !write->sha256) {
        status = digest(write->body, sha256, err);
    }
    if (status) {
        return status;
    }
    write_lines(write, write->sha256 ? write->sha256 : sha256, &lines);
    struct fovea_http_request request = request_of(s3, "PUT", &target);
    request.body = write->body;
    request.body_sha256 = write->sha256 ? write->sha256 : sha256;
    request.headers = lines.all;
    request.n_headers = lines.n;
    status = fovea_client_perform(target.client, &request, &code, err);
    if (status) {
        return fovea_s3_failed(name, status, err);
    }
    bool has_condition = write->condition != FOVEA_S3_ANYWAY;
    /* Of an object that is to be the same and is not there, stores say 404. */
    bool is_refused = has_condition &&
            (code == 412 ||
                    (code == 404 && write->condition == FOVEA_S3_IF_SAME));
    if (!fovea_is_good(code) && !is_refused) {
        return fovea_s3_explain(name, code, &target.text,
                target.fields[REGION].value, err);
    }
    *done_out = !is_refused;
    if (etag_out && !is_refused) {
        struct fovea_s3_object object;
        describe(target.fields, 0, &object);
        memcpy(etag_out, object.etag, sizeof object.etag);
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_s3_delete(struct fovea_s3 *s3, const struct fovea_s3_name *name,
        struct fovea_error *err)
{
    FOVEA_AUTO(target_finish) struct target target;
    long code = 0;
    enum fovea_status status = aim(s3, name, &target, err);
    if (!status) {
        const struct fovea_http_request request =
                request_of(s3, "DELETE", &target);
        status = fovea_client_perform(target.client, &request, &code, err);
    }
    if (status) {
        return fovea_s3_failed(name, status, err);
    }
    return fovea_is_good(code) || code == 404
            ? FOVEA_OK
            : fovea_s3_explain(name, code, &target.text,
                      target.fields[REGION].value, err);
}
