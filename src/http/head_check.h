/* Inside of http/: heads that can be read in two ways. */
#ifndef FOVEA_HTTP_HEAD_CHECK_H
#define FOVEA_HTTP_HEAD_CHECK_H

#include "http/internal.h"

/** What is wrong with a target as it was received; static; NULL: nothing. */
const char *fovea_http_head_target_flaw(const char *uri);

/** The path of a target, which may name its host before it. */
const char *fovea_http_head_path(const char *url);

/** Whether a head is unambiguous; else the answer says why not, and the
 *  connection ends with it. All as libmicrohttpd gives it to the access
 *  handler. */
FOVEA_NODISCARD bool fovea_http_head_check(struct fovea_http_exchange *exchange,
        const char *url, const char *method, const char *version);

#endif
