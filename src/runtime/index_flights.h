/*
 * Images on their way into an index: opened or fetched, digested, and embedded by
 * the model of each set that does not have them yet; some at a time.
 */
#ifndef FOVEA_RUNTIME_INDEX_FLIGHTS_H
#define FOVEA_RUNTIME_INDEX_FLIGHTS_H

#include "index/contents.h"
#include "runtime/index_models.h"

struct fovea_flights;

/** What came of an image. */
struct fovea_flight {
    size_t number;            /* as it was started */
    struct fovea_error error; /* code FOVEA_OK and its notes, or what failed */
    struct fovea_index_content content;
    struct fovea_index_vector *vectors; /* of the sets that lack it */
    size_t n_vectors;
};

/**
 * @param sets      n of them; borrowed. Their models are opened.
 * @param capacity  Images that were started and are not released, at most.
 * @return FOVEA_OK; FOVEA_ERR_NO_MEMORY; as fovea_index_model().
 */
FOVEA_NODISCARD enum fovea_status fovea_flights_create(
        struct fovea_index *index, const struct fovea_index_set_id *sets,
        size_t n_sets, size_t capacity, struct fovea_flights **flights_out,
        struct fovea_error *err);

/** Cancel what is under way and wait for its end. NULL is fine. */
void fovea_flights_destroy(struct fovea_flights *flights);

/** Whether one more may be started. */
bool fovea_flights_has_room(struct fovea_flights *flights);

/** Start an image; item is borrowed for the call. Whatever becomes of it comes out
 *  once. */
void fovea_flights_start(struct fovea_flights *flights, size_t number,
        const struct fovea_item *item);

/** Wait for the next one to be done; NULL: none is under way. It is the caller's
 *  until its release. */
struct fovea_flight *fovea_flights_next(struct fovea_flights *flights);

void fovea_flights_release(struct fovea_flights *flights,
        struct fovea_flight *flight);

#endif
