/* Images that come as they are: the body itself, or the files of a form. */
#ifndef FOVEA_SERVER_UPLOAD_H
#define FOVEA_SERVER_UPLOAD_H

#include "server/inside.h"

struct fovea_upload;

/** Look at a request's head: a form gets exchange->upload, which its body then
 *  goes to; anything else is one image, and its body is kept as it is. */
FOVEA_NODISCARD enum fovea_status fovea_upload_begin(
        struct fovea_exchange *exchange, struct fovea_error *err);

/** A piece of a form. FOVEA_ERR_ARGUMENT, FOVEA_ERR_TOO_MANY_ITEMS,
 *  FOVEA_ERR_BUSY, FOVEA_ERR_NO_MEMORY. */
FOVEA_NODISCARD enum fovea_status fovea_upload_add(struct fovea_upload *upload,
        const char *data, size_t size, struct fovea_error *err);

/**
 * All is here: what it asks for, in the form's fields and the URL's query.
 *
 * @param request_out  Items point into the exchange's body or upload.
 */
FOVEA_NODISCARD enum fovea_status fovea_upload_finish(
        struct fovea_exchange *exchange,
        struct fovea_embed_request *request_out,
        struct fovea_http_complaint *complaint);

/** NULL is fine. */
void fovea_upload_destroy(struct fovea_upload *upload);

#endif
