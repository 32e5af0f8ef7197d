/*
 * s3:// URLs, and what becomes of them: the first line is an endpoint, the second a
 * URL. What passes leads to the endpoint's host, or to one below it, and its path
 * reads back as the key.
 */
#include <string.h>
#include <strings.h>

#include "base/macros.h"
#include "fuzz.h"
#include "s3/site.h"
#include "source/url.h"

/* The path of a URL is this key, behind the bucket or not. */
static void
check_path(const struct fovea_url *url, const struct fovea_s3_name *name)
{
    char *path = NULL;
    int size = 0;
    FOVEA_ASSERT(!curl_url_get(url->parsed, CURLUPART_PATH, &path, 0));
    char *plain = curl_easy_unescape(NULL, path, 0, &size);
    FOVEA_ASSERT(plain && (size_t)size == strlen(plain));
    const char *at = plain + 1;
    size_t n = strlen(name->bucket);
    if (strncmp(at, name->bucket, n) == 0 && strcmp(at, name->key) != 0) {
        at += n;
        at += *at == '/';
    }
    FOVEA_ASSERT(strcmp(at, name->key) == 0);
    curl_free(plain);
    curl_free(path);
}

static void
check(const char *endpoint, const char *text)
{
    const struct fovea_site_wish wish = { .endpoint = endpoint };
    struct fovea_error error = { .code = FOVEA_OK };
    struct fovea_site site;
    struct fovea_s3_name name;
    struct fovea_text address = { 0 };
    struct fovea_text host = { 0 };
    struct fovea_url url = { 0 };
    enum fovea_status status = fovea_site_make(&wish, &site, &error);
    FOVEA_ASSERT(!status || status == FOVEA_ERR_ARGUMENT);
    if (status || fovea_s3_url_parse(text, &name, &error)) {
        FOVEA_ASSERT(error.message[0]);
        return;
    }
    fovea_site_url(&site, &name, &address);
    fovea_site_host(&site, name.bucket, &host);
    /* What libcurl takes for no URL, as a host that is too long, is an error
       then. */
    if (!fovea_url_parse_as_is(address.data, &url, &error)) {
        FOVEA_ASSERT(strcasecmp(url.host, host.data) == 0);
        FOVEA_ASSERT(strlen(url.host) >= strlen(site.host));
        FOVEA_ASSERT(strcasecmp(url.host + strlen(url.host) - strlen(site.host),
                             site.host) == 0);
        check_path(&url, &name);
    }
    fovea_url_finish(&url);
    fovea_text_finish(&address);
    fovea_text_finish(&host);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    FOVEA_AUTO_FREE char *text = malloc(size + 1);
    FOVEA_ASSERT(text);
    memcpy(text, data, size);
    text[size] = '\0';
    char *url = strchr(text, '\n');
    if (url) {
        *url++ = '\0';
        check(*text ? text : NULL, url);
    }
    return 0;
}
