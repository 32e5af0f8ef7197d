/* Starting libcurl: see libcurl.h. */
#include "source/libcurl.h"

#include <curl/curl.h>

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
