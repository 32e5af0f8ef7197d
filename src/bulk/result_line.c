/* See result_line.h. */
#include "bulk/result_line.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/notes.h"
#include "bulk/file_head.h"
#include "bulk/input_name.h"

void
fovea_result_line_bad(const struct fovea_row_result *result,
        struct fovea_text *text)
{
    const struct fovea_error *error = result->error;
    fovea_text_add(text, "{", 1);
    fovea_entry_json(text, result->entry);
    fovea_text_format(text, ",\"error\":{\"code\":\"%s\",\"message\":",
            fovea_status_name(error->code));
    fovea_text_json_string(text, error->message);
    fovea_text_add(text, "}}\n", 3);
}

/* Up to what a line says of the row. */
static void
begin_good(const struct fovea_row_result *result, const char *pixels,
        struct fovea_text *text)
{
    fovea_text_add(text, "{", 1);
    fovea_entry_json(text, result->entry);
    fovea_notes_json(text, result->error->notes, result->error->message);
    if (pixels && !result->entry->is_text) {
        fovea_text_format(text, ",\"pixels\":\"%s\"", pixels);
    }
}

void
fovea_result_line_number(const struct fovea_row_result *result,
        const char *pixels, uint64_t number, struct fovea_text *text)
{
    if (result->error->code) {
        fovea_result_line_bad(result, text);
        return;
    }
    begin_good(result, pixels, text);
    fovea_text_format(text, ",\"row\":%" PRIu64 "}\n", number);
}

void
fovea_result_line_vector(const struct fovea_row_result *result,
        const char *pixels, size_t n, struct fovea_text *text)
{
    const float *values = result->row;
    if (result->error->code) {
        fovea_result_line_bad(result, text);
        return;
    }
    begin_good(result, pixels, text);
    fovea_text_format(text, ",\"embedding\":[");
    for (size_t i = 0; i < n; i++) {
        if (i > 0) {
            fovea_text_add(text, ",", 1);
        }
        fovea_text_json_float(text, values[i]);
    }
    fovea_text_add(text, "]}\n", 3);
}

bool
fovea_result_line_is_first(const char *path)
{
    enum {
        /* A name that is all escapes, its bytes and what is looked for. */
        HEAD_SIZE = 6 * FOVEA_TEXT_SHOWN + 64
    };
    static const char *const begins[] = { "{\"input\":\"", "{\"text\":\"" };
    static const char *const next[] = {
        ",\"pixels\":\"",
        ",\"row\":",
        ",\"error\":{",
        ",\"embedding\":[",
        ",\"input_hex\":\"",
        ",\"archive\":\"",
        ",\"text_bytes\":",
#define X(name, bit, string, text) ",\"" string "\":true,",
#include "fovea/note.def"
#undef X
    };
    FOVEA_AUTO_FREE char *head = calloc(1, HEAD_SIZE + 1);
    size_t size = head ? fovea_file_head(path, head, HEAD_SIZE) : 0;
    const char *at = NULL;
    for (size_t i = 0; size > 0 && i < FOVEA_ARRAY_LEN(begins); i++) {
        size_t begin = strlen(begins[i]);
        at = strncmp(head, begins[i], begin) == 0 ? head + begin : at;
    }
    if (!at) {
        return false;
    }
    while (*at && *at != '"') {
        at += at[0] == '\\' && at[1] ? 2 : 1;
    }
    for (size_t i = 0; *at && i < FOVEA_ARRAY_LEN(next); i++) {
        if (strncmp(at + 1, next[i], strlen(next[i])) == 0) {
            return true;
        }
    }
    return false;
}
