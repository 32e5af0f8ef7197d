/* What a set of vectors is: see sets.h. */
#ifndef FOVEA_INDEX_SET_H
#define FOVEA_INDEX_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fovea/options.h"

#include "base/sha256.h"
#include "store/segment.h"

enum {
    FOVEA_INDEX_MODEL_SIZE = 128, /* a model's key and its NUL */
};

/** What a set is of; all of it is fixed when it is begun. */
struct fovea_index_set_key {
    char model[FOVEA_INDEX_MODEL_SIZE];
    char weights[FOVEA_SHA256_SIZE]; /* digest of the model's weights */
    enum fovea_dtype dtype;          /* never AUTO: what that came to */
    enum fovea_pixels pixels;
    uint32_t dimension;
    enum fovea_store store; /* of values: float32 or float16 */
    bool has_words;         /* the model has a text tower */
};

struct fovea_index_set {
    int64_t id;
    struct fovea_index_set_key key;
    uint8_t uuid[FOVEA_SEGMENT_ID_SIZE]; /* what its segments are marked with */
    uint64_t n_rows;                     /* places, tombstones among them */
    uint64_t n_live;
    /* Its segments in the order of its rows, open; each with its number in the
       index and the first of its rows. Rows that a segment's file has beyond those
       that are committed are not seen. */
    size_t n_segments;
    const struct fovea_segment *const *segments;
    const int64_t *segment_ids;
    const uint64_t *first_rows;
};

#endif
