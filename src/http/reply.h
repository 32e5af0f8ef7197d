/* Inside of http/: an answer goes out. */
#ifndef FOVEA_HTTP_REPLY_H
#define FOVEA_HTTP_REPLY_H

#include "http/internal.h"

enum MHD_Result fovea_http_reply(struct fovea_http_exchange *exchange);

#endif
