/*
 * The public structs with fewer members at their ends, as an older version's
 * headers would have them, and the calls that old_program.c makes. Never to be
 * brought up to date: that what was compiled against it goes on working is what
 * the test sees to. Members that are here may not move.
 */
#ifndef FOVEA_SMALL_H
#define FOVEA_SMALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fovea;
struct fovea_model;

struct fovea_error {
    int code;
    int sys_errno;
    uint32_t notes;
    char message[240];
};

struct fovea_options {
    size_t struct_size;
    int dtype;
    unsigned max_batch;
    unsigned n_threads;
    unsigned max_workers;
};

struct fovea_model_info {
    size_t struct_size;
    const char *key;
    const char *directory;
    uint32_t embedding_dimension;
};

struct fovea_worker_stats {
    const char *model_key;
    int64_t pid;
};

struct fovea_model_stats {
    const char *key;
    uint32_t n_workers;
    uint32_t max_workers;
};

struct fovea_pool_stats {
    size_t struct_size;
    size_t model_size;
    size_t worker_size;
    size_t n_models;
    struct fovea_model_stats *models;
    size_t n_workers;
    struct fovea_worker_stats *workers;
};

struct fovea_item {
    int kind; /* 0: a path */
    const void *data;
    size_t size;
    uint64_t reserved[5];
};

struct fovea_submit_options {
    size_t struct_size;
    unsigned flags;
    bool is_batch;
};

struct fovea_index;

struct fovea_index_options {
    size_t struct_size;
    int mode; /* 2: create */
};

struct fovea_index_info {
    size_t struct_size;
    uint64_t n_images;
};

struct fovea_index_term {
    const struct fovea_item *item;
    const char *id;
    const float *vector;
    double weight;
    uint64_t reserved[4];
};

struct fovea_index_query {
    size_t struct_size;
    const struct fovea_index_term *terms;
    size_t n_terms;
};

struct fovea_index_hit {
    size_t struct_size;
    double score;
};

struct fovea_index_hits {
    size_t struct_size;
    const struct fovea_index_hit *const *all;
    size_t n;
};

struct fovea_stream_options {
    size_t struct_size;
    int work; /* 0: embed */
    unsigned flags;
};

struct fovea_pull_options {
    size_t struct_size;
    const char *revision;
};

typedef void fovea_done_fn(void *context, const struct fovea_error *result,
        const float *embedding, const void *timings);

int fovea_open(const struct fovea_options *options, struct fovea **library_out,
        struct fovea_error *err);
void fovea_close(struct fovea *library);
int fovea_options_set(struct fovea_options *options, const char *name,
        const char *value, struct fovea_error *err);
int fovea_model_open(struct fovea *library, const char *key,
        struct fovea_model **model_out, struct fovea_error *err);
void fovea_model_close(struct fovea_model *model);
const struct fovea_model_info *fovea_model_describe(
        const struct fovea_model *model);
int fovea_embed_image(struct fovea_model *model, const char *path,
        unsigned flags, float *embedding, struct fovea_error *err);
int fovea_submit(struct fovea_model *model, const struct fovea_item *item,
        const struct fovea_submit_options *options, fovea_done_fn *done,
        void *context, uint64_t *ticket_out, struct fovea_error *err);
int fovea_pool_stats(struct fovea *library, struct fovea_pool_stats *stats_out,
        struct fovea_error *err);
void fovea_pool_stats_finish(struct fovea_pool_stats *stats);
struct fovea_stream;
int fovea_stream_open(struct fovea_model *model,
        const struct fovea_stream_options *options,
        struct fovea_stream **stream_out, struct fovea_error *err);
int fovea_stream_put(struct fovea_stream *stream, const struct fovea_item *item,
        uint64_t tag, struct fovea_error *err);
int fovea_stream_wait(struct fovea_stream *stream, int64_t timeout_ns,
        struct fovea_error *err);
void fovea_stream_close(struct fovea_stream *stream);
int fovea_index_open(struct fovea *library, const char *folder,
        const struct fovea_index_options *options,
        struct fovea_index **index_out, struct fovea_error *err);
void fovea_index_close(struct fovea_index *index);
int fovea_index_describe(struct fovea_index *index,
        struct fovea_index_info *info_out, struct fovea_error *err);
int fovea_index_add(struct fovea_index *index, const char *id,
        const struct fovea_item *item, struct fovea_error *err);
int fovea_index_search(struct fovea_index *index,
        const struct fovea_index_query *query,
        struct fovea_index_hits **hits_out, struct fovea_error *err);
void fovea_index_hits_close(struct fovea_index_hits *hits);
int fovea_pull(const char *key, const struct fovea_pull_options *options,
        char **directory_out, struct fovea_error *err);

#endif
