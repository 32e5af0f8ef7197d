/* Beside the pictures: what is most like the chosen one, or nearest to words that
   were asked for, and while there is neither, which are most alike at all. */
import { byId, make, setText } from "/dom.js";
import { nearest, pairs } from "/likeness.js";
import { face } from "/tile.js";

const STEP = 12;

let nShown = STEP;

/* Rows stay the same elements while they show the same pictures, so that
   nothing flickers and the focus stays. */
const rows = new Map();

function rowOf(kind, shown, cosine) {
  const id = [kind, ...shown.map((p) => p.id)].join(" ");
  const row = rows.get(id) ?? make("li", {}, make("button", { type: "button" },
    ...shown.map(face), make("span", { class: "names" },
      ...shown.map((p) => make("span", { class: "name" }, p.name))),
    make("span", { class: "cosine" })));
  rows.set(id, row);
  setText(row.querySelector(".cosine"), cosine.toFixed(3));
  [row.firstElementChild.picture] = shown;
  return [id, row];
}

function fill(all, toRow) {
  const list = byId("near");
  const shown = new Map(all.slice(0, nShown).map(toRow));
  for (const id of rows.keys()) {
    if (!shown.has(id)) {
      rows.get(id).remove();
      rows.delete(id);
    }
  }
  [...shown.values()].forEach((row, i) => {
    if (list.children[i] !== row) {
      list.insertBefore(row, list.children[i] ?? null);
    }
  });
  byId("more").disabled = all.length <= nShown;
}

function showPairs(pictures) {
  setText(byId("near-title"), "Most alike");
  setText(byId("about"), "Choose a picture to see what is like it.");
  fill(pairs(pictures), ({ a, b, cosine }) =>
    rowOf("pair", [a, b], cosine));
}

const titleOf = ({ error, isWords, name }) => (error ? name
  : `${isWords ? "Nearest to" : "Like"} ${name}`);

function showChosen(chosen, pictures) {
  setText(byId("near-title"), titleOf(chosen));
  byId("remove").hidden = Boolean(chosen.isWords);
  setText(byId("about"), chosen.error ?? chosen.note ??
    (chosen.vector ? "" : "It is not embedded yet."));
  fill(chosen.vector ? nearest(chosen, pictures) : [],
    ({ picture, cosine }) => rowOf(`of ${chosen.id}`, [picture], cosine));
}

/** Show it anew; another one, or none, begins with the first few. */
export function showNear(chosen, pictures, isAnother = false) {
  if (isAnother) {
    nShown = STEP;
    byId("near").scrollTop = 0;
  }
  byId("chosen-tools").hidden = !chosen;
  if (chosen) {
    showChosen(chosen, pictures);
  } else {
    showPairs(pictures);
  }
}

/** Is somebody at it? Rows then stay where they are. */
export const isNearInUse = () =>
  byId("near").matches(":hover, :focus-within");

/** onChoose(picture) when one of the rows is used; onMore() shows it anew. */
export function listenNear(onChoose, onMore) {
  byId("near").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) {
      onChoose(button.picture);
    }
  });
  byId("more").addEventListener("click", () => {
    nShown += STEP;
    onMore();
  });
}
