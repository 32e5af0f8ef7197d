/* Contents of an index: distinct bytes, facts about their picture, their vectors. */
#ifndef FOVEA_INDEX_CONTENTS_H
#define FOVEA_INDEX_CONTENTS_H

#include "base/sha256.h"
#include "index/folder.h"

enum {
    FOVEA_INDEX_FORMAT_SIZE = 24, /* a format's name and its NUL */
};

struct fovea_index_content {
    int64_t id;                     /* never given to another content */
    char digest[FOVEA_SHA256_SIZE]; /* of its bytes */
    uint64_t size_bytes;
    uint32_t width_px; /* upright; 0: not known */
    uint32_t height_px;
    char format[FOVEA_INDEX_FORMAT_SIZE]; /* a name of base/format.def; "": not
                                             known */
    bool has_taken;
    int64_t taken_s; /* since 1970, as if the camera's clock was UTC */
};

/** A vector of a content in a set. */
struct fovea_index_vector {
    int64_t set;
    const float *values; /* [dimension of the set], of length 1 */
};

/**
 * Add a content with vectors, or vectors to a content that is known by its digest;
 * a vector that it has already stays as it is.
 *
 * @param content  Its id does not matter. Facts of one that is known are written
 *                 down anew where they are known now.
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT for a digest that is none, a vector that is
 *         not finite or all 0; FOVEA_ERR_INDEX_MODEL for a set that is not there;
 *         FOVEA_ERR_DISK_FULL, FOVEA_ERR_IO.
 */
FOVEA_NODISCARD enum fovea_status fovea_index_content_put(
        struct fovea_index_folder *folder,
        const struct fovea_index_content *content,
        const struct fovea_index_vector *vectors, size_t n_vectors,
        int64_t *id_out, struct fovea_error *err);

/** FOVEA_ERR_NO_ITEM if there is none. */
FOVEA_NODISCARD enum fovea_status fovea_index_content_find(
        struct fovea_index_folder *folder, const char *digest,
        struct fovea_index_content *content_out, struct fovea_error *err);

FOVEA_NODISCARD enum fovea_status fovea_index_content_get(
        struct fovea_index_folder *folder, int64_t id,
        struct fovea_index_content *content_out, struct fovea_error *err);

/** Whether a content has a vector in a set. */
FOVEA_NODISCARD enum fovea_status fovea_index_content_has(
        struct fovea_index_folder *folder, int64_t set, int64_t content,
        bool *has_out, struct fovea_error *err);

/** Remove the contents that neither a file nor an item leads to any more; their
 *  vectors become tombstones. Cheap where nothing was removed. */
FOVEA_NODISCARD enum fovea_status fovea_index_sweep(
        struct fovea_index_folder *folder, uint64_t *n_out,
        struct fovea_error *err);

#endif
