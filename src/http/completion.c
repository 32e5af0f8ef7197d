/* See completion.h. */
#include "http/completion.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"

enum fovea_status
fovea_http_completions_open(struct fovea_http_completions *completions,
        struct fovea_error *err)
{
    *completions = (struct fovea_http_completions){ .fd = -1 };
    (void)pthread_mutex_init(&completions->mu, NULL);
    completions->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return completions->fd >= 0
            ? FOVEA_OK
            : fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                      "the server's events cannot be opened");
}

void
fovea_http_completions_wake(struct fovea_http_completions *completions)
{
    (void)eventfd_write(completions->fd, 1);
}

void
fovea_http_completions_post(struct fovea_http_completions *completions,
        struct fovea_http_completion *completion)
{
    completion->next = NULL;
    (void)pthread_mutex_lock(&completions->mu);
    bool is_first = !completions->first;
    *(is_first ? &completions->first : &completions->last->next) = completion;
    completions->last = completion;
    (void)pthread_mutex_unlock(&completions->mu);
    if (is_first) {
        fovea_http_completions_wake(completions);
    }
}

void
fovea_http_completions_read(struct fovea_http_completions *completions)
{
    eventfd_t count = 0;
    (void)eventfd_read(completions->fd, &count);
    (void)pthread_mutex_lock(&completions->mu);
    struct fovea_http_completion *completion = completions->first;
    completions->first = NULL;
    completions->last = NULL;
    (void)pthread_mutex_unlock(&completions->mu);
    while (completion) {
        struct fovea_http_completion *next = completion->next;
        completion->read(completion);
        completion = next;
    }
}

void
fovea_http_completions_close(struct fovea_http_completions *completions)
{
    if (completions->fd >= 0) {
        (void)close(completions->fd);
        completions->fd = -1;
    }
    (void)pthread_mutex_destroy(&completions->mu);
}
