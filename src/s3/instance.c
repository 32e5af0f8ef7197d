/* See instance.h. */
#include "s3/instance.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json_object.h"
#include "s3/environment.h"
#include "source/client.h"
#include "source/url.h"

enum {
    MAX_ANSWER = 65536,
    EARLY_S = 300 /* before they expire new ones are fetched */
};

struct service {
    struct fovea_client *client;
    const char *endpoint;
    struct fovea_url url; /* of it */
    char header[1024];    /* the token's */
};

static enum fovea_status
fail(const char *why, struct fovea_error *err)
{
    return fovea_fail(err, FOVEA_ERR_OBJECT_STORE_CREDENTIALS,
            "the machine's metadata service: %.180s (--s3-instance-credentials)",
            why);
}

static enum fovea_status
ask(const struct service *service, const char *method, const char *path,
        const char *header, struct fovea_text *answer, struct fovea_error *err)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text url = { 0 };
    struct fovea_error why;
    long code = 0;
    fovea_text_format(&url, "%s%s", service->endpoint, path);
    if (fovea_text_failed(&url)) {
        return fovea_fail_memory(err, url.size, "a request");
    }
    const struct fovea_http_request request = {
        .method = method,
        .url = url.data,
        .trusted_host = service->url.host,
        .goes_direct = true,
        .keeps_to_server = true,
        .headers = &header,
        .n_headers = 1,
        .text = answer,
        .max_text_bytes = MAX_ANSWER,
    };
    enum fovea_status status =
            fovea_client_perform(service->client, &request, &code, &why);
    if (status == FOVEA_ERR_CANCELLED || status == FOVEA_ERR_NO_MEMORY) {
        return fovea_fail(err, status, "%.230s", why.message);
    }
    if (status || code != 200) {
        if (!status) {
            (void)snprintf(why.message, sizeof why.message, "it answered %ld",
                    code);
        }
        return fail(why.message, err);
    }
    return FOVEA_OK;
}

static enum fovea_status
ask_token(struct service *service, struct fovea_error *err)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text answer = { 0 };
    enum fovea_status status = ask(service, "PUT", "/latest/api/token",
            "X-aws-ec2-metadata-token-ttl-seconds: 21600", &answer, err);
    if (status) {
        return status;
    }
    static const char name[] = "X-aws-ec2-metadata-token: ";
    if (!answer.size || strlen(answer.data) != answer.size ||
            !fovea_signature_is_word(answer.data) ||
            answer.size >= sizeof service->header - sizeof name) {
        return fail("its token is none", err);
    }
    (void)snprintf(service->header, sizeof service->header, "%s%s", name,
            answer.data);
    return FOVEA_OK;
}

/* The first role; a machine has one. */
static enum fovea_status
ask_role(const struct service *service, char *path, size_t size,
        struct fovea_error *err)
{
    static const char roles[] = "/latest/meta-data/iam/security-credentials/";
    FOVEA_AUTO(fovea_text_finish) struct fovea_text answer = { 0 };
    enum fovea_status status =
            ask(service, "GET", roles, service->header, &answer, err);
    if (status) {
        return status;
    }
    size_t n = answer.size ? strcspn(answer.data, "\r\n") : 0;
    size_t n_good = answer.size
            ? strspn(answer.data,
                      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                      "+=,.@_-")
            : 0;
    if (n == 0 || n != n_good || sizeof roles + n > size) {
        return fail("it names no role of this machine", err);
    }
    (void)snprintf(path, size, "%s%.*s", roles, (int)n, answer.data);
    return FOVEA_OK;
}

static bool
take_string(const json_t *object, const char *key, char *kept, size_t size)
{
    return fovea_json_text(object, key, size, kept) &&
            fovea_signature_is_word(kept);
}

/* Take credentials from the service's answer. now_s: seconds since 1970, and now_ns the
   same moment of the clock. */
static enum fovea_status
parse(const char *text, size_t size, int64_t now_s, int64_t now_ns,
        struct fovea_credentials *credentials_out, struct fovea_error *err)
{
    FOVEA_AUTO(json_decref_auto)
    json_t *answer = fovea_json_object(text, size);
    struct tm until = { .tm_year = 0 };
    char expires[32];
    struct fovea_credentials found = { .expires_ns = 0 };
    if (!answer ||
            !take_string(answer, "AccessKeyId", found.access_key,
                    sizeof found.access_key) ||
            !take_string(answer, "SecretAccessKey", found.secret,
                    sizeof found.secret) ||
            !take_string(answer, "Token", found.session_token,
                    sizeof found.session_token) ||
            !take_string(answer, "Expiration", expires, sizeof expires) ||
            !strptime(expires, "%Y-%m-%dT%H:%M:%SZ", &until)) {
        fovea_credentials_wipe(&found);
        return fail("its answer has no credentials", err);
    }
    int64_t left_s = (int64_t)timegm(&until) - now_s - EARLY_S;
    left_s = left_s < 0 ? 0 : left_s;
    found.expires_ns = left_s < INT64_MAX / FOVEA_NS_PER_S
            ? fovea_later(now_ns, left_s * FOVEA_NS_PER_S)
            : FOVEA_NEVER;
    *credentials_out = found;
    fovea_credentials_wipe(&found);
    return FOVEA_OK;
}

/* It is near, or not there: nobody waits long for it. */
static enum fovea_status
make_client(const struct fovea_client_settings *settings,
        struct fovea_client **client_out, struct fovea_error *err)
{
    enum {
        TRIES = 2
    };
    struct fovea_client_settings brief = *settings;
    brief.url.connect_ns = FOVEA_NS_PER_S;
    brief.url.total_ns = 2 * FOVEA_NS_PER_S;
    brief.url.max_tries = TRIES;
    return fovea_client_create(&brief, client_out, err);
}

enum fovea_status
fovea_instance_credentials(const struct fovea_client_settings *settings,
        struct fovea_credentials *credentials_out, struct fovea_error *err)
{
    const char *chosen = fovea_s3_variable("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    struct service service = {
        .endpoint = chosen ? chosen : "http://169.254.169.254",
    };
    FOVEA_AUTO(fovea_text_finish) struct fovea_text answer = { 0 };
    char path[256];
    struct fovea_error why;
    if (fovea_url_parse(service.endpoint, NULL, &service.url, &why)) {
        return fail("AWS_EC2_METADATA_SERVICE_ENDPOINT is no URL", err);
    }
    enum fovea_status status = make_client(settings, &service.client, err);
    if (!status) {
        status = ask_token(&service, err);
    }
    if (!status) {
        status = ask_role(&service, path, sizeof path, err);
    }
    if (!status) {
        status = ask(&service, "GET", path, service.header, &answer, err);
    }
    if (!status) {
        status = parse(answer.data ? answer.data : "", answer.size,
                (int64_t)time(NULL), fovea_clock_ns(), credentials_out, err);
    }
    if (answer.data) {
        explicit_bzero(answer.data, answer.size);
    }
    explicit_bzero(service.header, sizeof service.header);
    fovea_client_destroy(service.client);
    fovea_url_finish(&service.url);
    return status;
}
