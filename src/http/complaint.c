/* See complaint.h. */
#include "http/complaint.h"

#include <stdio.h>

#include "base/error.h"

enum fovea_status
fovea_http_complain_with(struct fovea_http_complaint *complaint,
        enum fovea_status code, const char *param, const char *format,
        va_list arguments)
{
    char message[FOVEA_ERROR_MESSAGE_SIZE];
    (void)vsnprintf(message, sizeof message, format, arguments);
    (void)snprintf(complaint->param, sizeof complaint->param, "%s", param);
    return fovea_fail(&complaint->error, code, "%s", message);
}

enum fovea_status
fovea_http_complain(struct fovea_http_complaint *complaint,
        enum fovea_status code, const char *param, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    enum fovea_status status =
            fovea_http_complain_with(complaint, code, param, format, arguments);
    va_end(arguments);
    return status;
}
