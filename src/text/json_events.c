/* See json_events.h. */
#include "text/json_events.h"

#include <stdlib.h>
#include <string.h>

#include <yajl/yajl_parse.h>

#include "base/error.h"
#include "base/utf8.h"
#include "spec/field.h"
#include "sys/input.h"
#include "text/json_guard.h"

enum {
    CHUNK = 1 << 16,
    /* The parser keeps a token that is cut by the end of a chunk in one buffer,
       and one with escapes in another. Each grows by doubling, to twice the
       longest string at most, and none of its former places is used again; two
       times two times that, and room for the rest. */
    ARENA = 8 * FOVEA_JSON_MAX_STRING + (1 << 16)
};

/* Memory for the parser: taken from a block, never given back. */
struct arena {
    uint8_t *block;
    size_t used;
};

struct stream {
    const char *name;
    fovea_json_taker *taker;
    void *context;
    struct fovea_error *err;
    enum fovea_status status; /* of the taker */
    size_t depth;
    uint64_t at; /* bytes of the file before this chunk */
    struct fovea_json_guard guard;
    struct arena arena;
};

static void *
arena_take(void *context, size_t size)
{
    struct arena *arena = context;
    size_t whole = (size + sizeof(size_t) + 15) & ~(size_t)15;
    FOVEA_ASSERT(whole <= ARENA - arena->used);
    size_t *block = (size_t *)(void *)(arena->block + arena->used);
    arena->used += whole;
    *block = size;
    return block + 1;
}

static void *
arena_grow(void *context, void *old, size_t size)
{
    void *new = arena_take(context, size);
    if (old) {
        size_t old_size = ((size_t *)old)[-1];
        memcpy(new, old, old_size < size ? old_size : size);
    }
    return new;
}

static void
arena_leave(void *context, void *block)
{
    (void)context;
    (void)block;
}

static int
take(struct stream *stream, struct fovea_json_event event)
{
    if (event.kind == FOVEA_JSON_OBJECT_END ||
            event.kind == FOVEA_JSON_ARRAY_END) {
        stream->depth--;
    }
    event.depth = stream->depth;
    if (event.kind == FOVEA_JSON_OBJECT || event.kind == FOVEA_JSON_ARRAY) {
        stream->depth++;
    }
    if (event.text &&
            fovea_utf8_find_invalid(event.text, event.size) < event.size) {
        stream->status = fovea_fail(stream->err, FOVEA_ERR_TOKENIZER_INVALID,
                "%s: a string near byte %llu is not UTF-8", stream->name,
                (unsigned long long)stream->at);
        return 0;
    }
    stream->status = stream->taker(stream->context, &event, stream->err);
    return stream->status == FOVEA_OK;
}

#define TAKE(...) take(context, (struct fovea_json_event){ __VA_ARGS__ })

static int
on_null(void *context)
{
    return TAKE(.kind = FOVEA_JSON_NULL);
}

static int
on_boolean(void *context, int value)
{
    return TAKE(.kind = FOVEA_JSON_BOOL, .boolean = value != 0);
}

static int
on_integer(void *context, long long value)
{
    return TAKE(.kind = FOVEA_JSON_INTEGER, .integer = value,
            .real = (double)value);
}

static int
on_real(void *context, double value)
{
    return TAKE(.kind = FOVEA_JSON_REAL, .real = value);
}

static int
on_string(void *context, const unsigned char *text, size_t size)
{
    return TAKE(.kind = FOVEA_JSON_STRING, .text = (const char *)text,
            .size = size);
}

static int
on_key(void *context, const unsigned char *text, size_t size)
{
    return TAKE(.kind = FOVEA_JSON_KEY, .text = (const char *)text,
            .size = size);
}

static int
on_object(void *context)
{
    return TAKE(.kind = FOVEA_JSON_OBJECT);
}

static int
on_object_end(void *context)
{
    return TAKE(.kind = FOVEA_JSON_OBJECT_END);
}

static int
on_array(void *context)
{
    return TAKE(.kind = FOVEA_JSON_ARRAY);
}

static int
on_array_end(void *context)
{
    return TAKE(.kind = FOVEA_JSON_ARRAY_END);
}

static const yajl_callbacks callbacks = { on_null, on_boolean, on_integer,
    on_real, NULL, on_string, on_object, on_key, on_object_end, on_array,
    on_array_end };

/* What the parser has against the text; its sentence ends with a line feed. */
static enum fovea_status
fail_parse(struct stream *stream, yajl_handle parser, yajl_status code,
        size_t consumed)
{
    if (code == yajl_status_client_canceled) {
        return stream->status;
    }
    uint64_t at = stream->at + consumed;
    unsigned char *text = yajl_get_error(parser, 0, NULL, 0);
    char *line = (char *)text;
    line[strcspn(line, "\n")] = '\0';
    return fovea_fail(stream->err, FOVEA_ERR_TOKENIZER_INVALID,
            "%s: not valid JSON near byte %llu: %s", stream->name,
            (unsigned long long)at, fovea_show(line).text);
}

static enum fovea_status
parse_chunk(struct stream *stream, yajl_handle parser, const uint8_t *bytes,
        size_t size)
{
    size_t at = 0;
    const char *wrong = fovea_json_guard(&stream->guard, bytes, size, &at);
    if (wrong) {
        uint64_t place = stream->at + at;
        return fovea_fail(stream->err, FOVEA_ERR_TOKENIZER_INVALID,
                "%s: %s, at byte %llu", stream->name, wrong,
                (unsigned long long)place);
    }
    yajl_status code = yajl_parse(parser, bytes, size);
    if (code != yajl_status_ok) {
        return fail_parse(stream, parser, code,
                yajl_get_bytes_consumed(parser));
    }
    stream->at += size;
    return FOVEA_OK;
}

static enum fovea_status
parse_file(struct stream *stream, const struct fovea_input *input,
        uint8_t *chunk)
{
    yajl_alloc_funcs memory = { arena_take, arena_grow, arena_leave,
        &stream->arena };
    yajl_handle parser = yajl_alloc(&callbacks, &memory, stream);
    for (;;) {
        size_t n = 0;
        enum fovea_status status = fovea_input_read(input, stream->at, chunk,
                CHUNK, &n, stream->err);
        if (status) {
            fovea_error_prefix(stream->err, "%s", stream->name);
            return status;
        }
        if (n == 0) {
            break;
        }
        status = parse_chunk(stream, parser, chunk, n);
        if (status) {
            return status;
        }
    }
    yajl_status code = yajl_complete_parse(parser);
    return code == yajl_status_ok ? FOVEA_OK
                                  : fail_parse(stream, parser, code, 0);
}

enum fovea_status
fovea_json_events(const char *path, const char *name, uint64_t max_bytes,
        fovea_json_taker *taker, void *context, struct fovea_error *err)
{
    FOVEA_AUTO(fovea_input_finish)
    struct fovea_input input = FOVEA_INPUT_INIT;
    enum fovea_status status = fovea_input_open_file(path, &input, err);
    if (status) {
        return status;
    }
    if (input.size > max_bytes) {
        return fovea_fail(err, FOVEA_ERR_TOKENIZER_INVALID,
                "%s: %llu bytes, at most %llu are read", name,
                (unsigned long long)input.size, (unsigned long long)max_bytes);
    }
    FOVEA_AUTO_FREE uint8_t *block = malloc(ARENA);
    FOVEA_AUTO_FREE uint8_t *chunk = malloc(CHUNK);
    if (!block || !chunk) {
        return fovea_fail_memory(err, ARENA + CHUNK, name);
    }
    struct stream stream = {
        .name = name,
        .taker = taker,
        .context = context,
        .err = err,
        .arena = { block, 0 },
    };
    return parse_file(&stream, &input, chunk);
}
