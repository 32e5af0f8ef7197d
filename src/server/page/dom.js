/* The little of a library that this page needs. */

export const byId = (id) => document.getElementById(id);

const DRAWN = ["svg", "path", "text", "circle"];

/** An element with attributes and children; text is never markup. */
export function make(name, attributes = {}, ...children) {
  const space = DRAWN.includes(name)
    ? "http://www.w3.org/2000/svg" : "http://www.w3.org/1999/xhtml";
  const element = document.createElementNS(space, name);
  for (const [key, value] of Object.entries(attributes)) {
    element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

/** Change a text only where it is another one. */
export function setText(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

/** A function that runs f once for all calls of the next some milliseconds. */
export function gathered(f, ms) {
  let isPlanned = false;
  return () => {
    if (!isPlanned) {
      isPlanned = true;
      setTimeout(() => {
        isPlanned = false;
        f();
      }, ms);
    }
  };
}
