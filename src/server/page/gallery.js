/* The list of pictures: one of them is reached with Tab, the others from it
   with the arrows. */
import { byId } from "/dom.js";
import { step } from "/grid.js";
import { together } from "/likeness.js";
import { buttonOf, makeTile } from "/tile.js";

let current = null; /* the button that Tab reaches */

const buttons = () => [...byId("tiles").children].map(buttonOf);

function reach(button) {
  current?.setAttribute("tabindex", "-1");
  current = button;
  current?.setAttribute("tabindex", "0");
}

export function appendTiles(pictures) {
  const some = document.createDocumentFragment();
  for (const picture of pictures) {
    picture.tile = makeTile(picture);
    some.append(picture.tile);
  }
  byId("tiles").append(some);
  if (!current?.isConnected) {
    reach(buttons()[0]);
  }
}

/** Show which one is chosen; null is none. */
export function press(picture, isFocused = false) {
  byId("tiles").querySelector("[aria-pressed=true]")
    ?.setAttribute("aria-pressed", "false");
  if (picture?.tile) {
    const button = buttonOf(picture.tile);
    button.setAttribute("aria-pressed", "true");
    reach(button);
    button.scrollIntoView({ block: "nearest" });
    if (isFocused) {
      button.focus({ preventScroll: true });
    }
  }
}

/** After some have gone: Tab reaches one of the others. */
export function repair() {
  if (!current?.isConnected) {
    reach(byId("tiles").firstElementChild
      ? buttonOf(byId("tiles").firstElementChild) : null);
  }
}

/* Errors first, then what has a note. */
const trouble = (p) => (p.state === "bad" ? 0 : p.notes.length ? 1 : 2);

const ORDERS = {
  given: (list) => list,
  alike: together,
  trouble: (list) => [...list].sort((a, b) => trouble(a) - trouble(b)),
};

/** Put the tiles in the order that is asked for, of pictures as given. */
export function order(pictures) {
  const list = byId("tiles");
  const focused = document.activeElement;
  list.append(...ORDERS[byId("order").value](pictures).map((p) => p.tile));
  if (list.contains(focused)) {
    focused.focus({ preventScroll: true });
  }
}

/** onChoose(picture), when one is clicked; onRemove(picture), by Delete. */
export function listenGallery(onChoose, onRemove) {
  const list = byId("tiles");
  list.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) {
      onChoose(button.picture);
    }
  });
  list.addEventListener("keydown", (event) => {
    if (event.key === "Delete" && current) {
      onRemove(current.picture);
    }
    const all = buttons();
    const next = all[step(event.key, all.indexOf(current), all.length, list)];
    if (next) {
      event.preventDefault();
      reach(next);
      next.focus();
    }
  });
}

/** Where the focus goes when what had it has gone. */
export function focusCurrent() {
  (current ?? byId("files")).focus();
}
