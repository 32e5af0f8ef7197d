/* The table of notes. See notes.h and fovea/note.def. */
#include "base/notes.h"

#include <inttypes.h>

static const struct {
    const char *name;
    const char *text;
} rows[FOVEA_N_NOTES] = {
#define X(enumerator, bit, string, sentence) [bit] = { string, sentence },
#include "fovea/note.def"
#undef X
};

const char *
fovea_note_name(unsigned bit)
{
    return bit < FOVEA_N_NOTES ? rows[bit].name : NULL;
}

const char *
fovea_note_text(unsigned bit)
{
    return bit < FOVEA_N_NOTES ? rows[bit].text : NULL;
}

static bool
has_note(uint32_t notes, unsigned bit)
{
    return notes >> bit & 1;
}

void
fovea_notes_json(struct fovea_text *text, uint32_t notes, const char *message)
{
    if (!notes) {
        return;
    }
    for (unsigned bit = 0; bit < FOVEA_N_NOTES; bit++) {
        if (has_note(notes, bit)) {
            fovea_text_format(text, ",\"%s\":true", rows[bit].name);
        }
    }
    fovea_text_format(text, ",\"note\":");
    fovea_text_json_string(text, message);
}

void
fovea_notes_words(struct fovea_text *text, uint32_t notes)
{
    const char *between = " (";
    for (unsigned bit = 0; bit < FOVEA_N_NOTES; bit++) {
        if (has_note(notes, bit)) {
            fovea_text_format(text, "%s%s", between, rows[bit].name);
            between = ", ";
        }
    }
    if (notes) {
        fovea_text_add(text, ")", 1);
    }
}

void
fovea_notes_counted(struct fovea_text *text,
        const uint64_t n_noted[FOVEA_N_NOTES])
{
    for (unsigned bit = 0; bit < FOVEA_N_NOTES; bit++) {
        if (n_noted[bit]) {
            fovea_text_format(text, ", %" PRIu64 " %s", n_noted[bit],
                    rows[bit].name);
        }
    }
}

void
fovea_notes_counted_json(struct fovea_text *text,
        const uint64_t n_noted[FOVEA_N_NOTES])
{
    for (unsigned bit = 0; bit < FOVEA_N_NOTES; bit++) {
        fovea_text_format(text, "%s\"%s\":%" PRIu64, bit > 0 ? "," : "",
                rows[bit].name, n_noted[bit]);
    }
}

void
fovea_notes_count(const struct fovea_error *result,
        uint64_t n_noted[FOVEA_N_NOTES])
{
    for (unsigned bit = 0; bit < FOVEA_N_NOTES; bit++) {
        n_noted[bit] += has_note(result->notes, bit);
    }
}
