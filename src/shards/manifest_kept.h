/*
 * The names of a manifest that is being made, kept by who makes it until nobody can
 * put others in their place: INPUT may stand for other files by then, and cannot be
 * asked again. They are kept in a file that nobody sees, not in memory.
 */
#ifndef FOVEA_SHARDS_MANIFEST_KEPT_H
#define FOVEA_SHARDS_MANIFEST_KEPT_H

#include "base/text.h"
#include "objects/objects.h"
#include "shards/manifest.h"

/** All zero but for the draft: FOVEA_MANIFEST_KEPT_INIT. */
struct fovea_manifest_kept {
    struct fovea_draft draft; /* of all names, one shard behind the other */
    uint64_t *ends;           /* where those of each shard end in it */
    uint64_t n;               /* shards */
    uint64_t room;
};

#define FOVEA_MANIFEST_KEPT_INIT   \
    {                              \
        .draft = FOVEA_DRAFT_INIT, \
    }

/** Keep the names of the next shard. FOVEA_ERR_NO_MEMORY; as fovea_objects_draft()
 *  and fovea_draft_write(). */
FOVEA_NODISCARD enum fovea_status fovea_manifest_keep(
        struct fovea_manifest_kept *kept, struct fovea_objects *objects,
        const struct fovea_text *names, struct fovea_error *err);

/**
 * The manifest is there: see to it that every file of names is the one that it tells
 * of. Others may have put theirs before they could know.
 *
 * @return FOVEA_OK; FOVEA_ERR_OBJECT_CHANGED if others put theirs again and again; as
 *         the calls of objects.h.
 */
FOVEA_NODISCARD enum fovea_status fovea_manifest_kept_settle(
        struct fovea_manifest_kept *kept, struct fovea_objects *objects,
        const struct fovea_manifest *manifest, struct fovea_error *err);

/** Free everything. Fine on FOVEA_MANIFEST_KEPT_INIT, and twice. */
void fovea_manifest_kept_finish(struct fovea_manifest_kept *kept);

#endif
