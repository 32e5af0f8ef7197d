/* See flights.h. */
#include "indexing/flights.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "indexing/facts.h"

enum {
    FD_PATH_SIZE = 32
};

struct fovea_flight *
fovea_flights_find(struct fovea_flights *flights, const char *digest)
{
    struct fovea_flight *flight = flights->all;
    while (flight && strcmp(flight->content.digest, digest) != 0) {
        flight = flight->next;
    }
    return flight;
}

void
fovea_flight_destroy(struct fovea_flight *flight)
{
    while (flight->readings) {
        struct fovea_reading *next = flight->readings->next;
        fovea_reading_destroy(flight->readings);
        flight->readings = next;
    }
    free(flight->values);
    free(flight);
}

void
fovea_flights_finish(struct fovea_flights *flights)
{
    while (flights->all) {
        struct fovea_flight *next = flights->all->next;
        fovea_flight_destroy(flights->all);
        flights->all = next;
    }
    *flights = (struct fovea_flights){ .models = flights->models };
}

/* What a stream opens once more; the bytes are those that were digested, whatever
   stands at the file's path now. */
static enum fovea_status
put(struct fovea_flight *flight, struct fovea_stream *stream,
        struct fovea_error *err)
{
    char path[FD_PATH_SIZE];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", flight->readings->fd);
    const struct fovea_item item = {
        .kind = FOVEA_ITEM_IMAGE_PATH,
        .data = path,
    };
    return fovea_stream_put(stream, &item, (uintptr_t)flight, err);
}

/* Put it into the streams that it is not in yet; held where one is full. */
static enum fovea_status
put_all(struct fovea_flights *flights, struct fovea_flight *flight,
        struct fovea_error *err)
{
    const struct fovea_models *models = flights->models;
    flights->held = NULL;
    while (flight->next_model < models->n) {
        size_t i = flight->next_model;
        enum fovea_status status = flight->lacks[i]
                ? put(flight, models->all[i].stream, err)
                : FOVEA_OK;
        if (status == FOVEA_ERR_BUSY) {
            flights->held = flight;
            return FOVEA_OK;
        }
        if (status) {
            return status;
        }
        flight->n_under_way += flight->lacks[i];
        flight->next_model++;
    }
    /* The library has the file open as long as it needs it. */
    struct fovea_reading *reading = flight->readings;
    (void)close(reading->fd);
    reading->fd = -1;
    return FOVEA_OK;
}

static struct fovea_flight *
create(const struct fovea_models *models, const bool *lacks)
{
    struct fovea_flight *flight = calloc(1, sizeof *flight);
    size_t n = 0;
    for (size_t i = 0; i < models->n; i++) {
        n += lacks[i] ? models->all[i].key.dimension : 0;
    }
    if (flight) {
        flight->values = calloc(n, sizeof *flight->values);
        memcpy(flight->lacks, lacks, sizeof flight->lacks);
    }
    if (flight && !flight->values) {
        free(flight);
        flight = NULL;
    }
    return flight;
}

enum fovea_status
fovea_flights_begin(struct fovea_flights *flights,
        struct fovea_reading *reading, const bool *lacks,
        struct fovea_error *err)
{
    FOVEA_ASSERT(!flights->held);
    struct fovea_flight *flight = create(flights->models, lacks);
    if (!flight) {
        fovea_reading_destroy(reading);
        return fovea_fail_memory(err, sizeof *flight, "a vector");
    }
    flight->readings = reading;
    flight->content.size_bytes = reading->stamp.size_bytes;
    memcpy(flight->content.digest, reading->digest, sizeof reading->digest);
    flight->next = flights->all;
    flights->all = flight;
    flights->n++;
    return put_all(flights, flight, err);
}

void
fovea_flight_join(struct fovea_flight *flight, struct fovea_reading *reading)
{
    (void)close(reading->fd);
    reading->fd = -1;
    reading->next = flight->readings->next;
    flight->readings->next = reading;
}

static void
keep_result(struct fovea_flight *flight, const struct fovea_set_model *model,
        const struct fovea_stream_result *result)
{
    flight->n_under_way--;
    if (result->error.code) {
        if (!flight->error.code) {
            flight->error = result->error;
        }
        return;
    }
    float *values = flight->values + flight->n_values;
    memcpy(values, result->embedding, model->key.dimension * sizeof *values);
    flight->vectors[flight->n_vectors++] = (struct fovea_index_vector){
        .set = model->set,
        .values = values,
    };
    flight->n_values += model->key.dimension;
    fovea_facts_keep(result, &flight->content);
}

static void
unlink_flight(struct fovea_flights *flights, struct fovea_flight *flight)
{
    struct fovea_flight **at = &flights->all;
    while (*at != flight) {
        at = &(*at)->next;
    }
    *at = flight->next;
    flights->n--;
}

enum fovea_status
fovea_flights_next(struct fovea_flights *flights,
        struct fovea_flight **done_out, struct fovea_error *err)
{
    const struct fovea_models *models = flights->models;
    enum fovea_status status =
            flights->held ? put_all(flights, flights->held, err) : FOVEA_OK;
    *done_out = NULL;
    for (size_t i = 0; !status && flights->n > 0 && i < models->n; i++) {
        const struct fovea_stream_result *result = NULL;
        status = fovea_stream_take(models->all[i].stream, &result, err);
        if (status || result->state != FOVEA_STREAM_RESULT) {
            continue;
        }
        /* NOLINTNEXTLINE(performance-no-int-to-ptr): it was put as one */
        struct fovea_flight *flight = (void *)(uintptr_t)result->tag;
        keep_result(flight, &models->all[i], result);
        if (flight->n_under_way == 0 && flight != flights->held) {
            unlink_flight(flights, flight);
            *done_out = flight;
            return FOVEA_OK;
        }
        i--; /* it may have more */
    }
    return status;
}
