/* Starting libcurl, which wants to be told once for each user of it. */
#ifndef FOVEA_SOURCE_LIBCURL_H
#define FOVEA_SOURCE_LIBCURL_H

#include "fovea/export.h"
#include "fovea/status.h"

/** Before any handle is made; each success is to be paired with a
 *  curl_global_cleanup(). FOVEA_ERR_FETCH. Threads: safe. */
FOVEA_NODISCARD enum fovea_status fovea_libcurl_start(struct fovea_error *err);

#endif
