/* See query.h. */
#include "cli/query.h"

#include <string.h>

#include "base/error.h"
#include "bulk/entry.h"

static enum fovea_status
embed_one(const struct fovea_run_request *request, struct fovea_model *model,
        float *vector, struct fovea_error *err)
{
    if (request->query_text) {
        return fovea_embed_text(model, request->query_text,
                strlen(request->query_text), 0, vector, err);
    }
    if (strcmp(request->query, "-") == 0) {
        if (request->image.problem.code) {
            *err = request->image.problem;
            return err->code;
        }
        return fovea_embed_image_bytes(model, request->image.bytes,
                request->image.size, 0, vector, err);
    }
    return fovea_is_url(request->query)
            ? fovea_embed_image_url(model, request->query, 0, vector, err)
            : fovea_embed_image(model, request->query, 0, vector, err);
}

enum fovea_status
fovea_query_embed(const struct fovea_run_request *request,
        struct fovea_model *model, float *query, struct fovea_error *err)
{
    enum fovea_status status = embed_one(request, model, query, err);
    bool is_said = status || (err->notes && !request->quiet);
    const char *name = request->query_text     ? "--text"
            : strcmp(request->query, "-") == 0 ? "standard input"
                                               : request->query;
    if (is_said && !strstr(err->message, name)) {
        fovea_error_prefix(err, "%s", name);
    }
    if (!status && is_said) {
        fovea_cli_report("%s", err->message);
    }
    return status;
}
