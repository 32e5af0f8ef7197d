/* Numbers in a URL's query. */
#ifndef FOVEA_SERVER_ARGUMENTS_H
#define FOVEA_SERVER_ARGUMENTS_H

#include "server/internal.h"

/** Read one; as it was where there is none. False: the answer says what it must
 *  be. */
bool fovea_arguments_number(struct fovea_http_exchange *exchange,
        const char *name, uint64_t least, uint64_t most, uint64_t *number);

/** "limit": entries of a page of a list. */
bool fovea_arguments_limit(struct fovea_http_exchange *exchange,
        uint64_t initial, uint64_t *limit_out);

#endif
