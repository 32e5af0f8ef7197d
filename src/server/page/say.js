/* What screen readers announce: one polite region for all of the page. What
   hurries is said at once; of the rest, only the latest at the end of a pause,
   so that hundreds of pictures are a handful of sentences. */
import { byId, setText } from "/dom.js";

const PAUSE_MS = 10000;

let pending = null;
let timer = null;

function flush() {
  timer = null;
  if (pending !== null) {
    setText(byId("say"), pending);
    pending = null;
    timer = setTimeout(flush, PAUSE_MS);
  }
}

/** Said when it is its turn, unless something newer has taken its place. */
export function mention(text) {
  pending = text;
  timer ??= setTimeout(flush, PAUSE_MS);
}

/** Said now; what waited to be said is older and is left out. */
export function announce(text) {
  clearTimeout(timer);
  pending = null;
  timer = setTimeout(flush, PAUSE_MS);
  setText(byId("say"), text);
}
