/* Uploads: see upload.h. libmicrohttpd parses forms, piece by piece; each
   file's bytes go into memory of its own. */
#include "server/upload.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "option/limits.h"
#include "server/fields.h"

enum {
    PARSER_BYTES = 64 << 10,
    MAX_VALUE = 1024, /* of a form's field */
    MAX_NAME = 32
};

struct fovea_upload {
    struct fovea_server *server;
    struct MHD_PostProcessor *parser;
    struct fovea_http_body *files; /* [n_files] */
    size_t n_files;
    /* The field that is being read; settings are short. */
    char name[MAX_NAME];
    char value[MAX_VALUE];
    size_t value_size;
    /* A part that is neither a file nor a setting: a file, most likely, that
       does not say so. */
    char stray[MAX_NAME];
    struct fovea_embed_request request;
    struct fovea_http_complaint failure;
};

static enum MHD_Result
give_up(struct fovea_upload *upload, enum fovea_status code,
        const char *message)
{
    if (!upload->failure.error.code) {
        (void)fovea_fail(&upload->failure.error, code, "%s", message);
    }
    return MHD_NO;
}

static enum MHD_Result
add_to_file(struct fovea_upload *upload, const char *data, uint64_t offset,
        size_t size)
{
    struct fovea_server *server = upload->server;
    if (offset == 0) {
        if (upload->n_files == server->settings.max_items) {
            (void)fovea_fail(&upload->failure.error, FOVEA_ERR_TOO_MANY_ITEMS,
                    "the form has more files than the limit %s",
                    fovea_limit_by(FOVEA_LIMIT_ITEMS));
            return MHD_NO;
        }
        void *files = realloc(upload->files,
                (upload->n_files + 1) * sizeof *upload->files);
        if (!files) {
            return give_up(upload, FOVEA_ERR_NO_MEMORY,
                    "no memory for a file of the form");
        }
        upload->files = files;
        upload->files[upload->n_files++] = (struct fovea_http_body){ 0 };
    }
    return fovea_http_body_add(&upload->files[upload->n_files - 1],
                   &server->budget, data, size, 0, &upload->failure.error)
            ? MHD_NO
            : MHD_YES;
}

/* The field that was read until now is complete. */
static enum MHD_Result
end_field(struct fovea_upload *upload)
{
    if (upload->name[0] == '\0') {
        return MHD_YES;
    }
    upload->value[upload->value_size] = '\0';
    enum fovea_status status = fovea_fields_set(&upload->request, upload->name,
            upload->value, &upload->failure);
    upload->name[0] = '\0';
    upload->value_size = 0;
    return status ? MHD_NO : MHD_YES;
}

static enum MHD_Result
give_up_stray(struct fovea_upload *upload)
{
    if (!upload->failure.error.code) {
        (void)fovea_http_complain(&upload->failure, FOVEA_ERR_ARGUMENT,
                upload->stray,
                "the form's part \"%s\" is no file: it has no filename, and no "
                "type image/* or application/octet-stream (curl sends a file "
                "by -F %s=@FILE)",
                upload->stray, upload->stray);
    }
    return MHD_NO;
}

static enum MHD_Result
add_to_field(struct fovea_upload *upload, const char *name, const char *data,
        uint64_t offset, size_t size)
{
    if (!fovea_fields_have(name)) {
        (void)snprintf(upload->stray, sizeof upload->stray, "%s", name);
        for (char *c = upload->stray; *c; c++) {
            if (*c < ' ' || *c > '~') {
                *c = '?';
            }
        }
        return offset + size < MAX_VALUE ? MHD_YES : give_up_stray(upload);
    }
    if (offset == 0) {
        (void)snprintf(upload->name, sizeof upload->name, "%s", name);
    }
    if (size >= MAX_VALUE - upload->value_size) {
        return give_up(upload, FOVEA_ERR_ARGUMENT,
                "a field of the form has a value of 1024 bytes or more");
    }
    memcpy(upload->value + upload->value_size, data, size);
    upload->value_size += size;
    return MHD_YES;
}

static bool
is_file_type(const char *type)
{
    static const char image[] = "image/";
    static const char bytes[] = "application/octet-stream";
    return strncasecmp(type, image, sizeof image - 1) == 0 ||
            strncasecmp(type, bytes, sizeof bytes - 1) == 0;
}

static enum MHD_Result
/* Arguments of libmicrohttpd's. NOLINTNEXTLINE(readability-function-size) */
take_part(void *context, enum MHD_ValueKind kind, const char *key,
        const char *filename, const char *content_type,
        const char *transfer_encoding, const char *data, uint64_t offset,
        size_t size)
{
    (void)kind;
    struct fovea_upload *upload = context;
    if (offset == 0 && end_field(upload) == MHD_NO) {
        return MHD_NO;
    }
    if (transfer_encoding && strcasecmp(transfer_encoding, "binary") != 0 &&
            strcasecmp(transfer_encoding, "8bit") != 0) {
        return give_up(upload, FOVEA_ERR_ARGUMENT,
                "a part of the form has a Content-Transfer-Encoding");
    }
    bool is_file = filename || (content_type && is_file_type(content_type));
    return is_file ? add_to_file(upload, data, offset, size)
                   : add_to_field(upload, key ? key : "", data, offset, size);
}

enum fovea_status
fovea_upload_begin(struct fovea_exchange *exchange, struct fovea_error *err)
{
    static const char form[] = "multipart/form-data";
    const char *type = fovea_exchange_header(exchange, "Content-Type");
    if (!type || strncasecmp(type, form, sizeof form - 1) != 0) {
        return FOVEA_OK;
    }
    struct fovea_upload *upload = calloc(1, sizeof *upload);
    if (!upload) {
        return fovea_fail_memory(err, sizeof *upload, "a form");
    }
    upload->server = exchange->server;
    upload->parser = MHD_create_post_processor(exchange->connection->mhd,
            PARSER_BYTES, take_part, upload);
    if (!upload->parser) {
        fovea_upload_destroy(upload);
        return fovea_fail(err, FOVEA_ERR_CONTENT_TYPE,
                "Content-Type is multipart/form-data without a boundary");
    }
    exchange->upload = upload;
    return FOVEA_OK;
}

enum fovea_status
fovea_upload_add(struct fovea_upload *upload, const char *data, size_t size,
        struct fovea_error *err)
{
    if (MHD_post_process(upload->parser, data, size) == MHD_YES) {
        return FOVEA_OK;
    }
    (void)give_up(upload, FOVEA_ERR_ARGUMENT,
            "the form is malformed: no part where one should begin");
    const struct fovea_error *error = &upload->failure.error;
    return fovea_fail(err, error->code, "%s", error->message);
}

/* A pair of the URL's query. */
static enum MHD_Result
take_argument(void *context, enum MHD_ValueKind kind, const char *name,
        const char *value)
{
    (void)kind;
    struct fovea_upload *query = context;
    return fovea_fields_set(&query->request, name, value ? value : "",
                   &query->failure)
            ? MHD_NO
            : MHD_YES;
}

static enum fovea_status
finish_form(struct fovea_upload *upload, struct fovea_http_complaint *complaint)
{
    enum MHD_Result ended = MHD_destroy_post_processor(upload->parser);
    upload->parser = NULL;
    if (ended == MHD_NO || end_field(upload) == MHD_NO) {
        (void)give_up(upload, FOVEA_ERR_ARGUMENT,
                "the form ends before its last boundary");
    } else if (upload->n_files == 0 && upload->stray[0]) {
        (void)give_up_stray(upload);
    } else if (upload->n_files == 0) {
        (void)give_up(upload, FOVEA_ERR_ARGUMENT,
                "the form has no file: a part with a filename, or of type "
                "image/* or application/octet-stream");
    }
    if (upload->failure.error.code) {
        *complaint = upload->failure;
    }
    return upload->failure.error.code;
}

/* Items for files that lie in memory. */
static enum fovea_status
add_items(struct fovea_embed_request *request,
        const struct fovea_http_body *files, size_t n,
        struct fovea_http_complaint *complaint)
{
    request->items = calloc(n, sizeof *request->items);
    if (!request->items) {
        return fovea_fail_memory(&complaint->error, n, "images");
    }
    request->n_items = n;
    request->is_list = n > 1;
    request->list_name = "file";
    for (size_t i = 0; i < n; i++) {
        struct fovea_request_item *item = &request->items[i];
        item->image = (struct fovea_item){ .kind = FOVEA_ITEM_IMAGE_BYTES,
            .data = files[i].data,
            .size = files[i].size };
        if (files[i].size == 0) {
            (void)fovea_fail(&item->error, FOVEA_ERR_NOT_AN_IMAGE,
                    "the image has no bytes");
        }
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_upload_finish(struct fovea_exchange *exchange,
        struct fovea_embed_request *request_out,
        struct fovea_http_complaint *complaint)
{
    struct fovea_upload *form = exchange->upload;
    struct fovea_upload query = { .server = exchange->server };
    struct fovea_upload *upload = form ? form : &query;
    *complaint = (struct fovea_http_complaint){ .param = "" };
    enum fovea_status status = form ? finish_form(form, complaint) : FOVEA_OK;
    if (!status &&
            MHD_get_connection_values(exchange->connection->mhd,
                    MHD_GET_ARGUMENT_KIND, take_argument, upload) >= 0 &&
            upload->failure.error.code) {
        *complaint = upload->failure;
        status = complaint->error.code;
    }
    if (!status) {
        status = add_items(&upload->request,
                form ? form->files : &exchange->body, form ? form->n_files : 1,
                complaint);
    }
    if (!status) {
        *request_out = upload->request;
        upload->request = (struct fovea_embed_request){ 0 };
    }
    fovea_embed_request_finish(&upload->request);
    return status;
}

void
fovea_upload_destroy(struct fovea_upload *upload)
{
    if (!upload) {
        return;
    }
    if (upload->parser) {
        (void)MHD_destroy_post_processor(upload->parser);
    }
    for (size_t i = 0; i < upload->n_files; i++) {
        fovea_http_body_finish(&upload->files[i], &upload->server->budget);
    }
    free(upload->files);
    fovea_embed_request_finish(&upload->request);
    free(upload);
}
