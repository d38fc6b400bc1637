// A line over time, with a band around it, as SVG; the table beside it holds the same figures.

const SPACE = "http://www.w3.org/2000/svg";
const WIDTH = 720;
const HEIGHT = 220;
const EDGE = { left: 56, right: 12, top: 12, bottom: 26 };

/** `points`: [{at: Date, value, low, high, planned}], null where there is none. */
export function chart(points, { label, format, include = [] }) {
  const shown = points.filter((point) => point.value !== null);
  const svg = node("svg", { class: "chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label });
  if (!shown.length) {
    svg.append(text(EDGE.left, HEIGHT / 2, "Too little is known yet."));
    return svg;
  }
  const numbers = shown.flatMap((p) => [p.value, p.low, p.high, p.planned]).filter((n) => n !== null && n !== undefined);
  const y = scale([...numbers, ...include], HEIGHT - EDGE.bottom, EDGE.top);
  const x = scale(shown.map((p) => p.at.getTime()), EDGE.left, WIDTH - EDGE.right);
  for (const level of y.ends) {
    svg.append(node("line", { class: "axis", x1: EDGE.left, x2: WIDTH - EDGE.right, y1: y(level), y2: y(level) }));
    svg.append(text(4, y(level) + 4, format(level)));
  }
  for (const level of include) {
    if (y.ends.includes(level)) continue;
    svg.append(node("line", { class: "axis", x1: EDGE.left, x2: WIDTH - EDGE.right, y1: y(level), y2: y(level) }));
    svg.append(text(4, y(level) + 4, format(level)));
  }
  const at = (point) => x(point.at.getTime());
  const banded = shown.filter((p) => p.low !== null && p.low !== undefined);
  if (banded.length) {
    const upper = banded.map((p) => `${at(p)},${y(p.high)}`);
    const lower = banded.map((p) => `${at(p)},${y(p.low)}`).reverse();
    svg.append(node("polygon", { class: "band", points: [...upper, ...lower].join(" ") }));
  }
  const planned = shown.filter((p) => p.planned !== undefined);
  if (planned.length) svg.append(line("planned", planned.map((p) => `${at(p)},${y(p.planned)}`)));
  svg.append(line("line", shown.map((p) => `${at(p)},${y(p.value)}`)));
  svg.append(text(EDGE.left, HEIGHT - 6, shown[0].at.toLocaleString()));
  if (shown.length > 1) {
    const last = text(WIDTH - EDGE.right, HEIGHT - 6, shown.at(-1).at.toLocaleString());
    last.setAttribute("text-anchor", "end");
    svg.append(last);
  }
  return svg;
}

function scale(values, from, to) {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const wide = high - low || 1;
  const place = (value) => Math.round((from + ((value - low) / wide) * (to - from)) * 10) / 10;
  place.ends = low === high ? [low] : [low, high];
  return place;
}

function line(className, points) {
  return node("polyline", { class: className, points: points.join(" ") });
}

function text(x, y, content) {
  const found = node("text", { x, y });
  found.textContent = content;
  return found;
}

function node(name, attributes) {
  const found = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) found.setAttribute(key, value);
  return found;
}
