/* The answer of a search: its query's vectors are there, the index is searched. */
#ifndef FOVEA_SERVER_SEARCH_WRITE_H
#define FOVEA_SERVER_SEARCH_WRITE_H

#include "server/job_state.h"

/** Search, and write the exchange's answer. In a thread of the search desk, once
 *  all items are embedded. */
void fovea_server_search_write(const struct fovea_server_job *job,
        struct fovea_http_answer *answer);

#endif
