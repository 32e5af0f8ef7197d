/* See input_name.h. */
#include "bulk/input_name.h"

#include "base/utf8.h"

static bool
is_utf8(const char *string)
{
    size_t size;
    while ((size = fovea_utf8_size(string)) > 0) {
        string += size;
    }
    return *string == '\0';
}

void
fovea_input_name_json(struct fovea_text *text, const char *name)
{
    fovea_text_format(text, "\"input\":");
    fovea_text_json_string(text, name);
    if (is_utf8(name)) {
        return;
    }
    fovea_text_format(text, ",\"input_hex\":\"");
    for (; *name; name++) {
        fovea_text_format(text, "%02x", (unsigned)(unsigned char)*name);
    }
    fovea_text_add(text, "\"", 1);
}
