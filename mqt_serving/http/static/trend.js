// The share of questions that failed by day, as a line with its interval over bars of questions asked.

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 260;
const [LEFT, RIGHT, TOP, BOTTOM] = [44, 8, 10, 26];
const INSET = 18; // half a bar, and half a date, beside the first and last day
const DAY = 24 * 3600 * 1000;

/** `choose` is called with the day that is clicked; `chosen` is marked. */
export function renderTrend(target, trend, chosen, choose) {
  const shown = trend.filter(({ asked }) => asked > 0);
  if (shown.length === 0) {
    target.replaceChildren("Nothing was asked on these days.");
    return;
  }
  // Drawn for the width that there is, so that text keeps its size on small screens.
  const full = Math.max(320, target.clientWidth || 960);
  const first = Date.parse(trend[0].day);
  const days = Math.max(1, (Date.parse(trend.at(-1).day) - first) / DAY);
  const x = ({ day }) => LEFT + INSET + ((Date.parse(day) - first) / DAY / days) * (full - LEFT - RIGHT - 2 * INSET);
  const top = Math.min(1, Math.max(...shown.map(({ high }) => high)) * 1.1);
  const y = (share) => TOP + (1 - share / top) * (HEIGHT - TOP - BOTTOM);
  const most = Math.max(...shown.map(({ asked }) => asked));

  const root = svg("svg", { viewBox: `0 0 ${full} ${HEIGHT}`, class: "trend", role: "group" });
  root.setAttribute("aria-label", "Share of questions that failed, by day");
  for (const share of [0, top / 2, top]) {
    root.append(svg("line", { x1: LEFT, x2: full - RIGHT, y1: y(share), y2: y(share), class: "axis" }));
    root.append(text(LEFT - 6, y(share) + 4, `${Math.round(share * 100)} %`, "end"));
  }
  const width = Math.max(2, Math.min(24, ((full - LEFT - RIGHT) / (days + 1)) * 0.6));
  for (const day of shown) {
    const height = (day.asked / most) * (HEIGHT - TOP - BOTTOM) * 0.35;
    root.append(svg("rect", { x: x(day) - width / 2, y: HEIGHT - BOTTOM - height, width, height, class: "bar-asked" }));
  }
  for (const run of withoutGaps(shown)) {
    const over = run.map((day) => `${x(day)},${y(day.high)}`);
    const under = run.map((day) => `${x(day)},${y(day.low)}`).reverse();
    root.append(svg("polygon", { points: [...over, ...under].join(" "), class: "band" }));
    root.append(svg("polyline", { points: run.map((day) => `${x(day)},${y(share(day))}`).join(" "), class: "line" }));
  }
  for (const day of shown) root.append(point(day, x(day), y(share(day)), day.day === chosen, choose));
  const step = Math.ceil(trend.length / Math.floor(full / 120));
  trend.forEach((day, index) => {
    if (index % step === 0) root.append(text(x(day), HEIGHT - 6, day.day.slice(5), "middle"));
  });
  target.replaceChildren(root);
}

/** Runs of days that follow each other: no line is drawn over days that nobody knows about. */
export function withoutGaps(days) {
  const runs = [];
  for (const day of days) {
    const last = runs.at(-1)?.at(-1);
    if (last && Date.parse(day.day) - Date.parse(last.day) === DAY) runs.at(-1).push(day);
    else runs.push([day]);
  }
  return runs;
}

function point(day, cx, cy, isChosen, choose) {
  const said = `${day.day}: ${day.failed} of ${day.asked} questions failed`;
  const button = svg("g", { class: isChosen ? "chosen" : "", role: "button", tabindex: "0" });
  button.setAttribute("aria-label", said);
  button.setAttribute("aria-pressed", String(isChosen));
  const title = svg("title", {});
  title.textContent = said;
  // A point is small: what can be hit is the strip above its day.
  const strip = svg("rect", { x: cx - 8, y: TOP, width: 16, height: HEIGHT - TOP - BOTTOM, opacity: 0 });
  button.append(title, strip, svg("circle", { cx, cy, r: isChosen ? 5.5 : 4, class: "point" }));
  button.addEventListener("click", () => choose(day.day));
  button.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    choose(day.day);
  });
  return button;
}

function share(day) {
  return day.failed / day.asked;
}

function text(x, y, content, anchor) {
  const node = svg("text", { x, y, "text-anchor": anchor });
  node.textContent = content;
  return node;
}

function svg(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}
