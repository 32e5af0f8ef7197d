/* Trying it: pictures in, and which of them are alike out. */
import { byId, gathered, make, setText } from "/dom.js";
import { listenFiles } from "/files.js";
import { canFind, findLike } from "/find.js";
import { appendTiles, focusCurrent, listenGallery, order, press, repair }
  from "/gallery.js";
import { whenKeyTurns } from "/key.js";
import { meet, nearest, part } from "/likeness.js";
import { isNearInUse, listenNear, showNear } from "/near.js";
import { showProgress } from "/progress.js";
import { enqueue, isWaiting, listenQueue, withdraw } from "/queue.js";
import { announce } from "/say.js";
import { forgetSearch, listenSearch, offerSearch } from "/search.js";
import { dropThumb } from "/thumb.js";
import { fillTile, forgetTile, isOther } from "/tile.js";

const REFRESH_MS = 500;

/* {id, name, file, state: waiting, good or bad, wanted, and of a good one
   vector, model, notes, note, best; of a bad one error; tile, thumb} */
let pictures = [];
let chosen = null; /* a picture, or words */
let knowWords = new Set(); /* models that embed texts too */
let nMade = 0;
let nSkipped = 0;
let nUnread = 0;
const counts = { waiting: 0, good: 0, bad: 0 };

const model = () => byId("model").value;

function become(picture, next) {
  counts[picture.state]--;
  picture.state = next;
  counts[next]++;
  fillTile(picture, model());
}

const refresh = gathered(() => {
  markOthers();
  if (isNearInUse()) {
    refresh();
  } else {
    showNear(chosen, pictures);
  }
}, REFRESH_MS);

function tell() {
  showProgress({ ...counts, isWaiting: isWaiting(), nSkipped, nUnread });
  byId("stage").dataset.empty = pictures.length === 0;
  byId("clear").disabled = pictures.length + nSkipped + nUnread === 0;
  byId("again").disabled = counts.bad === 0;
}

/* Files that were taken, each with its place at once. */
function take(found) {
  const fresh = found.files.map((file) => ({ id: nMade++, name: file.name, file,
    state: "waiting", notes: [], best: null, wanted: model() }));
  nSkipped += found.nSkipped;
  nUnread += found.nUnread;
  counts.waiting += fresh.length;
  pictures = pictures.concat(fresh);
  appendTiles(fresh);
  fresh.forEach((picture) => fillTile(picture, model()));
  enqueue(fresh);
  tell();
}

function settle(picture, result) {
  Object.assign(picture, result);
  become(picture, result.error ? "bad" : "good");
  if (picture.vector) {
    meet(picture, pictures).forEach((p) => fillTile(p, model()));
  }
  if (counts.waiting === 0 && byId("order").value !== "given") {
    order(pictures);
  }
  refresh();
  tell();
}

function choose(picture, isFocused = false) {
  const isAnother = picture !== chosen;
  if (isAnother && !picture?.isWords) {
    forgetSearch();
  }
  chosen = picture;
  press(chosen, isFocused);
  showNear(chosen, pictures, isAnother);
}

/* What is nearest to words, once they are embedded. */
function chooseWords(words) {
  choose(words);
  if (words.vector) {
    const [best] = nearest(words, pictures);
    announce(best ? `Nearest to ${words.name}: ${best.picture.name}.`
      : `No picture is embedded to compare ${words.name} with.`);
  } else if (words.error) {
    announce(words.error);
  }
}

/* Neither wait for them nor compare with them any longer. */
function forget(some) {
  const gone = new Set(some);
  withdraw(some);
  pictures = pictures.filter((p) => !gone.has(p));
  for (const picture of some) {
    counts[picture.state]--;
    forgetTile(picture);
    dropThumb(picture);
  }
  part(gone, pictures).forEach((p) => fillTile(p, model()));
  repair();
  markOthers();
  choose(gone.has(chosen) ? null : chosen);
  tell();
}

function remove(picture) {
  const at = picture.tile.nextElementSibling ??
    picture.tile.previousElementSibling;
  forget([picture]);
  at?.firstElementChild.click();
  focusCurrent();
}

function leave() {
  choose(null);
  focusCurrent();
}

function clear() {
  nSkipped = nUnread = 0;
  forget(pictures);
}

/* Send them again, to the model that is chosen now. */
function embedAgain(some) {
  for (const picture of some) {
    Object.assign(picture, { vector: null, error: null, notes: [], note: null,
      best: null, wanted: model() });
    become(picture, "waiting");
  }
  part(new Set(some), pictures).forEach((p) => fillTile(p, model()));
  enqueue(some);
  markOthers();
  choose(chosen);
  tell();
}

function others() {
  const id = model();
  return pictures.filter((p) => isOther(p, id));
}

/* Say which were embedded by another model than the chosen one. */
function markOthers() {
  const n = others().length;
  setText(byId("others"), n ? `${n} of another model: not compared with ` +
    `those of ${model()}.` : "");
  byId("adopt").hidden = n === 0;
}

/* What waits goes to the new one; what is done is marked. */
function changeModel() {
  offerSearch(knowWords.has(model()));
  if (chosen?.isWords) {
    choose(null);
  }
  const undone = pictures.filter((p) => p.state === "waiting");
  pictures.forEach((picture) => fillTile(picture, model()));
  withdraw(undone);
  embedAgain(undone);
}

/** Models to choose from; a choice only where there is one. Those that embed
 *  texts too are there twice. */
export function offerModels(models) {
  const select = byId("model");
  const isOfTexts = (m) => m.work === "embed_text";
  const ids = models.filter((m) => !isOfTexts(m)).map((m) => m.id);
  knowWords = new Set(models.filter(isOfTexts).map((m) => m.id));
  if ([...select.options].map((o) => o.value).join("\n") !== ids.join("\n")) {
    const before = select.value;
    select.replaceChildren(...ids.map((id) =>
      make("option", { value: id }, id)));
    select.value = ids.includes(before) ? before : ids[0];
    byId("model-choice").dataset.single = ids.length < 2;
    if (select.value !== before && pictures.length) {
      changeModel();
    }
  }
  offerSearch(knowWords.has(model()));
}

export const isBusy = () => counts.waiting > 0;

listenQueue(settle, tell);
whenKeyTurns(tell);
listenFiles(take, findLike, canFind);
listenSearch(model, chooseWords);
listenGallery((picture) => choose(picture), remove);
listenNear((picture) => choose(picture, true),
  () => showNear(chosen, pictures));
byId("order").addEventListener("change", () => order(pictures));
byId("model").addEventListener("change", changeModel);
byId("adopt").addEventListener("click", () => embedAgain(others()));
byId("again").addEventListener("click", () =>
  embedAgain(pictures.filter((p) => p.state === "bad")));
byId("clear").addEventListener("click", () => {
  clear();
  byId("files").focus();
});
byId("remove").addEventListener("click", () => chosen && remove(chosen));
byId("close").addEventListener("click", leave);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && chosen && !byId("key-dialog").open) {
    leave();
  }
});
