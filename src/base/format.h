/* The formats that are decoded: one each row of base/format.def. */
#ifndef FOVEA_BASE_FORMAT_H
#define FOVEA_BASE_FORMAT_H

enum fovea_format {
#define FOVEA_FORMAT(name, codec, text, title, endings) FOVEA_FORMAT_##name,
#include "base/format.def"
    FOVEA_N_FORMATS
};

/** "JPEG", "PNG", ...: in messages. Static. */
const char *fovea_format_name(enum fovea_format format);

/** "jpeg", "png", ...: for programs. Static. */
const char *fovea_format_word(enum fovea_format format);

#endif
