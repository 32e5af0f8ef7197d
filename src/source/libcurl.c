/* See libcurl.h. */
#include "source/libcurl.h"

#include "base/error.h"

enum fovea_status
fovea_libcurl_start(struct fovea_error *err)
{
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    /* Other users of libcurl in this process are not known to us. */
    if (!(info->features & CURL_VERSION_THREADSAFE) ||
            curl_global_init(CURL_GLOBAL_DEFAULT)) {
        return fovea_fail(err, FOVEA_ERR_FETCH,
                "libcurl %s cannot be started here", info->version);
    }
    return FOVEA_OK;
}

const char *
fovea_libcurl_message(char *buffer, CURLcode code)
{
    for (char *at = buffer; *at; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f) {
            *at = ' ';
        }
    }
    return buffer[0] ? buffer : curl_easy_strerror(code);
}

enum fovea_status
fovea_libcurl_status(CURLcode code)
{
    switch ((int)code) {
    case CURLE_OK:
        return FOVEA_OK;
    case CURLE_OUT_OF_MEMORY:
        return FOVEA_ERR_NO_MEMORY;
    case CURLE_ABORTED_BY_CALLBACK:
        return FOVEA_ERR_CANCELLED;
    case CURLE_TOO_MANY_REDIRECTS:
        return FOVEA_ERR_FETCH_REDIRECTS;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return FOVEA_ERR_URL;
    case CURLE_OPERATION_TIMEDOUT:
        return FOVEA_ERR_FETCH_TIMEOUT;
    default:
        return FOVEA_ERR_FETCH;
    }
}

long
fovea_libcurl_code(CURL *easy)
{
    long code = 0;
    (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &code);
    return code;
}

const char *
fovea_libcurl_header(CURL *easy, const char *name)
{
    struct curl_header *found = NULL;
    return curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &found) ==
                    CURLHE_OK
            ? found->value
            : NULL;
}
