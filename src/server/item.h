/*
 * Inside of the parser of requests: one image or text, in any of the shapes that
 * clients send it in.
 *
 *     S                                         OpenAI, infinity, Cohere
 *     {"text": S}                               Jina
 *     {"type": "text", "text": S}               Voyage, Cohere, OpenAI's chats
 *     {"type": "input_text", "text": S}         OpenAI's responses
 *     {"image": S}                              Jina
 *     {"url": S}, {"bytes": S}                  LlamaIndex for Jina
 *     {"type": "image_url", "image_url": S}     Voyage, Cohere
 *     {"type": "image_url", "image_url": {"url": S}}     Cohere, OpenAI's chats
 *     {"type": "image_url", "image": {"url": S}}         Mixedbread
 *     {"type": "image_base64", "image_base64": S}        Voyage
 *     {"type": "input_image", "image_url": S}   OpenAI's responses
 *     {"content": [one of these objects]}       Voyage, Cohere, messages of chats
 *     {"content": S}                            messages of chats
 *
 * The field that holds S counts, "type" need not be there. In those of images S
 * is an http(s) URL, a data URI or bare base64, and never a path; in "text" and
 * as "content" it is a text. What S is where it stands for itself is said in
 * item_string.h.
 */
#ifndef FOVEA_SERVER_ITEM_H
#define FOVEA_SERVER_ITEM_H

#include "server/embed_request.h"
#include "server/skeleton.h"

#define FOVEA_TOKENS_TEXT                                               \
    "a list of token ids, which may be another model's: send texts as " \
    "strings (LangChain for Python does with check_embedding_ctx_length=False)"

/** Whether it is a list of numbers: a text, as the ids of its tokens. */
bool fovea_item_is_tokens(const json_t *json);

/**
 * Read an item. What is neither image nor text gets item_out->error:
 * FOVEA_ERR_ARGUMENT, FOVEA_ERR_BASE64 or FOVEA_ERR_URL.
 *
 * @param skeleton  Borrowed for the call; the item's data lies in its body or
 *                  in its tree.
 * @param strings   what a string is that stands for itself.
 */
void fovea_item_read(const struct fovea_skeleton *skeleton, const json_t *json,
        enum fovea_strings strings, struct fovea_request_item *item_out);

/**
 * Why a text is none to a model without a text tower.
 *
 * @param model  what clients call it.
 * @param other  a model with one that is served too; NULL: none.
 */
void fovea_item_refuse_text(const struct fovea_request_item *item,
        const char *model, const char *other, struct fovea_error *error_out);

#endif
