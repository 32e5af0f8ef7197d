/* See added.h. */
#include "text/added.h"

#include "text/unicode.h"

/* Whether a token that must be a word of its own is one. */
static bool
is_single(const struct fovea_added_search *search, size_t start, size_t stop)
{
    uint32_t character = 0;
    if (start > 0) {
        (void)fovea_char_before(search->text, search->text + start, &character);
        if (fovea_char_is_word(character)) {
            return false;
        }
    }
    if (stop == search->size) {
        return true;
    }
    (void)fovea_char_next(search->text + stop, search->text + search->size,
            &character);
    return !fovea_char_is_word(character);
}

/* White space is taken along, but not what is given out. */
static void
widen(const struct fovea_added_search *search, uint32_t flags, size_t *start,
        size_t *stop)
{
    uint32_t character = 0;
    while ((flags & FOVEA_ADDED_LSTRIP) && *start > search->done) {
        size_t n = fovea_char_before(search->text, search->text + *start,
                &character);
        if (!fovea_char_is_space(character)) {
            break;
        }
        *start -= n;
    }
    if ((flags & FOVEA_ADDED_RSTRIP) && *stop < search->done) {
        *stop = search->done; /* taken along already */
    }
    while ((flags & FOVEA_ADDED_RSTRIP) && *stop < search->size) {
        size_t n = fovea_char_next(search->text + *stop,
                search->text + search->size, &character);
        if (!fovea_char_is_space(character)) {
            break;
        }
        *stop += n;
    }
}

struct fovea_added_part
fovea_added_next(const struct fovea_table *table, const struct fovea_trie *trie,
        struct fovea_added_search *search)
{
    const uint8_t *text_end = search->text + search->size;
    while (search->at < search->size) {
        size_t start = search->at;
        size_t size = 0;
        uint32_t found = fovea_trie_match(trie, search->text + start, text_end,
                false, &size);
        if (found == FOVEA_TRIE_NONE) {
            search->at++;
            continue;
        }
        const struct fovea_added *added = &table->added[found];
        size_t stop = start + size;
        search->at = stop;
        if ((added->flags & FOVEA_ADDED_SINGLE_WORD) &&
                !is_single(search, start, stop)) {
            continue;
        }
        widen(search, added->flags, &start, &stop);
        struct fovea_added_part part = { search->done, start, added->id };
        if (part.start > part.end) { /* it begins in what was taken along */
            part.start = part.end;
        }
        search->done = stop > search->done ? stop : search->done;
        return part;
    }
    struct fovea_added_part rest = { search->done, search->size,
        FOVEA_NO_TOKEN };
    search->done = search->size;
    return rest;
}
