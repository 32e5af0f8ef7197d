/*
 * Contents that are being embedded: a file that was read goes into the streams of
 * the sets that lack its vector, and comes back when all of these have answered.
 * Files of the same bytes that are met meanwhile wait with it: one embedding for
 * all of them.
 */
#ifndef FOVEA_INDEXING_FLIGHTS_H
#define FOVEA_INDEXING_FLIGHTS_H

#include "index/contents.h"
#include "indexing/models.h"
#include "indexing/reader.h"

struct fovea_flight {
    struct fovea_flight *next;
    struct fovea_reading
            *readings;          /* those of its bytes, the first is embedded;
                                       owned */
    bool lacks[FOVEA_SETS_MAX]; /* by the place of the set's model */
    size_t next_model;          /* to be put into its stream */
    size_t n_under_way;
    struct fovea_index_content content; /* digest, size and what is known of the
                                           picture */
    struct fovea_index_vector vectors[FOVEA_SETS_MAX];
    size_t n_vectors;
    float *values; /* of these; owned */
    size_t n_values;
    struct fovea_error error; /* the first; code FOVEA_OK */
};

struct fovea_flights {
    struct fovea_models *models; /* borrowed; open */
    struct fovea_flight *all;
    size_t n;
    struct fovea_flight *held; /* is not whole in the streams: one was full */
};

/** One of these bytes that is under way; NULL: none. */
struct fovea_flight *fovea_flights_find(struct fovea_flights *flights,
        const char *digest);

/**
 * Have a file embedded. None is held.
 *
 * @param reading  Taken, also on failure.
 * @param lacks    FOVEA_SETS_MAX: which of the models' vectors are to be made; at
 *                 least one.
 * @return FOVEA_OK; FOVEA_ERR_NO_MEMORY; as fovea_stream_put().
 */
FOVEA_NODISCARD enum fovea_status fovea_flights_begin(
        struct fovea_flights *flights, struct fovea_reading *reading,
        const bool *lacks, struct fovea_error *err);

/** Add a file of the same bytes, which is taken. */
void fovea_flight_join(struct fovea_flight *flight,
        struct fovea_reading *reading);

/**
 * Go on: put what is held into the streams that take it, and take what has come.
 *
 * @param done_out  One of which everything has come, for fovea_flight_destroy();
 *                  NULL: none yet.
 */
FOVEA_NODISCARD enum fovea_status fovea_flights_next(
        struct fovea_flights *flights, struct fovea_flight **done_out,
        struct fovea_error *err);

void fovea_flight_destroy(struct fovea_flight *flight);

/** Free all. The streams are closed before. */
void fovea_flights_finish(struct fovea_flights *flights);

#endif
