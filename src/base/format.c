/* See format.h. */
#include "base/format.h"

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

const char *
fovea_format_word(enum fovea_format format)
{
    static const char *const words[] = {
#define FOVEA_FORMAT(name, codec, text, title, endings) \
    [FOVEA_FORMAT_##name] = #codec,
#include "base/format.def"
    };
    return words[format];
}
