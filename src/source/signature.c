/* See signature.h. */
#include "source/signature.h"

#include <stdio.h>
#include <string.h>

bool
fovea_signature_is_word(const char *text)
{
    const char *at = text;
    while (*at > ' ' && *at <= '~') {
        at++;
    }
    return at > text && !*at;
}

CURLcode
fovea_header_add(struct curl_slist **headers, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*headers, line);
    if (!longer) {
        return CURLE_OUT_OF_MEMORY;
    }
    *headers = longer;
    return CURLE_OK;
}

/* Each call may fail for want of memory only; one look at the end will do. */
#define SET(option, value) \
    (code = code ? code : curl_easy_setopt(easy, CURLOPT_##option, (value)))

CURLcode
fovea_signature_apply(const struct fovea_signature *signature,
        const char *body_sha256, CURL *easy, struct curl_slist **headers)
{
    char line[FOVEA_SESSION_TOKEN_SIZE + 32];
    CURLcode code = CURLE_OK;
    (void)snprintf(line, sizeof line, "aws:amz:%s:%s", signature->region,
            signature->service);
    SET(AWS_SIGV4, line);
    SET(USERNAME, signature->access_key);
    SET(PASSWORD, signature->secret);
    /* Without it libcurl 7.88 signs another digest than stores expect. */
    (void)snprintf(line, sizeof line, "x-amz-content-sha256: %s", body_sha256);
    code = code ? code : fovea_header_add(headers, line);
    if (!code && signature->session_token[0]) {
        (void)snprintf(line, sizeof line, "x-amz-security-token: %s",
                signature->session_token);
        code = fovea_header_add(headers, line);
        explicit_bzero(line, sizeof line);
    }
    return code;
}

void
fovea_signature_wipe(struct fovea_signature *signature)
{
    explicit_bzero(signature, sizeof *signature);
}
