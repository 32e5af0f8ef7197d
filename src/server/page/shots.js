/* Thumbnails of the server's: a few at once, so that what is asked meanwhile is
   not behind hundreds of them. */
import { ask, Silence } from "/api.js";

const AT_ONCE = 3;
const MOST_TRIES = 3;
/* The first one starts a worker. */
const MOST_MS = 60000;

let underWay = 0;
const waiting = [];

/* Where the server is full the picture is asked for again, later. */
async function load({ path, options, signal }) {
  for (let i = 1; ; i++) {
    try {
      return await ask(path, { ...options, signal, most_ms: MOST_MS,
        isBlob: true });
    } catch (error) {
      if (signal?.aborted || i === MOST_TRIES || error instanceof Silence ||
          !error.isForNow) {
        return null;
      }
      await new Promise((resolve) => setTimeout(resolve, error.wait_ms));
    }
  }
}

function next() {
  while (waiting.length && underWay < AT_ONCE) {
    const shot = waiting.shift();
    if (shot.signal?.aborted) {
      shot.resolve(null);
      continue;
    }
    underWay++;
    load(shot).then(shot.resolve).finally(() => {
      underWay--;
      next();
    });
  }
}

/** A picture small, as a blob; null where there is none to be had. */
export const shotOf = (path, signal, options = {}) =>
  new Promise((resolve) => {
    waiting.push({ path, options, signal, resolve });
    next();
  });
