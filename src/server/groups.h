/* The groups of a comparison, as texts, until there is another one. Bounded: what
   is beyond is not kept, and was the smallest. The duplicates' thread. */
#ifndef FOVEA_SERVER_GROUPS_H
#define FOVEA_SERVER_GROUPS_H

#include "fovea/export.h"
#include "fovea/status.h"

#include "base/text.h"
#include "index/sets.h"

/** All zero: none are kept. */
struct fovea_groups_kept {
    uint64_t number; /* of the comparison; never 0 of one */
    double threshold;
    char model[FOVEA_INDEX_MODEL_SIZE];
    uint64_t n_groups; /* all, kept or not */
    uint64_t n_compared;
    uint64_t spare_bytes;
    size_t n;     /* that are kept */
    size_t *ends; /* [n], of their texts in text; owned */
    struct fovea_text text;
};

/** Keep one more, where there is room. FOVEA_ERR_NO_MEMORY. */
FOVEA_NODISCARD enum fovea_status fovea_groups_keep(
        struct fovea_groups_kept *kept, const struct fovea_text *group,
        struct fovea_error *err);

/** Write one that is kept. */
void fovea_groups_write(const struct fovea_groups_kept *kept, size_t index,
        struct fovea_text *text);

/** Forget all; another comparison begins. */
void fovea_groups_forget(struct fovea_groups_kept *kept);

#endif
