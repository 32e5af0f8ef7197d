/*
 * A JSON text without its long strings.
 *
 * The images of a request are strings of megabytes. A parser that copies each
 * of them twice needs three times the memory of the body, so jansson only sees
 * a skeleton: the same text where a long string is replaced by its number. The
 * strings themselves stay where they are in the body, unescaped in place and
 * NUL-terminated.
 *
 * Every string of the skeleton has a tag in front: "." and itself, or "@" and
 * the number of a long one. Only skeleton.c knows the tags: fields and strings
 * of the tree are asked for through the functions below.
 */
#ifndef FOVEA_SERVER_SKELETON_H
#define FOVEA_SERVER_SKELETON_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "fovea/status.h"

enum {
    FOVEA_SKELETON_DEPTH = 32 /* of lists and objects in each other */
};

/* What a body may hold; beyond it there is an error, however large it is. */
struct fovea_skeleton_limits {
    size_t long_size; /* a string of more bytes is long, a name or number
                         refused */
    size_t max_long;  /* long strings: FOVEA_ERR_TOO_MANY_ITEMS */
    size_t max_parts; /* strings, names, numbers, words, lists and objects. Each
                         takes memory in the tree however short it is, an empty
                         object most: FOVEA_ERR_TOO_MANY_ITEMS */
    size_t max_size;  /* bytes of the text that are not of long strings:
                         FOVEA_ERR_BODY_TOO_LARGE */
};

/** A long string. */
struct fovea_long_string {
    const char *data; /* in the body; size bytes and a NUL */
    size_t size;
    size_t raw_size; /* between the quotes, before it was unescaped */
};

/** All zero is an empty one. */
struct fovea_skeleton {
    json_t *tree;                      /* owned; an object */
    struct fovea_long_string *strings; /* owned */
    size_t n_strings;
    size_t capacity;
};

/**
 * Parse a body, which must be one JSON object in UTF-8 without a byte order
 * mark and without duplicate names. All numbers become reals.
 *
 * @param body          size bytes; changed in place, and to live as long as the
 *                      long strings are used.
 * @param skeleton_out  To be finished by the caller.
 * @return FOVEA_OK; FOVEA_ERR_JSON, whose message says where in the body;
 *         FOVEA_ERR_TOO_MANY_ITEMS; FOVEA_ERR_BODY_TOO_LARGE;
 *         FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_skeleton_parse(char *body, size_t size,
        const struct fovea_skeleton_limits *limits,
        struct fovea_skeleton *skeleton_out, struct fovea_error *err);

/** Free; fine on a zeroed one, and twice. */
void fovea_skeleton_finish(struct fovea_skeleton *skeleton);

/** A field of an object of the tree, borrowed; NULL if it is missing or
 *  null. name: at most 30 characters. */
const json_t *fovea_skeleton_field(const json_t *object, const char *name);

/** The first field of an object that is not null and not known; NULL if there is
 *  none. of: the object's name in the tree; NULL: the tree itself. */
const char *fovea_skeleton_unknown(const struct fovea_skeleton *skeleton,
        const char *of, bool (*is_known)(const char *name));

/** What a string of the tree stands for: NUL-terminated, without another NUL.
 *  A long one lies in the body, others in the tree. */
const char *fovea_skeleton_string(const struct fovea_skeleton *skeleton,
        const json_t *string, size_t *size_out);

/** "a string", "a list", ...: for messages. */
const char *fovea_skeleton_kind(const json_t *json);

#endif
