/* Version of the headers; the build reads its own version from here. */
#ifndef FOVEA_VERSION_H
#define FOVEA_VERSION_H

#define FOVEA_VERSION_MAJOR 0
#define FOVEA_VERSION_MINOR 1
#define FOVEA_VERSION_PATCH 0

#define FOVEA_VERSION "0.1.0"

#endif
