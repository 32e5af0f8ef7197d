/* Sizes and places that never change: these structs stand in arrays of the
   caller's. Compiled, not run. */
#include <stddef.h>

#include "fovea/fovea.h"
#include "fovea/index.h"
#include "fovea/pull.h"
#include "fovea/stream.h"

#define SIZE(type, size) \
    _Static_assert(sizeof(struct type) == (size), #type " has grown")
#define PLACE(type, member, place)                           \
    _Static_assert(offsetof(struct type, member) == (place), \
            "the place of " #type "." #member " is another one")

SIZE(fovea_error, 252);
PLACE(fovea_error, code, 0);
PLACE(fovea_error, sys_errno, 4);
PLACE(fovea_error, notes, 8);
PLACE(fovea_error, message, 12);

SIZE(fovea_item, 64);
PLACE(fovea_item, kind, 0);
PLACE(fovea_item, data, 8);
PLACE(fovea_item, size, 16);
PLACE(fovea_item, reserved, 24);

SIZE(fovea_histogram, 272);
PLACE(fovea_histogram, sum_ns, 8);
PLACE(fovea_histogram, buckets, 16);

SIZE(fovea_index_term, 64);
PLACE(fovea_index_term, weight, 24);
PLACE(fovea_index_term, reserved, 32);

SIZE(fovea_index_place, 16);

/* They lie inside struct fovea_options; what they get takes of their room. */
SIZE(fovea_url_options, 112);
SIZE(fovea_s3_options, 96);
SIZE(fovea_limits, 88);

/* Sizes come first, wherever there is one. */
PLACE(fovea_options, struct_size, 0);
PLACE(fovea_submit_options, struct_size, 0);
PLACE(fovea_stream_options, struct_size, 0);
PLACE(fovea_pull_options, struct_size, 0);
PLACE(fovea_pool_stats, struct_size, 0);
PLACE(fovea_model_info, struct_size, 0);
PLACE(fovea_tokens, struct_size, 0);
PLACE(fovea_option, struct_size, 0);
PLACE(fovea_image_facts, struct_size, 0);
PLACE(fovea_index_options, struct_size, 0);
PLACE(fovea_index_info, struct_size, 0);
PLACE(fovea_index_set_info, struct_size, 0);
PLACE(fovea_index_query, struct_size, 0);
PLACE(fovea_index_hit, struct_size, 0);
PLACE(fovea_index_hits, struct_size, 0);

/* What is added begins where the struct ended: were there padding, it would lie
   within the size that an older program gave, and have no value. */
#define FULL(type, last)                                      \
    _Static_assert(sizeof(struct type) ==                     \
                    offsetof(struct type, last) +             \
                            sizeof(((struct type *)0)->last), \
            #type " has padding behind " #last)

FULL(fovea_options, s3);
FULL(fovea_submit_options, facts_out);
FULL(fovea_image_facts, height_px);
FULL(fovea_index_options, n_models);
FULL(fovea_index_info, size_bytes);
FULL(fovea_index_set_info, reserved);
FULL(fovea_index_query, until);
FULL(fovea_index_hit, size_bytes);
FULL(fovea_index_hits, n_reranked);
FULL(fovea_stream_options, deadline_ns);
FULL(fovea_pull_options, context);
FULL(fovea_pool_stats, fetch_ns);
FULL(fovea_model_stats, work);
FULL(fovea_worker_stats, work);
FULL(fovea_model_info, dtype_reason);
FULL(fovea_tokens, was_cut);

/* Places of today's members: what comes with a later version stands behind. */
PLACE(fovea_model_info, family, 120);
PLACE(fovea_limits, max_text_bytes, 40);

/* Counts that are indexed by enums have room to grow in. */
_Static_assert((int)FOVEA_STOP_COUNT <= (int)FOVEA_STOP_ROOM,
        "no room for reasons");
_Static_assert((int)FOVEA_N_NOTES <= (int)FOVEA_NOTE_ROOM, "no room for notes");
