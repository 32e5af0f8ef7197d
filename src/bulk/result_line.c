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
    fovea_input_name_json(text, result->entry->path);
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
    fovea_input_name_json(text, result->entry->path);
    fovea_notes_json(text, result->error->notes, result->error->message);
    if (pixels) {
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
        HEAD_SIZE = 6 * 4096 + 64
    };
    static const char begin[] = "{\"input\":\"";
    static const char *const next[] = {
        ",\"pixels\":\"",
        ",\"row\":",
        ",\"error\":{",
        ",\"embedding\":[",
        ",\"input_hex\":\"",
#define X(name, bit, string, text) ",\"" string "\":true,",
#include "fovea/note.def"
#undef X
    };
    FOVEA_AUTO_FREE char *head = calloc(1, HEAD_SIZE + 1);
    size_t size = head ? fovea_file_head(path, head, HEAD_SIZE) : 0;
    if (size < sizeof begin || memcmp(head, begin, sizeof begin - 1) != 0) {
        return false;
    }
    const char *at = head + sizeof begin - 1;
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
