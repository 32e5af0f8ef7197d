/* Samples with a date in their EXIF. */
#ifndef FOVEA_TESTS_SUPPORT_PICTURE_BYTES_H
#define FOVEA_TESTS_SUPPORT_PICTURE_BYTES_H

#include <stddef.h>
#include <stdint.h>

struct picture_bytes {
    uint8_t *bytes; /* owned by the caller */
    size_t size;
};

/** A file of the source tree as it is. */
struct picture_bytes picture_bytes_read(const char *name);

/* The same with EXIF that says it was taken then, "2024:05:31 06:07:08". Of a
   TIFF that is a directory in place of its own one's last entries. */
struct picture_bytes picture_bytes_jpeg(const char *name, const char *taken);
struct picture_bytes picture_bytes_png(const char *name, const char *taken);
struct picture_bytes picture_bytes_webp(const char *name, const char *taken);
struct picture_bytes picture_bytes_tiff(const char *name, const char *taken);
struct picture_bytes picture_bytes_jpegxl(const char *name, const char *taken);

#endif
