/*
 * URLs, and where redirects lead: the first line is a URL, the second a
 * Location. What passes the check is http or https with a host and without a
 * user, whatever it is written like; what does not gets a message.
 */
#include <string.h>
#include <strings.h>

#include "base/macros.h"
#include "fuzz.h"
#include "source/url.h"

static void
check_good(const struct fovea_url *url)
{
    char *scheme = NULL;
    char *part = NULL;
    FOVEA_ASSERT(!curl_url_get(url->parsed, CURLUPART_SCHEME, &scheme, 0));
    FOVEA_ASSERT(strcasecmp(scheme, url->is_https ? "https" : "http") == 0);
    curl_free(scheme);
    FOVEA_ASSERT(curl_url_get(url->parsed, CURLUPART_USER, &part, 0) ==
            CURLUE_NO_USER);
    FOVEA_ASSERT(curl_url_get(url->parsed, CURLUPART_PASSWORD, &part, 0) ==
            CURLUE_NO_PASSWORD);
    FOVEA_ASSERT(url->host[0]);
    /* It goes into messages, and into the Host header. */
    FOVEA_ASSERT(!strpbrk(url->host, "@/?# \r\n\t"));
    (void)fovea_url_server(url);
}

static bool
parse(const char *text, const struct fovea_url *base, struct fovea_url *url)
{
    struct fovea_error error = { .code = FOVEA_OK };
    enum fovea_status status = fovea_url_parse(text, base, url, &error);
    FOVEA_ASSERT(status == error.code);
    FOVEA_ASSERT(!status || (status == FOVEA_ERR_URL && error.message[0]));
    if (!status) {
        check_good(url);
    }
    return !status;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    FOVEA_AUTO_FREE char *text = malloc(size + 1);
    FOVEA_ASSERT(text);
    memcpy(text, data, size);
    text[size] = 0;
    char *location = strchr(text, '\n');
    if (location) {
        *location++ = 0;
    }
    struct fovea_url url = { 0 };
    struct fovea_url target = { 0 };
    if (parse(text, NULL, &url) && location) {
        (void)parse(location, &url, &target);
    }
    fovea_url_finish(&target);
    fovea_url_finish(&url);
    return 0;
}
