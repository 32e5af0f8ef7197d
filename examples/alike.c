/*
 * Read what `fovea embed -o x.npy` wrote and print which pictures are most
 * alike.
 *
 *     alike x.npy [PAIRS]
 *
 * x.npy holds a float32 row for each image that could be embedded; x.npy.jsonl,
 * beside it, a line for each input: its name with its row, or with its error.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "pairs.h"

enum {
    N_PAIRS = 20,
    HEAD_SIZE = 10,
    MAX_HEADER = 4096,
    MAX_LINE = 65536,
    MAX_NUMBER = 1 << 28,
};

struct table {
    size_t n;
    size_t dimension;
    float *vectors;
    char **names; /* [n] */
};

/* A number from 1 to MAX_NUMBER with `end` behind it; NULL if there is none,
   else where the text goes on behind that. */
static const char *
parse_number(const char *text, char end, size_t *number_out)
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
            parse_number(shape + sizeof before - 1, ',', &table->n);
    return second && parse_number(second, ')', &table->dimension);
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

static void
release(struct table *table)
{
    for (size_t i = 0; table->names && i < table->n; i++) {
        free(table->names[i]);
    }
    free(table->names);
    free(table->vectors);
}

int
main(int argc, char **argv)
{
    struct table table = { 0 };
    size_t n_pairs = N_PAIRS;
    if (argc < 2 || argc > 3 ||
            (argc == 3 && !parse_number(argv[2], 0, &n_pairs))) {
        (void)fprintf(stderr, "usage: alike x.npy [PAIRS]\n");
        return 2;
    }
    bool done = read_vectors(argv[1], &table) && read_names(argv[1], &table);
    if (done) {
        (void)printf("The most alike of %zu pictures:\n", table.n);
        done = print_most_alike((const char *const *)table.names, table.vectors,
                table.n, table.dimension, n_pairs);
    }
    release(&table);
    return done ? 0 : 1;
}
