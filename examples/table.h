/* What `fovea embed -o x.npy` wrote: vectors, and whose each is. */
#ifndef FOVEA_EXAMPLES_TABLE_H
#define FOVEA_EXAMPLES_TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct table {
    size_t n;
    size_t dimension;
    float *vectors; /* [n][dimension], each of length 1 */
    char **names;   /* [n] */
};

/** Read x.npy and x.npy.jsonl into a table that is all zero; says on standard
 *  error what is wrong with them. To be released in any case. */
bool table_read(const char *path, struct table *table);

void table_release(struct table *table);

/** A number of some size, at least 1, with `end` behind it; NULL if there is
 *  none, else where the text goes on behind that. */
const char *table_parse_number(const char *text, char end, size_t *number_out);

#endif
