/* Composing raw photographs, of each kind that is read, without raw data. */
#ifndef FOVEA_SUPPORT_IMAGE_RAW_H
#define FOVEA_SUPPORT_IMAGE_RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    RAW_MAX_FILE = 1 << 17,
    RAW_MAX_ENTRIES = 12
};

enum raw_type {
    RAW_BYTE = 1,
    RAW_TEXT = 2,
    RAW_SHORT = 3,
    RAW_LONG = 4,
    RAW_UNDEFINED = 7
};

struct raw_entry {
    uint16_t tag;
    uint16_t type;
    uint32_t count;
    uint32_t value; /* or where the values are */
};

struct raw_file {
    uint8_t bytes[RAW_MAX_FILE];
    size_t size;
    bool big_endian;
    size_t base; /* what offsets count from */
};

struct raw_blob {
    const void *bytes;
    size_t size;
};

/** What a composed file has in it. */
struct raw_parts {
    struct raw_blob preview; /* size 0: none */
    struct raw_blob thumbnail;
    unsigned orientation; /* 0: no tag */
    uint32_t sensor_width;
    uint32_t sensor_height;
};

typedef void raw_compose_fn(const struct raw_parts *parts,
        struct raw_file *file);

struct raw_kind {
    const char *name; /* as it stands in the note */
    raw_compose_fn *compose;
};

/** Every kind, and how many there are. */
extern const struct raw_kind raw_kinds[];
extern const size_t n_raw_kinds;

/** Write a number of n bytes at the file's end. */
void raw_put(struct raw_file *file, uint64_t number, size_t n);

/** Write bytes at the file's end; where they are, counted from the base. */
uint32_t raw_add(struct raw_file *file, const void *bytes, size_t size);

/** Begin with a TIFF head whose first directory is set later. */
void raw_begin(struct raw_file *file, bool big_endian, const char *magic);
void raw_set_first(struct raw_file *file, uint32_t directory);

/** Write a directory of the entries up to the first with tag 0; where it is. */
uint32_t raw_directory(struct raw_file *file,
        const struct raw_entry entries[RAW_MAX_ENTRIES], uint32_t next);

#endif
