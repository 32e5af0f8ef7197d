/* What a search hands out: what was found, as the caller reads it. */
#ifndef FOVEA_RUNTIME_INDEX_HANDLE_HITS_H
#define FOVEA_RUNTIME_INDEX_HANDLE_HITS_H

#include "fovea/index.h"

#include "find/find.h"

/**
 * Make it of what was found.
 *
 * @param findings  Taken on success; empty then.
 * @param model     Key of the set; copied.
 */
FOVEA_NODISCARD enum fovea_status fovea_index_hits_make(
        struct fovea_findings *findings, const char *model,
        struct fovea_index_hits **hits_out, struct fovea_error *err);

#endif
