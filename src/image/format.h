/* The formats that are decoded: one each row of base/format.def. */
#ifndef FOVEA_IMAGE_FORMAT_H
#define FOVEA_IMAGE_FORMAT_H

enum fovea_format {
#define FOVEA_FORMAT(name, codec, text, title, endings) FOVEA_FORMAT_##name,
#include "base/format.def"
};

/** "JPEG", "PNG", ... Static. */
const char *fovea_format_name(enum fovea_format format);

#endif
