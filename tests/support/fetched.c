/* Waiting for what is fetched: see fetched.h. */
#include "fetched.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "server.h"
#include "sys/memfd.h"
#include "test.h"

enum {
    PATIENCE_S = 300
};

void
fetched_init(struct fetched *fetched)
{
    *fetched = (struct fetched){ .fd = -1 };
    (void)pthread_mutex_init(&fetched->mutex, NULL);
    (void)pthread_cond_init(&fetched->changed, NULL);
}

void
fetched_finish(struct fetched *fetched)
{
    assert_int_equal(fetched->n_answers, 1);
    if (fetched->fd >= 0) {
        (void)close(fetched->fd);
    }
    (void)pthread_cond_destroy(&fetched->changed);
    (void)pthread_mutex_destroy(&fetched->mutex);
}

void
fetched_note(void *context, const struct fovea_error *result,
        const struct fovea_fetched *what)
{
    struct fetched *fetched = context;
    (void)pthread_mutex_lock(&fetched->mutex);
    fetched->n_answers++;
    fetched->result = *result;
    fetched->fd = what->fd;
    fetched->size = what->size;
    fetched->fetch_ns = what->fetch_ns;
    memcpy(fetched->declared, what->declared, sizeof fetched->declared);
    (void)pthread_cond_broadcast(&fetched->changed);
    (void)pthread_mutex_unlock(&fetched->mutex);
}

enum fovea_status
fetched_wait(struct fetched *fetched)
{
    struct timespec end;
    (void)clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += PATIENCE_S;
    int error = 0;
    (void)pthread_mutex_lock(&fetched->mutex);
    while (fetched->n_answers == 0 && !error) {
        error = pthread_cond_timedwait(&fetched->changed, &fetched->mutex,
                &end);
    }
    (void)pthread_mutex_unlock(&fetched->mutex);
    assert_int_equal(error, 0);
    if (fetched->result.code) {
        assert_int_equal(fetched->fd, -1);
        assert_int_equal(fetched->size, 0);
        assert_true(fetched->result.message[0] != 0);
    } else {
        assert_true(fetched->fd >= 0);
    }
    return fetched->result.code;
}

struct fovea_fetch_settings
fetch_settings(void)
{
    return (struct fovea_fetch_settings){
        .url = {
            .allow_private = true,
            .connect_ns = PATIENCE_S * FOVEA_NS_PER_S,
            .total_ns = PATIENCE_S * FOVEA_NS_PER_S,
            .max_redirects = 5,
            .max_connections = 32,
            .max_per_host = 6,
            .max_tries = 3,
            .user_agent = "test/1 (nobody@example.org)",
        },
        .max_bytes = 1 << 20,
        .max_waiting = 256,
    };
}

const char *
url_of(unsigned port, const char *path, char text[URL_SIZE])
{
    (void)snprintf(text, URL_SIZE, "http://127.0.0.1:%u%s", port, path);
    return text;
}

enum fovea_status
fetch_one(const struct fovea_fetch_settings *settings, const char *url,
        struct fetched *fetched)
{
    struct fovea_fetcher *fetcher = NULL;
    struct fovea_error error;
    fetched_init(fetched);
    assert_ok(fovea_fetcher_create(settings, &fetcher, &error), &error);
    enum fovea_status status = fovea_fetcher_submit(fetcher,
            &(struct fovea_fetch_request){ .url = url,
                    .ticket = 1,
                    .deadline_ns = FOVEA_NEVER,
                    .fetched = fetched_note,
                    .context = fetched },
            &error);
    if (status) {
        fetched->n_answers = 1;
        fetched->result = error;
    } else {
        status = fetched_wait(fetched);
    }
    fovea_fetcher_destroy(fetcher);
    return status;
}

void
check_pattern(const struct fetched *fetched, uint64_t size)
{
    assert_int_equal(fetched->size, size);
    assert_true(fovea_memfd_is_sealed(fetched->fd));
    assert_int_equal(lseek(fetched->fd, 0, SEEK_END), size);
    uint8_t *bytes = malloc(size + 1);
    assert_non_null(bytes);
    assert_int_equal(pread(fetched->fd, bytes, size + 1, 0), size);
    for (uint64_t i = 0; i < size; i++) {
        if (bytes[i] != server_byte(i)) {
            fail_msg("byte %llu is wrong", (unsigned long long)i);
        }
    }
    free(bytes);
}

void
check_good(unsigned port, const char *path, uint64_t size)
{
    struct fovea_fetch_settings settings = fetch_settings();
    struct fetched fetched;
    char url[URL_SIZE];
    assert_ok(fetch_one(&settings, url_of(port, path, url), &fetched),
            &fetched.result);
    check_pattern(&fetched, size);
    assert_true(fetched.fetch_ns > 0);
    fetched_finish(&fetched);
}

void
check_bad(const struct fovea_fetch_settings *settings, const char *url,
        enum fovea_status code, const char *part)
{
    struct fetched fetched;
    enum fovea_status status = fetch_one(settings, url, &fetched);
    if (status != code || !strstr(fetched.result.message, part)) {
        fail_msg("%s: %s: %s", url, fovea_status_name(status),
                fetched.result.message);
    }
    /* What may be secret is not told. */
    assert_null(strstr(fetched.result.message, "secret"));
    fetched_finish(&fetched);
}

void
check_bad_path(unsigned port, const char *path, enum fovea_status code,
        const char *part)
{
    struct fovea_fetch_settings settings = fetch_settings();
    char url[URL_SIZE];
    check_bad(&settings, url_of(port, path, url), code, part);
}
