/*
 * Structs that may get more members in later versions, at their end.
 *
 * Who fills one says in struct_size how much of it there is, by the initialiser
 * that stands beside the struct (FOVEA_OPTIONS_INIT, ...), or, with designated
 * initialisers, as in
 *
 *     struct fovea_options options = { .struct_size = sizeof options,
 *         .max_workers = 2 };
 *
 * So a program that was compiled against an older header works with a newer
 * library: the members it does not know have their defaults, and nothing is
 * written behind those it knows. A size that none of them can have, as where
 * nobody set it, is refused (FOVEA_ERR_ARGUMENT). The other way round, a library takes a struct
 * that is larger than its own if the bytes it does not know are zero.
 *
 * Structs that the library hands out by pointer (struct fovea_model_info,
 * fovea_catalogue_entry, fovea_option, fovea_event, fovea_stream_result,
 * fovea_image_facts, fovea_timings) grow at their end too: read their members, and do not copy them
 * by the size that your header knows into what others read with theirs. What is
 * added begins where the struct ended: there is no padding. Frozen for good, because
 * arrays of them are the caller's: struct fovea_error, fovea_item and
 * fovea_histogram.
 */
#ifndef FOVEA_SIZED_H
#define FOVEA_SIZED_H

#include <stddef.h>

#ifdef __cplusplus
template <typename T>
inline T
fovea_sized()
{
    T all = T();
    all.struct_size = sizeof(T);
    return all;
}
/** Zero but for its size; for a variable of that type. Since: 0.1 */
#    define FOVEA_SIZED_INIT(type) fovea_sized<type>()
#else
/** Zero but for its size; for a variable of that type. Since: 0.1 */
#    define FOVEA_SIZED_INIT(type)       \
        {                                \
            .struct_size = sizeof(type), \
        }
#endif

#endif
