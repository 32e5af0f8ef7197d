/* Looking for damage. */
#ifndef FOVEA_INDEX_CHECK_H
#define FOVEA_INDEX_CHECK_H

#include "index/check_calls.h"
#include "index/folder.h"

/**
 * Look at all of an index: SQLite's own check, each row's checksum and place, that
 * whatever is led to is there. It needs no opened index, so that one which cannot
 * be opened is told about as well; it changes nothing.
 *
 * @param n_faults_out  0: the index is whole.
 * @return FOVEA_OK, also with faults; FOVEA_ERR_INDEX_NOT_FOUND,
 *         FOVEA_ERR_INDEX_NEWER; FOVEA_ERR_CANCELLED if a call ended it;
 *         FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_index_check(const char *path,
        const struct fovea_index_check_calls *calls, uint64_t *n_faults_out,
        struct fovea_error *err);

#endif
