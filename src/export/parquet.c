/* See parquet.h. */
#include "export/parquet.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/macros.h"
#include "export/thrift.h"
#include "export/valid_text.h"

enum {
    GROUP_BYTES = 16 << 20, /* of values, before a group of rows is written */
    SIZE_BYTES = 4,
};

/* Numbers of the format. */
enum {
    TYPE_INT64 = 2,
    TYPE_BYTE_ARRAY = 6,
    CONVERTED_UTF8 = 0,
    REQUIRED = 0,
    ENCODING_PLAIN = 0,
    ENCODING_RLE = 3,
    UNCOMPRESSED = 0,
    DATA_PAGE = 0,
    VERSION = 1,
};

static const char magic[] = { 'P', 'A', 'R', '1' };
/* The last field of the footer, by which a file of ours is known. */
static const char created_by[] = "fovea export";

static int32_t
physical_type(enum fovea_parquet_type type)
{
    return type == FOVEA_PARQUET_INT64 ? TYPE_INT64 : TYPE_BYTE_ARRAY;
}

/* All that lies in the file is little-endian, as the machine is. */
static void
add_size(struct fovea_text *text, uint32_t size)
{
    char bytes[SIZE_BYTES];
    memcpy(bytes, &size, sizeof bytes);
    fovea_text_add(text, bytes, sizeof bytes);
}

static enum fovea_status
write_bytes(struct fovea_parquet *parquet, const char *bytes, size_t size,
        struct fovea_error *err)
{
    parquet->offset += (int64_t)size;
    return fovea_atomic_file_write(&parquet->file, bytes, size, err);
}

enum fovea_status
fovea_parquet_begin(struct fovea_parquet *parquet, struct fovea_error *err)
{
    FOVEA_ASSERT(parquet->n_columns <= FOVEA_PARQUET_MAX_COLUMNS);
    return write_bytes(parquet, magic, sizeof magic, err);
}

void
fovea_parquet_number(struct fovea_parquet *parquet, size_t column,
        int64_t value)
{
    char bytes[sizeof value];
    memcpy(bytes, &value, sizeof bytes);
    fovea_text_add(&parquet->values[column], bytes, sizeof bytes);
}

void
fovea_parquet_string(struct fovea_parquet *parquet, size_t column,
        const char *string)
{
    struct fovea_text *values = &parquet->values[column];
    size_t before = values->size;
    add_size(values, 0);
    fovea_valid_text_add(values, string);
    if (!fovea_text_failed(values)) {
        uint32_t size = (uint32_t)(values->size - before - SIZE_BYTES);
        memcpy(values->data + before, &size, SIZE_BYTES);
    }
}

/* What is before a column's values. */
static void
add_page_header(struct fovea_text *text, int32_t size, int32_t n_values)
{
    struct fovea_thrift page = { .text = text };
    fovea_thrift_i32(&page, 1, DATA_PAGE);
    fovea_thrift_i32(&page, 2, size);
    fovea_thrift_i32(&page, 3, size);
    fovea_thrift_field(&page, 5, FOVEA_THRIFT_STRUCT);
    struct fovea_thrift data = { .text = text };
    fovea_thrift_i32(&data, 1, n_values);
    fovea_thrift_i32(&data, 2, ENCODING_PLAIN);
    fovea_thrift_i32(&data, 3, ENCODING_RLE); /* of levels, which are none */
    fovea_thrift_i32(&data, 4, ENCODING_RLE);
    fovea_thrift_stop(&data);
    fovea_thrift_stop(&page);
}

/* What the footer says of a column of a group. */
static void
add_chunk(const struct fovea_parquet *parquet,
        const struct fovea_parquet_column *column, int64_t offset, int64_t size,
        struct fovea_text *text)
{
    struct fovea_thrift chunk = { .text = text };
    fovea_thrift_i64(&chunk, 2, offset);
    fovea_thrift_field(&chunk, 3, FOVEA_THRIFT_STRUCT);
    struct fovea_thrift meta = { .text = text };
    fovea_thrift_i32(&meta, 1, physical_type(column->type));
    fovea_thrift_field(&meta, 2, FOVEA_THRIFT_LIST);
    fovea_thrift_list(text, 1, FOVEA_THRIFT_I32);
    fovea_thrift_add_number(text, ENCODING_PLAIN);
    fovea_thrift_field(&meta, 3, FOVEA_THRIFT_LIST);
    fovea_thrift_list(text, 1, FOVEA_THRIFT_BINARY);
    fovea_thrift_add_string(text, column->name);
    fovea_thrift_i32(&meta, 4, UNCOMPRESSED);
    fovea_thrift_i64(&meta, 5, parquet->n_waiting);
    fovea_thrift_i64(&meta, 6, size);
    fovea_thrift_i64(&meta, 7, size);
    fovea_thrift_i64(&meta, 9, offset);
    fovea_thrift_stop(&meta);
    fovea_thrift_stop(&chunk);
}

/* A column's page. */
static enum fovea_status
write_column(struct fovea_parquet *parquet, size_t column,
        struct fovea_error *err)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text header = { 0 };
    struct fovea_text *values = &parquet->values[column];
    int64_t offset = parquet->offset;
    add_page_header(&header, (int32_t)values->size,
            (int32_t)parquet->n_waiting);
    if (fovea_text_failed(&header) || fovea_text_failed(values)) {
        return fovea_fail_memory(err, values->capacity, "a column");
    }
    enum fovea_status status =
            write_bytes(parquet, header.data, header.size, err);
    if (!status) {
        status = write_bytes(parquet, values->data, values->size, err);
    }
    add_chunk(parquet, &parquet->columns[column], offset,
            parquet->offset - offset, &parquet->groups);
    fovea_text_clear(values);
    return status;
}

static enum fovea_status
write_group(struct fovea_parquet *parquet, struct fovea_error *err)
{
    struct fovea_thrift group = { .text = &parquet->groups };
    int64_t begin = parquet->offset;
    enum fovea_status status = FOVEA_OK;
    if (parquet->n_waiting == 0) {
        return FOVEA_OK;
    }
    fovea_thrift_field(&group, 1, FOVEA_THRIFT_LIST);
    fovea_thrift_list(&parquet->groups, parquet->n_columns,
            FOVEA_THRIFT_STRUCT);
    for (size_t i = 0; i < parquet->n_columns && !status; i++) {
        status = write_column(parquet, i, err);
    }
    fovea_thrift_i64(&group, 2, parquet->offset - begin);
    fovea_thrift_i64(&group, 3, parquet->n_waiting);
    fovea_thrift_stop(&group);
    parquet->n_rows += parquet->n_waiting;
    parquet->n_waiting = 0;
    parquet->n_groups++;
    return status;
}

enum fovea_status
fovea_parquet_end_row(struct fovea_parquet *parquet, struct fovea_error *err)
{
    size_t size = 0;
    parquet->n_waiting++;
    for (size_t i = 0; i < parquet->n_columns; i++) {
        size += parquet->values[i].size;
        if (fovea_text_failed(&parquet->values[i])) {
            return fovea_fail_memory(err, size, "a column");
        }
    }
    return size < GROUP_BYTES ? FOVEA_OK : write_group(parquet, err);
}

static void
add_schema(const struct fovea_parquet *parquet, struct fovea_text *text)
{
    fovea_thrift_list(text, parquet->n_columns + 1, FOVEA_THRIFT_STRUCT);
    struct fovea_thrift root = { .text = text };
    fovea_thrift_string(&root, 4, "schema");
    fovea_thrift_i32(&root, 5, (int32_t)parquet->n_columns);
    fovea_thrift_stop(&root);
    for (size_t i = 0; i < parquet->n_columns; i++) {
        const struct fovea_parquet_column *column = &parquet->columns[i];
        struct fovea_thrift element = { .text = text };
        fovea_thrift_i32(&element, 1, physical_type(column->type));
        fovea_thrift_i32(&element, 3, REQUIRED);
        fovea_thrift_string(&element, 4, column->name);
        if (column->type == FOVEA_PARQUET_STRING) {
            fovea_thrift_i32(&element, 6, CONVERTED_UTF8);
        }
        fovea_thrift_stop(&element);
    }
}

enum fovea_status
fovea_parquet_complete(struct fovea_parquet *parquet, struct fovea_error *err)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text footer = { 0 };
    struct fovea_thrift meta = { .text = &footer };
    enum fovea_status status = write_group(parquet, err);
    if (status) {
        return status;
    }
    fovea_thrift_i32(&meta, 1, VERSION);
    fovea_thrift_field(&meta, 2, FOVEA_THRIFT_LIST);
    add_schema(parquet, &footer);
    fovea_thrift_i64(&meta, 3, parquet->n_rows);
    fovea_thrift_field(&meta, 4, FOVEA_THRIFT_LIST);
    fovea_thrift_list(&footer, parquet->n_groups, FOVEA_THRIFT_STRUCT);
    fovea_text_add(&footer, parquet->groups.data, parquet->groups.size);
    fovea_thrift_string(&meta, 6, created_by);
    fovea_thrift_stop(&meta);
    uint32_t size = (uint32_t)footer.size;
    add_size(&footer, size);
    fovea_text_add(&footer, magic, sizeof magic);
    if (fovea_text_failed(&footer) || fovea_text_failed(&parquet->groups)) {
        return fovea_fail_memory(err, footer.capacity, "the footer");
    }
    return write_bytes(parquet, footer.data, footer.size, err);
}

void
fovea_parquet_finish(struct fovea_parquet *parquet)
{
    fovea_atomic_file_abandon(&parquet->file);
    for (size_t i = 0; i < FOVEA_PARQUET_MAX_COLUMNS; i++) {
        fovea_text_finish(&parquet->values[i]);
    }
    fovea_text_finish(&parquet->groups);
}

bool
fovea_parquet_is_ours(const char *path)
{
    /* created_by, the end of the footer, its size, the magic. */
    enum {
        TAIL_SIZE = sizeof created_by - 1 + 1 + SIZE_BYTES + sizeof magic
    };
    char tail[TAIL_SIZE];
    FOVEA_AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    off_t end = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
    return end >= (off_t)sizeof tail &&
            pread(fd, tail, sizeof tail, end - (off_t)sizeof tail) ==
            (ssize_t)sizeof tail &&
            memcmp(tail, created_by, sizeof created_by - 1) == 0 &&
            memcmp(tail + sizeof tail - sizeof magic, magic, sizeof magic) == 0;
}
