/* Every pair is compared; some hundreds of pictures need nothing more. */
#include "pairs.h"

#include <stdio.h>
#include <stdlib.h>

struct pair {
    size_t a;
    size_t b;
    double cosine;
};

static double
cosine_of(const float *a, const float *b, size_t dimension)
{
    double sum = 0;
    for (size_t i = 0; i < dimension; i++) {
        sum += (double)a[i] * (double)b[i];
    }
    return sum;
}

static int
compare(const void *left, const void *right)
{
    const struct pair *a = left;
    const struct pair *b = right;
    if (a->cosine > b->cosine) {
        return -1;
    }
    return a->cosine < b->cosine ? 1 : 0;
}

bool
print_most_alike(const char *const *names, const float *vectors, size_t n,
        size_t dimension, size_t n_pairs)
{
    if (n < 2) {
        return true;
    }
    size_t n_all = n * (n - 1) / 2;
    struct pair *pairs = calloc(n_all, sizeof *pairs);
    if (!pairs) {
        return false;
    }
    size_t at = 0;
    for (size_t a = 0; a < n; a++) {
        for (size_t b = a + 1; b < n; b++) {
            double cosine = cosine_of(vectors + a * dimension,
                    vectors + b * dimension, dimension);
            pairs[at++] = (struct pair){ .a = a, .b = b, .cosine = cosine };
        }
    }
    qsort(pairs, n_all, sizeof *pairs, compare);
    for (size_t i = 0; i < n_pairs && i < n_all; i++) {
        (void)printf("%.4f  %s  %s\n", pairs[i].cosine, names[pairs[i].a],
                names[pairs[i].b]);
    }
    free(pairs);
    return true;
}
