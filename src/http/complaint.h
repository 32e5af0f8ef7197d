/* A failure, and the part of a request that it is about. */
#ifndef FOVEA_HTTP_COMPLAINT_H
#define FOVEA_HTTP_COMPLAINT_H

#include <stdarg.h>

#include "fovea/status.h"

#include "base/macros.h"

enum {
    FOVEA_HTTP_PARAM_SIZE = 64
};

/** A failure and the part of the request that it is about ("input[3]"). */
struct fovea_http_complaint {
    struct fovea_error error;
    char param[FOVEA_HTTP_PARAM_SIZE]; /* "": of none */
};

/** Fill a complaint; param "": of none. The rest as for printf. Returns
 *  the code. */
enum fovea_status fovea_http_complain(struct fovea_http_complaint *complaint,
        enum fovea_status code, const char *param, const char *format, ...)
        FOVEA_PRINTF(4, 5);
enum fovea_status fovea_http_complain_with(
        struct fovea_http_complaint *complaint, enum fovea_status code,
        const char *param, const char *format, va_list arguments)
        FOVEA_PRINTF(4, 0);

#endif
