/*
 * When a picture was taken, in EXIF: see exif.h.
 *
 * Source: Exif 2.32, 4.6.5. Two directories are read, and a text of one size:
 * what they are made of costs the same however large they claim to be.
 */
#include <string.h>

#include "base/macros.h"
#include "image/byte_order.h"
#include "image/exif.h"

enum {
    TAG_EXIF = 0x8769,
    TAG_TAKEN = 0x9003,
    TYPE_TEXT = 2,
    TYPE_LONG = 4,
    TYPE_DIRECTORY = 13,
    HEAD_SIZE = 8,
    ENTRY_SIZE = 12,
    MAX_ENTRIES = 512, /* of a directory, that are looked at */
    TEXT_SIZE = 19,    /* "2024:05:31 23:59:59" */
    DAY_S = 24 * 60 * 60,
};

struct block {
    const struct fovea_input *input;
    uint64_t at; /* what offsets count from */
    bool big_endian;
    enum fovea_status status; /* of the first read that failed */
    struct fovea_error *err;
};

/* What a directory says that counts. */
struct directory {
    uint64_t exif_at; /* 0: nothing */
    uint64_t text_at;
};

static uint64_t
number(const struct block *block, const uint8_t *bytes, size_t size)
{
    return block->big_endian ? fovea_big_endian(bytes, size)
                             : fovea_little_endian(bytes, size);
}

/* How many bytes there are of those that are wanted. */
static size_t
read_bytes(struct block *block, uint64_t at, void *bytes, size_t size)
{
    size_t n = 0;
    if (!block->status) {
        block->status = fovea_input_read(block->input, block->at + at, bytes,
                size, &n, block->err);
    }
    return block->status ? 0 : n;
}

static struct directory
read_directory(struct block *block, uint64_t at)
{
    struct directory directory = { 0 };
    uint8_t entries[MAX_ENTRIES * ENTRY_SIZE];
    uint8_t head[2];
    if (read_bytes(block, at, head, sizeof head) < sizeof head) {
        return directory;
    }
    size_t n = number(block, head, sizeof head);
    n = n < MAX_ENTRIES ? n : MAX_ENTRIES;
    n = read_bytes(block, at + sizeof head, entries, n * ENTRY_SIZE) /
            ENTRY_SIZE;
    for (const uint8_t *entry = entries; entry < entries + n * ENTRY_SIZE;
            entry += ENTRY_SIZE) {
        uint64_t tag = number(block, entry, 2);
        uint64_t type = number(block, entry + 2, 2);
        uint64_t count = number(block, entry + 4, 4);
        uint64_t value = number(block, entry + 8, 4);
        if (tag == TAG_EXIF && count == 1 &&
                (type == TYPE_LONG || type == TYPE_DIRECTORY)) {
            directory.exif_at = value;
        } else if (tag == TAG_TAKEN && type == TYPE_TEXT &&
                count >= TEXT_SIZE) {
            directory.text_at = value;
        }
    }
    return directory;
}

/* The two or four digits of a text, -1 if they are none. */
static int
digits(const char *text, size_t n)
{
    int value = 0;
    for (size_t i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return -1;
        }
        value = 10 * value + (text[i] - '0');
    }
    return value;
}

/* From 1970 on; as the days of civil calendars are counted from a March. */
static int64_t
count_days(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t months = month <= 2 ? month + 9 : month - 3;
    int64_t of_year = (153 * months + 2) / 5 + day - 1;
    return 365 * y + y / 4 - y / 100 + y / 400 + of_year - 719468;
}

static int
days_of(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
        31 };
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && is_leap ? 1 : 0);
}

static bool
is_one_of(char byte, const char *several)
{
    return byte != '\0' && strchr(several, byte) != NULL;
}

/* Whoever writes other separators means the same. A clock that was never set
   writes zeros or spaces. */
static struct fovea_taken
parse(const char text[TEXT_SIZE])
{
    const struct fovea_taken unknown = { false, 0 };
    int year = digits(text, 4);
    int month = digits(text + 5, 2);
    int day = digits(text + 8, 2);
    int hour = digits(text + 11, 2);
    int minute = digits(text + 14, 2);
    int second = digits(text + 17, 2);
    bool is_date = is_one_of(text[4], ":-/.") && is_one_of(text[7], ":-/.") &&
            year >= 1 && month >= 1 && month <= 12 && day >= 1 &&
            day <= days_of(year, month);
    bool is_time = is_one_of(text[10], " T") && text[13] == ':' &&
            text[16] == ':' && hour >= 0 && hour < 24 && minute >= 0 &&
            minute < 60 && second >= 0 && second <= 60;
    if (!is_date || !is_time) {
        return unknown;
    }
    int64_t of_day = (int64_t)hour * 3600 + minute * 60 + second;
    of_day = of_day < DAY_S ? of_day : DAY_S - 1; /* a leap second */
    return (struct fovea_taken){ true,
        count_days(year, month, day) * DAY_S + of_day };
}

static struct fovea_taken
read_text(struct block *block, uint64_t at)
{
    char text[TEXT_SIZE];
    if (at == 0 || read_bytes(block, at, text, sizeof text) < sizeof text) {
        return (struct fovea_taken){ false, 0 };
    }
    return parse(text);
}

/* As TIFF's, or with a number of its own in its place, as cameras have it. */
static bool
is_head(const uint8_t head[HEAD_SIZE])
{
    static const char heads[][5] = { "II*\0", "MM\0*", "MM*\0", "II\0*", "IIRO",
        "IIRS", "MMOR", "IIU\0" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(heads); i++) {
        if (memcmp(head, heads[i], 4) == 0) {
            return true;
        }
    }
    return false;
}

static struct fovea_taken
read_taken(struct block *block)
{
    uint8_t head[HEAD_SIZE];
    if (read_bytes(block, 0, head, sizeof head) < sizeof head ||
            !is_head(head)) {
        return (struct fovea_taken){ false, 0 };
    }
    block->big_endian = head[0] == 'M';
    struct directory first = read_directory(block, number(block, head + 4, 4));
    struct directory exif = { 0 };
    if (first.exif_at) {
        exif = read_directory(block, first.exif_at);
    }
    struct fovea_taken taken = read_text(block, exif.text_at);
    return taken.is_known ? taken : read_text(block, first.text_at);
}

enum fovea_status
fovea_exif_taken(const struct fovea_input *input, uint64_t at,
        struct fovea_taken *taken_out, struct fovea_error *err)
{
    struct block block = { .input = input, .at = at, .err = err };
    *taken_out = read_taken(&block);
    return block.status;
}

struct fovea_exif
fovea_exif_read(const uint8_t *exif, size_t size)
{
    bool has_prefix = size >= 6 && memcmp(exif, "Exif\0", 6) == 0;
    struct fovea_input input;
    struct fovea_exif read = {
        .orientation = fovea_exif_orientation(exif, size),
    };
    fovea_input_from_memory(exif, size, &input); /* which is always read */
    (void)!fovea_exif_taken(&input, has_prefix ? 6 : 0, &read.taken, NULL);
    return read;
}
