/*
 * The orientation in a block of EXIF: see exif.h.
 *
 * Sources: TIFF 6.0 for the directory, Exif 2.32 for the tag. Which damaged
 * blocks still give an orientation is Pillow 9.4's: a directory is read up to
 * the first entry whose value lies outside the block, entries of unknown types
 * are stepped over, the last entry of a tag counts, and its value may be of any
 * type that is a number.
 */
#include "image/exif.h"

#include <stdbool.h>
#include <string.h>

#include "base/macros.h"
#include "image/byte_order.h"

enum {
    TAG_ORIENTATION = 0x0112,
    HEAD_SIZE = 8,
    ENTRY_SIZE = 12
};

/* How the bytes of a value are read. */
enum number {
    NUMBER_NONE, /* bytes and text: never an orientation */
    NUMBER_UNSIGNED,
    NUMBER_SIGNED,
    NUMBER_RATIO,
    NUMBER_SIGNED_RATIO,
    NUMBER_FLOAT,
};

struct value_type {
    uint8_t size; /* 0: no such type */
    enum number number;
};

/* By the type's number in TIFF. */
static const struct value_type value_types[] = {
    [1] = { 1, NUMBER_NONE },
    [2] = { 1, NUMBER_NONE },
    [3] = { 2, NUMBER_UNSIGNED },
    [4] = { 4, NUMBER_UNSIGNED },
    [5] = { 8, NUMBER_RATIO },
    [6] = { 1, NUMBER_SIGNED },
    [7] = { 1, NUMBER_NONE },
    [8] = { 2, NUMBER_SIGNED },
    [9] = { 4, NUMBER_SIGNED },
    [10] = { 8, NUMBER_SIGNED_RATIO },
    [11] = { 4, NUMBER_FLOAT },
    [12] = { 8, NUMBER_FLOAT },
    [13] = { 4, NUMBER_UNSIGNED },
    [16] = { 8, NUMBER_UNSIGNED },
};

struct block {
    const uint8_t *bytes;
    size_t size;
    bool big_endian;
};

/* The bytes must be inside the block. */
static uint64_t
read_unsigned(const struct block *block, size_t at, size_t size)
{
    return block->big_endian ? fovea_big_endian(block->bytes + at, size)
                             : fovea_little_endian(block->bytes + at, size);
}

static int64_t
read_signed(const struct block *block, size_t at, size_t size)
{
    uint64_t sign = UINT64_C(1) << (8 * size - 1);
    return (int64_t)(read_unsigned(block, at, size) ^ sign) - (int64_t)sign;
}

static double
read_float(const struct block *block, size_t at, size_t size)
{
    uint64_t bits = read_unsigned(block, at, size);
    if (size == sizeof(double)) {
        double value = 0.0;
        memcpy(&value, &bits, sizeof value);
        return value;
    }
    uint32_t short_bits = (uint32_t)bits;
    float value = 0.0F;
    memcpy(&value, &short_bits, sizeof value);
    return (double)value;
}

static unsigned
orientation_of(int64_t value)
{
    return value >= 1 && value <= 8 ? (unsigned)value : 1;
}

static unsigned
orientation_of_ratio(int64_t numerator, int64_t denominator)
{
    if (denominator == 0 || numerator % denominator != 0) {
        return 1;
    }
    return orientation_of(numerator / denominator);
}

static unsigned
orientation_of_float(double value)
{
    for (unsigned i = 1; i <= 8; i++) {
        if (value >= (double)i && value <= (double)i) {
            return i;
        }
    }
    return 1;
}

static unsigned
read_orientation(const struct block *block, size_t at,
        const struct value_type *type)
{
    size_t size = type->size;
    switch (type->number) {
    case NUMBER_UNSIGNED: {
        uint64_t value = read_unsigned(block, at, size);
        return value <= 8 ? orientation_of((int64_t)value) : 1;
    }
    case NUMBER_SIGNED:
        return orientation_of(read_signed(block, at, size));
    case NUMBER_RATIO:
        return orientation_of_ratio((int64_t)read_unsigned(block, at, 4),
                (int64_t)read_unsigned(block, at + 4, 4));
    case NUMBER_SIGNED_RATIO:
        return orientation_of_ratio(read_signed(block, at, 4),
                read_signed(block, at + 4, 4));
    case NUMBER_FLOAT:
        return orientation_of_float(read_float(block, at, size));
    case NUMBER_NONE:
        break;
    }
    return 1;
}

static bool
is_inside(const struct block *block, uint64_t at, uint64_t size)
{
    return at <= block->size && size <= block->size - at;
}

/* Look at one entry; false if the directory cannot be read beyond it. */
static bool
read_entry(const struct block *block, size_t at, unsigned *orientation)
{
    uint64_t tag = read_unsigned(block, at, 2);
    uint64_t number = read_unsigned(block, at + 2, 2);
    uint64_t count = read_unsigned(block, at + 4, 4);
    if (number >= FOVEA_ARRAY_LEN(value_types) ||
            value_types[number].size == 0) {
        return true;
    }
    const struct value_type *type = &value_types[number];
    uint64_t size = count * type->size;
    uint64_t value_at = at + 8;
    if (size > 4) {
        value_at = read_unsigned(block, at + 8, 4);
        if (!is_inside(block, value_at, size)) {
            return false;
        }
    }
    if (tag == TAG_ORIENTATION && size > 0) {
        *orientation = read_orientation(block, (size_t)value_at, type);
    }
    return true;
}

/* Big TIFF ("II+\0") is not read: Pillow cannot in EXIF, and nobody writes it. */
static bool
read_head(struct block *block)
{
    static const char heads[][5] = { "MM\0*", "MM*\0", "MM\0+", "II*\0",
        "II\0*" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(heads); i++) {
        if (memcmp(block->bytes, heads[i], 4) == 0) {
            block->big_endian = heads[i][0] == 'M';
            return true;
        }
    }
    return false;
}

unsigned
fovea_exif_orientation(const uint8_t *exif, size_t size)
{
    struct block block = { .bytes = exif, .size = size };
    if (size >= 6 && memcmp(exif, "Exif\0", 6) == 0) {
        block.bytes += 6;
        block.size -= 6;
    }
    if (block.size < HEAD_SIZE || !read_head(&block)) {
        return FOVEA_EXIF_NO_ORIENTATION;
    }
    uint64_t at = read_unsigned(&block, 4, 4);
    if (!is_inside(&block, at, 2)) {
        return FOVEA_EXIF_NO_ORIENTATION;
    }
    uint64_t n_entries = read_unsigned(&block, (size_t)at, 2);
    unsigned orientation = FOVEA_EXIF_NO_ORIENTATION;
    at += 2;
    for (uint64_t i = 0; i < n_entries; i++, at += ENTRY_SIZE) {
        if (!is_inside(&block, at, ENTRY_SIZE) ||
                !read_entry(&block, (size_t)at, &orientation)) {
            break;
        }
    }
    return orientation;
}
