/* What the objects of a sharded run are called (objects/objects.h). */
#ifndef FOVEA_SHARDS_KEY_H
#define FOVEA_SHARDS_KEY_H

#include <stdbool.h>
#include <stdint.h>

/** Key of the manifest. */
#define FOVEA_MANIFEST_KEY "manifest.json"

enum {
    FOVEA_SHARD_KEY_SIZE = 64
};

/** Objects that every shard has, or may have. N has five digits at least. */
enum fovea_shard_object {
    FOVEA_SHARD_NAMES,    /* manifest/names_N.jsonl: what is to be embedded */
    FOVEA_SHARD_ROWS,     /* img_emb/img_emb_N.npy */
    FOVEA_SHARD_METADATA, /* metadata/metadata_N.jsonl: a line a row */
    FOVEA_SHARD_ERRORS,   /* errors/errors_N.jsonl: a line a bad input */
    FOVEA_SHARD_DONE,     /* done/N.json: the others are whole */
    FOVEA_SHARD_FAILED,   /* failed/N.json: nobody is to try it any more */
    FOVEA_SHARD_ATTEMPTS, /* attempts/N.json: how often it failed */
    FOVEA_N_SHARD_OBJECTS
};

/** Write the key of a shard's object. */
void fovea_shard_key(enum fovea_shard_object object, uint64_t number,
        char key_out[FOVEA_SHARD_KEY_SIZE]);

/** The folder of keys in which they are: "done". Static. */
const char *fovea_shard_folder(enum fovea_shard_object object);

/** The number in the name of an object of this folder ("00007.json"); false: it is
 *  no such name, to the letter. */
bool fovea_shard_number(enum fovea_shard_object object, const char *name,
        uint64_t *number_out);

#endif
