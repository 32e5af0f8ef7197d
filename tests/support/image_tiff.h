/* Writing small TIFF files by the tag, sound ones and others. */
#ifndef FOVEA_SUPPORT_IMAGE_TIFF_H
#define FOVEA_SUPPORT_IMAGE_TIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TIFF_MAX_ENTRIES = 20,
    TIFF_MAX_FILE = 4096
};

enum tiff_type {
    TIFF_BYTE = 1,
    TIFF_SHORT = 3,
    TIFF_LONG = 4
};

struct tiff_entry {
    uint16_t tag;
    uint16_t type;
    uint32_t count;
    uint32_t value; /* or where the values are */
};

/** One directory, what it points to behind it. */
struct tiff_file {
    bool big_endian;
    struct tiff_entry entries[TIFF_MAX_ENTRIES]; /* in the order of the tags */
    size_t n_entries;
    uint8_t bytes[TIFF_MAX_FILE];
    size_t size;
};

/** The directory of a grey picture of one uncompressed strip. */
struct tiff_file tiff_grey(uint32_t width, uint32_t height, unsigned bits,
        uint32_t n_bytes);

/** The entry of a tag that is there. */
struct tiff_entry *tiff_entry(struct tiff_file *file, unsigned tag);

/** Set a tag to a number, in a new entry if there is none. */
void tiff_set(struct tiff_file *file, unsigned tag, enum tiff_type type,
        uint32_t value);

/** Where what is behind the directory begins: of the strip, as a rule. */
uint32_t tiff_data_at(const struct tiff_file *file);

/** Write head, directory and the data behind it; a strip begins there. */
void tiff_write(struct tiff_file *file, const void *data, size_t size);

/** The same, but the strip is where its entry says. */
void tiff_write_as_is(struct tiff_file *file, const void *data, size_t size);

#endif
