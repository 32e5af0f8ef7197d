/* The inputs of a shard as a source of the pump (bulk/source.h). */
#ifndef FOVEA_SHARDS_NAMES_SOURCE_H
#define FOVEA_SHARDS_NAMES_SOURCE_H

#include <stddef.h>

#include "bulk/source.h"

/** The bytes of a file of names; borrowed until the run has ended. */
struct fovea_names {
    const char *bytes;
    size_t size;
};

/** Gives the inputs of the struct fovea_names that it opens, numbered from 0.
 *  What they name is not looked at: what became a folder meanwhile is a bad input. */
extern const struct fovea_source_kind fovea_source_names;

#endif
