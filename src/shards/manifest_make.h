/*
 * Making the manifest of a place, or finding it there as it would be made.
 *
 * Any number of processes may do this at once with the same settings: files of names
 * come first, manifest.json last and where nothing is, so one of them has made it.
 * The others, and who comes later, compare what is frozen and take the names as they
 * are, whatever the folders have become.
 */
#ifndef FOVEA_SHARDS_MANIFEST_MAKE_H
#define FOVEA_SHARDS_MANIFEST_MAKE_H

#include <stdatomic.h>

#include "bulk/inputs.h"
#include "shards/manifest.h"

/** Borrowed for the call. */
struct fovea_manifest_order {
    struct fovea_objects *objects;
    const struct fovea_frozen
            *frozen; /* of the model; digests of inputs, filters and
                                          lists are filled in here */
    const struct fovea_inputs_settings
            *inputs; /* no texts, no image on stdin */
    int stop_fd;     /* readable once to give up; -1 */
    atomic_uint_least64_t
            *n_listed; /* inputs so far, for a progress line; or NULL */
};

/**
 * Make the manifest, or read the one that is there and compare.
 *
 * @param was_made_out  By this call; may be NULL.
 * @param manifest_out  To be finished after success.
 * @return FOVEA_OK; FOVEA_ERR_SHARDS_DIFFER if it was made with other settings or
 *         inputs, or is damaged: the message says what differs and which flag it is;
 *         FOVEA_ERR_OUTPUT_REFUSED if there are files at the place that are no
 *         shards of fovea's; FOVEA_ERR_FILE_NOT_FOUND if there are no inputs;
 *         FOVEA_ERR_ARGUMENT of texts and standard input's image;
 *         FOVEA_ERR_CANCELLED; what an input's source returns; as the calls of
 *         objects.h.
 */
FOVEA_NODISCARD enum fovea_status fovea_manifest_make(
        const struct fovea_manifest_order *order, bool *was_made_out,
        struct fovea_manifest *manifest_out, struct fovea_error *err);

#endif
