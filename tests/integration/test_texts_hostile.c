/*
 * Texts that mean harm, workers that end under a text, and a table in the cache
 * that is not what it was: a named error or the right vector, and the next text
 * is embedded as if nothing had been.
 */
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fovea/fovea.h"

#include "base/macros.h"
#include "support/golden.h"
#include "support/test.h"
#include "support/tree.h"

enum {
    MAX_DIMENSION = 32,
    LARGE = 1 << 20,
    N_HOSTILE = 2000
};

static const char *const names[] = { "clip", "siglip" };
static char cache[64];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static unsigned n_stored; /* guarded by mutex */
static unsigned n_thrown; /* the same */
static unsigned n_ready;  /* the same */

static void
on_event(void *context, const struct fovea_event *event)
{
    (void)context;
    bool is_cache = event->kind == FOVEA_EVENT_CACHE;
    (void)pthread_mutex_lock(&mutex);
    n_stored += is_cache && strncmp(event->message, "stored", 6) == 0;
    n_thrown += is_cache && strncmp(event->message, "threw", 5) == 0;
    n_ready += event->kind == FOVEA_EVENT_WORKER_READY;
    (void)pthread_cond_broadcast(&changed);
    (void)pthread_mutex_unlock(&mutex);
}

static int
set_up(void **state)
{
    (void)state;
    (void)snprintf(cache, sizeof cache, "/tmp/fovea-texts-XXXXXX");
    return mkdtemp(cache) ? 0 : -1;
}

static int
tear_down(void **state)
{
    (void)state;
    return tree_empty(cache) || rmdir(cache) ? -1 : 0;
}

struct opened {
    struct fovea *library;
    struct fovea_model *model;
};

static struct opened
open_model(const char *name, uint32_t max_text_bytes)
{
    const char *root = getenv("FOVEA_WHOLE_MODELS");
    char path[GOLDEN_PATH_SIZE];
    struct opened opened = { NULL, NULL };
    struct fovea_error error;
    const struct fovea_options options = { .struct_size = sizeof options,
        .max_workers = 1,
        .cache_directory = cache,
        .image_ns = INT64_MAX,
        .limits.max_text_bytes = max_text_bytes,
        .on_event = on_event };
    assert_non_null(root);
    (void)snprintf(path, sizeof path, "%s/%s", root, name);
    assert_ok(fovea_open(&options, &opened.library, &error), &error);
    assert_ok(fovea_model_open(opened.library, path, &opened.model, &error),
            &error);
    return opened;
}

static void
close_model(struct opened *opened)
{
    fovea_model_close(opened->model);
    fovea_close(opened->library);
}

static void
embed_words(const struct opened *opened, float vector[MAX_DIMENSION])
{
    struct fovea_error error;
    assert_ok(
            fovea_embed_text(opened->model, "two words", 9, 0, vector, &error),
            &error);
}

/* A unit, over and over, up to LARGE bytes. */
static void
fill(char *text, const char *unit, size_t unit_size)
{
    for (size_t i = 0; i < LARGE; i++) {
        text[i] = i < LARGE / unit_size * unit_size ? unit[i % unit_size] : ' ';
    }
}

static void
large_texts_are_read_or_refused(void **state)
{
    (void)state;
    static const struct {
        const char *unit;
        size_t size;
    } units[] = { { " ", 1 }, { "\xcc\x81", 2 }, { "\0", 1 }, { "a", 1 },
        { "\xef\xb7\xba", 3 }, { "\xf0\x9f\x98\x80", 4 }, { "a ", 2 },
        { "'s", 2 }, { "<|endoftext|>", 13 } };
    char *text = malloc(LARGE);
    assert_non_null(text);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(names); i++) {
        struct opened opened = open_model(names[i], 2 * LARGE);
        float before[MAX_DIMENSION];
        float after[MAX_DIMENSION];
        float vector[MAX_DIMENSION];
        embed_words(&opened, before);
        for (size_t k = 0; k < FOVEA_ARRAY_LEN(units); k++) {
            struct fovea_error error;
            fill(text, units[k].unit, units[k].size);
            enum fovea_status status = fovea_embed_text(opened.model, text,
                    LARGE, 0, vector, &error);
            if (status && status != FOVEA_ERR_TEXT_TOO_LARGE) {
                fail_msg("%s, unit %zu: %s: %s", names[i], k,
                        fovea_status_name(status), error.message);
            }
        }
        embed_words(&opened, after);
        assert_memory_equal(before, after,
                fovea_embedding_dimension(opened.model) * sizeof(float));
        close_model(&opened);
    }
    free(text);
}

static uint32_t
next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(*seed >> 33);
}

/* Bytes of any kind, pieces of UTF-8, and what tokenizers look for. */
static size_t
make_hostile(uint64_t *seed, char text[256])
{
    static const char *const parts[] = { "<|endoftext|>", "</w>",
        "\xe2\x96\x81", "<0x0A>", "\xcc\x80", "\xf4\x8f\xbf\xbf",
        "\xed\xa0\x80", "\xc0\x80", "'ll", "\xe2\x80\x8d", "\xef\xbf\xbd",
        "\t\r\n", "ZZ", "</s>" };
    size_t size = 0;
    size_t n = next_random(seed) % 12;
    for (size_t i = 0; i < n; i++) {
        uint32_t dice = next_random(seed);
        if (dice % 4 == 0) {
            text[size++] = (char)next_random(seed);
        } else {
            const char *part = parts[dice / 4 % FOVEA_ARRAY_LEN(parts)];
            memcpy(text + size, part, strlen(part));
            size += strlen(part);
        }
    }
    return size;
}

static void
hostile_texts_have_their_own_errors(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(names); i++) {
        struct opened opened = open_model(names[i], 0);
        static char texts[N_HOSTILE][256];
        static struct fovea_item items[N_HOSTILE];
        static struct fovea_error results[N_HOSTILE];
        static float rows[N_HOSTILE * MAX_DIMENSION];
        struct fovea_error error;
        uint64_t seed = 7 + i;
        unsigned n_good = 0;
        for (size_t k = 0; k < N_HOSTILE; k++) {
            items[k] = (struct fovea_item){ .kind = FOVEA_ITEM_TEXT,
                .data = texts[k],
                .size = make_hostile(&seed, texts[k]) };
        }
        assert_ok(fovea_embed_batch(opened.model, items, N_HOSTILE, 0, rows,
                          results, &error),
                &error);
        for (size_t k = 0; k < N_HOSTILE; k++) {
            n_good += results[k].code == FOVEA_OK;
            if (results[k].code && results[k].code != FOVEA_ERR_TEXT_ENCODING) {
                fail_msg("%s, text %zu: %s", names[i], k, results[k].message);
            }
        }
        assert_true(n_good > N_HOSTILE / 8 && n_good < N_HOSTILE);
        struct fovea_pool_stats stats = FOVEA_POOL_STATS_INIT;
        assert_ok(fovea_pool_stats(opened.library, &stats, &error), &error);
        assert_int_equal(stats.n_quarantined, 0);
        fovea_pool_stats_finish(&stats);
        close_model(&opened);
    }
}

static void
texts_have_a_limit_of_bytes(void **state)
{
    (void)state;
    struct opened opened = open_model("clip", 10);
    float vector[MAX_DIMENSION];
    struct fovea_error error;
    assert_ok(
            fovea_embed_text(opened.model, "ten bytes!", 10, 0, vector, &error),
            &error);
    assert_fails(fovea_embed_text(opened.model, "eleven byte", 11, 0, vector,
                         &error),
            &error, FOVEA_ERR_TEXT_TOO_LARGE,
            "11 bytes, more than the limit of 10 (--max-text-bytes, "
            "fovea_limits.max_text_bytes)");
    struct fovea_tokens tokens = FOVEA_TOKENS_INIT;
    assert_fails(
            fovea_tokenize(opened.model, "eleven byte", 11, &tokens, &error),
            &error, FOVEA_ERR_TEXT_TOO_LARGE, "--max-text-bytes");
    close_model(&opened);
}

/* The one worker of texts. */
static pid_t
find_worker(struct fovea *library, enum fovea_worker_state *state_out)
{
    struct fovea_pool_stats stats = FOVEA_POOL_STATS_INIT;
    struct fovea_error error;
    pid_t pid = 0;
    assert_ok(fovea_pool_stats(library, &stats, &error), &error);
    for (size_t i = 0; i < stats.n_workers; i++) {
        if (strcmp(stats.workers[i].work, "embed_text") == 0) {
            pid = (pid_t)stats.workers[i].pid;
            *state_out = stats.workers[i].state;
        }
    }
    fovea_pool_stats_finish(&stats);
    return pid;
}

static void *
embed_in_thread(void *argument)
{
    static float vector[MAX_DIMENSION];
    struct opened *opened = argument;
    embed_words(opened, vector);
    return vector;
}

/* Held still with a text in flight, then killed: it is tried again. */
static void
a_text_outlives_its_worker(void **state)
{
    (void)state;
    struct opened opened = open_model("clip", 0);
    float vector[MAX_DIMENSION];
    enum fovea_worker_state worker = FOVEA_WORKER_DEAD;
    embed_words(&opened, vector);
    pid_t pid = find_worker(opened.library, &worker);
    assert_true(pid > 0);
    assert_int_equal(kill(pid, SIGSTOP), 0);
    pthread_t thread;
    void *again = NULL;
    assert_int_equal(pthread_create(&thread, NULL, embed_in_thread, &opened),
            0);
    while (find_worker(opened.library, &worker) != pid ||
            worker != FOVEA_WORKER_PROCESSING) {
        (void)usleep(1000);
    }
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(pthread_join(thread, &again), 0);
    assert_memory_equal(vector, again,
            fovea_embedding_dimension(opened.model) * sizeof(float));
    close_model(&opened);
}

/* Wait until so many copies were stored or thrown away in all. */
static void
wait_for(const unsigned *count, unsigned n)
{
    (void)pthread_mutex_lock(&mutex);
    while (*count < n) {
        (void)pthread_cond_wait(&changed, &mutex);
    }
    (void)pthread_mutex_unlock(&mutex);
}

static void
reset_counts(void)
{
    (void)pthread_mutex_lock(&mutex);
    n_stored = 0;
    n_thrown = 0;
    (void)pthread_mutex_unlock(&mutex);
}

/* Turn one byte in the middle of each copy in the cache. */
static unsigned
damage_copies(void)
{
    char folder[128];
    unsigned n = 0;
    (void)snprintf(folder, sizeof folder, "%s/packed", cache);
    DIR *directory = opendir(folder);
    assert_non_null(directory);
    for (const struct dirent *entry; (entry = readdir(directory));) {
        char path[512];
        struct stat facts;
        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] == '.' || stat(path, &facts)) {
            continue;
        }
        FILE *file = fopen(path, "r+e");
        assert_non_null(file);
        assert_int_equal(fseek(file, facts.st_size / 2, SEEK_SET), 0);
        int byte = fgetc(file);
        assert_int_equal(fseek(file, facts.st_size / 2, SEEK_SET), 0);
        assert_true(fputc(byte ^ 1, file) != EOF);
        assert_int_equal(fclose(file), 0);
        n++;
    }
    (void)closedir(directory);
    return n;
}

/* By tokens alone, whose workers share nothing but the table. */
static void
tokenize_words(void)
{
    struct opened opened = open_model("clip", 0);
    struct fovea_tokens tokens = FOVEA_TOKENS_INIT;
    struct fovea_error error;
    assert_ok(fovea_tokenize(opened.model, "two words", 9, &tokens, &error),
            &error);
    assert_string_equal(tokens.pieces[1], "two</w>");
    fovea_tokens_finish(&tokens);
    close_model(&opened);
}

static void
a_damaged_table_is_thrown_away(void **state)
{
    (void)state;
    assert_int_equal(tree_empty(cache), 0);
    reset_counts();
    tokenize_words();
    wait_for(&n_stored, 1);
    tokenize_words();
    assert_int_equal(n_stored, 1); /* it was found */
    assert_int_equal(n_thrown, 0);
    assert_int_equal(damage_copies(), 1);
    tokenize_words();
    wait_for(&n_thrown, 1);
    wait_for(&n_stored, 2);
    tokenize_words();
    assert_int_equal(n_stored, 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(large_texts_are_read_or_refused),
        cmocka_unit_test(hostile_texts_have_their_own_errors),
        cmocka_unit_test(texts_have_a_limit_of_bytes),
        cmocka_unit_test(a_text_outlives_its_worker),
        cmocka_unit_test(a_damaged_table_is_thrown_away),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
