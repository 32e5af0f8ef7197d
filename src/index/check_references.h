/* Whether what is led to is there. */
#ifndef FOVEA_INDEX_CHECK_REFERENCES_H
#define FOVEA_INDEX_CHECK_REFERENCES_H

#include "index/check_work.h"

/** Report rows of the tables that lead nowhere. */
FOVEA_NODISCARD enum fovea_status fovea_check_references(
        struct fovea_check *check, struct fovea_error *err);

#endif
