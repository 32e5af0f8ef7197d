/* The indexes that the server has: which one is chosen, how it stands, and what is
   done to it just now. */
import { ask } from "/api.js";
import { byId, make, setText } from "/dom.js";
import { announce, mention } from "/say.js";
import { bytes, pictures } from "/words.js";

const RESTING_MS = 10000;
const GROWING_MS = 1000;

let states = [];
let names = "";
let wasGoing = false;
let timer = null;
const listeners = [];

/** listener(state) when the chosen index is another, or stands differently. */
export function whenIndexChanges(listener) {
  listeners.push(listener);
}

/** The chosen one, as the server describes it; undefined before it has. */
export const chosenIndex = () =>
  states.find((state) => state.name === byId("index").value);

export const hasWords = (state) =>
  Boolean(state?.sets?.some((set) => set.words && set.served));

const PHASES = { walking: "looking for files", embedding: "reading pictures" };

function runWords(run) {
  const phase = PHASES[run.phase] ?? run.phase;
  const of = run.total ? ` of ${run.total}` : "";
  const failed = run.failed ? `, ${run.failed} failed` : "";
  return `It is growing: ${phase}, ${run.done}${of} done${failed}.`;
}

function showRun(run) {
  const isGoing = Boolean(run?.going);
  byId("run").hidden = !isGoing;
  if (isGoing) {
    const bar = byId("run-bar");
    if (run.total) {
      bar.max = run.total;
      bar.value = run.done;
    } else {
      bar.removeAttribute("value");
    }
    setText(byId("run-words"), runWords(run));
    mention(runWords(run));
  } else if (wasGoing) {
    announce("The index is complete.");
  }
  wasGoing = isGoing;
}

function facts(state) {
  if (state.error) {
    return state.error.message;
  }
  const failed = state.failed
    ? `, ${state.failed} that could not be read` : "";
  return `${pictures(state.pictures)} in ${state.name}${failed}, ` +
    `${bytes(state.size_bytes)}`;
}

function show() {
  const state = chosenIndex();
  if (!state) {
    return;
  }
  setText(byId("index-facts"), facts(state));
  showRun(state.run);
  byId("no-words").hidden = Boolean(state.error) || hasWords(state) ||
    !state.pictures;
  listeners.forEach((listener) => listener(state));
}

function fillChoice() {
  const select = byId("index");
  const before = select.value;
  const found = states.map((state) => state.name);
  select.replaceChildren(...found.map((name) =>
    make("option", { value: name }, name)));
  select.value = found.includes(before) ? before : found[0];
  byId("index-choice").dataset.single = found.length < 2;
}

async function look() {
  timer = null;
  try {
    const { data } = await ask("/v1/indexes");
    states = data;
    if (data.map((state) => state.name).join("\n") !==
        [...byId("index").options].map((o) => o.value).join("\n")) {
      fillChoice();
    }
    show();
  } catch (error) {
    setText(byId("index-facts"), error.message);
  }
  timer = setTimeout(watch, chosenIndex()?.run?.going ? GROWING_MS
    : RESTING_MS);
}

function watch() {
  if (document.hidden) {
    timer = setTimeout(watch, GROWING_MS);
  } else {
    look();
  }
}

/** The names of the indexes that the server has, whenever it tells them. */
export function offerIndexes(found) {
  byId("library").hidden = found.length === 0;
  if (found.length && found.join("\n") !== names) {
    names = found.join("\n");
    clearTimeout(timer);
    look();
  }
}

byId("index").addEventListener("change", show);
