/* See facts.h. */
#include "indexing/facts.h"

#include <stdio.h>

void
fovea_facts_keep(const struct fovea_stream_result *result,
        struct fovea_index_content *content)
{
    const struct fovea_image_facts *facts = result->facts;
    if (!facts || !facts->format) {
        return;
    }
    (void)snprintf(content->format, sizeof content->format, "%s",
            facts->format);
    content->width_px = facts->width_px;
    content->height_px = facts->height_px;
    content->has_taken = facts->taken_s != FOVEA_TAKEN_UNKNOWN;
    content->taken_s = content->has_taken ? facts->taken_s : 0;
}
