/* Answers: see answer.h. */
#include "http/answer.h"

#include <stdarg.h>

enum {
    HTTP_OK = 200,
    HTTP_UNAUTHORIZED = 401,
    HTTP_TOO_MANY = 429,
    HTTP_SERVER = 500,
    /* Seconds until it may be better: a queue moves on soon, memory and
       breakers take longer. */
    RETRY_QUEUE_S = 1,
    RETRY_OTHER_S = 5,
};

static const char *
error_type(int http)
{
    if (http == HTTP_UNAUTHORIZED) {
        return "authentication_error";
    }
    if (http == HTTP_TOO_MANY) {
        return "rate_limit_error";
    }
    return http >= HTTP_SERVER ? "server_error" : "invalid_request_error";
}

void
fovea_http_answer_error_object(struct fovea_text *text,
        const struct fovea_http_complaint *complaint)
{
    const struct fovea_error *error = &complaint->error;
    fovea_text_format(text, "{\"message\":");
    fovea_text_json_string(text, error->message);
    fovea_text_format(text, ",\"type\":\"%s\",\"param\":",
            error_type(fovea_status_http(error->code)));
    if (complaint->param[0]) {
        fovea_text_json_string(text, complaint->param);
    } else {
        fovea_text_format(text, "null");
    }
    fovea_text_format(text, ",\"code\":\"%s\"}",
            fovea_status_name(error->code));
}

void
fovea_http_answer_error(struct fovea_http_answer *answer,
        const struct fovea_http_complaint *complaint)
{
    enum fovea_status code = complaint->error.code;
    fovea_text_clear(&answer->text);
    answer->file = NULL;
    answer->etag[0] = '\0';
    answer->type = NULL;
    answer->code = code;
    answer->http = (unsigned)fovea_status_http(code);
    answer->retry_after_s = 0;
    if (answer->http == HTTP_TOO_MANY) {
        answer->retry_after_s = RETRY_QUEUE_S;
    } else if (fovea_status_retryable(code) && answer->http >= HTTP_SERVER) {
        answer->retry_after_s = RETRY_OTHER_S;
    }
    fovea_text_format(&answer->text, "{\"error\":");
    fovea_http_answer_error_object(&answer->text, complaint);
    fovea_text_add(&answer->text, "}", 1);
}

void
fovea_http_answer_fail(struct fovea_http_answer *answer, enum fovea_status code,
        const char *param, const char *format, ...)
{
    struct fovea_http_complaint complaint;
    va_list arguments;
    va_start(arguments, format);
    (void)fovea_http_complain_with(&complaint, code, param, format, arguments);
    va_end(arguments);
    fovea_http_answer_error(answer, &complaint);
}

void
fovea_http_answer_done(struct fovea_http_answer *answer)
{
    if (!fovea_text_failed(&answer->text)) {
        answer->http = HTTP_OK;
        return;
    }
    fovea_text_finish(&answer->text);
    fovea_http_answer_fail(answer, FOVEA_ERR_NO_MEMORY, "",
            "no memory for the answer");
}

const char *
fovea_http_answer_retries(const struct fovea_http_answer *answer)
{
    return fovea_status_retryable(answer->code) ? "true" : "false";
}

void
fovea_http_answer_finish(struct fovea_http_answer *answer)
{
    fovea_text_finish(&answer->text);
    *answer = (struct fovea_http_answer){ 0 };
}
