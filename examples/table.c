/* See table.h. */
#include "table.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

enum {
    HEAD_SIZE = 10,
    MAX_HEADER = 4096,
    MAX_LINE = 65536,
    MAX_NUMBER = 1 << 28,
};

const char *
table_parse_number(const char *text, char end, size_t *number_out)
{
    char *rest = NULL;
    unsigned long number = strtoul(text, &rest, 10);
    if (rest == text || number == 0 || number > MAX_NUMBER || *rest != end) {
        return NULL;
    }
    *number_out = number;
    return rest + (end ? 1 : 0);
}

/* The numbers of "'shape': (36, 64)"; false if that is not what stands there. */
static bool
parse_shape(const char *header, struct table *table)
{
    static const char before[] = "'shape': (";
    const char *shape = strstr(header, before);
    if (!shape || !strstr(header, "'descr': '<f4'") ||
            !strstr(header, "'fortran_order': False")) {
        return false;
    }
    const char *second =
            table_parse_number(shape + sizeof before - 1, ',', &table->n);
    return second && table_parse_number(second, ')', &table->dimension);
}

static bool
read_header(FILE *file, struct table *table)
{
    unsigned char head[HEAD_SIZE];
    char header[MAX_HEADER + 1];
    if (fread(head, 1, HEAD_SIZE, file) != HEAD_SIZE ||
            memcmp(head, "\x93NUMPY\x01\x00", 8) != 0) {
        return false;
    }
    size_t length = (size_t)head[8] | (size_t)head[9] << 8;
    if (length > MAX_HEADER || fread(header, 1, length, file) != length) {
        return false;
    }
    header[length] = '\0';
    return parse_shape(header, table);
}

static bool
read_vectors(const char *path, struct table *table)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return false;
    }
    bool good = read_header(file, table);
    if (good) {
        table->vectors = calloc(table->n, table->dimension * sizeof(float));
        table->names = calloc(table->n, sizeof *table->names);
        good = table->vectors && table->names &&
                fread(table->vectors, table->dimension * sizeof(float),
                        table->n, file) == table->n;
    }
    if (!good) {
        (void)fprintf(stderr, "%s: not what fovea embed writes\n", path);
    }
    return fclose(file) == 0 && good;
}

/* A line with an error has no row and names nothing in the table. */
static bool
take_line(const char *line, struct table *table)
{
    json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    const char *input = json_string_value(json_object_get(object, "input"));
    const json_t *row = json_object_get(object, "row");
    json_int_t at = json_integer_value(row);
    bool good = input != NULL;
    if (good && row) {
        good = at >= 0 && (uint64_t)at < table->n && !table->names[at];
        if (good) {
            table->names[at] = strdup(input);
            good = table->names[at] != NULL;
        }
    }
    json_decref(object);
    return good;
}

static bool
read_names(const char *npy_path, struct table *table)
{
    char path[4096];
    static char line[MAX_LINE];
    (void)snprintf(path, sizeof path, "%s.jsonl", npy_path);
    FILE *file = fopen(path, "r");
    if (!file) {
        perror(path);
        return false;
    }
    bool good = true;
    while (good && fgets(line, sizeof line, file)) {
        good = take_line(line, table);
    }
    for (size_t i = 0; good && i < table->n; i++) {
        good = table->names[i] != NULL;
    }
    if (!good) {
        (void)fprintf(stderr, "%s: does not go with %s\n", path, npy_path);
    }
    return fclose(file) == 0 && good;
}

bool
table_read(const char *path, struct table *table)
{
    return read_vectors(path, table) && read_names(path, table);
}

void
table_release(struct table *table)
{
    for (size_t i = 0; table->names && i < table->n; i++) {
        free(table->names[i]);
    }
    free(table->names);
    free(table->vectors);
}
