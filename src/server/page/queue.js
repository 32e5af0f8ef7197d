/* Pictures on their way to the server: a few at once, the others in turn. What
   the server does not answer waits until it does again. */
import { ask, decode, Silence } from "/api.js";

/* Browsers open six connections to a server; one is left for the pool. */
const AT_ONCE = 5;
const MOST_TRIES = 4;
/* The server's own limit of an image, five minutes, and a little. */
const MOST_MS = 330000;

const waiting = [];
const underWay = new Map(); /* picture: AbortController */
let isSilent = false; /* the server does not answer */
let isResting = false; /* it is full, and says when to come again */
let settle = null;
let restate = null;

/**
 * Where results go.
 *
 * @param onResult  (picture, result), with result.error where it failed.
 * @param onState   when isWaiting() is another.
 */
export function listenQueue(onResult, onState) {
  settle = onResult;
  restate = onState;
}

async function embed(picture, signal) {
  const model = encodeURIComponent(picture.wanted);
  const answer = await ask("/v1/embeddings/image?encoding_format=base64" +
    (model && `&model=${model}`), {
    method: "POST",
    body: picture.file,
    headers: { "Content-Type": "application/octet-stream" },
    most_ms: MOST_MS,
    signal,
  });
  const { embedding, note, ...flags } = answer.data[0];
  return { vector: decode(embedding), model: answer.model, note,
    notes: Object.keys(flags).filter((name) => flags[name] === true) };
}

/* A file that has changed or gone looks to fetch() like a server that has. */
const isReadable = (file) => file.slice(0, 1).arrayBuffer()
  .then(() => true, () => false);

/* Those that wait have a rest for as long as the server wants. */
function rest(ms) {
  isResting = true;
  setTimeout(() => {
    isResting = false;
    work();
  }, ms);
}

/* What comes of it: what embed() gives, or {error} or {failure}, of which the
   latter may be another one the next time. */
async function outcome(picture, signal) {
  try {
    return await embed(picture, signal);
  } catch (error) {
    if (error instanceof Silence) {
      return await isReadable(picture.file) ? { failure: error }
        : { error: "The file cannot be read any more." };
    }
    return error.isForNow ? { failure: error } : { error: error.message };
  }
}

/* Put it back, unless it was often enough. */
function setBack(picture, failure) {
  if (++picture.tries >= MOST_TRIES) {
    settle(picture, { error: failure.message });
    return;
  }
  waiting.unshift(picture);
  if (failure instanceof Silence) {
    isSilent = true;
    restate();
  } else {
    rest(failure.wait_ms);
  }
}

async function send(picture) {
  const stop = new AbortController();
  underWay.set(picture, stop);
  const result = await outcome(picture, stop.signal);
  if (underWay.get(picture) !== stop) {
    return; /* it was withdrawn meanwhile */
  }
  underWay.delete(picture);
  if (result.failure) {
    setBack(picture, result.failure);
  } else {
    settle(picture, result);
  }
  work();
}

function work() {
  while (!isSilent && !isResting && waiting.length &&
      underWay.size < AT_ONCE) {
    send(waiting.shift());
  }
}

/** The server answers: go on where it did not. */
export function resume() {
  if (isSilent) {
    isSilent = false;
    restate();
    work();
  }
}

export function enqueue(pictures) {
  for (const picture of pictures) {
    picture.tries = 0;
    waiting.push(picture);
  }
  work();
}

/** Forget them, wherever they are; nothing comes of them any more. */
export function withdraw(pictures) {
  const gone = new Set(pictures);
  const left = waiting.filter((picture) => !gone.has(picture));
  waiting.splice(0, waiting.length, ...left);
  for (const picture of gone) {
    underWay.get(picture)?.abort();
    underWay.delete(picture);
  }
  work();
}

/** Is it the server that it waits for? */
export const isWaiting = () => isSilent;
