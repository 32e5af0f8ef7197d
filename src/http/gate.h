/* Inside of http/: who may ask, and what. */
#ifndef FOVEA_HTTP_GATE_H
#define FOVEA_HTTP_GATE_H

#include "http/internal.h"

/** Whether a request's head is fine; else the answer says why not. */
FOVEA_NODISCARD bool fovea_http_gate_check(
        struct fovea_http_exchange *exchange);

/** Whether the rest of a body whose answer is known is read and dropped, so that
 *  the client comes to read the answer. */
bool fovea_http_gate_swallows(const struct fovea_http_exchange *exchange);

/** Headers that a page of another origin needs. */
void fovea_http_gate_add_cors(const struct fovea_http_exchange *exchange,
        struct MHD_Response *response);

#endif
