// The page of experiments: the one that runs, looked at again every half minute, and the past ones.

import { experiment, experiments } from "./api.js";
import { chart } from "./chart.js";
import { byId, element, show } from "./elements.js";
import { connectTheme } from "./theme.js";

const POLL_MILLISECONDS = 30_000;

let chosen = null; // a past experiment that a person opened: it stays on the page

async function refresh() {
  try {
    const found = await experiments();
    show(byId("problem"), false);
    renderPast(found.past);
    if (!chosen) renderCurrent(found);
  } catch (problem) {
    showProblem(problem);
  } finally {
    byId("progress").textContent = "";
    setTimeout(refresh, POLL_MILLISECONDS);
  }
}

function renderCurrent({ running, current }) {
  show(byId("none"), !running);
  show(byId("experiment"), Boolean(current));
  if (current) renderReport(current, true);
  else if (running) byId("progress").textContent = `${running} has just begun; its first figures come within a minute.`;
}

async function open(id) {
  try {
    const report = await experiment(id);
    chosen = id;
    show(byId("none"), false);
    show(byId("experiment"));
    renderReport(report, false);
    byId("experiment-title").focus();
  } catch (problem) {
    showProblem(problem);
  }
}

function showProblem(problem) {
  byId("problem-title").textContent = problem.title;
  byId("problem-detail").textContent = problem.message;
  show(byId("problem"));
}

function renderReport(report, running) {
  const { ended } = report;
  byId("state").textContent = running ? "is running" : "is over";
  byId("experiment-title").textContent = report.experiment;
  byId("verdict").textContent = ended
    ? `${ended.move}: ${ended.reason || "no reason was given"}`
    : `${report.action}: ${report.reason}`;
  byId("champion").textContent = report.champion;
  byId("challenger").textContent = report.challenger ?? "none";
  byId("share").textContent = percent(report.share);
  byId("began").textContent = new Date(report.started_at).toLocaleString();
  byId("looked").textContent = new Date(report.looked_at).toLocaleString();
  byId("mismatch").textContent = report.mismatch_p.toPrecision(2);
  byId("outcomes").replaceChildren(
    table(["Outcome", "Better", "Use", "Difference", "From", "To"], report.outcomes.map(outcomeRow)),
  );
  const names = report.outcomes.map((outcome) => outcome.name);
  byId("arms").replaceChildren(
    table(
      ["Arm", "People", "Questions", "95 % within, ms", ...names],
      report.arms.map((arm) => [
        arm.variant,
        arm.units.toLocaleString(),
        arm.questions.toLocaleString(),
        arm.p95_ms === null ? "-" : Math.round(arm.p95_ms).toLocaleString(),
        ...names.map((name) => percent(arm.outcomes[name])),
      ]),
    ),
  );
  const points = report.points.map((point) => ({ ...point, at: new Date(point.at) }));
  byId("effect").replaceChildren(
    chart(
      points.map(({ at, satisfied }) => ({
        at, value: satisfied?.estimate ?? null, low: satisfied?.low ?? null, high: satisfied?.high ?? null,
      })),
      { label: "Difference in satisfied questions over time", format: signed, include: [0] },
    ),
  );
  byId("exposure").replaceChildren(
    chart(
      points.map(({ at, units: [champion, challenger], share }) => ({
        at, value: champion + challenger ? challenger / (champion + challenger) : null, planned: share,
      })),
      { label: "Share of people who got the challenger, beside the planned share", format: percent },
    ),
  );
}

function outcomeRow({ name, better, decides, difference, guard }) {
  const use = decides ? "decides" : guard ? "guardrail" : "";
  if (!difference) return [name, better, use, "too little yet", "", ""];
  return [name, better, use, signed(difference.estimate), signed(difference.low), signed(difference.high)];
}

function renderPast(reports) {
  const rows = reports.map((report) => {
    const button = element("button", { type: "button", className: "plain", textContent: report.experiment });
    button.addEventListener("click", () => open(report.experiment));
    const people = report.arms.reduce((sum, arm) => sum + arm.units, 0);
    return [
      button,
      new Date(report.started_at).toLocaleDateString(),
      report.challenger ?? "-",
      people.toLocaleString(),
      report.ended?.move ?? "ended",
      report.ended?.reason ?? "",
    ];
  });
  const content = rows.length
    ? table(["Experiment", "Began", "Challenger", "People", "Came out", "Why"], rows)
    : element("p", { className: "muted", textContent: "None yet." });
  byId("past").replaceChildren(content);
}

function table(heads, rows) {
  const head = element("tr", {}, ...heads.map((text) => element("th", { scope: "col", textContent: text })));
  const body = rows.map((row) => element("tr", {}, ...row.map((cell) => element("td", {}, cell))));
  return element("table", {}, element("thead", {}, head), element("tbody", {}, ...body));
}

const percent = (share) => `${(share * 100).toFixed(1)} %`;
const signed = (share) => `${share >= 0 ? "+" : "-"}${Math.abs(share * 100).toFixed(1)}`;

connectTheme();
refresh();
