/* POST /v1/embeddings, /v1/embeddings/image and /v1/classify: what came in becomes
   a job. */
#include "server/embed_request_parse.h"
#include "server/handlers.h"
#include "server/job.h"
#include "server/served.h"
#include "server/upload.h"

static void
start(struct fovea_http_exchange *exchange, enum fovea_status status,
        struct fovea_embed_request *request,
        const struct fovea_http_complaint *complaint)
{
    if (status) {
        fovea_http_answer_error(&exchange->answer, complaint);
    } else {
        fovea_server_job_start(exchange,
                fovea_served_find(fovea_server_of(exchange), request->model),
                request);
    }
}

static void
handle_json(struct fovea_http_exchange *exchange, fovea_request_parse_fn *parse)
{
    struct fovea_embed_request request = { .n_items = 0 };
    struct fovea_http_complaint complaint = { .param = "" };
    enum fovea_status status = parse(exchange->body.data, exchange->body.size,
            fovea_server_of(exchange)->settings.max_items, &request,
            &complaint);
    start(exchange, status, &request, &complaint);
}

void
fovea_handle_embeddings(struct fovea_http_exchange *exchange)
{
    handle_json(exchange, fovea_embed_request_parse);
}

void
fovea_handle_classify(struct fovea_http_exchange *exchange)
{
    handle_json(exchange, fovea_classify_request_parse);
}

void
fovea_handle_upload(struct fovea_http_exchange *exchange)
{
    struct fovea_embed_request request = { .n_items = 0 };
    struct fovea_http_complaint complaint = { .param = "" };
    enum fovea_status status =
            fovea_upload_finish(exchange, &request, &complaint);
    start(exchange, status, &request, &complaint);
}
