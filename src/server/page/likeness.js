/* Which pictures are alike. Vectors of two models say nothing about each other:
   only those of one model are ever compared. */

/* Weaker likeness would chain strangers together. */
const ALIKE = 0.8;

export function cosine(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    sum += a[i] * b[i];
  }
  return sum; /* both have length 1 */
}

const comparable = (a, b) => a !== b && a.vector && b.vector &&
  a.model === b.model && a.vector.length === b.vector.length;

/** The most alike first: [{picture, cosine}]. */
export function nearest(picture, pictures) {
  return pictures.filter((p) => comparable(p, picture))
    .map((p) => ({ picture: p, cosine: cosine(p.vector, picture.vector) }))
    .sort((a, b) => b.cosine - a.cosine);
}

/** Compare a new one with all others, once: each knows the one most like it,
 *  best. Gives those that know another one than before. */
export function meet(picture, pictures) {
  const changed = [picture];
  for (const other of pictures) {
    if (comparable(other, picture)) {
      const c = cosine(other.vector, picture.vector);
      if (c > (picture.best?.cosine ?? -2)) {
        picture.best = { picture: other, cosine: c };
      }
      if (c > (other.best?.cosine ?? -2)) {
        other.best = { picture, cosine: c };
        changed.push(other);
      }
    }
  }
  return changed;
}

function bestOf(picture, pictures) {
  let best = null;
  for (const other of pictures) {
    if (comparable(other, picture)) {
      const c = cosine(other.vector, picture.vector);
      if (c > (best?.cosine ?? -2)) {
        best = { picture: other, cosine: c };
      }
    }
  }
  return best;
}

/** Some have gone, or have no vector any more: those that were most like them
 *  are most like others. Gives those. */
export function part(gone, pictures) {
  const left = pictures.filter((p) => gone.has(p.best?.picture));
  for (const p of left) {
    p.best = bestOf(p, pictures);
  }
  return left;
}

/** Pairs, the most alike first: [{a, b, cosine}], each once. */
export function pairs(pictures) {
  return pictures.filter((p) => p.best &&
      (p.best.picture.best?.picture !== p || p.id < p.best.picture.id))
    .map((p) => ({ a: p, b: p.best.picture, cosine: p.best.cosine }))
    .sort((x, y) => y.cosine - x.cosine);
}

/** In an order in which those that are alike stand together, the most alike
 *  first, and those without a vector last. */
export function together(list) {
  const groups = new Map(list.map((p) => [p, [p]]));
  for (const { a, b, cosine: c } of pairs(list)) {
    const [x, y] = [groups.get(a), groups.get(b)];
    if (x !== y && c >= ALIKE) {
      const [long, short] = x.length < y.length ? [y, x] : [x, y];
      long.push(...short);
      short.forEach((p) => groups.set(p, long));
    }
  }
  const most = (group) => Math.max(...group.map((p) =>
    p.best?.cosine ?? (p.vector ? -2 : -3)));
  return [...new Set(groups.values())]
    .map((group) => [most(group), group])
    .sort((x, y) => y[0] - x[0]).flatMap(([, group]) => group);
}
