/*
 * Names of members: relative paths that lead nowhere above where they begin.
 *
 * Nothing is ever opened by such a name. It stands in results, out of which others
 * may make files.
 */
#ifndef FOVEA_WIRE_MEMBER_NAME_H
#define FOVEA_WIRE_MEMBER_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FOVEA_MEMBER_NAME_BYTES = 4096 /* at most, without a NUL */
};

/**
 * Make a name of a member's path: what stands behind the last "..", without empty
 * parts and "."; "member-<number>" where nothing is left.
 *
 * @return false: it is longer than FOVEA_MEMBER_NAME_BYTES, and its beginning
 *         stands there.
 */
bool fovea_member_name_make(const char *path, uint64_t number,
        char name_out[FOVEA_MEMBER_NAME_BYTES + 1]);

/** Whether a name could come of that. */
bool fovea_member_name_is_safe(const char *name);

/** Bytes of a member's key, which files that belong together share: its name up to
 *  the first dot behind the last slash, as WebDataset has it. */
size_t fovea_member_key_size(const char *name);

#endif
