/* What the tests of requests share: parsing a body, and looking at what came. */
#ifndef FOVEA_SUPPORT_REQUESTED_H
#define FOVEA_SUPPORT_REQUESTED_H

#include "server/embed_request_parse.h"
#include "test.h"

enum {
    MAX_ITEMS = 8
};

/* A body of exactly its size on the heap, and what came of it. */
struct parsed {
    char *body;
    size_t size;
    struct fovea_embed_request request;
    struct fovea_http_complaint complaint;
    enum fovea_status status;
};

void parse_good(const char *text, struct parsed *parsed);

/* A request for labels, good or bad. */
void parse_labelled(const char *text, struct parsed *parsed);

/* A search, or images for an index, good or bad. */
void parse_search(const char *text, struct parsed *parsed);
void parse_named(const char *text, struct parsed *parsed);
void parsed_finish(struct parsed *parsed);

/* The request as a whole is refused. */
void check_refused(const char *text, enum fovea_status code, const char *param,
        const char *part);

void check_image(const struct fovea_request_item *item,
        enum fovea_item_kind kind, const char *text);

/* A body with one item, alone and in a list. */
void check_item(const char *item, enum fovea_item_kind kind,
        const char *expected);
void check_bad_item(const char *item, enum fovea_status code, const char *part);

#endif
