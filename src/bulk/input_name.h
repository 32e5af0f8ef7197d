/* Names of inputs in lines of JSON. */
#ifndef FOVEA_BULK_INPUT_NAME_H
#define FOVEA_BULK_INPUT_NAME_H

#include "base/text.h"
#include "bulk/entry.h"

/** Bytes of a text that are shown in a line. */
enum {
    FOVEA_TEXT_SHOWN = 4096
};

/** What a line says which input it is about: "input":"<name>", of a member of an
 *  archive with "archive", "member" and "key" behind it; or of a text
 *  "text":"<text>". Of one that is longer than FOVEA_TEXT_SHOWN its beginning
 *  stands there, and "text_bytes":<its size> behind it. */
void fovea_entry_json(struct fovea_text *text, const struct fovea_entry *entry);

/** An input for people: its name; or the beginning of a text in quotes, made
 *  one line, and before it the file and the line where it stands. */
void fovea_entry_words(struct fovea_text *text,
        const struct fovea_entry *entry);

/** "<key>":"<name>", and "<key>_hex":"<all its bytes>" behind it if the name is not
 *  valid UTF-8, so that it is never lost. */
void fovea_name_json(struct fovea_text *text, const char *key,
        const char *name);

/** The same with the key "input". */
void fovea_input_name_json(struct fovea_text *text, const char *name);

#endif
