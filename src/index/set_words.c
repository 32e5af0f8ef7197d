/* See set_words.h. */
#include "index/set_words.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "spec/dtype.h"
#include "spec/pixels.h"

static const char *const store_words[] = {
    [FOVEA_STORE_F32] = "f32",
    [FOVEA_STORE_F16] = "f16",
};

static bool
read_store(const char *word, enum fovea_store *store_out)
{
    bool is_f16 = strcmp(word, store_words[FOVEA_STORE_F16]) == 0;
    *store_out = is_f16 ? FOVEA_STORE_F16 : FOVEA_STORE_F32;
    return is_f16 || strcmp(word, store_words[FOVEA_STORE_F32]) == 0;
}

/* false if it does not fit */
static bool
copy_text(char *to, size_t size, const char *from)
{
    return snprintf(to, size, "%s", from) < (int)size;
}

bool
fovea_set_words_read(const struct fovea_query *query, int first_column,
        struct fovea_index_set_key *key_out)
{
    const int at = first_column;
    struct fovea_index_set_key key = { .has_words = fovea_query_number(query,
                                                            at + 6) == 1 };
    int64_t dimension = fovea_query_number(query, at + 4);
    if (!copy_text(key.model, sizeof key.model, fovea_query_text(query, at)) ||
            !copy_text(key.weights, sizeof key.weights,
                    fovea_query_text(query, at + 1)) ||
            !fovea_dtype_parse(fovea_query_text(query, at + 2), &key.dtype) ||
            !fovea_pixels_parse(fovea_query_text(query, at + 3), &key.pixels) ||
            !read_store(fovea_query_text(query, at + 5), &key.store) ||
            dimension < 1 || dimension > FOVEA_SEGMENT_MAX_DIMENSION) {
        return false;
    }
    key.dimension = (uint32_t)dimension;
    *key_out = key;
    return fovea_set_words_are_valid(key_out);
}

void
fovea_set_words_put(struct fovea_query *query,
        const struct fovea_index_set_key *key)
{
    fovea_query_put_text(query, key->model);
    fovea_query_put_text(query, key->weights);
    fovea_query_put_text(query, fovea_dtype_word(key->dtype));
    fovea_query_put_text(query, fovea_pixels_words[key->pixels]);
    fovea_query_put(query, key->dimension);
    fovea_query_put_text(query, store_words[key->store]);
    fovea_query_put(query, key->has_words);
}

bool
fovea_set_words_are_valid(const struct fovea_index_set_key *key)
{
    size_t size = strnlen(key->model, sizeof key->model);
    return size > 0 && size < sizeof key->model &&
            fovea_utf8_find_invalid(key->model, size) == size &&
            strnlen(key->weights, sizeof key->weights) < sizeof key->weights &&
            key->dtype != FOVEA_DTYPE_AUTO && fovea_dtype_word(key->dtype) &&
            (unsigned)key->pixels < FOVEA_N_PIXELS && key->dimension > 0 &&
            key->dimension <= FOVEA_SEGMENT_MAX_DIMENSION &&
            (key->store == FOVEA_STORE_F32 || key->store == FOVEA_STORE_F16);
}
