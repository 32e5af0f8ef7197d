/* See duplicates.h. */
#include "find/duplicates.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "find/best.h"
#include "find/copies.h"
#include "find/groups.h"
#include "index/mask.h"
#include "index/rows.h"
#include "store/pairs.h"

enum {
    PAIRS_IN_MEMORY = 1 << 22
};

/* What is to be told: a group of rows, or one picture with several files. */
struct cluster {
    const struct fovea_group *group; /* NULL: content alone */
    int64_t content;                 /* the lowest of them */
    size_t n_places;
};

struct search {
    struct fovea_index_folder *folder;
    const struct fovea_duplicates_request *request;
    struct fovea_duplicates_totals *totals;
    struct fovea_picture_roots roots;
    struct fovea_copies copies;
    struct fovea_pair_list pairs;
    struct fovea_groups groups;
    int64_t *contents; /* of all members of groups, in their order */
    struct cluster *clusters;
    size_t n_clusters;
};

static void
finish_search(struct search *search)
{
    fovea_picture_roots_finish(&search->roots);
    fovea_copies_finish(&search->copies);
    fovea_pair_list_finish(&search->pairs);
    fovea_groups_finish(&search->groups);
    free(search->contents);
    free(search->clusters);
}

/* -- pairs, and groups of rows */

static enum fovea_status
take_pairs(void *context, const struct fovea_pair *pairs, size_t n,
        uint64_t done, uint64_t total, struct fovea_error *err)
{
    struct search *search = context;
    const struct fovea_duplicates_request *request = search->request;
    for (size_t i = 0; i < n; i++) {
        const struct fovea_row_pair pair = {
            .a = (uint32_t)pairs[i].first,
            .b = (uint32_t)pairs[i].second,
            .cosine = pairs[i].score,
        };
        enum fovea_status status =
                fovea_pair_list_add(&search->pairs, &pair, err);
        if (status) {
            return status;
        }
    }
    search->totals->n_pairs += n;
    if (request->progress) {
        request->progress(request->context, done, total);
    }
    return FOVEA_OK;
}

/* pairs' context is ours, the caller's another. */
static bool
is_cancelled(void *context)
{
    const struct search *search = context;
    return search->request->is_cancelled &&
            search->request->is_cancelled(search->request->context);
}

static enum fovea_status
find_pairs(struct search *search, struct fovea_error *err)
{
    const struct fovea_duplicates_request *request = search->request;
    const struct fovea_index_set *set = request->set;
    FOVEA_AUTO_FREE uint64_t *mask = NULL;
    if (set->n_rows >= UINT32_MAX) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "the index has more pictures than can be compared with each "
                "other; --exact compares bytes alone");
    }
    enum fovea_status status = fovea_pair_list_init(&search->pairs,
            request->temporary_folder, PAIRS_IN_MEMORY, err);
    if (!status) {
        status = fovea_index_mask(search->folder, set, request->filter, &mask,
                &search->totals->n_compared, err);
    }
    if (status) {
        return status;
    }
    const struct fovea_pairs settings = {
        .segments = set->segments,
        .n_segments = set->n_segments,
        .mask = mask,
        .threshold = request->threshold,
        .n_threads = request->n_threads,
        .found = take_pairs,
        .is_cancelled = is_cancelled,
        .context = search,
    };
    return fovea_pairs_run(&settings, &search->totals->n_reranked, err);
}

/* The picture of a member, with the places that count. */
static enum fovea_status
load(const struct search *search, int64_t content,
        struct fovea_picture *picture, struct fovea_error *err)
{
    return fovea_picture_load(search->folder, &search->roots, content,
            search->request->filter, picture, err);
}

static const int64_t *
contents_of(const struct search *search, const struct fovea_group *group)
{
    return search->contents + (group->members - search->groups.members);
}

/* Let the best of those that reach all be the best of their group. */
static enum fovea_status
choose_best(const struct search *search, struct fovea_group *group,
        struct fovea_error *err)
{
    const int64_t *contents = contents_of(search, group);
    FOVEA_AUTO(fovea_picture_finish)
    struct fovea_picture best = { .n_places = 0 };
    bool is_first = true;
    for (size_t i = 0; i < group->n; i++) {
        struct fovea_picture picture = { .n_places = 0 };
        if (!group->members[i].reaches_all) {
            continue;
        }
        enum fovea_status status = load(search, contents[i], &picture, err);
        if (status) {
            return status;
        }
        if (is_first || fovea_is_better(&picture, &best, NULL)) {
            fovea_picture_finish(&best);
            best = picture;
            group->best = i;
            is_first = false;
        } else {
            fovea_picture_finish(&picture);
        }
    }
    return FOVEA_OK;
}

static enum fovea_status
find_groups(struct search *search, struct fovea_error *err)
{
    const struct fovea_index_set *set = search->request->set;
    struct fovea_groups *groups = &search->groups;
    uint32_t n_rows = (uint32_t)set->n_rows;
    enum fovea_status status =
            fovea_groups_make(&search->pairs, n_rows, groups, err);
    if (status) {
        return status;
    }
    search->contents = calloc(groups->n_members + 1, sizeof *search->contents);
    if (!search->contents) {
        return fovea_fail_memory(err, groups->n_members, "the groups");
    }
    for (size_t i = 0; i < groups->n_members && !status; i++) {
        status = fovea_index_row_content(search->folder, set,
                groups->members[i].row, &search->contents[i], err);
    }
    for (size_t g = 0; g < groups->n && !status; g++) {
        status = choose_best(search, &groups->all[g], err);
    }
    return status ? status
                  : fovea_groups_measure(groups, &search->pairs, n_rows, err);
}

/* -- what is told, in which order */

static int
compare_contents(const void *one, const void *other)
{
    int64_t a = *(const int64_t *)one;
    int64_t b = *(const int64_t *)other;
    return (a > b) - (a < b);
}

static int
compare_clusters(const void *one, const void *other)
{
    const struct cluster *a = one;
    const struct cluster *b = other;
    return a->n_places != b->n_places
            ? (a->n_places < b->n_places ? 1 : -1)
            : compare_contents(&a->content, &b->content);
}

static void
add_groups(struct search *search)
{
    for (size_t g = 0; g < search->groups.n; g++) {
        const struct fovea_group *group = &search->groups.all[g];
        const int64_t *contents = contents_of(search, group);
        struct cluster *cluster = &search->clusters[search->n_clusters++];
        *cluster = (struct cluster){ .group = group, .content = contents[0] };
        for (size_t i = 0; i < group->n; i++) {
            cluster->n_places += fovea_copies_of(&search->copies, contents[i]);
            cluster->content = contents[i] < cluster->content
                    ? contents[i]
                    : cluster->content;
        }
    }
}

/* Pictures of several files that are in no group. */
static enum fovea_status
add_copies(struct search *search, struct fovea_error *err)
{
    const struct fovea_copies *copies = &search->copies;
    size_t n_grouped = search->groups.n_members;
    FOVEA_AUTO_FREE int64_t *grouped = calloc(n_grouped + 1, sizeof *grouped);
    if (!grouped) {
        return fovea_fail_memory(err, n_grouped * sizeof *grouped,
                "the groups");
    }
    if (n_grouped > 0) {
        memcpy(grouped, search->contents, n_grouped * sizeof *grouped);
        qsort(grouped, n_grouped, sizeof *grouped, compare_contents);
    }
    for (size_t i = 0; i < copies->n;) {
        int64_t content = copies->contents[i];
        size_t n = fovea_copies_of(copies, content);
        if (n > 1 &&
                !bsearch(&content, grouped, n_grouped, sizeof *grouped,
                        compare_contents)) {
            search->clusters[search->n_clusters++] = (struct cluster){
                .content = content,
                .n_places = n,
            };
        }
        i += n;
    }
    return FOVEA_OK;
}

static enum fovea_status
order_clusters(struct search *search, struct fovea_error *err)
{
    size_t most = search->groups.n + search->copies.n / 2;
    search->clusters = calloc(most + 1, sizeof *search->clusters);
    if (!search->clusters) {
        return fovea_fail_memory(err, most * sizeof *search->clusters,
                "the groups");
    }
    add_groups(search);
    enum fovea_status status = add_copies(search, err);
    if (!status && search->n_clusters > 0) {
        qsort(search->clusters, search->n_clusters, sizeof *search->clusters,
                compare_clusters);
    }
    return status;
}

/* -- telling */

static int
compare_duplicates(const void *one, const void *other)
{
    const struct fovea_duplicate *a = one;
    const struct fovea_duplicate *b = other;
    if (a->score > b->score || a->score < b->score) {
        return a->score > b->score ? -1 : 1;
    }
    return compare_contents(&a->picture.content.id, &b->picture.content.id);
}

static int
compare_places(const void *one, const void *other)
{
    const struct fovea_picture_place *a = one;
    const struct fovea_picture_place *b = other;
    if (a->mtime_ns != b->mtime_ns) {
        return a->mtime_ns < b->mtime_ns ? -1 : 1;
    }
    return !a->path || !b->path ? !a->path - !b->path
                                : strcmp(a->path, b->path);
}

/* What the best, the first of the group, is better by than the next. */
static enum fovea_best_reason
reason_of(const struct fovea_duplicate_group *group, const bool *reaches_all)
{
    const struct fovea_picture *best = &group->pictures[0].picture;
    enum fovea_best_reason reason = FOVEA_BEST_CENTRE;
    if (group->n == 1) {
        return best->n_places > 1 &&
                        best->places[0].mtime_ns == best->places[1].mtime_ns
                ? FOVEA_BEST_NAME
                : FOVEA_BEST_TIME;
    }
    for (size_t i = 1; i < group->n; i++) {
        enum fovea_best_reason here = FOVEA_BEST_CENTRE;
        if (reaches_all[i]) {
            (void)fovea_is_better(best, &group->pictures[i].picture, &here);
        }
        reason = here > reason ? here : reason;
    }
    return reason;
}

static void
mark(struct fovea_duplicate_group *group)
{
    size_t largest = 0;
    size_t oldest = 0;
    for (size_t i = 1; i < group->n; i++) {
        const struct fovea_picture *picture = &group->pictures[i].picture;
        if (fovea_is_larger(picture, &group->pictures[largest].picture)) {
            largest = i;
        }
        if (fovea_picture_time_ns(picture) <
                fovea_picture_time_ns(&group->pictures[oldest].picture)) {
            oldest = i;
        }
    }
    group->pictures[largest].is_largest = true;
    group->pictures[oldest].is_oldest = true;
}

static void
count_group(const struct fovea_duplicate_group *group,
        struct fovea_duplicates_totals *totals)
{
    totals->n_groups++;
    totals->n_places += group->n_places;
    for (size_t i = 0; i < group->n; i++) {
        const struct fovea_picture *picture = &group->pictures[i].picture;
        totals->spare_bytes +=
                picture->content.size_bytes * (picture->n_places - (i == 0));
    }
}

/* Load the pictures of a cluster, the best first; scores, and who reaches all,
   beside them. */
static enum fovea_status
load_group(const struct search *search, const struct cluster *cluster,
        struct fovea_duplicate_group *group, bool *reaches_all,
        struct fovea_error *err)
{
    const struct fovea_group *rows = cluster->group;
    size_t n = rows ? rows->n : 1;
    const int64_t *contents =
            rows ? contents_of(search, rows) : &cluster->content;
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; i < n && !status; i++) {
        /* The best before all others. */
        size_t at = !rows || i == rows->best ? 0 : i + (i < rows->best);
        struct fovea_duplicate *duplicate = &group->pictures[at];
        status = load(search, contents[i], &duplicate->picture, err);
        duplicate->score = rows ? rows->members[i].cosine : 1;
        reaches_all[at] = !rows || rows->members[i].reaches_all;
        group->n_places += duplicate->picture.n_places;
    }
    return status;
}

static enum fovea_status
tell_cluster(struct search *search, const struct cluster *cluster,
        struct fovea_error *err)
{
    size_t n = cluster->group ? cluster->group->n : 1;
    struct fovea_duplicate_group group = { .n = n };
    FOVEA_AUTO_FREE bool *reaches_all = calloc(n, sizeof *reaches_all);
    group.pictures = calloc(n, sizeof *group.pictures);
    enum fovea_status status = group.pictures && reaches_all
            ? load_group(search, cluster, &group, reaches_all, err)
            : fovea_fail_memory(err, n * sizeof *group.pictures, "a group");
    if (!status) {
        struct fovea_picture *best = &group.pictures[0].picture;
        if (best->n_places > 1) {
            qsort(best->places, best->n_places, sizeof *best->places,
                    compare_places);
        }
        group.reason = reason_of(&group, reaches_all);
        qsort(group.pictures + 1, n - 1, sizeof *group.pictures,
                compare_duplicates);
        mark(&group);
        count_group(&group, search->totals);
        status = search->request->see(search->request->context, &group, err);
    }
    for (size_t i = 0; group.pictures && i < n; i++) {
        fovea_picture_finish(&group.pictures[i].picture);
    }
    free(group.pictures);
    return status;
}

enum fovea_status
fovea_duplicates(struct fovea_index_folder *folder,
        const struct fovea_duplicates_request *request,
        struct fovea_duplicates_totals *totals_out, struct fovea_error *err)
{
    struct fovea_duplicates_totals totals = { .n_groups = 0 };
    FOVEA_AUTO(finish_search)
    struct search search = {
        .folder = folder,
        .request = request,
        .totals = &totals,
        .pairs = { .fd = -1 },
    };
    enum fovea_status status =
            fovea_picture_roots_load(folder, &search.roots, err);
    if (!status) {
        status = fovea_copies_count(folder, &search.roots, request->filter,
                &search.copies, err);
    }
    if (!status && request->set) {
        status = find_pairs(&search, err);
    }
    if (!status && request->set) {
        status = find_groups(&search, err);
    }
    if (!status) {
        status = order_clusters(&search, err);
    }
    for (size_t i = 0; i < search.n_clusters && !status; i++) {
        status = tell_cluster(&search, &search.clusters[i], err);
    }
    if (!status) {
        *totals_out = totals;
    }
    return status;
}
