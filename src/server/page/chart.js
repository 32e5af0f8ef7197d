/* Lines over time, as SVG: an axis, its largest value, and words for those who
   do not see them. */
import { make } from "/dom.js";
import { number } from "/words.js";

const WIDTH = 400;
const HEIGHT = 150;
const LEFT = 44;
const BOTTOM = 22;
const TOP = 10;
const DOT = 2.5;

/* The next of 1, 2, 5, 10, 20, 50, ... */
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((n) => n * power).find((n) => n >= value);
}

/* A line, in pieces: where nothing is known there is none. A point between two
   such is a dot, since a line of one point would not be seen. */
function trace(values, kind, most) {
  const n = values.length;
  const x = (i) => LEFT + (WIDTH - LEFT) * (n > 1 ? i / (n - 1) : 1);
  const y = (v) => HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * v / most;
  const isKnown = (i) => (values[i] ?? null) !== null;
  const dots = [];
  let line = "";
  values.forEach((value, i) => {
    if (!isKnown(i)) {
      return;
    }
    const [cx, cy] = [x(i).toFixed(1), y(value).toFixed(1)];
    if (isKnown(i - 1) || isKnown(i + 1)) {
      line += `${isKnown(i - 1) ? "L" : "M"}${cx} ${cy}`;
    } else {
      dots.push(make("circle", { class: `dot ${kind}`, cx, cy, r: DOT }));
    }
  });
  return [make("path", { class: `line ${kind}`, d: line }), ...dots];
}

function axis(most, minutes) {
  const floor = HEIGHT - BOTTOM;
  return [
    make("path", { class: "axis", d: `M${LEFT} ${TOP}V${floor}H${WIDTH}` }),
    make("text", { x: LEFT - 6, y: TOP + 8, "text-anchor": "end" },
      number(most)),
    make("text", { x: LEFT - 6, y: floor, "text-anchor": "end" }, "0"),
    make("text", { x: LEFT, y: HEIGHT - 5 }, `${minutes} min before`),
    make("text", { class: "end", x: WIDTH, y: HEIGHT - 5,
      "text-anchor": "end" }, "now"),
  ];
}

/**
 * Draw series over the last minutes.
 *
 * @param svg     changed in place.
 * @param series  [{values: [number or null], kind: a class of the style}].
 * @param total   how many points a full history has.
 * @param words   what a screen reader says.
 */
export function draw(svg, series, total, intervalSeconds, words) {
  const known = series.flatMap((s) => s.values).filter((v) => v !== null);
  const most = roundUp(Math.max(...known, 0) || 1);
  const minutes = Math.round(total * intervalSeconds / 60);
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("aria-label", words);
  svg.replaceChildren(...axis(most, minutes), ...series.flatMap(
    ({ values, kind }) => trace([
      ...Array(Math.max(0, total - values.length)).fill(null), ...values],
    kind, most)));
}
