/* Forms: see form.h. libmicrohttpd parses them, piece by piece. */
#include "http/form.h"

#include <stdlib.h>

#include "base/error.h"
#include "http/exchange.h"
#include "http/internal.h"

enum {
    PARSER_BYTES = 64 << 10
};

struct fovea_http_form {
    struct MHD_PostProcessor *parser;
    fovea_http_part_fn *take;
    void *context;
};

static enum MHD_Result
/* Arguments of libmicrohttpd's. NOLINTNEXTLINE(readability-function-size) */
take_part(void *context, enum MHD_ValueKind kind, const char *key,
        const char *filename, const char *content_type,
        const char *transfer_encoding, const char *data, uint64_t offset,
        size_t size)
{
    (void)kind;
    const struct fovea_http_form *form = context;
    const struct fovea_http_part part = {
        .name = key,
        .filename = filename,
        .type = content_type,
        .encoding = transfer_encoding,
        .data = data,
        .offset = offset,
        .size = size,
    };
    return form->take(form->context, &part) ? MHD_YES : MHD_NO;
}

enum fovea_status
fovea_http_form_create(struct fovea_http_exchange *exchange,
        fovea_http_part_fn *take, void *context,
        struct fovea_http_form **form_out, struct fovea_error *err)
{
    struct fovea_http_form *form = calloc(1, sizeof *form);
    if (!form) {
        return fovea_fail_memory(err, sizeof *form, "a form");
    }
    form->take = take;
    form->context = context;
    form->parser = MHD_create_post_processor(exchange->connection->mhd,
            PARSER_BYTES, take_part, form);
    if (!form->parser) {
        free(form);
        return fovea_fail(err, FOVEA_ERR_CONTENT_TYPE,
                "Content-Type is multipart/form-data without a boundary");
    }
    *form_out = form;
    return FOVEA_OK;
}

bool
fovea_http_form_add(struct fovea_http_form *form, const char *data, size_t size)
{
    return MHD_post_process(form->parser, data, size) == MHD_YES;
}

bool
fovea_http_form_finish(struct fovea_http_form *form)
{
    if (!form) {
        return true;
    }
    bool is_complete = MHD_destroy_post_processor(form->parser) == MHD_YES;
    free(form);
    return is_complete;
}
