/* From vectors to places in the plane: what is alike lies close together. */

export function cosine(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    sum += a[i] * b[i];
  }
  return sum; /* both have length 1 */
}

/* Cosines of all pairs, centred in rows and columns: what classical scaling
   takes the main axes of. */
function centred(vectors) {
  const n = vectors.length;
  const gram = vectors.map((a) => vectors.map((b) => cosine(a, b)));
  const means = gram.map((row) => row.reduce((s, v) => s + v, 0) / n);
  const mean = means.reduce((s, v) => s + v, 0) / n;
  return gram.map((row, i) => row.map((v, j) => v - means[i] - means[j] +
    mean));
}

/* The main axis of a symmetric matrix by repeated multiplication; it always
   begins alike, so that nothing jumps about. */
function mainAxis(matrix) {
  let axis = matrix.map((_, i) => Math.cos(1 + 2.399 * i));
  let length = 0;
  for (let round = 0; round < 60; round++) {
    const next = matrix.map((row) => cosine(row, axis));
    length = Math.hypot(...next);
    if (length < 1e-12) {
      return { axis: axis.map(() => 0), length: 0 };
    }
    axis = next.map((v) => v / length);
  }
  return { axis, length };
}

/* Take an axis out, so that the next one is found. */
function without(matrix, { axis, length }) {
  return matrix.map((row, i) => row.map((v, j) =>
    v - length * axis[i] * axis[j]));
}

/* Both axes, each over 0 to 1. */
function spread(values) {
  const least = Math.min(...values);
  const range = Math.max(...values) - least;
  return values.map((v) => (range > 1e-9 ? (v - least) / range : 0.5));
}

/* Push apart what overlaps, a little at a time, and keep it in the box. */
function pushApart(places, box, size) {
  const inside = (v, most) => Math.min(Math.max(v, 0), Math.max(0, most));
  for (let round = 0; round < 80; round++) {
    for (let i = 0; i < places.length; i++) {
      for (let j = 0; j < i; j++) {
        const a = places[i];
        const b = places[j];
        const dx = a.x - b.x || (i - j) * 1e-3;
        const dy = a.y - b.y || (i + j) * 1e-3;
        const over = Math.min(size - Math.abs(dx), size - Math.abs(dy));
        if (over <= 0) {
          continue;
        }
        const along = Math.abs(dx) > Math.abs(dy);
        const step = over * 0.3 * Math.sign(along ? dx : dy);
        a[along ? "x" : "y"] += step;
        b[along ? "x" : "y"] -= step;
      }
    }
    for (const place of places) {
      place.x = inside(place.x, box.width - size);
      place.y = inside(place.y, box.height - size);
    }
  }
}

/** Upper left corners of squares of a size in a box. */
export function arrange(vectors, box, size) {
  const matrix = centred(vectors);
  const first = mainAxis(matrix);
  const second = mainAxis(without(matrix, first));
  const xs = spread(first.axis);
  const ys = spread(second.axis);
  const places = vectors.map((_, i) => ({
    x: xs[i] * (box.width - size),
    y: ys[i] * (box.height - size),
  }));
  pushApart(places, box, size + 4);
  return places;
}
