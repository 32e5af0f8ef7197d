/* Which credentials count: see credentials.h. */
#include "s3/credentials.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "s3/environment.h"
#include "s3/instance.h"

const char *
fovea_credentials_profile(const struct fovea_credentials_wish *wish)
{
    const char *name =
            wish->profile ? wish->profile : fovea_s3_variable("AWS_PROFILE");
    return name ? name : "default";
}

static enum fovea_status
take_word(const char *variable, char *kept, size_t size,
        struct fovea_error *err)
{
    const char *value = fovea_s3_variable(variable);
    if (!value || !fovea_signature_is_word(value) || strlen(value) >= size) {
        return fovea_fail(err, FOVEA_ERR_OBJECT_STORE_CREDENTIALS, "%s is %s",
                variable,
                value ? "no such thing: it is too long, or has blanks or odd "
                        "characters"
                      : "not set, and the others of its kind are");
    }
    memcpy(kept, value, strlen(value) + 1);
    return FOVEA_OK;
}

static enum fovea_status
take_variables(struct fovea_credentials *credentials, struct fovea_error *err)
{
    enum fovea_status status = take_word("AWS_ACCESS_KEY_ID",
            credentials->access_key, sizeof credentials->access_key, err);
    if (!status) {
        status = take_word("AWS_SECRET_ACCESS_KEY", credentials->secret,
                sizeof credentials->secret, err);
    }
    if (!status && fovea_s3_variable("AWS_SESSION_TOKEN")) {
        status = take_word("AWS_SESSION_TOKEN", credentials->session_token,
                sizeof credentials->session_token, err);
    }
    return status;
}

static enum fovea_status
take_profile(const struct fovea_profile *read, const char *name,
        struct fovea_credentials *credentials, struct fovea_error *err)
{
    if (!read->access_key[0] || !read->secret[0]) {
        return fovea_fail(err, FOVEA_ERR_OBJECT_STORE_CREDENTIALS,
                "the profile %.60s has %s without %s", name,
                read->secret[0] ? "aws_secret_access_key" : "aws_access_key_id",
                read->secret[0] ? "aws_access_key_id"
                                : "aws_secret_access_key");
    }
    memcpy(credentials->access_key, read->access_key,
            sizeof credentials->access_key);
    memcpy(credentials->secret, read->secret, sizeof credentials->secret);
    memcpy(credentials->session_token, read->session_token,
            sizeof credentials->session_token);
    return FOVEA_OK;
}

/* What could be done about it. */
static enum fovea_status
fail_none(const struct fovea_credentials_wish *wish,
        const struct fovea_profile *read, const char *name,
        struct fovea_error *err)
{
    if (read->other_way[0]) {
        return fovea_fail(err, FOVEA_ERR_OBJECT_STORE_CREDENTIALS,
                "the profile %.60s gets its credentials by %s, which fovea does "
                "not: set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and "
                "AWS_SESSION_TOKEN",
                name, read->other_way);
    }
    if (!read->is_there && (wish->profile || strcmp(name, "default") != 0)) {
        return fovea_fail(err, FOVEA_ERR_OBJECT_STORE_CREDENTIALS,
                "there is no profile %.60s in ~/.aws/credentials and "
                "~/.aws/config (--s3-profile, fovea_s3_options.profile, "
                "AWS_PROFILE)",
                name);
    }
    return fovea_fail(err, FOVEA_ERR_OBJECT_STORE_CREDENTIALS,
            "there are no credentials for s3://: set AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, or put them into ~/.aws/credentials; on a "
            "cloud's machine --s3-instance-credentials");
}

enum fovea_status
fovea_credentials_find(const struct fovea_credentials_wish *wish,
        const struct fovea_profile *read,
        const struct fovea_client_settings *settings,
        struct fovea_credentials *credentials_out, struct fovea_error *err)
{
    const char *name = fovea_credentials_profile(wish);
    *credentials_out = (struct fovea_credentials){ .expires_ns = FOVEA_NEVER };
    if (!wish->profile &&
            (fovea_s3_variable("AWS_ACCESS_KEY_ID") ||
                    fovea_s3_variable("AWS_SECRET_ACCESS_KEY"))) {
        return take_variables(credentials_out, err);
    }
    if (read->access_key[0] || read->secret[0]) {
        return take_profile(read, name, credentials_out, err);
    }
    return wish->asks_instance
            ? fovea_instance_credentials(settings, credentials_out, err)
            : fail_none(wish, read, name, err);
}
