/* Contents that nothing leads to any more. */
#ifndef FOVEA_INDEX_ORPHANS_H
#define FOVEA_INDEX_ORPHANS_H

#include "index/internal.h"

/** Note that there may be some. */
FOVEA_NODISCARD enum fovea_status fovea_orphans_note(
        struct fovea_index_folder *folder, struct fovea_error *err);

/** Whether it was noted. */
FOVEA_NODISCARD enum fovea_status fovea_orphans_are_noted(
        struct fovea_index_folder *folder, bool *noted_out,
        struct fovea_error *err);

/** There are none. */
FOVEA_NODISCARD enum fovea_status fovea_orphans_forget(
        struct fovea_index_folder *folder, struct fovea_error *err);

#endif
