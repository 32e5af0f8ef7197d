/* Images that come as they are: the body itself, or the files of a form. */
#ifndef FOVEA_SERVER_UPLOAD_H
#define FOVEA_SERVER_UPLOAD_H

#include "http/exchange.h"
#include "server/embed_request.h"

/** Where forms go: their files are images, their fields settings. */
extern const struct fovea_http_form_sink fovea_upload_form;

/**
 * All is here: what it asks for, in the form's fields and the URL's query.
 *
 * @param request_out  Items point into the exchange's body or form. The ids of a
 *                     form's files are their names.
 */
FOVEA_NODISCARD enum fovea_status fovea_upload_finish(
        struct fovea_http_exchange *exchange,
        struct fovea_embed_request *request_out,
        struct fovea_http_complaint *complaint);

#endif
