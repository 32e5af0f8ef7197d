/* Clients of a store: where it is, and with what requests are signed. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "option/members.h"
#include "s3/environment.h"
#include "s3/state.h"

/* An instance without a service is not asked for every image. */
#define FAILURE_NS (5 * FOVEA_NS_PER_S)

static bool
copy(const char *text, char **copy_out)
{
    *copy_out = text && *text ? strdup(text) : NULL;
    return *copy_out || !text || !*text;
}

enum fovea_status
fovea_s3_create(const struct fovea_s3_settings *settings,
        struct fovea_s3 **s3_out, struct fovea_error *err)
{
    struct fovea_options all = FOVEA_OPTIONS_INIT;
    all.url = settings->url;
    enum fovea_status status = fovea_options_fill(&all, err);
    if (status) {
        return status;
    }
    struct fovea_s3 *s3 = calloc(1, sizeof *s3);
    if (!s3) {
        return fovea_fail_memory(err, sizeof *s3,
                "a client of an object store");
    }
    (void)pthread_mutex_init(&s3->mutex, NULL);
    s3->path_style = settings->s3.path_style;
    s3->asks_instance = settings->s3.instance_credentials;
    s3->settings = (struct fovea_client_settings){
        .url = all.url,
        .first_pause_ns = settings->first_pause_ns,
        .stop = settings->stop,
        .context = settings->context,
    };
    const char *user_agent =
            all.url.user_agent ? all.url.user_agent : FOVEA_DEFAULT_USER_AGENT;
    if (!copy(settings->s3.endpoint, &s3->endpoint) ||
            !copy(settings->s3.region, &s3->region) ||
            !copy(settings->s3.profile, &s3->profile) ||
            !copy(user_agent, &s3->user_agent)) {
        status = fovea_fail_memory(err, sizeof *s3, "the options of s3://");
    }
    s3->settings.url.user_agent = s3->user_agent;
    if (status) {
        fovea_s3_destroy(s3);
        return status;
    }
    *s3_out = s3;
    return FOVEA_OK;
}

enum fovea_status
fovea_s3_check_on(const struct fovea_s3_options *options,
        struct fovea_error *err)
{
    return options->on ? FOVEA_OK
                       : fovea_fail(err, FOVEA_ERR_URL_REFUSED,
                                 "s3:// URLs are not fetched here (--s3, "
                                 "fovea_s3_options.on)");
}

void
fovea_s3_destroy(struct fovea_s3 *s3)
{
    if (!s3) {
        return;
    }
    fovea_client_destroy(s3->client);
    fovea_credentials_wipe(&s3->credentials);
    (void)pthread_mutex_destroy(&s3->mutex);
    free(s3->endpoint);
    free(s3->region);
    free(s3->profile);
    free(s3->user_agent);
    free(s3);
}

/* A profile, on the heap because of its size; NULL, with err filled in. */
static struct fovea_profile *
read_profile(const struct fovea_s3 *s3, struct fovea_error *err)
{
    const struct fovea_credentials_wish wish = { .profile = s3->profile };
    struct fovea_profile *profile = calloc(1, sizeof *profile);
    if (!profile) {
        (void)fovea_fail_memory(err, sizeof *profile, "a profile");
    } else if (fovea_profile_read(fovea_credentials_profile(&wish), profile,
                       err)) {
        free(profile);
        profile = NULL;
    }
    return profile;
}

static void
drop_profile(struct fovea_profile *profile)
{
    if (profile) {
        explicit_bzero(profile, sizeof *profile);
        free(profile);
    }
}

static const char *
or_else(const char *value, const char *other)
{
    return value && *value ? value : other && *other ? other : NULL;
}

/* Under the mutex. */
static enum fovea_status
find_site(struct fovea_s3 *s3, struct fovea_error *err)
{
    struct fovea_error why;
    struct fovea_profile *profile = read_profile(s3, &why);
    enum fovea_status status = why.code;
    if (profile) {
        const struct fovea_site_wish wish = {
            .endpoint = or_else(s3->endpoint,
                    or_else(fovea_s3_either("AWS_ENDPOINT_URL_S3",
                                    "AWS_ENDPOINT_URL"),
                            profile->endpoint)),
            .region = or_else(s3->region,
                    or_else(fovea_s3_either("AWS_REGION", "AWS_DEFAULT_REGION"),
                            profile->region)),
            .path_style = s3->path_style,
        };
        status = fovea_site_make(&wish, &s3->site, err);
    } else if (err) {
        *err = why;
    }
    drop_profile(profile);
    s3->has_site = !status;
    return status;
}

enum fovea_status
fovea_s3_client(struct fovea_s3 *s3, struct fovea_client **client_out,
        struct fovea_error *err)
{
    (void)pthread_mutex_lock(&s3->mutex);
    enum fovea_status status = s3->client
            ? FOVEA_OK
            : fovea_client_create(&s3->settings, &s3->client, err);
    *client_out = s3->client;
    (void)pthread_mutex_unlock(&s3->mutex);
    return status;
}

/* Where the store is; looked up the first time. */
static enum fovea_status
locate(struct fovea_s3 *s3, struct fovea_site *site_out,
        struct fovea_error *err)
{
    (void)pthread_mutex_lock(&s3->mutex);
    enum fovea_status status = s3->has_site ? FOVEA_OK : find_site(s3, err);
    if (!status) {
        *site_out = s3->site;
    }
    (void)pthread_mutex_unlock(&s3->mutex);
    return status;
}

/* Under the mutex; err is not NULL. */
static enum fovea_status
find_credentials(struct fovea_s3 *s3, struct fovea_error *err)
{
    const struct fovea_credentials_wish wish = {
        .profile = s3->profile,
        .asks_instance = s3->asks_instance,
    };
    struct fovea_credentials found;
    struct fovea_profile *profile = read_profile(s3, err);
    if (!profile) {
        return err->code;
    }
    enum fovea_status status =
            fovea_credentials_find(&wish, profile, &s3->settings, &found, err);
    drop_profile(profile);
    if (!status) {
        s3->credentials = found;
    }
    fovea_credentials_wipe(&found);
    return status;
}

/* Under the mutex: credentials that are good for now. */
static enum fovea_status
need_credentials(struct fovea_s3 *s3, struct fovea_error *err)
{
    int64_t now_ns = fovea_clock_ns();
    if (s3->credentials.access_key[0] && now_ns < s3->credentials.expires_ns) {
        return FOVEA_OK;
    }
    if (now_ns < s3->failed_until_ns) {
        if (err) {
            *err = s3->failure;
        }
        return s3->failure.code;
    }
    enum fovea_status status = find_credentials(s3, &s3->failure);
    if (status == FOVEA_ERR_OBJECT_STORE_CREDENTIALS) {
        s3->failed_until_ns = fovea_later(fovea_clock_ns(), FAILURE_NS);
    }
    if (status && err) {
        *err = s3->failure;
    }
    return status;
}

static enum fovea_status
fill(void *context, struct fovea_signature *signature_out,
        struct fovea_error *err)
{
    struct fovea_s3 *s3 = context;
    struct fovea_site site;
    enum fovea_status status = locate(s3, &site, err);
    if (status) {
        return status;
    }
    (void)pthread_mutex_lock(&s3->mutex);
    status = need_credentials(s3, err);
    if (!status) {
        const struct fovea_credentials *credentials = &s3->credentials;
        memcpy(signature_out->region, site.region, sizeof site.region);
        (void)snprintf(signature_out->service, sizeof signature_out->service,
                "s3");
        memcpy(signature_out->access_key, credentials->access_key,
                sizeof credentials->access_key);
        memcpy(signature_out->secret, credentials->secret,
                sizeof credentials->secret);
        memcpy(signature_out->session_token, credentials->session_token,
                sizeof credentials->session_token);
    }
    (void)pthread_mutex_unlock(&s3->mutex);
    return status;
}

struct fovea_signer
fovea_s3_signer(struct fovea_s3 *s3)
{
    return (struct fovea_signer){ .fill = fill, .context = s3 };
}

enum fovea_status
fovea_s3_aim(struct fovea_s3 *s3, const struct fovea_s3_name *name,
        struct fovea_text *url_out, struct fovea_text *trusted_host_out,
        struct fovea_error *err)
{
    struct fovea_site site;
    enum fovea_status status = locate(s3, &site, err);
    if (status) {
        return status;
    }
    fovea_text_clear(url_out);
    fovea_text_clear(trusted_host_out);
    fovea_site_url(&site, name, url_out);
    if (site.is_chosen) {
        fovea_site_host(&site, name->bucket, trusted_host_out);
    }
    if (fovea_text_failed(url_out) || fovea_text_failed(trusted_host_out)) {
        return fovea_fail_memory(err, FOVEA_MAX_KEY_BYTES, "a URL");
    }
    return FOVEA_OK;
}
