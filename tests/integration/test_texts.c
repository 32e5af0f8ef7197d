/*
 * Texts beside images, with real workers and small models that have both towers:
 * in one call, in a stream, by submits; cut or refused, and as tokens. Each item
 * comes out as it does alone, whatever stands beside it.
 */
#include <math.h>
#include <pthread.h>

#include "fovea/fovea.h"

#include "base/macros.h"
#include "support/golden.h"
#include "support/test.h"

enum {
    DIMENSION = 24, /* of the model "clip"; the other's is 32 */
    MAX_DIMENSION = 32,
    CONTEXT = 16,
    N_STREAMED = 40
};

static const char words[] = "a red bicycle";
/* More tokens than 16, of both tokenizers. */
static const char long_text[] =
        "one two three four five six seven eight nine ten eleven twelve "
        "thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty";

static struct fovea *library;
static struct fovea_model *models[2];
static const char *const names[] = { "clip", "siglip" };
static char picture[GOLDEN_PATH_SIZE];

static void
open_model(struct fovea *of, const char *name, struct fovea_model **model_out)
{
    const char *root = getenv("FOVEA_WHOLE_MODELS");
    char path[GOLDEN_PATH_SIZE];
    struct fovea_error error;
    assert_non_null(root);
    (void)snprintf(path, sizeof path, "%s/%s", root, name);
    assert_ok(fovea_model_open(of, path, model_out, &error), &error);
}

static int
set_up(void **state)
{
    (void)state;
    struct fovea_error error;
    const struct fovea_options options = { .struct_size = sizeof options,
        .max_batch = 4,
        .max_workers = 2 };
    golden_path("samples/formats/rgb.png", picture);
    assert_ok(fovea_open(&options, &library, &error), &error);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(models); i++) {
        open_model(library, names[i], &models[i]);
    }
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(models); i++) {
        fovea_model_close(models[i]);
    }
    fovea_close(library);
    return 0;
}

static struct fovea_item
text_item(const char *text)
{
    return (struct fovea_item){ .kind = FOVEA_ITEM_TEXT,
        .data = text,
        .size = strlen(text) };
}

static size_t
row_size(const struct fovea_model *model)
{
    return fovea_embedding_dimension(model) * sizeof(float);
}

static void
models_say_what_they_take(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(models); i++) {
        const struct fovea_model_info *info = fovea_model_describe(models[i]);
        assert_true(info->has_text);
        assert_int_equal(info->context_length, CONTEXT);
        assert_true(info->text_shared_bytes > 0);
        assert_true(info->text_per_worker_bytes > 0);
        assert_true(info->logit_scale > 0);
        assert_int_equal(info->is_sigmoid, i == 1);
    }
    assert_string_equal(fovea_model_describe(models[0])->family, "CLIP");
    assert_string_equal(fovea_model_describe(models[1])->family, "SigLIP");
}

static void
texts_and_images_share_a_batch(void **state)
{
    (void)state;
    const struct fovea_item items[] = {
        text_item(words),
        { .kind = FOVEA_ITEM_IMAGE_PATH, .data = picture },
        text_item("\xff\xfe"),
        { .kind = FOVEA_ITEM_IMAGE_PATH, .data = "/nowhere" },
        { .kind = FOVEA_ITEM_TEXT }, /* the empty one */
        text_item(words),
        { .kind = FOVEA_ITEM_IMAGE_PATH, .data = picture },
        text_item("another"),
    };
    enum {
        N = FOVEA_ARRAY_LEN(items)
    };
    static const enum fovea_status expected[N] = {
        [2] = FOVEA_ERR_TEXT_ENCODING,
        [3] = FOVEA_ERR_FILE_NOT_FOUND
    };
    static const float zeros[MAX_DIMENSION];
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(models); i++) {
        float rows[N * MAX_DIMENSION];
        struct fovea_error results[N];
        struct fovea_error error;
        size_t n = fovea_embedding_dimension(models[i]);
        assert_ok(fovea_embed_batch(models[i], items, N, 0, rows, results,
                          &error),
                &error);
        for (size_t k = 0; k < N; k++) {
            float alone[MAX_DIMENSION];
            assert_int_equal(results[k].code, expected[k]);
            if (expected[k]) {
                assert_memory_equal(&rows[k * n], zeros, n * sizeof(float));
                continue;
            }
            assert_ok(items[k].kind == FOVEA_ITEM_TEXT
                            ? fovea_embed_text(models[i], items[k].data,
                                      items[k].size, 0, alone, &error)
                            : fovea_embed_image(models[i], items[k].data, 0,
                                      alone, &error),
                    &error);
            assert_memory_equal(&rows[k * n], alone, n * sizeof(float));
        }
        assert_memory_not_equal(&rows[0], &rows[4 * n], n * sizeof(float));
        assert_memory_not_equal(&rows[0], &rows[7 * n], n * sizeof(float));
        assert_memory_equal(&rows[0], &rows[5 * n], n * sizeof(float));
    }
}

static void
a_stream_keeps_the_order_of_both(void **state)
{
    (void)state;
    struct fovea_stream_options options = FOVEA_STREAM_OPTIONS_INIT;
    options.ordered = true;
    options.window = 7;
    struct fovea_stream *stream = NULL;
    struct fovea_error error;
    float text[MAX_DIMENSION];
    float image[MAX_DIMENSION];
    const struct fovea_stream_result *result = NULL;
    struct fovea_model *model = models[0];
    assert_ok(fovea_embed_text(model, words, sizeof words - 1, 0, text, &error),
            &error);
    assert_ok(fovea_embed_image(model, picture, 0, image, &error), &error);
    assert_ok(fovea_stream_open(model, &options, &stream, &error), &error);
    uint64_t n_put = 0;
    for (uint64_t n_taken = 0; n_taken < N_STREAMED;) {
        const struct fovea_item item = n_put % 3
                ? text_item(words)
                : (struct fovea_item){ .kind = FOVEA_ITEM_IMAGE_PATH,
                      .data = picture };
        if (n_put < N_STREAMED &&
                !fovea_stream_put(stream, &item, n_put, &error)) {
            n_put++;
            continue;
        }
        assert_ok(fovea_stream_wait(stream, FOVEA_NEVER, &error), &error);
        assert_ok(fovea_stream_take(stream, &result, &error), &error);
        assert_int_equal(result->state, FOVEA_STREAM_RESULT);
        assert_int_equal(result->tag, n_taken);
        assert_ok(result->error.code, &result->error);
        assert_memory_equal(result->embedding, n_taken % 3 ? text : image,
                row_size(model));
        n_taken++;
    }
    fovea_stream_close(stream);
}

/* Who waits for one answer. */
struct answer {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool is_done;
    struct fovea_error result;
};

static void
done(void *context, const struct fovea_error *result, const float *embedding,
        const struct fovea_timings *timings)
{
    struct answer *answer = context;
    (void)embedding;
    (void)timings;
    (void)pthread_mutex_lock(&answer->mutex);
    answer->result = *result;
    answer->is_done = true;
    (void)pthread_cond_signal(&answer->changed);
    (void)pthread_mutex_unlock(&answer->mutex);
}

/* One that is done by then is good; one that is not is cancelled. */
static void
a_submitted_text_can_be_cancelled(void **state)
{
    (void)state;
    struct answer answer = { .mutex = PTHREAD_MUTEX_INITIALIZER,
        .changed = PTHREAD_COND_INITIALIZER };
    const struct fovea_item item = text_item(words);
    struct fovea_error error;
    uint64_t ticket = 0;
    assert_ok(fovea_submit(models[0], &item, NULL, done, &answer, &ticket,
                      &error),
            &error);
    assert_true(ticket != 0);
    fovea_cancel(models[0], ticket);
    (void)pthread_mutex_lock(&answer.mutex);
    while (!answer.is_done) {
        (void)pthread_cond_wait(&answer.changed, &answer.mutex);
    }
    (void)pthread_mutex_unlock(&answer.mutex);
    assert_true(answer.result.code == FOVEA_OK ||
            answer.result.code == FOVEA_ERR_CANCELLED);
}

static void
a_text_that_is_too_long_is_cut_or_refused(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea *refusing = NULL;
    struct fovea_options options = FOVEA_OPTIONS_INIT;
    options.limits.truncate = FOVEA_TRUNCATE_REFUSE;
    assert_ok(fovea_open(&options, &refusing, &error), &error);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(models); i++) {
        float cut[MAX_DIMENSION];
        float again[MAX_DIMENSION];
        size_t size = sizeof long_text - 1;
        assert_ok(fovea_embed_text(models[i], long_text, size, 0, cut, &error),
                &error);
        assert_int_equal(error.notes, FOVEA_NOTE_TRUNCATED);
        assert_non_null(strstr(error.message, "of which the model takes 16"));
        /* What is behind the cut changes nothing. */
        char longer[sizeof long_text + 4];
        (void)snprintf(longer, sizeof longer, "%s one", long_text);
        assert_ok(fovea_embed_text(models[i], longer, strlen(longer), 0, again,
                          &error),
                &error);
        assert_memory_equal(cut, again, row_size(models[i]));
        assert_fails(fovea_embed_text(models[i], long_text, size,
                             FOVEA_EMBED_REFUSE_TRUNCATED, again, &error),
                &error, FOVEA_ERR_TEXT_TRUNCATED,
                "takes 16 (--truncate, fovea_limits.truncate)");
        assert_ok(fovea_embed_text(models[i], words, sizeof words - 1,
                          FOVEA_EMBED_REFUSE_TRUNCATED, again, &error),
                &error);
        assert_int_equal(error.notes, 0);
        struct fovea_model *model = NULL;
        open_model(refusing, names[i], &model);
        assert_fails(fovea_embed_text(model, long_text, size, 0, again, &error),
                &error, FOVEA_ERR_TEXT_TRUNCATED, "--truncate");
        fovea_model_close(model);
    }
    fovea_close(refusing);
}

static void
tokens_have_ids_and_pieces(void **state)
{
    (void)state;
    struct fovea_tokens tokens = FOVEA_TOKENS_INIT;
    struct fovea_error error;
    assert_ok(fovea_tokenize(models[0], "The CAT", 7, &tokens, &error), &error);
    assert_int_equal(tokens.struct_size, sizeof tokens);
    assert_true(tokens.n >= 3 && tokens.n < CONTEXT);
    assert_int_equal(tokens.ids[0], 1512);
    assert_string_equal(tokens.pieces[0], "<|startoftext|>");
    assert_int_equal(tokens.ids[tokens.n - 1], 1513);
    assert_string_equal(tokens.pieces[tokens.n - 1], "<|endoftext|>");
    assert_string_equal(tokens.pieces[1], "the</w>");
    assert_int_equal(tokens.was_cut, 0);
    assert_int_equal(error.notes, 0);
    fovea_tokens_finish(&tokens);
    assert_null(tokens.pieces);
    /* The empty text has the special ones alone. */
    assert_ok(fovea_tokenize(models[0], NULL, 0, &tokens, &error), &error);
    assert_int_equal(tokens.n, 2);
    fovea_tokens_finish(&tokens);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(models); i++) {
        assert_ok(fovea_tokenize(models[i], long_text, sizeof long_text - 1,
                          &tokens, &error),
                &error);
        assert_int_equal(tokens.n, CONTEXT);
        assert_int_equal(tokens.was_cut, 1);
        assert_int_equal(error.notes, FOVEA_NOTE_TRUNCATED);
        fovea_tokens_finish(&tokens);
    }
    assert_fails(fovea_tokenize(models[0], "\xc3(", 2, &tokens, &error), &error,
            FOVEA_ERR_TEXT_ENCODING, "UTF-8");
    tokens.struct_size = 3;
    assert_fails(fovea_tokenize(models[0], "a", 1, &tokens, &error), &error,
            FOVEA_ERR_ARGUMENT, "FOVEA_TOKENS_INIT");
}

/* From words to vectors, by numpy: the tokenizer, the row and the tower. */
static void
vectors_are_those_of_the_reference(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *text;
        size_t n_ids;
        uint32_t ids[CONTEXT];
        double vector[MAX_DIMENSION];
    } cases[] = {
#include "golden/whole_texts.inc"
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        struct fovea_model *model =
                models[strcmp(cases[i].name, "siglip") == 0];
        struct fovea_tokens tokens = FOVEA_TOKENS_INIT;
        struct fovea_error error;
        float vector[MAX_DIMENSION];
        size_t size = strlen(cases[i].text);
        assert_ok(fovea_tokenize(model, cases[i].text, size, &tokens, &error),
                &error);
        assert_int_equal(tokens.n, cases[i].n_ids);
        assert_memory_equal(tokens.ids, cases[i].ids,
                tokens.n * sizeof *tokens.ids);
        fovea_tokens_finish(&tokens);
        assert_ok(fovea_embed_text(model, cases[i].text, size, FOVEA_EMBED_RAW,
                          vector, &error),
                &error);
        double square = 0;
        double most = 0;
        for (size_t k = 0; k < fovea_embedding_dimension(model); k++) {
            double off = fabs((double)vector[k] - cases[i].vector[k]);
            square += cases[i].vector[k] * cases[i].vector[k];
            most = off > most ? off : most;
        }
        assert_true(most <= 1e-5 * sqrt(square));
    }
}

static void
each_kind_of_work_is_shown(void **state)
{
    (void)state;
    struct fovea_error error;
    assert_ok(fovea_pool_spawn_text_worker(models[1], &error), &error);
    assert_true(fovea_pool_has_text_workers(models[1]));
    assert_ok(fovea_pool_check_text(models[1], &error), &error);
    struct fovea_pool_stats stats = FOVEA_POOL_STATS_INIT;
    assert_ok(fovea_pool_stats(library, &stats, &error), &error);
    unsigned n = 0;
    for (size_t i = 0; i < stats.n_models; i++) {
        n += strcmp(stats.models[i].work, "embed_text") == 0;
    }
    assert_int_equal(n, FOVEA_ARRAY_LEN(models));
    fovea_pool_stats_finish(&stats);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models_say_what_they_take),
        cmocka_unit_test(texts_and_images_share_a_batch),
        cmocka_unit_test(a_stream_keeps_the_order_of_both),
        cmocka_unit_test(a_submitted_text_can_be_cancelled),
        cmocka_unit_test(a_text_that_is_too_long_is_cut_or_refused),
        cmocka_unit_test(tokens_have_ids_and_pieces),
        cmocka_unit_test(vectors_are_those_of_the_reference),
        cmocka_unit_test(each_kind_of_work_is_shown),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
