/*
 * Characters: UTF-8 to code points and back, and what a character is.
 *
 * Letters, numbers and lower case are those of the library that the ids of a
 * tokenizer are measured by (docs/TOKENIZERS.md): utf8proc's, and what is newer
 * from unicode_later.inc.
 */
#ifndef FOVEA_TEXT_UNICODE_H
#define FOVEA_TEXT_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The character at the start of [at, end), which must not be empty; returns its
 *  bytes. What is no UTF-8 is taken as U+FFFD, byte by byte. */
size_t fovea_char_next(const uint8_t *at, const uint8_t *end,
        uint32_t *character_out);

/** The character before `at`, in [begin, at), which must not be empty; returns
 *  its bytes. */
size_t fovea_char_before(const uint8_t *begin, const uint8_t *at,
        uint32_t *character_out);

/** Write a character; returns its bytes, 1 to 4. */
size_t fovea_char_put(uint32_t character, uint8_t out[4]);

/** White_Space, as regular expressions' \s and trimming have it. */
bool fovea_char_is_space(uint32_t character);
/** \p{L} */
bool fovea_char_is_letter(uint32_t character);
/** \p{N} */
bool fovea_char_is_number(uint32_t character);
/** \w */
bool fovea_char_is_word(uint32_t character);

/** Lower case of one character by itself, without a look at its neighbours;
 *  returns how many characters it is, 1 or 2. */
size_t fovea_char_lower(uint32_t character, uint32_t lower_out[2]);

/** Whether normal forms know nothing of a character: it is neither decomposed nor
 *  composed, and no mark. */
bool fovea_char_is_unnormalised(uint32_t character);

/** Whether an extended grapheme cluster may end between two neighbours. *state
 *  is 0 at the beginning of a text, and this function's own. */
bool fovea_char_breaks(uint32_t left, uint32_t right, int32_t *state);

#endif
