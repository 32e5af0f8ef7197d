/*
 * A place for objects: a folder, or (objects.def) another kind of store.
 *
 * An object is bytes under a key, which appears whole or not at all. Two ways
 * lead to one: it is put where nothing is, or it replaces exactly the version
 * that somebody has looked at. Nothing else is ever written, so that any number
 * of processes may work at one place and none undoes what another has done.
 *
 * Keys are relative paths, "done/00007.json": parts without a dot at their
 * beginning, divided by single slashes (fovea_object_key_is_good()). Every kind
 * refuses all others, so that no key leads out of the place.
 *
 * One thread at a time for a handle; handles of the same place know nothing of
 * each other. No call waits for another process. What fails because the store
 * does says so with a status that may be retried: FOVEA_ERR_IO,
 * FOVEA_ERR_DISK_FULL, FOVEA_ERR_OBJECT_STORE.
 */
#ifndef FOVEA_OBJECTS_OBJECTS_H
#define FOVEA_OBJECTS_OBJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

#include "base/macros.h"
#include "base/text.h"
#include "objects/draft.h"
#include "objects/object.h"

struct fovea_objects;

/**
 * Open a place. Nothing is made there, nor asked, before it is needed; what is
 * put into a folder makes the folder.
 *
 * @param place        A path, or as objects.def has it. Borrowed for the call.
 * @param settings     Borrowed until the close; NULL for none.
 * @param objects_out  End it with fovea_objects_close().
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT if it is no place's name;
 *         FOVEA_ERR_NO_MEMORY; what else a kind's open returns.
 */
FOVEA_NODISCARD enum fovea_status fovea_objects_open(const char *place,
        const struct fovea_objects_settings *settings,
        struct fovea_objects **objects_out, struct fovea_error *err);

/** NULL is fine. Drafts end before. */
void fovea_objects_close(struct fovea_objects *objects);

FOVEA_DEFINE_AUTO(struct fovea_objects *, fovea_objects_close);

/** The place as it was given. */
const char *fovea_objects_place(const struct fovea_objects *objects);

/** The place with a key, for messages: "photos.out/done/00007.json". Owned by the
 *  handle, until the next call of this. */
const char *fovea_objects_name(struct fovea_objects *objects, const char *key);

/**
 * Begin what is to become an object (draft.h).
 *
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT (the key); FOVEA_ERR_FILE_DENIED,
 *         FOVEA_ERR_NOT_A_FILE, FOVEA_ERR_DISK_FULL, FOVEA_ERR_IO;
 *         FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_objects_draft(
        struct fovea_objects *objects, const char *key,
        struct fovea_draft *draft_out, struct fovea_error *err);

/**
 * Put a sealed draft where nothing is.
 *
 * @param was_there_out  Nothing was put: there is such an object. The draft may
 *                       still replace it.
 * @return FOVEA_OK, whatever was there; FOVEA_ERR_FILE_DENIED,
 *         FOVEA_ERR_DISK_FULL, FOVEA_ERR_IO; FOVEA_ERR_OBJECT_STORE and its kin;
 *         FOVEA_ERR_CANCELLED.
 */
FOVEA_NODISCARD enum fovea_status fovea_objects_put_new(
        struct fovea_objects *objects, struct fovea_draft *draft,
        bool *was_there_out, struct fovea_error *err);

/**
 * Put a sealed draft in the place of the version that was looked at.
 *
 * @return As fovea_objects_put_new(); FOVEA_ERR_OBJECT_CHANGED if another
 *         version, or none, is there now: nothing was put.
 */
FOVEA_NODISCARD enum fovea_status fovea_objects_replace(
        struct fovea_objects *objects, struct fovea_draft *draft,
        const char *version, struct fovea_error *err);

/** Draft, seal and put bytes where nothing is. As the calls that it is made of. */
FOVEA_NODISCARD enum fovea_status fovea_objects_put_new_bytes(
        struct fovea_objects *objects, const char *key, const void *bytes,
        size_t size, bool *was_there_out, struct fovea_error *err);

/** The same in the place of a version. */
FOVEA_NODISCARD enum fovea_status fovea_objects_replace_bytes(
        struct fovea_objects *objects, const char *key, const char *version,
        const void *bytes, size_t size, struct fovea_error *err);

/**
 * Read an object whole.
 *
 * @param max_size   Bytes at most; of a larger one none is kept.
 * @param bytes_out  All zero, or one to be filled again. A NUL stands behind the
 *                   bytes. Unspecified on failure; finish it in any case.
 * @param info_out   May be NULL. Its sha256 is always set.
 * @return FOVEA_OK; FOVEA_ERR_FILE_NOT_FOUND if there is none;
 *         FOVEA_ERR_ARGUMENT (the key, or more bytes than max_size);
 *         FOVEA_ERR_FILE_DENIED, FOVEA_ERR_NOT_A_FILE, FOVEA_ERR_IO;
 *         FOVEA_ERR_OBJECT_STORE and its kin; FOVEA_ERR_CANCELLED;
 *         FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_objects_get(
        struct fovea_objects *objects, const char *key, size_t max_size,
        struct fovea_text *bytes_out, struct fovea_object_info *info_out,
        struct fovea_error *err);

/** Ask for an object without reading it. As fovea_objects_get(). */
FOVEA_NODISCARD enum fovea_status fovea_objects_stat(
        struct fovea_objects *objects, const char *key,
        struct fovea_object_info *info_out, struct fovea_error *err);

/** The same with its digest, for which it is read where the store does not tell
 *  it: nothing of it is kept in memory. */
FOVEA_NODISCARD enum fovea_status fovea_objects_digest(
        struct fovea_objects *objects, const char *key,
        struct fovea_object_info *info_out, struct fovea_error *err);

/**
 * Visit the objects directly in a folder of keys, in any order. Names that are no
 * part of a key are passed over.
 *
 * @param folder  "done": those whose keys are "done/<name>". None is no failure.
 * @param visit   What it returns but FOVEA_OK ends the list and is returned. It
 *                may not call the handle.
 * @return As fovea_objects_stat().
 */
FOVEA_NODISCARD enum fovea_status fovea_objects_list(
        struct fovea_objects *objects, const char *folder,
        fovea_object_fn *visit, void *context, struct fovea_error *err);

/** Remove an object; none is no failure. As fovea_objects_stat(). */
FOVEA_NODISCARD enum fovea_status fovea_objects_remove(
        struct fovea_objects *objects, const char *key,
        struct fovea_error *err);

#endif
