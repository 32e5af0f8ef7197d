/* How far it has come, to be seen at any time and to be heard now and then. */
import { byId, setText } from "/dom.js";
import { isKeyWanted } from "/key.js";
import { announce, mention } from "/say.js";
import { pictures } from "/words.js";

let before = { waiting: 0 };

function remarks({ bad, nSkipped, nUnread }) {
  return [
    bad ? `${bad} with an error` : "",
    nSkipped ? `${nSkipped} left out, which are no pictures` : "",
    nUnread ? `${nUnread} of the folders could not be read` : "",
  ].filter(Boolean).map((words) => `, ${words}`).join("");
}

function sentence(now) {
  const all = now.waiting + now.good + now.bad;
  if (all + now.nSkipped + now.nUnread === 0) {
    return "";
  }
  const reason = isKeyWanted() ? "; waiting for a key"
    : now.isWaiting ? "; waiting for the server" : "";
  return `${now.good} of ${pictures(all)} embedded${remarks(now)}${now.waiting ? reason : ""}.`;
}

/** @param now  waiting, good, bad, nSkipped, nUnread, isWaiting */
export function showProgress(now) {
  const text = sentence(now);
  const bar = byId("bar");
  setText(byId("progress"), text);
  bar.max = Math.max(1, now.waiting + now.good + now.bad);
  bar.value = now.good + now.bad;
  if (text) {
    const isTurn = (before.waiting === 0) !== (now.waiting === 0);
    (isTurn ? announce : mention)(text);
  }
  before = now;
}
