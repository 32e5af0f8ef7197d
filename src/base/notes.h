/* Notes about good images, as programs read them. */
#ifndef FOVEA_BASE_NOTES_H
#define FOVEA_BASE_NOTES_H

#include "fovea/status.h"

#include "base/text.h"

/** Every note there is. */
#define FOVEA_ALL_NOTES ((UINT32_C(1) << FOVEA_N_NOTES) - 1)

/** Add `,"damaged":true,"note":"..."` to an object: a field for each note, and
 *  the sentence. Nothing where there are no notes. */
void fovea_notes_json(struct fovea_text *text, uint32_t notes,
        const char *message);

/** Add " (damaged, preview)" for people; nothing where there are no notes. */
void fovea_notes_words(struct fovea_text *text, uint32_t notes);

/** Add ", 3 damaged" for each note that was counted. */
void fovea_notes_counted(struct fovea_text *text,
        const uint64_t n_noted[FOVEA_N_NOTES]);

/** Add `"damaged":3,"preview":0`. */
void fovea_notes_counted_json(struct fovea_text *text,
        const uint64_t n_noted[FOVEA_N_NOTES]);

/** Add each note that result has to its counter. */
void fovea_notes_count(const struct fovea_error *result,
        uint64_t n_noted[FOVEA_N_NOTES]);

#endif
