/* Starting libcurl, once for each user of it, and what it says of failures and
   answers. */
#ifndef FOVEA_SOURCE_LIBCURL_H
#define FOVEA_SOURCE_LIBCURL_H

#include <curl/curl.h>

#include "fovea/export.h"
#include "fovea/status.h"

/** Before any handle is made; each success is to be paired with a
 *  curl_global_cleanup(). FOVEA_ERR_FETCH. Threads: safe. */
FOVEA_NODISCARD enum fovea_status fovea_libcurl_start(struct fovea_error *err);

/**
 * Why a transfer failed, on one line: without control characters.
 *
 * @param buffer  What CURLOPT_ERRORBUFFER filled in; "" has the code's text.
 * @return buffer, or a static string.
 */
const char *fovea_libcurl_message(char *buffer, CURLcode code);

/** What came of a transfer, whoever it was for: FOVEA_OK; FOVEA_ERR_NO_MEMORY;
 *  FOVEA_ERR_CANCELLED, by a callback; FOVEA_ERR_FETCH_REDIRECTS, FOVEA_ERR_URL,
 *  FOVEA_ERR_FETCH_TIMEOUT, FOVEA_ERR_FETCH. */
enum fovea_status fovea_libcurl_status(CURLcode code);

/** The status of the HTTP answer; 0: none came. */
long fovea_libcurl_code(CURL *easy);

/** A header of the answer; NULL: it has none. The handle's, until its next look at
 *  headers. */
const char *fovea_libcurl_header(CURL *easy, const char *name);

#endif
