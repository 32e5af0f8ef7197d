/* Uploads: see upload.h. Each file's bytes go into memory of its own. */
#include "server/upload.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "http/form.h"
#include "option/limits.h"
#include "server/fields.h"
#include "server/internal.h"

enum {
    MAX_VALUE = 1024, /* of a form's field */
    MAX_NAME = 32
};

struct fovea_upload {
    size_t max_files;
    struct fovea_http_body_budget *budget;
    struct fovea_http_form *form;  /* NULL: it is complete */
    struct fovea_http_body *files; /* [n_files] */
    char **names;                  /* owned, each of them; NULL: it has none */
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

static bool
give_up(struct fovea_upload *upload, enum fovea_status code,
        const char *message)
{
    if (!upload->failure.error.code) {
        (void)fovea_fail(&upload->failure.error, code, "%s", message);
    }
    return false;
}

/* Room for one more file. */
static bool
begin_file(struct fovea_upload *upload, const char *name)
{
    size_t n = upload->n_files + 1;
    void *files = realloc(upload->files, n * sizeof *upload->files);
    upload->files = files ? files : upload->files;
    char **names = reallocarray(upload->names, n, sizeof *names);
    upload->names = names ? names : upload->names;
    char *copy = name ? strdup(name) : NULL;
    if (!files || !names || !copy != !name) {
        free(copy);
        return give_up(upload, FOVEA_ERR_NO_MEMORY,
                "no memory for a file of the form");
    }
    upload->names[upload->n_files] = copy;
    upload->files[upload->n_files++] = (struct fovea_http_body){ 0 };
    return true;
}

static bool
add_to_file(struct fovea_upload *upload, const struct fovea_http_part *part)
{
    if (part->offset == 0) {
        if (upload->n_files == upload->max_files) {
            (void)fovea_fail(&upload->failure.error, FOVEA_ERR_TOO_MANY_ITEMS,
                    "the form has more files than the limit %s",
                    fovea_limit_by(FOVEA_OPTION_ITEMS));
            return false;
        }
        if (!begin_file(upload, part->filename)) {
            return false;
        }
    }
    return !fovea_http_body_add(&upload->files[upload->n_files - 1],
            upload->budget, part->data, part->size, 0, &upload->failure.error);
}

/* The field that was read until now is complete. */
static bool
end_field(struct fovea_upload *upload)
{
    if (upload->name[0] == '\0') {
        return true;
    }
    upload->value[upload->value_size] = '\0';
    enum fovea_status status = fovea_fields_set(&upload->request, upload->name,
            upload->value, &upload->failure);
    upload->name[0] = '\0';
    upload->value_size = 0;
    return !status;
}

static bool
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
    return false;
}

static bool
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
        return offset + size < MAX_VALUE || give_up_stray(upload);
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
    return true;
}

static bool
is_file_type(const char *type)
{
    static const char image[] = "image/";
    static const char bytes[] = "application/octet-stream";
    return strncasecmp(type, image, sizeof image - 1) == 0 ||
            strncasecmp(type, bytes, sizeof bytes - 1) == 0;
}

static bool
take_part(void *context, const struct fovea_http_part *part)
{
    struct fovea_upload *upload = context;
    if (part->offset == 0 && !end_field(upload)) {
        return false;
    }
    if (part->encoding && strcasecmp(part->encoding, "binary") != 0 &&
            strcasecmp(part->encoding, "8bit") != 0) {
        return give_up(upload, FOVEA_ERR_ARGUMENT,
                "a part of the form has a Content-Transfer-Encoding");
    }
    bool is_file = part->filename || (part->type && is_file_type(part->type));
    return is_file ? add_to_file(upload, part)
                   : add_to_field(upload, part->name ? part->name : "",
                             part->data, part->offset, part->size);
}

static void
destroy(void *form)
{
    struct fovea_upload *upload = form;
    (void)fovea_http_form_finish(upload->form);
    for (size_t i = 0; i < upload->n_files; i++) {
        fovea_http_body_finish(&upload->files[i], upload->budget);
        free(upload->names[i]);
    }
    free(upload->files);
    free(upload->names);
    fovea_embed_request_finish(&upload->request);
    free(upload);
}

static enum fovea_status
begin(struct fovea_http_exchange *exchange, void **form_out,
        struct fovea_error *err)
{
    struct fovea_upload *upload = calloc(1, sizeof *upload);
    if (!upload) {
        return fovea_fail_memory(err, sizeof *upload, "a form");
    }
    upload->max_files = fovea_server_of(exchange)->settings.max_items;
    upload->budget = fovea_http_exchange_budget(exchange);
    enum fovea_status status = fovea_http_form_create(exchange, take_part,
            upload, &upload->form, err);
    if (status) {
        destroy(upload);
        return status;
    }
    *form_out = upload;
    return FOVEA_OK;
}

static enum fovea_status
add(void *form, const char *data, size_t size, struct fovea_error *err)
{
    struct fovea_upload *upload = form;
    if (fovea_http_form_add(upload->form, data, size)) {
        return FOVEA_OK;
    }
    (void)give_up(upload, FOVEA_ERR_ARGUMENT,
            "the form is malformed: no part where one should begin");
    const struct fovea_error *error = &upload->failure.error;
    return fovea_fail(err, error->code, "%s", error->message);
}

const struct fovea_http_form_sink fovea_upload_form = {
    .begin = begin,
    .add = add,
    .destroy = destroy,
};

/* A pair of the URL's query. */
static bool
take_argument(void *context, const char *name, const char *value)
{
    struct fovea_upload *query = context;
    return !fovea_fields_set(&query->request, name, value, &query->failure);
}

static enum fovea_status
finish_form(struct fovea_upload *upload, struct fovea_http_complaint *complaint)
{
    bool is_complete = fovea_http_form_finish(FOVEA_TAKE(upload->form));
    if (!is_complete || !end_field(upload)) {
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
        const struct fovea_http_body *files, char **names, size_t n,
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
        item->item = (struct fovea_item){ .kind = FOVEA_ITEM_IMAGE_BYTES,
            .data = files[i].data,
            .size = files[i].size };
        if (names) {
            item->id = names[i];
            names[i] = NULL;
        }
        if (files[i].size == 0) {
            (void)fovea_fail(&item->error, FOVEA_ERR_NOT_AN_IMAGE,
                    "the image has no bytes");
        }
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_upload_finish(struct fovea_http_exchange *exchange,
        struct fovea_embed_request *request_out,
        struct fovea_http_complaint *complaint)
{
    struct fovea_upload *form = exchange->form;
    struct fovea_upload query = { .form = NULL };
    struct fovea_upload *upload = form ? form : &query;
    *complaint = (struct fovea_http_complaint){ .param = "" };
    enum fovea_status status = form ? finish_form(form, complaint) : FOVEA_OK;
    if (!status) {
        fovea_http_exchange_arguments(exchange, take_argument, upload);
    }
    if (!status && upload->failure.error.code) {
        *complaint = upload->failure;
        status = complaint->error.code;
    }
    if (!status && upload->request.strings == FOVEA_STRINGS_ARE_TEXTS) {
        status = fovea_http_complain(complaint, FOVEA_ERR_ARGUMENT, "modality",
                "modality is \"text\", and files are images: texts go to "
                "/v1/embeddings");
    }
    if (!status) {
        status = add_items(&upload->request,
                form ? form->files : &exchange->body, form ? form->names : NULL,
                form ? form->n_files : 1, complaint);
    }
    if (!status) {
        *request_out = upload->request;
        upload->request = (struct fovea_embed_request){ 0 };
    }
    fovea_embed_request_finish(&upload->request);
    return status;
}
