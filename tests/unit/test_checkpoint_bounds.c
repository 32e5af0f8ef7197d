/*
 * How much a checkpoint's JSON may hold, and that reading it takes little
 * memory whatever it holds: what the parser takes is counted.
 */
#include <malloc.h>

#include <jansson.h>

#include "checkpoint/config.h"
#include "checkpoint/header.h"
#include "checkpoint/json.h"
#include "checkpoint/preprocessor.h"
#include "checkpoint/safetensors.h"
#include "support/test.h"
#include "sys/input.h"

enum {
    MOST_PARSER_BYTES = 130 << 20, /* docs/SECURITY.md has it with the text */
};

static size_t n_bytes;
static size_t n_most;

static void *
counted_malloc(size_t size)
{
    void *memory = malloc(size);
    n_bytes += malloc_usable_size(memory);
    n_most = n_bytes > n_most ? n_bytes : n_most;
    return memory;
}

static void
counted_free(void *memory)
{
    n_bytes -= malloc_usable_size(memory);
    free(memory);
}

/* A text that is put together. */
struct text {
    char *bytes;
    size_t size;
};

static void
add(struct text *text, const char *piece)
{
    size_t n = strlen(piece);
    memcpy(text->bytes + text->size, piece, n);
    text->size += n;
}

/* Room for a header and a little more, behind eight bytes of length. */
static struct text
begin(void)
{
    struct text text = { malloc(FOVEA_MAX_HEADER_BYTES + 1024), 8 };
    assert_non_null(text.bytes);
    return text;
}

/* What is refused, and with how much memory. */
static void
check_header(struct text *text, const char *part)
{
    struct fovea_error error;
    struct fovea_checkpoint *checkpoint = NULL;
    struct fovea_input input;
    uint64_t length = text->size - 8;
    memcpy(text->bytes, &length, sizeof length);
    fovea_input_from_memory(text->bytes, text->size, &input);
    json_set_alloc_funcs(counted_malloc, counted_free);
    n_bytes = 0;
    n_most = 0;
    assert_fails(fovea_checkpoint_open_input("w.safetensors", &input,
                         &checkpoint, &error),
            &error, FOVEA_ERR_MODEL_WEIGHTS, part);
    json_set_alloc_funcs(malloc, free);
    assert_int_equal(n_bytes, 0);
    if (n_most > MOST_PARSER_BYTES) {
        fail_msg("%s: %zu bytes", part, n_most);
    }
    free(text->bytes);
}

static void
one_tensor_too_many_is_refused(void **state)
{
    (void)state;
    struct text text = begin();
    for (int i = 0; i <= FOVEA_MAX_TENSORS; i++) {
        char entry[64];
        (void)snprintf(entry, sizeof entry, "%s\"t%d\":{}", i ? "," : "{", i);
        add(&text, entry);
    }
    add(&text, "}");
    check_header(&text, "it has 16385 tensors, at most 16384 are read");
}

static void
as_many_tensors_as_may_be_are_read(void **state)
{
    (void)state;
    struct text text = begin();
    for (int i = 0; i < FOVEA_MAX_TENSORS; i++) {
        char entry[128];
        (void)snprintf(entry, sizeof entry,
                "%s\"t%d\":{\"dtype\":\"F32\",\"shape\":[1,1,1,0],"
                "\"data_offsets\":[0,0]}",
                i ? "," : "{", i);
        add(&text, entry);
    }
    add(&text, "}");
    struct fovea_error error;
    struct fovea_checkpoint *checkpoint = NULL;
    struct fovea_input input;
    uint64_t length = text.size - 8;
    memcpy(text.bytes, &length, sizeof length);
    fovea_input_from_memory(text.bytes, text.size, &input);
    assert_ok(fovea_checkpoint_open_input("w.safetensors", &input, &checkpoint,
                      &error),
            &error);
    assert_int_equal(fovea_checkpoint_count(checkpoint), FOVEA_MAX_TENSORS);
    fovea_checkpoint_close(checkpoint);
    free(text.bytes);
}

/* As many values as fit, of the kind that is written shortest. */
static void
check_filled(const char *open, const char *piece, size_t n, const char *part)
{
    struct text text = begin();
    size_t width = strlen(piece);
    add(&text, "{\"t\":[");
    add(&text, open);
    for (size_t i = 0; i < n; i++) {
        if (text.size + width + 64 > FOVEA_MAX_HEADER_BYTES) {
            break;
        }
        memcpy(text.bytes + text.size, piece, width);
        text.size += width;
    }
    add(&text, "0]}");
    check_header(&text, part);
}

static void
many_values_take_little_memory(void **state)
{
    (void)state;
    static const char *const pieces[] = { "[],", "{},", "0,", "\"\",", "0.5,",
        "{\"\":0}," };
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        check_filled("", pieces[i], SIZE_MAX,
                "values of JSON, at most 262144 are read");
    }
    /* Just as many as may be, of what takes the most. */
    check_filled("", "{},", FOVEA_MAX_JSON_VALUES / 2 - 8, "not an object");
    check_filled("", "{\"\":0},", FOVEA_MAX_JSON_VALUES / 2 - 8,
            "not an object");
}

static void
one_long_string_takes_little_memory(void **state)
{
    (void)state;
    struct text text = begin();
    add(&text, "{\"");
    size_t n = FOVEA_MAX_HEADER_BYTES - 16;
    memset(text.bytes + text.size, 'a', n);
    text.size += n;
    add(&text, "\":0}");
    check_header(&text, "not an object");
}

static void
configs_are_bounded_too(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_tower config;
    struct fovea_preprocess settings;
    enum {
        N = FOVEA_MAX_JSON_VALUES + 1
    };
    const struct fovea_tower any = { .side_px = 224 };
    char *text = malloc(3 * N + 16);
    assert_non_null(text);
    size_t size = 0;
    memcpy(text, "{\"a\":[", 6);
    size = 6;
    for (size_t i = 0; i < N; i++) {
        text[size++] = '0';
        text[size++] = i + 1 < N ? ',' : ']';
    }
    text[size++] = '}';
    assert_fails(fovea_tower_parse(FOVEA_FILE_LAYOUT_HUGGING_FACE,
                         "config.json", text, size, FOVEA_MODALITY_IMAGE,
                         &config, &error),
            &error, FOVEA_ERR_MODEL_CONFIG, "at most 262144 are read");
    assert_fails(fovea_preprocess_config_parse("preprocessor_config.json", text,
                         size, &any, &settings, &error),
            &error, FOVEA_ERR_MODEL_CONFIG, "at most 262144 are read");
    free(text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_tensor_too_many_is_refused),
        cmocka_unit_test(as_many_tensors_as_may_be_are_read),
        cmocka_unit_test(many_values_take_little_memory),
        cmocka_unit_test(one_long_string_takes_little_memory),
        cmocka_unit_test(configs_are_bounded_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
