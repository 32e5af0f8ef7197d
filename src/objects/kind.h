/*
 * What a kind of place owes objects.h: a file, objects_*.c, and a row of
 * objects.def.
 *
 * Keys are checked before a kind is asked. What fails is told as objects.h says
 * of the call, and its message names the object.
 */
#ifndef FOVEA_OBJECTS_KIND_H
#define FOVEA_OBJECTS_KIND_H

#include "objects/draft.h"
#include "objects/object.h"

/** Takes the next piece of an object that is read; what it returns but FOVEA_OK
 *  ends the reading and is returned. */
typedef enum fovea_status fovea_object_piece_fn(void *context,
        const void *bytes, size_t size, struct fovea_error *err);

struct fovea_objects_kind {
    /* Whether it is the name of such a place. */
    bool (*takes)(const char *place);
    size_t state_size; /* of what the calls below know it by */
    /* The state is all zero; finish is called whatever this returns. */
    enum fovea_status (*open)(void *state, const char *place,
            const struct fovea_objects_settings *settings,
            struct fovea_error *err);
    void (*finish)(void *state);
    /* Open draft->file, for writing and reading; draft->key is set. What it holds
       on failure is finished by the caller. */
    enum fovea_status (*draft)(void *state, struct fovea_draft *draft,
            struct fovea_error *err);
    /* Put a sealed draft. version: what it replaces, *was_there_out is then not
       set; NULL: nothing. */
    enum fovea_status (*put)(void *state, struct fovea_draft *draft,
            const char *version, bool *was_there_out, struct fovea_error *err);
    /* Read it from the beginning to the end, a piece at a time. What the info
       says is of the very bytes; its sha256 may be left empty. No byte comes
       twice: what breaks off is continued or fails. */
    enum fovea_status (*read)(void *state, const char *key,
            fovea_object_piece_fn *take, void *context,
            struct fovea_object_info *info_out, struct fovea_error *err);
    enum fovea_status (*stat)(void *state, const char *key,
            struct fovea_object_info *info_out, struct fovea_error *err);
    enum fovea_status (*list)(void *state, const char *folder,
            fovea_object_fn *visit, void *context, struct fovea_error *err);
    enum fovea_status (
            *remove)(void *state, const char *key, struct fovea_error *err);
};

#define X(name) extern const struct fovea_objects_kind fovea_objects_##name;
#include "objects/objects.def"
#undef X

#endif
