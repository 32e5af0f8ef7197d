/*
 * Where models' files are on this machine: the environment's variables and the
 * layout of the Hugging Face cache.
 *
 *     <cache>/models--owner--name/refs/main              a commit
 *     <cache>/models--owner--name/snapshots/<commit>/    names, links to
 *     <cache>/models--owner--name/blobs/<etag>           the bytes
 *
 * Strings are the caller's to free; NULL without memory or without a place.
 */
#ifndef FOVEA_RUNTIME_PLACES_H
#define FOVEA_RUNTIME_PLACES_H

#include <stdbool.h>

/* Below refs/: the commit of a model that was converted for us. */
#define FOVEA_CONVERTED_REF "fovea"

enum {
    FOVEA_COMMIT_SIZE = 41 /* hexadecimal digits and NUL */
};

/** "owner/name" of letters, digits, '-', '_' and '.'; nothing that climbs. */
bool fovea_is_hub_id(const char *key);

/** 40 lower-case hexadecimal digits. */
bool fovea_is_commit(const char *text);

/** A variable of the environment; NULL if it is not set or empty. */
const char *fovea_place_variable(const char *name);

/** $FOVEA_HOME/models/<key>, or where it is by default. */
char *fovea_place_in_home(const char *key);

/** The folder of huggingface_hub's own files ($HF_HOME), with "/<below>". */
char *fovea_place_in_hub_home(const char *below);

/** The folder that holds the repositories. */
char *fovea_place_hub_cache(void);

/** Whether the environment names a place for that at all. */
bool fovea_place_has_hub_cache(void);

/** "models--owner--name" of a hub id. */
char *fovea_place_repository(const char *key);

/** The snapshot that refs/main names, or refs/fovea if that has weights and
 *  main has none; it need not be there. */
char *fovea_place_snapshot(const char *key);

/** The first file that a model's directory lacks: "config.json",
 *  "model.safetensors", or those of another layout; NULL: none. Static. */
const char *fovea_place_missing(const char *directory);

/** a, b and c, one behind the other. */
char *fovea_place_join(const char *a, const char *b, const char *c);

#endif
