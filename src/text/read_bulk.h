/* Inside of text/: vocabulary and merges, which are too many for a tree. */
#ifndef FOVEA_TEXT_READ_BULK_H
#define FOVEA_TEXT_READ_BULK_H

#include "text/draft.h"
#include "text/json_events.h"

/** What stands between two events of a vocabulary or of merges. */
struct fovea_bulk {
    size_t depth; /* of the whole: its end is the end */
    char *text;   /* a piece that waits for its id or score; owned */
    size_t text_size;
    size_t capacity;
    bool has_text;
    bool has_score;
    double score;
    uint32_t left;  /* entry of a merge that waits for its right part, + 1 */
    size_t n_parts; /* of a merge */
    bool is_open;
};

void fovea_bulk_finish(struct fovea_bulk *bulk);

/** Take an event of a vocabulary, its opening bracket first: names with ids, or
 *  a list of pieces with scores. */
FOVEA_NODISCARD enum fovea_status fovea_bulk_take_vocabulary(
        struct fovea_draft *draft, struct fovea_bulk *bulk,
        const struct fovea_json_event *event, struct fovea_error *err);

/** Take an event of a list of merges: "a b", or ["a", "b"]. */
FOVEA_NODISCARD enum fovea_status fovea_bulk_take_merges(
        struct fovea_draft *draft, struct fovea_bulk *bulk,
        const struct fovea_json_event *event, struct fovea_error *err);

/** Take a merge of two pieces, with a blank between. */
FOVEA_NODISCARD enum fovea_status fovea_bulk_add_merge(
        struct fovea_draft *draft, const char *text, size_t size,
        struct fovea_error *err);

#endif
