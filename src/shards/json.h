/* Markers and lines of names, which are small objects of JSON. */
#ifndef FOVEA_SHARDS_JSON_H
#define FOVEA_SHARDS_JSON_H

#include <stdint.h>

#include "fovea/status.h"

#include "base/json_object.h"

enum {
    FOVEA_MARKER_MAX_BYTES = 16 << 10
};

/** The status of a number; what is none, or FOVEA_OK, is FOVEA_ERR_SHARD_FAILED. */
enum fovea_status fovea_marker_status(uint64_t number);

#endif
