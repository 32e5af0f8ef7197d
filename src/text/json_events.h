/*
 * Inside of text/: JSON as a stream of events, by yajl.
 *
 * yajl does not survive a failed allocation, and mends half a surrogate pair to
 * '?'. So it works in a block that is taken beforehand, and every byte passes a
 * guard first (json_guard.h): no token is larger than the block allows, nothing
 * is nested deeper, and no escape is half a character.
 */
#ifndef FOVEA_TEXT_JSON_EVENTS_H
#define FOVEA_TEXT_JSON_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

enum fovea_json_kind {
    FOVEA_JSON_NULL,
    FOVEA_JSON_BOOL,
    FOVEA_JSON_INTEGER,
    FOVEA_JSON_REAL,
    FOVEA_JSON_STRING,
    FOVEA_JSON_KEY,
    FOVEA_JSON_OBJECT,
    FOVEA_JSON_OBJECT_END,
    FOVEA_JSON_ARRAY,
    FOVEA_JSON_ARRAY_END
};

struct fovea_json_event {
    enum fovea_json_kind kind;
    size_t depth;     /* objects and arrays that are open around it */
    const char *text; /* STRING, KEY: size bytes of UTF-8, borrowed */
    size_t size;
    int64_t integer; /* INTEGER */
    double real;     /* INTEGER too */
    bool boolean;
};

/** Takes an event; anything but FOVEA_OK ends the reading with it. */
typedef enum fovea_status fovea_json_taker(void *context,
        const struct fovea_json_event *event, struct fovea_error *err);

/**
 * Read a file of JSON.
 *
 * @param path       The file.
 * @param name       Stands in messages.
 * @param max_bytes  A larger one is refused.
 * @return FOVEA_OK; FOVEA_ERR_TOKENIZER_INVALID with the place; what the taker
 *         returned; FOVEA_ERR_FILE_NOT_FOUND and the other file statuses;
 *         FOVEA_ERR_IO; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_json_events(const char *path,
        const char *name, uint64_t max_bytes, fovea_json_taker *taker,
        void *context, struct fovea_error *err);

#endif
