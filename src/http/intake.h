/* Inside of http/: a request comes in, and goes to its handler. */
#ifndef FOVEA_HTTP_INTAKE_H
#define FOVEA_HTTP_INTAKE_H

#include "http/internal.h"

/** Its head is here. */
enum MHD_Result fovea_http_intake_head(struct fovea_http_exchange *exchange,
        const char *url, const char *method, const char *version);

/** A piece of its body. */
enum MHD_Result fovea_http_intake_body(struct fovea_http_exchange *exchange,
        const char *data, size_t size);

/** All of it is here. */
void fovea_http_intake_end(struct fovea_http_exchange *exchange);

#endif
