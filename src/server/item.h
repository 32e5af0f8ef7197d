/*
 * Inside of the parser of requests: one image, in any of the shapes that
 * clients send it in.
 *
 *     S                                         OpenAI, infinity, Cohere's images
 *     {"image": S}                              Jina
 *     {"url": S}, {"bytes": S}                  LlamaIndex for Jina
 *     {"type": "image_url", "image_url": S}     Voyage, Cohere
 *     {"type": "image_url", "image_url": {"url": S}}     Cohere, OpenAI's chats
 *     {"type": "image_url", "image": {"url": S}}         Mixedbread
 *     {"type": "image_base64", "image_base64": S}        Voyage
 *     {"type": "input_image", "image_url": S}   OpenAI's responses
 *     {"content": [one of these objects]}       Voyage, Cohere, messages of chats
 *
 * The field that holds S counts, "type" need not be there. S is an http(s) URL,
 * a data URI or bare base64, in every one of these fields, and never a path.
 *
 * A string that stands for itself may be a text that was sent by mistake. It is
 * one if it is no URL, no data URI, no path and not base64 of an image, and has
 * at most FOVEA_TEXT_SIZE bytes or a blank in it. Base64 that is longer and
 * without blanks is an image or an error, and so is every string where the
 * request says modality "image".
 */
#ifndef FOVEA_SERVER_ITEM_H
#define FOVEA_SERVER_ITEM_H

#include "server/embed_request.h"
#include "server/skeleton.h"

enum {
    FOVEA_TEXT_SIZE = 1024 /* most bytes of a text without blanks */
};

#define FOVEA_TOKENS_TEXT                                                    \
    "a list of token ids, and only images are embedded here (LangChain for " \
    "Python sends strings as they are with check_embedding_ctx_length=False)"

/** Whether it is a list of numbers: a text, as the ids of its tokens. */
bool fovea_item_is_tokens(const json_t *json);

/**
 * Read an item. What is no image gets item_out->error: FOVEA_ERR_ARGUMENT,
 * FOVEA_ERR_TEXT_UNSUPPORTED, FOVEA_ERR_BASE64 or FOVEA_ERR_URL.
 *
 * @param skeleton  Borrowed for the call; the image's data lies in its body or
 *                  in its tree.
 * @param is_image_only  No string is a text.
 */
void fovea_item_read(const struct fovea_skeleton *skeleton, const json_t *json,
        bool is_image_only, struct fovea_request_item *item_out);

/** What is said of an image that failed: of a string that could only be base64
 *  of one, and is not, that it is a text. */
void fovea_item_explain(const struct fovea_request_item *item,
        struct fovea_error *error);

#endif
