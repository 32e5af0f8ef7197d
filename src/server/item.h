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
 *     {"content": [one of these objects]}       Voyage, Cohere
 *
 * The field that holds S counts, "type" need not be there. S is an http(s) URL,
 * a data URI or bare base64, in every one of these fields, and never a path.
 */
#ifndef FOVEA_SERVER_ITEM_H
#define FOVEA_SERVER_ITEM_H

#include "server/request.h"
#include "server/skeleton.h"

/**
 * Read an item. What is no image gets item_out->error: FOVEA_ERR_ARGUMENT,
 * FOVEA_ERR_BASE64 or FOVEA_ERR_URL.
 *
 * @param skeleton  Borrowed for the call; the image's data lies in its body or
 *                  in its tree.
 */
void fovea_item_read(const struct fovea_skeleton *skeleton, const json_t *json,
        struct fovea_request_item *item_out);

#endif
