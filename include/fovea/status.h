/*
 * Status codes and the error record that every fallible function fills.
 *
 * status.def is the one table; this header turns it into an enum and gives
 * functions to look things up in it. Values never change between releases.
 */
#ifndef FOVEA_STATUS_H
#define FOVEA_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "fovea/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What a call came to. FOVEA_OK is 0, everything else is a failure. */
enum fovea_status {
#define X(name, value, string, text, http, exit, retryable) \
    FOVEA_##name = (value),
#include "fovea/status.def"
#undef X
};

/** What is worth knowing about an item that is good: bits of a set. note.def
 *  is the one table. */
enum fovea_note {
#define X(name, bit, string, text) FOVEA_NOTE_##name = 1 << (bit),
#include "fovea/note.def"
#undef X
};

/* Which bit each note is, and how many there are. */
enum {
#define X(name, bit, string, text) FOVEA_NOTE_BIT_##name = (bit),
#include "fovea/note.def"
#undef X
    FOVEA_N_NOTES
};

enum {
    FOVEA_ERROR_MESSAGE_SIZE = 240
};

/**
 * What came of a call, or of an item. Filled on failure, by the layer that saw
 * it first, and of an item that is good: its code is FOVEA_OK then, and all
 * the rest is 0 and empty unless there are notes.
 *
 * message is one line of UTF-8, NUL-terminated, without a final stop or newline
 * ('?' stands for what a name has that is neither). It says what was wrong with
 * what, or what the notes are about. sys_errno is an errno value, or 0. notes is
 * 0 on failure.
 */
struct fovea_error {
    enum fovea_status code;
    int sys_errno;
    uint32_t notes; /* of enum fovea_note */
    char message[FOVEA_ERROR_MESSAGE_SIZE];
};

/**
 * Short stable name of the note 1 << bit ("damaged"), as it stands in JSON.
 *
 * @return A static string; NULL from bit FOVEA_N_NOTES on.
 * Threads: safe. Since: 0.1
 */
FOVEA_API const char *fovea_note_name(unsigned bit);

/** One sentence for people about the note 1 << bit, or NULL. Static; safe.
 *  Since: 0.1 */
FOVEA_API const char *fovea_note_text(unsigned bit);

/**
 * Short stable name of a status ("image_truncated"), as it stands in JSON.
 *
 * @return A static string; "unknown" for a value that is not in the table.
 * Threads: safe. Since: 0.1
 */
FOVEA_API const char *fovea_status_name(enum fovea_status status);

/** One sentence for people about a status. Static; safe. Since: 0.1 */
FOVEA_API const char *fovea_status_text(enum fovea_status status);

/** HTTP status code that carries a status (500 if unknown). Since: 0.1 */
FOVEA_API int fovea_status_http(enum fovea_status status);

/** Exit code of a command that ends with a status (1 if unknown). Since: 0.1 */
FOVEA_API int fovea_status_exit_code(enum fovea_status status);

/** Whether the same request may succeed later, unchanged. Since: 0.1 */
FOVEA_API bool fovea_status_retryable(enum fovea_status status);

#ifdef __cplusplus
}
#endif

#endif
