/* What a text is before its tokenizer's normalizer. */
#ifndef FOVEA_TEXT_PROFILE_H
#define FOVEA_TEXT_PROFILE_H

#include <stdint.h>

/** In the place of an id that there is not. */
#define FOVEA_NO_TOKEN UINT32_MAX

/** What is done to a text before the normalizer of tokenizer.json. */
enum fovea_text_profile {
    /* LOWER where tokenizer_config.json names the tokenizer class of SigLIP 2
       (Siglip2Tokenizer, or Gemma's, which it has in older files), FILE
       elsewhere. */
    FOVEA_TEXT_AUTO,
    FOVEA_TEXT_FILE,  /* nothing: the file alone */
    FOVEA_TEXT_LOWER, /* lower case, as transformers' Siglip2Tokenizer */
    /* open_clip's "canonicalize": '_' to a blank, no ASCII punctuation, lower
       case, white space to one blank each, none at the ends. Without ftfy and
       without unescaping HTML. */
    FOVEA_TEXT_CANONICAL
};

#endif
