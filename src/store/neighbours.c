/* See neighbours.h. */
#include "store/neighbours.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/error.h"
#include "store/score.h"

enum {
    SLACK = 1024, /* so many more than the best are kept between two sorts */
};

void
fovea_neighbours_finish(struct fovea_neighbours *neighbours)
{
    for (size_t i = 0; i < neighbours->n; i++) {
        neighbours->free_item(neighbours->all[i].item);
    }
    free(neighbours->all);
}

/* The nearer first, then in the order of the rows. */
static int
compare(const void *one, const void *other)
{
    const struct fovea_neighbour *a = one;
    const struct fovea_neighbour *b = other;
    if (a->cosine > b->cosine || a->cosine < b->cosine) {
        return a->cosine > b->cosine ? -1 : 1;
    }
    return a->place < b->place ? -1 : 1;
}

void
fovea_neighbours_settle(struct fovea_neighbours *neighbours)
{
    if (neighbours->n > 0) {
        qsort(neighbours->all, neighbours->n, sizeof *neighbours->all, compare);
    }
    while (neighbours->n_best > 0 && neighbours->n > neighbours->n_best) {
        neighbours->free_item(neighbours->all[--neighbours->n].item);
    }
}

static bool
grow(struct fovea_neighbours *neighbours)
{
    if (neighbours->n < neighbours->capacity) {
        return true;
    }
    size_t capacity = neighbours->capacity * 2 + SLACK;
    struct fovea_neighbour *all =
            reallocarray(neighbours->all, capacity, sizeof *all);
    if (!all) {
        return false;
    }
    neighbours->all = all;
    neighbours->capacity = capacity;
    return true;
}

enum fovea_status
fovea_neighbours_add(struct fovea_neighbours *neighbours, const float *row,
        void *item, struct fovea_error *err)
{
    if (neighbours->n_best > 0 && neighbours->n >= neighbours->n_best + SLACK) {
        fovea_neighbours_settle(neighbours);
    }
    if (!grow(neighbours)) {
        neighbours->free_item(item);
        return fovea_fail_memory(err, sizeof *neighbours->all, "the ranking");
    }
    if (neighbours->n_seen == 0) {
        neighbours->square =
                fovea_score_square(neighbours->query, neighbours->dimension);
    }
    neighbours->all[neighbours->n++] = (struct fovea_neighbour){
        .cosine = fovea_score(neighbours->query, neighbours->square, row,
                neighbours->dimension),
        .place = neighbours->n_seen++,
        .item = item,
    };
    return FOVEA_OK;
}
