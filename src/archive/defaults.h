/* Inside of archive/: what settings say that leave something at its default. */
#ifndef FOVEA_ARCHIVE_DEFAULTS_H
#define FOVEA_ARCHIVE_DEFAULTS_H

#include "archive/archive.h"

/** Put defaults in for what is zero. */
void fovea_archive_fill(struct fovea_archive_settings *settings);

#endif
