/* See format.h. */
#include "image/format.h"

const char *
fovea_format_name(enum fovea_format format)
{
    static const char *const names[] = {
#define FOVEA_FORMAT(name, codec, text, title, endings) \
    [FOVEA_FORMAT_##name] = (text),
#include "base/format.def"
    };
    return names[format];
}
