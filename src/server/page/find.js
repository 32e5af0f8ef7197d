/* Finding pictures of an index: by words, by a picture, by more like one that was
   found; and what is there more than once. */
import { ask } from "/api.js";
import { byId, make, setText } from "/dom.js";
import { listenArrows, repairReach } from "/grid.js";
import { forgetHits, makeHit, nameOf } from "/hits.js";
import { chosenIndex, hasWords, whenIndexChanges } from "/library.js";
import { announce } from "/say.js";
import { pictures } from "/words.js";

const STEP = 48;
const GROUPS = 20;
/* A first picture starts a worker; duplicates of a million take minutes. */
const MOST_MS = 330000;

/* {title, input} of a search, or {title, isAlike} of duplicates; with n, how many
   are shown, or next, where the rest begins. */
let question = null;
let before = []; /* that Back leads to */
let stop = new AbortController();
let index = "";

const list = byId("hits");

const asJson = (body) => ({ method: "POST", body: JSON.stringify(body),
  headers: { "Content-Type": "application/json" }, most_ms: MOST_MS });

const search = ({ input, n }, signal) => ask("/v1/search",
  { ...asJson({ index, input: [input], n }), signal });

const alike = ({ next }, signal) => ask(
  `/v1/indexes/${encodeURIComponent(index)}/duplicates?limit=${GROUPS}` +
  (next ? `&after=${encodeURIComponent(next)}` : ""),
{ most_ms: MOST_MS, signal });

function head(text, isBusy = false) {
  setText(byId("found-title"), text);
  byId("found").setAttribute("aria-busy", isBusy);
}

function tell(text) {
  setText(byId("found-words"), text);
  announce(text);
}

function appendHits(data) {
  const known = new Set([...list.querySelectorAll("button")]
    .map((button) => button.picture.id));
  const fresh = data.filter((hit) => !known.has(hit.id));
  list.append(...fresh.map((hit) => makeHit(hit, index, stop.signal)));
  repairReach(list);
}

function showHits({ data, model }) {
  appendHits(data);
  byId("hits-more").hidden = data.length < question.n;
  tell(data.length ? `${pictures(data.length)}, the most alike first, by ` +
    `the vectors of ${model}.` : "Nothing was found.");
}

const TAGS = ["best", "largest", "oldest"];

function groupOf({ items }) {
  const tiles = items.map((item) => makeHit(item, index, stop.signal,
    TAGS.filter((tag) => item[tag])));
  const name = nameOf(items.find((item) => item.best) ?? items[0]);
  return make("li", { class: "group" },
    make("h4", {}, `${pictures(items.length)} like ${name}`),
    make("ul", { class: "cluster" }, ...tiles));
}

function showGroups({ data, groups, next }) {
  question.next = next;
  list.append(...data.map(groupOf));
  repairReach(list);
  byId("hits-more").hidden = !next;
  tell(groups ? `${groups} group${groups === 1 ? "" : "s"} of pictures that ` +
    "are the same again." : "No picture is there twice.");
}

/* Ask what the question is; an answer that comes when there is another one is
   nobody's. */
async function put() {
  const mine = question;
  const { signal } = stop;
  head(mine.title, true);
  byId("hits-more").disabled = true;
  try {
    const answer = await (mine.isAlike ? alike : search)(mine, signal);
    if (mine === question) {
      (mine.isAlike ? showGroups : showHits)(answer);
    }
  } catch (error) {
    if (mine === question) {
      tell(error.message);
    }
  }
  if (mine === question) {
    head(mine.title);
    byId("hits-more").disabled = false;
  }
}

function show(next) {
  stop.abort();
  stop = new AbortController();
  question = next;
  forgetHits(list);
  list.classList.toggle("groups", Boolean(next?.isAlike));
  byId("hits-more").hidden = true;
  byId("hits-back").hidden = before.length === 0;
  byId("find-empty").hidden = Boolean(next);
  setText(byId("found-words"), "");
  head(next?.title ?? "");
  byId("found").scrollTop = 0;
  if (next) {
    put();
  }
}

/* Ask something else. The focus goes to its title where what had it has gone. */
function turn(next) {
  const isLost = list.contains(document.activeElement);
  if (question) {
    before.push(question);
  }
  show(next);
  if (isLost) {
    byId("found-title").focus();
  }
}

function back() {
  const last = before.pop();
  show(last ? { ...last, next: undefined } : null);
  byId("found-title").focus();
}

const asData = (file) => new Promise((resolve, reject) => {
  const reader = new FileReader();
  reader.onload = () => resolve(reader.result);
  reader.onerror = () => reject(reader.error);
  reader.readAsDataURL(file);
});

/** Look for what is like a file of the user's. */
export async function findLike(file) {
  let image;
  try {
    /* What the browser takes a file for does not matter. */
    image = (await asData(file)).replace(/^[^,]*/, "data:image/*;base64");
  } catch {
    tell(`${file.name} cannot be read.`);
    return;
  }
  turn({ title: `Like ${file.name}`, input: { image }, n: STEP });
}

/** Whether pictures that are pasted or dropped outside of the gallery are to be
 *  searched for. */
export const canFind = () => !byId("library").hidden;

byId("find-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = byId("find-words").value.trim();
  if (text) {
    turn({ title: `\u201c${text}\u201d`, input: { text }, n: STEP });
  }
});
byId("find-file").addEventListener("change", (event) => {
  const [file] = event.target.files;
  event.target.value = "";
  if (file) {
    findLike(file);
  }
});
byId("find-alike").addEventListener("click", () =>
  turn({ title: "Duplicates", isAlike: true }));
byId("hits-back").addEventListener("click", back);
byId("hits-more").addEventListener("click", () => {
  question.n += STEP;
  put();
});
list.addEventListener("click", (event) => {
  const { picture } = event.target.closest("button") ?? {};
  if (picture) {
    turn({ title: `Like ${nameOf(picture)}`, input: { id: picture.id },
      n: STEP });
  }
});
listenArrows(list);

whenIndexChanges((state) => {
  byId("find-words").disabled = byId("find-go").disabled = !hasWords(state);
  byId("find-alike").disabled = !state.pictures;
  if (state.name !== index) {
    index = chosenIndex().name;
    before = [];
    show(null);
  }
});
