/*
 * A queue of shards at a broker: hands them out, takes them back, counts.
 *
 * The queue is never the truth. What is done stands beside the results (markers), and
 * a broker that loses all costs a republish. Nothing that comes from it is believed:
 * what a function gives out here is checked for form, bounds and its subject; what a
 * message says is for src/jobs to check against the manifest.
 *
 * A handle is of one job. One thread uses it at a time; what the client library does
 * in its own threads shows in the descriptor, and in fovea_queue_away_ns(). A kind of
 * queue is a file and a row of queue.def (queue/kind.h).
 */
#ifndef FOVEA_QUEUE_QUEUE_H
#define FOVEA_QUEUE_QUEUE_H

#include "fovea/status.h"

#include "base/macros.h"
#include "queue/queue_types.h"

/**
 * Reach the broker. Files are read here and never again.
 *
 * @param job     Its name; NULL: only fovea_queue_list() is for the handle.
 * @param q_out   To be closed.
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT (URL, name), FOVEA_ERR_FILE_NOT_FOUND and its
 *         kin (a file of the settings), FOVEA_ERR_QUEUE: not to be reached, which a
 *         later try may; FOVEA_ERR_QUEUE_DENIED; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_queue_open(
        const struct fovea_queue_settings *settings, const char *job,
        struct fovea_queue **q_out, struct fovea_error *err);

/** What was fetched and not taken goes back to the broker. NULL is fine. */
void fovea_queue_close(struct fovea_queue *queue);

FOVEA_DEFINE_AUTO(struct fovea_queue *, fovea_queue_close);

/** Readable when fetch, heard, asked or away_ns have something new; to be polled, and
 *  cleared by fovea_queue_seen() before these are called. */
int fovea_queue_descriptor(const struct fovea_queue *queue);

void fovea_queue_seen(struct fovea_queue *queue);

/** For how long the broker has been out of reach; 0: it is there. It is tried again
 *  all the while, with growing pauses. */
int64_t fovea_queue_away_ns(const struct fovea_queue *queue);

/* -- the job */

/**
 * Make the job at the broker, or find it as it was made: with the same tag it is gone
 * on with, whatever its ack_wait_ns.
 *
 * @return FOVEA_OK; FOVEA_ERR_JOB_EXISTS: a job of this name has another tag, or what
 *         has its name there is no job of fovea's; FOVEA_ERR_QUEUE,
 *         FOVEA_ERR_QUEUE_DENIED, FOVEA_ERR_ARGUMENT: the broker does not take the
 *         settings.
 */
FOVEA_NODISCARD enum fovea_status fovea_queue_create(struct fovea_queue *queue,
        const struct fovea_queue_job *job, struct fovea_error *err);

/** What the job was made with. FOVEA_ERR_NO_JOB; FOVEA_ERR_JOB_DIFFERS: its settings at
 *  the broker are not those that fovea makes. */
FOVEA_NODISCARD enum fovea_status fovea_queue_look(struct fovea_queue *queue,
        struct fovea_queue_job *job_out, struct fovea_error *err);

/** Take the job away from the broker, with all its messages. Results and markers stay.
 *  FOVEA_ERR_NO_JOB. */
FOVEA_NODISCARD enum fovea_status fovea_queue_remove(struct fovea_queue *queue,
        struct fovea_error *err);

FOVEA_NODISCARD enum fovea_status fovea_queue_count(struct fovea_queue *queue,
        struct fovea_queue_counts *counts_out, struct fovea_error *err);

/**
 * Names of fovea's jobs at the broker, in no order.
 *
 * @param on_job  Called with each; false ends it.
 */
FOVEA_NODISCARD enum fovea_status fovea_queue_list(struct fovea_queue *queue,
        bool (*on_job)(void *context, const char *name), void *context,
        struct fovea_error *err);

/* -- shards, by who makes the job */

/**
 * Put a shard into the queue, once for ever: one that is there, handed out, done or
 * dropped is left as it is. Many are under way at a time; fovea_queue_publish_end()
 * waits for all. The message is copied.
 *
 * @return FOVEA_OK; FOVEA_ERR_NO_JOB; FOVEA_ERR_QUEUE, FOVEA_ERR_QUEUE_DENIED: of one of
 *         those before, too. Publishing all again is right then.
 */
FOVEA_NODISCARD enum fovea_status fovea_queue_publish(struct fovea_queue *queue,
        uint64_t shard, const char *message, size_t size,
        struct fovea_error *err);

/** @param n_new_out    Of those published since the last end: taken by the broker.
 *  @param n_there_out  Left as they were. */
FOVEA_NODISCARD enum fovea_status fovea_queue_publish_end(
        struct fovea_queue *queue, uint64_t *n_new_out, uint64_t *n_there_out,
        struct fovea_error *err);

/** Forget a shard, whatever became of it, so that it can be published again. None is
 *  fine. */
FOVEA_NODISCARD enum fovea_status fovea_queue_purge(struct fovea_queue *queue,
        uint64_t shard, struct fovea_error *err);

/** Where a shard is, as of the last fovea_queue_count(). FOVEA_ERR_NO_JOB. */
FOVEA_NODISCARD enum fovea_status fovea_queue_find(struct fovea_queue *queue,
        uint64_t shard, enum fovea_queue_place *place_out,
        struct fovea_error *err);

/* -- shards, by nodes */

/**
 * Ask for one shard, and take it where it has come. Never waits: while none is there
 * the broker has one request of this handle, which lasts half a minute; it is made anew
 * when this is called after its end, and at once when the broker comes back. So call it
 * while a shard is wanted: when the descriptor is readable, and every second or so.
 *
 * Messages that are not of the job's shards are dropped at the broker and counted in
 * fovea_queue_n_refused().
 *
 * @param has_one_out  False: none yet; also while the broker is away.
 * @return FOVEA_OK; FOVEA_ERR_NO_JOB: the broker does not know the job (any more);
 *         FOVEA_ERR_QUEUE_DENIED; FOVEA_ERR_QUEUE: it broke off for good.
 */
FOVEA_NODISCARD enum fovea_status fovea_queue_fetch(struct fovea_queue *queue,
        struct fovea_queue_delivery *delivery_out, bool *has_one_out,
        struct fovea_error *err);

/** No shard is wanted for now: one that comes from here on, or has come and was not
 *  taken, goes back at once. Until the next fetch. */
void fovea_queue_stop_fetching(struct fovea_queue *queue);

uint64_t fovea_queue_n_refused(const struct fovea_queue *queue);

/** The shard is in work: its ack_wait_ns begins anew. Lost where the broker is away. */
void fovea_queue_keep(struct fovea_queue *queue,
        const struct fovea_queue_delivery *delivery);

/** Its marker is written. Waits for the broker's word; without it (FOVEA_ERR_QUEUE)
 *  the shard is handed out again, which costs a look at its marker. */
FOVEA_NODISCARD enum fovea_status fovea_queue_done(struct fovea_queue *queue,
        const struct fovea_queue_delivery *delivery, struct fovea_error *err);

/** It is to be tried again, in delay_ns at the earliest (0: at once, by anybody). */
void fovea_queue_later(struct fovea_queue *queue,
        const struct fovea_queue_delivery *delivery, int64_t delay_ns);

/** It is not to be handed out again. */
void fovea_queue_drop(struct fovea_queue *queue,
        const struct fovea_queue_delivery *delivery);

/* -- what nodes say of themselves: not kept, not confirmed */

/** @param node  A name (fovea_queue_is_name()), the same for its life. */
void fovea_queue_send_report(struct fovea_queue *queue, const char *node,
        const char *text, size_t size);

/** Whether somebody asked for reports since the last call; begins to listen for it. */
bool fovea_queue_asked(struct fovea_queue *queue);

/** Hear reports from now on, and ask all nodes for one. */
FOVEA_NODISCARD enum fovea_status fovea_queue_ask(struct fovea_queue *queue,
        struct fovea_error *err);

/** The next report; false: none now. Never waits. Those that nobody took are bounded
 *  (the oldest goes). */
bool fovea_queue_heard(struct fovea_queue *queue,
        struct fovea_queue_report *report_out);

#endif
