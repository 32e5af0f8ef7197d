/* A grid of buttons: one of them is reached with Tab, the others from it with the
   arrows. */

/** The place of a button in a grid after a key; undefined of other keys. */
export function step(key, at, n, list) {
  const columns = getComputedStyle(list).gridTemplateColumns
    .split(" ").length;
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - columns,
    ArrowDown: at + columns, Home: 0, End: n - 1 }[key];
  return to >= 0 && to < n ? to : undefined;
}

/** Let Tab reach one button of a list, and arrows the others, however they
 *  change. */
export function listenArrows(list) {
  const all = () => [...list.querySelectorAll("button")];
  const reach = (button) => {
    all().forEach((other) => {
      other.tabIndex = other === button ? 0 : -1;
    });
  };
  list.addEventListener("focusin", (event) => reach(event.target));
  list.addEventListener("keydown", (event) => {
    const buttons = all();
    const grid = event.target.closest("ul");
    const to = step(event.key, buttons.indexOf(event.target), buttons.length,
      grid);
    if (to !== undefined) {
      event.preventDefault();
      buttons[to].focus();
    }
  });
}

/** After some have come or gone: Tab reaches the first, if it reached none. */
export function repairReach(list) {
  const buttons = [...list.querySelectorAll("button")];
  if (!buttons.some((button) => button.tabIndex === 0)) {
    buttons.forEach((button, i) => {
      button.tabIndex = i ? -1 : 0;
    });
  }
}
