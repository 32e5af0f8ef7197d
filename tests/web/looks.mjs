// What the tests of the page's looks share: each is evaluated in the page.

// Contrast of every text that is shown, as WCAG 2 has it.
export function contrasts() {
  const level = (c) => {
    const [r, g, b] = c.map((v) => (v / 255 <= 0.03928 ? v / 255 / 12.92
      : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const parse = (c) => c.match(/[\d.]+/g).map(Number);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) {
        return colour.slice(0, 3);
      }
    }
    return [255, 255, 255];
  };
  const bad = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((n) =>
      n.nodeType === Node.TEXT_NODE && n.data.trim());
    if (!own || !element.getClientRects().length) {
      continue;
    }
    const style = getComputedStyle(element);
    const svg = element.namespaceURI.endsWith("svg");
    const a = level(parse(svg ? style.fill : style.color).slice(0, 3));
    const b = level(behind(element));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) {
      bad.push(`${element.tagName} "${element.textContent}": ${ratio}`);
    }
  }
  return bad;
}
