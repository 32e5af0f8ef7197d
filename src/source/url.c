/* Parsing URLs: see url.h. */
#include "source/url.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"

FOVEA_DEFINE_AUTO(char *, curl_free);

#define AUTO_TEXT FOVEA_AUTO(curl_free_auto) char *

static enum fovea_status
no_memory(struct fovea_error *err)
{
    return fovea_fail_memory(err, FOVEA_MAX_URL_BYTES, "a URL");
}

/* A part, or NULL if the URL has none. */
static enum fovea_status
get(CURLU *parsed, CURLUPart part, char **text_out, struct fovea_error *err)
{
    CURLUcode code = curl_url_get(parsed, part, text_out, 0);
    return code == CURLUE_OUT_OF_MEMORY ? no_memory(err) : FOVEA_OK;
}

static enum fovea_status
check_scheme(struct fovea_url *url, struct fovea_error *err)
{
    AUTO_TEXT scheme = NULL;
    enum fovea_status status = get(url->parsed, CURLUPART_SCHEME, &scheme, err);
    if (status) {
        return status;
    }
    url->is_https = scheme && strcasecmp(scheme, "https") == 0;
    if (!url->is_https && (!scheme || strcasecmp(scheme, "http") != 0)) {
        return fovea_fail(err, FOVEA_ERR_URL,
                "a URL with %.32s: only http and https can be fetched",
                scheme ? scheme : "no scheme");
    }
    return FOVEA_OK;
}

static enum fovea_status
check_user(const struct fovea_url *url, struct fovea_error *err)
{
    AUTO_TEXT user = NULL;
    AUTO_TEXT password = NULL;
    enum fovea_status status = get(url->parsed, CURLUPART_USER, &user, err);
    if (!status) {
        status = get(url->parsed, CURLUPART_PASSWORD, &password, err);
    }
    if (!status && (user || password)) {
        return fovea_fail(err, FOVEA_ERR_URL,
                "a URL with a user name or password in it is not fetched");
    }
    return status;
}

static enum fovea_status
note_host(struct fovea_url *url, struct fovea_error *err)
{
    AUTO_TEXT host = NULL;
    AUTO_TEXT port = NULL;
    enum fovea_status status = get(url->parsed, CURLUPART_HOST, &host, err);
    if (!status) {
        status = get(url->parsed, CURLUPART_PORT, &port, err);
    }
    if (status) {
        return status;
    }
    if (!host || !*host) {
        return fovea_fail(err, FOVEA_ERR_URL, "a URL without a host");
    }
    if (asprintf(&url->host, "%s%s%s", host, port ? ":" : "",
                port ? port : "") < 0) {
        url->host = NULL;
        return no_memory(err);
    }
    return FOVEA_OK;
}

static enum fovea_status
parse(const char *text, const struct fovea_url *base, unsigned flags,
        struct fovea_url *url, struct fovea_error *err)
{
    url->parsed = base ? curl_url_dup(base->parsed) : curl_url();
    if (!url->parsed) {
        return no_memory(err);
    }
    CURLUcode code = curl_url_set(url->parsed, CURLUPART_URL, text,
            CURLU_NON_SUPPORT_SCHEME | flags);
    if (code == CURLUE_OUT_OF_MEMORY) {
        return no_memory(err);
    }
    if (code) {
        return fovea_fail(err, FOVEA_ERR_URL, "the URL is malformed: %s",
                curl_url_strerror(code));
    }
    enum fovea_status status = check_scheme(url, err);
    if (!status) {
        status = check_user(url, err);
    }
    return status ? status : note_host(url, err);
}

static enum fovea_status
parse_checked(const char *text, const struct fovea_url *base, unsigned flags,
        struct fovea_url *url_out, struct fovea_error *err)
{
    size_t size = strnlen(text, FOVEA_MAX_URL_BYTES + 1);
    if (size > FOVEA_MAX_URL_BYTES) {
        return fovea_fail(err, FOVEA_ERR_URL,
                "a URL longer than the limit of %d bytes", FOVEA_MAX_URL_BYTES);
    }
    struct fovea_url url = { 0 };
    enum fovea_status status = parse(text, base, flags, &url, err);
    if (status) {
        fovea_url_finish(&url);
        return status;
    }
    *url_out = url;
    return FOVEA_OK;
}

enum fovea_status
fovea_url_parse(const char *text, const struct fovea_url *base,
        struct fovea_url *url_out, struct fovea_error *err)
{
    return parse_checked(text, base,
            base ? CURLU_URLENCODE | CURLU_ALLOW_SPACE : 0, url_out, err);
}

enum fovea_status
fovea_url_parse_as_is(const char *text, struct fovea_url *url_out,
        struct fovea_error *err)
{
    return parse_checked(text, NULL, CURLU_PATH_AS_IS, url_out, err);
}

void
fovea_url_finish(struct fovea_url *url)
{
    curl_url_cleanup(url->parsed);
    free(url->host);
    *url = (struct fovea_url){ 0 };
}

/* FNV-1a; two servers that share a number merely wait for each other. */
uint64_t
fovea_url_server(const struct fovea_url *url)
{
    uint64_t number = UINT64_C(0xcbf29ce484222325) + url->is_https;
    for (const char *at = url->host; *at; at++) {
        uint8_t letter = (uint8_t)*at;
        letter |= letter >= 'A' && letter <= 'Z' ? 0x20 : 0;
        number = (number ^ letter) * UINT64_C(0x100000001b3);
    }
    return number;
}
