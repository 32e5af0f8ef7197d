/*
 * Read what `fovea embed -o x.npy` wrote and print which pictures are most
 * alike.
 *
 *     alike x.npy [PAIRS]
 *
 * x.npy holds a float32 row for each image that could be embedded; x.npy.jsonl,
 * beside it, a line for each input: its name with its row, or with its error.
 */
#include <stdio.h>

#include "pairs.h"
#include "table.h"

enum {
    N_PAIRS = 20
};

int
main(int argc, char **argv)
{
    struct table table = { 0 };
    size_t n_pairs = N_PAIRS;
    if (argc < 2 || argc > 3 ||
            (argc == 3 && !table_parse_number(argv[2], 0, &n_pairs))) {
        (void)fprintf(stderr, "usage: alike x.npy [PAIRS]\n");
        return 2;
    }
    bool done = table_read(argv[1], &table);
    if (done) {
        (void)printf("The most alike of %zu pictures:\n", table.n);
        done = print_most_alike((const char *const *)table.names, table.vectors,
                table.n, table.dimension, n_pairs);
    }
    table_release(&table);
    return done ? 0 : 1;
}
