/* Names of segments, and what a segment of an index must be. */
#ifndef FOVEA_INDEX_SEGMENT_PLACE_H
#define FOVEA_INDEX_SEGMENT_PLACE_H

#include "index/internal.h"

/** The path of a segment's file; owned by the caller, NULL without memory. */
char *fovea_index_segment_path(const struct fovea_index_folder *folder,
        int64_t id);

/** The number in the name of a segment's file; 0: it is none. */
int64_t fovea_index_segment_id(const char *name);

/** What the header of a set's segment must say. */
struct fovea_segment_spec fovea_index_segment_spec(
        const struct fovea_index_set *set, int64_t id);

/** Create the file of a segment that no commit knows, in place of what a killed
 *  process may have left there. */
FOVEA_NODISCARD enum fovea_status fovea_index_segment_create(
        const struct fovea_index_folder *folder,
        const struct fovea_index_set *set, int64_t id,
        struct fovea_segment **segment_out, struct fovea_error *err);

/** Remove the files of segments that no commit knows any more, or never did. By
 *  the writer, between transactions. Others' files stay. FOVEA_ERR_INDEX_DAMAGED
 *  if their folder is a link or none: nothing is written behind it. */
FOVEA_NODISCARD enum fovea_status fovea_index_segments_sweep(
        struct fovea_index_folder *folder, struct fovea_error *err);

#endif
