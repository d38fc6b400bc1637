// The page of insights: a day's report, and the days before it.

import { insights } from "./api.js";
import { byId, element, renderNotes, show } from "./elements.js";
import { connectTheme } from "./theme.js";
import { renderTrend } from "./trend.js";

let loading = 0; // only the latest choice may fill the page

function start() {
  connectTheme();
  byId("days").addEventListener("change", () => load(null));
  byId("day").addEventListener("change", () => load(byId("day").value));
  load(null);
}

/** `day` null: the newest. */
async function load(day) {
  const turn = ++loading;
  byId("progress").textContent = "Loading…";
  try {
    const found = await insights(byId("days").value, day);
    if (turn === loading) render(found);
  } catch (problem) {
    if (turn !== loading) return;
    for (const id of ["report", "empty"]) show(byId(id), false);
    byId("problem-title").textContent = problem.title;
    byId("problem-detail").textContent = problem.message;
    show(byId("problem"));
  } finally {
    if (turn === loading) byId("progress").textContent = "";
  }
}

function render({ trend, report }) {
  show(byId("problem"), false);
  show(byId("empty"), !report);
  show(byId("report"), Boolean(report));
  if (!report) return;
  const day = report.figures.day;
  renderDays(trend, day);
  renderTrend(byId("trend"), trend, day, load);
  renderTrendTable(trend);
  renderFigures(report.figures);
  renderNotes(byId("notes"), report.notes);
  renderClusters(report);
  renderPatterns(report.patterns);
  renderSentiment(report);
}

function renderDays(trend, chosen) {
  const known = trend.map(({ day }) => day);
  // A day can be chosen and then fall out of a shorter trend.
  if (!known.includes(chosen)) known.unshift(chosen);
  const options = known.reverse().map((day) => element("option", { value: day, textContent: day }));
  byId("day").replaceChildren(...options);
  byId("day").value = chosen;
}

function renderTrendTable(trend) {
  const rows = [...trend].reverse().map((day) => [
    day.day, day.asked, percent(rate(day)), day.errors, day.voted_down, day.corrected, day.rated_low,
    day.comments, signed(day.sentiment),
  ]);
  const heads = ["Day", "Asked", "Failed", "Errors", "Voted down", "Corrected", "Rated low", "Comments", "Sentiment"];
  byId("trend-table").replaceChildren(table(heads, rows));
}

function renderFigures(day) {
  byId("figures-title").textContent = `${day.day} in numbers`;
  const interval = day.asked ? `${percent(day.low)} to ${percent(day.high)}` : "";
  const facts = [
    ["Asked", day.asked],
    ["Failed", day.asked ? percent(rate(day)) : "-", interval],
    ["Errors", day.errors],
    ["Voted down", day.voted_down],
    ["Voted up", day.voted_up],
    ["Corrected", day.corrected],
    ["Mean rating", day.mean_rating ?? "-", `of ${day.ratings}`],
  ];
  byId("figures").replaceChildren(
    ...facts.map(([name, value, note]) => {
      const figure = element("dd", { textContent: value });
      if (note) figure.append(" ", element("small", { textContent: note }));
      return element("div", {}, element("dt", { textContent: name }), figure);
    }),
  );
}

function renderClusters({ clusters, alone }) {
  show(byId("no-clusters"), clusters.length === 0);
  byId("clusters").replaceChildren(
    ...clusters.map((cluster) => {
      const share = element("span", { textContent: `${count(cluster.asked, "time", "times")}, ${percent(cluster.share)}` });
      const about = [describe(cluster.why), cluster.databases.join(", ")].filter(Boolean).join(" · ");
      return element(
        "li", {},
        element("h3", {}, cluster.label, share),
        element("p", { textContent: about }),
        element("ul", {}, ...cluster.examples.map((text) => element("li", { textContent: text }))),
      );
    }),
  );
  byId("alone").textContent = `${count(alone, "failure is", "failures are")} in no cluster.`;
  show(byId("alone"), alone > 0);
}

function renderPatterns(patterns) {
  show(byId("no-patterns"), patterns.length === 0);
  show(byId("patterns"), patterns.length > 0);
  show(byId("patterns-hint"), patterns.length > 0);
  const rows = patterns.map((pattern) => [
    pattern.dimension,
    pattern.database ? `${pattern.database}.${pattern.value}` : pattern.value,
    `${pattern.failed} of ${pattern.asked}`,
    `${percent(pattern.rate)} (${percent(pattern.low)} to ${percent(pattern.high)})`,
    percent(pattern.rest),
    pattern.lift === null ? "only here" : `${pattern.lift.toFixed(1)}×`,
  ]);
  const shown = table(["", "", "Failed", "Share (95 %)", "Elsewhere", "Lift"], rows);
  const [of, what] = shown.querySelectorAll("th");
  of.textContent = "Sort";
  what.textContent = "Which";
  shown.querySelectorAll("tbody tr").forEach((row, index) => {
    row.classList.toggle("stands-out", patterns[index].stands_out);
  });
  byId("patterns").replaceChildren(shown);
}

function renderSentiment({ sentiment, reasons, signals }) {
  byId("sentiment").textContent = sentiment.comments
    ? `${count(sentiment.comments, "comment", "comments")}: ${sentiment.positive} positive, ` +
      `${sentiment.neutral} neutral, ${sentiment.negative} negative; ` +
      `${signed(sentiment.mean)} on average, from -1 to +1.`
    : "Nobody wrote a comment.";
  byId("remarks").replaceChildren(
    ...sentiment.worst.map(({ text, sentiment: score }) =>
      element("li", {}, text, " ", element("small", { className: "muted", textContent: signed(score) }))),
  );
  show(byId("remarks"), sentiment.worst.length > 0);
  const rows = [
    ...Object.entries(reasons).map(([name, times]) => ["reason", name, times]),
    ...Object.entries(signals).map(([name, times]) => ["signal", name, times]),
  ];
  byId("said").replaceChildren(table(["Said or done", "What", "Times"], rows));
  show(byId("said"), rows.length > 0);
}

function table(heads, rows) {
  const head = element("tr", {}, ...heads.map((name) => element("th", { scope: "col", textContent: name })));
  const body = rows.map((row) =>
    element("tr", {}, ...row.map((value) =>
      element("td", { className: typeof value === "number" ? "number" : "", textContent: value }))));
  return element("table", {}, element("thead", {}, head), element("tbody", {}, ...body));
}

function describe(counts) {
  return Object.entries(counts).map(([what, times]) => `${times} ${what}`).join(", ");
}

function rate(day) {
  return day.asked ? day.failed / day.asked : 0;
}

function percent(share) {
  return `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;
}

function signed(score) {
  return score === null ? "-" : `${score > 0 ? "+" : ""}${score.toFixed(2)}`;
}

function count(number, one, many) {
  return `${number.toLocaleString()} ${number === 1 ? one : many}`;
}

start();
