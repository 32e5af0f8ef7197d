/* See groups.h. */
#include "find/groups.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/macros.h"

enum state {
    ALONE, /* in no pair */
    OPEN,  /* not decided yet */
    CENTRE,
    MEMBER,
};

static const uint32_t none = UINT32_MAX;

/* What is known of the rows, each array one number a row. */
struct rows {
    uint32_t n;
    uint32_t *degree; /* pairs that it is in; later, of its group */
    uint32_t *centre; /* of its group; none: it is in none */
    float *cosine;    /* to that */
    unsigned char *state;
    bool *gives_way; /* this round: one that comes before it is near */
};

static void
rows_finish(struct rows *rows)
{
    free(rows->degree);
    free(rows->centre);
    free(rows->cosine);
    free(rows->state);
    free(rows->gives_way);
}

static enum fovea_status
rows_init(struct rows *rows, uint32_t n, struct fovea_error *err)
{
    *rows = (struct rows){
        .n = n,
        .degree = calloc(n, sizeof *rows->degree),
        .centre = calloc(n, sizeof *rows->centre),
        .cosine = calloc(n, sizeof *rows->cosine),
        .state = calloc(n, sizeof *rows->state),
        .gives_way = calloc(n, sizeof *rows->gives_way),
    };
    if (!rows->degree || !rows->centre || !rows->cosine || !rows->state ||
            !rows->gives_way) {
        return fovea_fail_memory(err, n * sizeof *rows->degree,
                "groups of rows");
    }
    for (uint32_t i = 0; i < n; i++) {
        rows->centre[i] = none;
    }
    return FOVEA_OK;
}

/* Any bijection that mixes. */
static uint32_t
hash(uint32_t value)
{
    value = (value ^ (value >> 16)) * UINT32_C(0x7feb352d);
    value = (value ^ (value >> 15)) * UINT32_C(0x846ca68b);
    return value ^ (value >> 16);
}

/* Whether a becomes a centre rather than b. */
static bool
comes_before(const struct rows *rows, uint32_t a, uint32_t b)
{
    return rows->degree[a] != rows->degree[b]
            ? rows->degree[a] > rows->degree[b]
            : hash(a) < hash(b);
}

static void
count(void *context, const struct fovea_row_pair *pair)
{
    struct rows *rows = context;
    rows->degree[pair->a]++;
    rows->degree[pair->b]++;
    rows->state[pair->a] = OPEN;
    rows->state[pair->b] = OPEN;
}

static void
let_give_way(void *context, const struct fovea_row_pair *pair)
{
    struct rows *rows = context;
    if (rows->state[pair->a] == OPEN && rows->state[pair->b] == OPEN) {
        bool a_first = comes_before(rows, pair->a, pair->b);
        rows->gives_way[a_first ? pair->b : pair->a] = true;
    }
}

static void
claim(void *context, const struct fovea_row_pair *pair)
{
    struct rows *rows = context;
    for (int i = 0; i < 2; i++) {
        uint32_t row = i ? pair->b : pair->a;
        uint32_t other = i ? pair->a : pair->b;
        if (rows->state[row] == OPEN && rows->state[other] == CENTRE) {
            rows->state[row] = MEMBER;
        }
    }
}

/* Rounds of all that nobody comes before becoming centres: the same as going
   through the rows one by one in their order. */
static enum fovea_status
choose_centres(struct rows *rows, struct fovea_pair_list *pairs,
        struct fovea_error *err)
{
    for (bool is_done = false; !is_done;) {
        for (uint32_t i = 0; i < rows->n; i++) {
            rows->gives_way[i] = false;
        }
        enum fovea_status status =
                fovea_pair_list_each(pairs, let_give_way, rows, err);
        if (status) {
            return status;
        }
        is_done = true;
        for (uint32_t i = 0; i < rows->n; i++) {
            if (rows->state[i] == OPEN) {
                rows->state[i] = rows->gives_way[i] ? OPEN : CENTRE;
                is_done = is_done && !rows->gives_way[i];
            }
        }
        status = fovea_pair_list_each(pairs, claim, rows, err);
        if (status) {
            return status;
        }
    }
    return FOVEA_OK;
}

static void
assign(void *context, const struct fovea_row_pair *pair)
{
    struct rows *rows = context;
    for (int i = 0; i < 2; i++) {
        uint32_t row = i ? pair->b : pair->a;
        uint32_t centre = i ? pair->a : pair->b;
        if (rows->state[row] != MEMBER || rows->state[centre] != CENTRE) {
            continue;
        }
        uint32_t before = rows->centre[row];
        if (before == none || pair->cosine > rows->cosine[row] ||
                (pair->cosine >= rows->cosine[row] && centre < before)) {
            rows->centre[row] = centre;
            rows->cosine[row] = pair->cosine;
        }
    }
}

static void
count_in_group(void *context, const struct fovea_row_pair *pair)
{
    struct rows *rows = context;
    uint32_t centre = rows->centre[pair->a];
    if (centre != none && centre == rows->centre[pair->b]) {
        rows->degree[pair->a]++;
        rows->degree[pair->b]++;
    }
}

/* How many are in the group of each centre; a centre that all have left for
   nearer ones is in none. */
static void
count_members(struct rows *rows, uint32_t *n_members, size_t *n_groups_out,
        size_t *n_all_out)
{
    for (uint32_t i = 0; i < rows->n; i++) {
        if (rows->state[i] == MEMBER) {
            n_members[rows->centre[i]]++;
        }
    }
    *n_groups_out = 0;
    *n_all_out = 0;
    for (uint32_t i = 0; i < rows->n; i++) {
        if (n_members[i] > 0) {
            rows->centre[i] = i;
            *n_all_out += ++n_members[i];
            ++*n_groups_out;
        }
    }
}

/* Write the groups down. n_members of a centre becomes its group's number. */
static enum fovea_status
collect(const struct rows *rows, uint32_t *n_members,
        struct fovea_groups *groups, struct fovea_error *err)
{
    groups->all = calloc(groups->n + 1, sizeof *groups->all);
    groups->members = calloc(groups->n_members + 1, sizeof *groups->members);
    if (!groups->all || !groups->members) {
        return fovea_fail_memory(err,
                groups->n_members * sizeof *groups->members, "the groups");
    }
    struct fovea_group_member *next = groups->members;
    uint32_t n = 0;
    for (uint32_t i = 0; i < rows->n; i++) {
        if (rows->centre[i] == i) {
            groups->all[n].members = next;
            next += n_members[i];
            n_members[i] = n++;
        }
    }
    for (uint32_t i = 0; i < rows->n; i++) {
        if (rows->centre[i] != none) {
            struct fovea_group *group =
                    &groups->all[n_members[rows->centre[i]]];
            group->best = rows->centre[i] == i ? group->n : group->best;
            group->members[group->n++].row = i;
        }
    }
    for (size_t g = 0; g < groups->n; g++) {
        struct fovea_group *group = &groups->all[g];
        for (size_t k = 0; k < group->n; k++) {
            struct fovea_group_member *member = &group->members[k];
            member->reaches_all = rows->degree[member->row] == group->n - 1;
        }
    }
    return FOVEA_OK;
}

/* With centres chosen. */
static enum fovea_status
form_groups(struct rows *rows, struct fovea_pair_list *pairs,
        struct fovea_groups *groups, struct fovea_error *err)
{
    FOVEA_AUTO_FREE uint32_t *n_members = calloc(rows->n, sizeof *n_members);
    if (!n_members) {
        return fovea_fail_memory(err, rows->n * sizeof *n_members,
                "groups of rows");
    }
    enum fovea_status status = fovea_pair_list_each(pairs, assign, rows, err);
    if (status) {
        return status;
    }
    count_members(rows, n_members, &groups->n, &groups->n_members);
    for (uint32_t i = 0; i < rows->n; i++) {
        rows->degree[i] = 0;
    }
    status = fovea_pair_list_each(pairs, count_in_group, rows, err);
    return status ? status : collect(rows, n_members, groups, err);
}

enum fovea_status
fovea_groups_make(struct fovea_pair_list *pairs, uint32_t n_rows,
        struct fovea_groups *groups_out, struct fovea_error *err)
{
    *groups_out = (struct fovea_groups){ .n = 0 };
    if (n_rows == 0) {
        return FOVEA_OK;
    }
    FOVEA_AUTO(rows_finish) struct rows rows;
    struct fovea_groups groups = { .n = 0 };
    enum fovea_status status = rows_init(&rows, n_rows, err);
    if (!status) {
        status = fovea_pair_list_each(pairs, count, &rows, err);
    }
    if (!status) {
        status = choose_centres(&rows, pairs, err);
    }
    if (!status) {
        status = form_groups(&rows, pairs, &groups, err);
    }
    if (status) {
        fovea_groups_finish(&groups);
        return status;
    }
    *groups_out = groups;
    return FOVEA_OK;
}

/* Where each row stands among the members, and the best of its group. */
struct measure {
    struct fovea_group_member **member; /* [n_rows]; NULL: in no group */
    uint32_t *best;                     /* [n_rows] */
};

static void
measure(void *context, const struct fovea_row_pair *pair)
{
    const struct measure *at = context;
    for (int i = 0; i < 2; i++) {
        uint32_t row = i ? pair->b : pair->a;
        uint32_t other = i ? pair->a : pair->b;
        if (at->member[row] && at->best[row] == other) {
            at->member[row]->cosine = pair->cosine;
        }
    }
}

enum fovea_status
fovea_groups_measure(struct fovea_groups *groups, struct fovea_pair_list *pairs,
        uint32_t n_rows, struct fovea_error *err)
{
    FOVEA_AUTO_FREE struct fovea_group_member **member =
            calloc((size_t)n_rows + 1, sizeof *member);
    FOVEA_AUTO_FREE uint32_t *best = calloc((size_t)n_rows + 1, sizeof *best);
    if (!member || !best) {
        return fovea_fail_memory(err, n_rows * sizeof *member, "the groups");
    }
    for (size_t g = 0; g < groups->n; g++) {
        struct fovea_group *group = &groups->all[g];
        uint32_t centre = group->members[group->best].row;
        for (size_t k = 0; k < group->n; k++) {
            uint32_t row = group->members[k].row;
            member[row] = &group->members[k];
            best[row] = centre;
            group->members[k].cosine = row == centre ? 1 : 0;
        }
    }
    struct measure at = { member, best };
    return fovea_pair_list_each(pairs, measure, &at, err);
}

void
fovea_groups_finish(struct fovea_groups *groups)
{
    free(groups->all);
    free(groups->members);
    *groups = (struct fovea_groups){ .n = 0 };
}
