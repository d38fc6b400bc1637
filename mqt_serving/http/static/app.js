// The page: ask, see meaning, result and query, choose another reading, say whether it is right.

import { ask, ready, revoke, run, schemas } from "./api.js";
import { closeCorrection, connectCorrection, openCorrection } from "./correction.js";
import { byId, element, renderMeaning, renderNotes, show } from "./elements.js";
import { highlight } from "./highlight.js";
import { connectOpinion, openOpinion, resetOpinion } from "./opinion.js";
import { say, thanksFor } from "./saying.js";
import { renderSchema } from "./schema.js";
import { asked, did, touch, watchLeaving } from "./signals.js";
import { csvOf, describeCount, renderTable } from "./table.js";
import { connectTheme } from "./theme.js";

const POLL_MILLISECONDS = 5000;

let current = null; // the answer on the page
let shown = null; // the reading of it that is on the page: {mongosh, pymongo, ...}
let picked = 0; // index of that reading
const LANGUAGES = ["mongosh", "pymongo", "node", "extended_json"];
let language = "mongosh";
let knownRelease = null;
let asking = 0; // only the latest question may fill the page
let before = null; // what the next question may follow up on: {queryId, question, database}

function start() {
  byId("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    submit(byId("question").value);
  });
  byId("ask-anew").addEventListener("click", () => {
    follow(null);
    byId("question").focus();
  });
  byId("read-alone").addEventListener("click", () => {
    follow(null);
    submit(current.question);
  });
  byId("database").addEventListener("change", showFollowUp);
  byId("thumb-up").addEventListener("click", approve);
  byId("thumb-down").addEventListener("click", disapprove);
  byId("problem-teach").addEventListener("click", teach);
  byId("copy").addEventListener("click", copy);
  byId("query-code").addEventListener("copy", () => did("copied"));
  byId("export").addEventListener("click", exportResult);
  byId("toggle-schema").addEventListener("click", toggleSchema);
  document.addEventListener("keydown", focusOnSlash);
  connectTabs();
  connectCorrection();
  connectOpinion();
  watchLeaving();
  connectTheme();
  watchRelease();
}

// ------------------------------------------------------------------ asking

async function submit(question) {
  const turn = ++asking;
  closeCorrection();
  for (const id of ["problem", "answer", "confirmation"]) show(byId(id), false);
  byId("submit").disabled = true;
  byId("progress").textContent = "Looking for the answer…";
  try {
    const answer = await ask(question, byId("database").value || null, previous());
    if (turn === asking) showAnswer(answer);
  } catch (problem) {
    if (turn !== asking) return;
    if (previous() && CANNOT_FOLLOW.includes(problem.code)) {
      follow(null);
      submit(question);
    } else {
      asked(problem.queryId, question, false);
      showProblem(problem, question);
    }
  } finally {
    if (turn === asking) {
      byId("submit").disabled = false;
      byId("progress").textContent = "";
    }
  }
}

// The answer before is gone (another journal, another release): the question still stands alone.
const CANNOT_FOLLOW = ["unknown-query", "unknown-database", "invalid-follow-up"];

function previous() {
  const database = byId("database").value;
  return before && (!database || database === before.database) ? before.queryId : null;
}

function follow(answer) {
  before = answer;
  showFollowUp();
}

function showFollowUp() {
  show(byId("follow-up"), previous() !== null);
  if (before) byId("follow-up-of").textContent = before.question;
}

function showAnswer(answer) {
  current = answer;
  asked(answer.query_id, answer.question, Boolean(answer.follow_up_of));
  resetOpinion(answer.query_id);
  show(byId("read-after"), Boolean(answer.follow_up_of));
  byId("read-after-question").textContent = answer.follow_up_of?.question ?? "";
  byId("asked").textContent = answer.question;
  byId("answer-database").textContent = answer.database;
  byId("answer-release").textContent = answer.release_id;
  byId("verdict-status").textContent = "";
  show(byId("unjournaled"), !answer.journaled);
  press(null);
  showReading(answer, answer.confidence);
  picked = answer.chosen;
  showChoice(answer.choice);
  showReadings(answer);
  byId("source").textContent = sourceOf(answer);
  offerRevoking(answer.correction);
  show(byId("answer"));
  byId("meaning").focus();
}

const SOURCES = { model: "model", correction: "corrected by a person", "follow-up": "the question before", llm: "a language model" };

function sourceOf({ source, correction }) {
  if (!correction) return SOURCES[source] ?? source;
  const by = correction.author || "a person";
  const on = correction.at ? ` on ${new Date(correction.at).toLocaleDateString()}` : "";
  const alike = correction.similarity < 1
    ? `, asked as “${correction.question}” (${Math.round(correction.similarity * 100)} % alike)` : "";
  return `corrected by ${by}${on}${alike}`;
}

function offerRevoking(correction) {
  const button = byId("revoke");
  show(button, Boolean(correction?.id));
  button.disabled = false;
  button.textContent = "Take it back";
  button.onclick = async () => {
    const reason = prompt("Why is this correction wrong? Its author or a reviewer can take it back.");
    if (!reason) return;
    button.disabled = true;
    try {
      await revoke(correction.id, reason);
      button.textContent = "taken back";
    } catch (problem) {
      button.textContent = problem.message;
    }
  };
}

function showReading(reading, probability) {
  shown = reading;
  const { query_id: queryId, journaled } = reading;
  follow(journaled ? { queryId, question: current.question, database: current.database } : null);
  renderMeaning(byId("meaning"), reading.meaning);
  const warning = current.llm?.warning;
  renderNotes(byId("notes"), warning ? [warning, ...reading.notes] : reading.notes);
  byId("confidence").value = probability;
  byId("confidence-text").textContent = percent(probability);
  byId("timings").textContent = describeTimings(reading.timings);
  byId("row-count").textContent = describeCount(reading);
  renderTable(byId("result"), reading);
  showCode();
}

function percent(probability) {
  return `${Math.round(probability * 100)} %`;
}

function describeTimings({ translate_ms: translate, execute_ms: execute }) {
  const parts = [];
  if (translate !== undefined) parts.push(`${Math.round(translate)} ms to translate`);
  if (execute !== undefined) parts.push(`${Math.round(execute)} ms to run`);
  return parts.join(", ");
}

function showReadings(answer) {
  const list = byId("candidates");
  list.replaceChildren();
  answer.candidates.forEach((candidate, index) => {
    const radio = element("input", { type: "radio", name: "reading", checked: index === answer.chosen });
    radio.addEventListener("change", () => chooseReading(index));
    const share = element("span", { className: "share", textContent: percent(candidate.probability) });
    list.append(element("label", {}, radio, renderMeaning(element("span"), candidate.meaning), share));
  });
  show(byId("readings"), answer.candidates.length > 1);
}

// Two readings that come close and answer differently: what each says, with its first rows.
function showChoice(choice) {
  const options = byId("options");
  options.replaceChildren();
  show(byId("choice"), Boolean(choice));
  if (!choice) return;
  renderMeaning(byId("choice-question"), choice.question);
  for (const option of choice.options) {
    const difference = renderMeaning(element("span"), option.difference);
    const share = element("span", { className: "share", textContent: percent(option.probability) });
    const button = element("button", { type: "button", title: option.meaning }, difference, share);
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => settle(option.candidate, button));
    const preview = element("div", { className: "table-wrap", tabIndex: 0 });
    preview.setAttribute("role", "region");
    preview.setAttribute("aria-label", `First rows: ${option.difference}`);
    renderTable(preview, option, true);
    options.append(element("div", {}, button, preview));
  }
}

/** The person says which of the two is meant: show it in full, and keep it. */
async function settle(index, button) {
  const answer = current;
  if (!(await chooseReading(index))) return;
  byId("candidates").querySelectorAll("input")[index].checked = true;
  for (const other of byId("options").querySelectorAll("button")) {
    other.setAttribute("aria-pressed", String(other === button));
  }
  if (answer === current) await approve();
}

/** Whether the reading is on the page now. */
async function chooseReading(index) {
  const answer = current;
  const candidate = answer.candidates[index];
  byId("progress").textContent = "Running the other reading…";
  show(byId("problem"), false);
  try {
    const ran = index === answer.chosen ? answer : await run(candidate.mongosh, answer.database);
    if (answer !== current) return false;
    const reading = { ...ran, ...candidate };
    showReading(reading, candidate.probability);
    picked = index;
    touch();
    return true;
  } catch (problem) {
    if (answer === current) showProblem(problem, answer.question);
    return false;
  } finally {
    byId("progress").textContent = "";
  }
}

let teachable = null;

function showProblem(problem, question) {
  byId("problem-title").textContent = problem.title;
  byId("problem-detail").textContent = problem.message;
  teachable = problem.queryId ? { queryId: problem.queryId, question } : null;
  show(byId("problem-teach"), teachable !== null);
  show(byId("problem"));
  byId("problem").focus();
}

// ---------------------------------------------------------------- feedback

async function approve() {
  // A reading that MQT did not put first is a correction: it says what should have come first.
  // So is the first one once another was kept.
  const answer = current;
  const other = answer.corrected || picked !== answer.chosen;
  const said = picked !== answer.chosen
    ? { picked_candidate: picked }
    : answer.corrected
    ? { verdict: "down", corrected_query: shown.mongosh, database: answer.database }
    : { verdict: "up" };
  if (!(await tell(said, other ? "Thank you. This reading is kept as the right one." : "Thank you. It is noted."))) return;
  answer.corrected = other;
  if (answer === current) press("thumb-up");
}

async function disapprove() {
  press("thumb-down");
  const { query_id: queryId, question, database } = current;
  openOpinion();
  openCorrection(
    { queryId, question, database, onSent: () => {}, onEdited: () => did("edited") },
    shown.mongosh,
  );
  await tell({ verdict: "down" }, "It is noted. What is wrong? You may also correct the query below.");
}

/** Whether it is kept. */
async function tell(said, thanks) {
  const answer = current;
  touch();
  try {
    const receipt = await say(answer.query_id, said);
    if (answer === current) byId("verdict-status").textContent = thanksFor(receipt, thanks);
    return true;
  } catch (problem) {
    if (answer === current) byId("verdict-status").textContent = problem.message;
    return false;
  }
}

function teach() {
  const database = byId("database").value || null;
  const onSent = () => show(byId("problem"), false);
  openCorrection({ ...teachable, database, onSent, onEdited: touch }, "db.");
}

function press(which) {
  for (const id of ["thumb-up", "thumb-down"]) {
    byId(id).setAttribute("aria-pressed", String(id === which));
  }
}

// -------------------------------------------------------------- query code

function showCode() {
  highlight(shown[language], byId("query-code").querySelector("code"));
}

function connectTabs() {
  for (const [index, name] of LANGUAGES.entries()) {
    const tab = byId(`tab-${name}`);
    tab.addEventListener("click", () => selectTab(name));
    tab.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      const step = event.key === "ArrowRight" ? 1 : LANGUAGES.length - 1;
      const next = LANGUAGES[(index + step) % LANGUAGES.length];
      selectTab(next);
      byId(`tab-${next}`).focus();
    });
  }
}

function selectTab(name) {
  language = name;
  for (const other of LANGUAGES) {
    const selected = other === name;
    byId(`tab-${other}`).setAttribute("aria-selected", String(selected));
    byId(`tab-${other}`).tabIndex = selected ? 0 : -1;
  }
  byId("query-code").setAttribute("aria-labelledby", `tab-${name}`);
  if (shown) showCode();
}

async function copy() {
  try {
    await navigator.clipboard.writeText(shown[language]);
    byId("copy").textContent = "Copied";
    did("copied");
  } catch {
    byId("copy").textContent = "Select and copy by hand";
  }
  setTimeout(() => { byId("copy").textContent = "Copy"; }, 2000);
}

function exportResult() {
  const url = URL.createObjectURL(new Blob([csvOf(shown)], { type: "text/csv" }));
  element("a", { href: url, download: "mqt-result.csv" }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  did("exported");
}

// ------------------------------------------------- release, schema, display

async function watchRelease() {
  try {
    const { release_id: id, refused } = await ready();
    if (id !== knownRelease) {
      showSchemas(await schemas());
      knownRelease = id;
    }
    setStatus(`release ${id}`, "ready", refused);
  } catch (problem) {
    setStatus(problem.code === "no-release" ? "no release yet" : "not ready", "away", problem.message);
  }
  setTimeout(watchRelease, POLL_MILLISECONDS);
}

function setStatus(text, kind, title) {
  const status = byId("release");
  if (status.textContent !== text) status.textContent = text;
  status.className = `status ${kind}`;
  status.title = title;
}

function showSchemas({ databases }) {
  renderSchema(databases, insertIntoQuestion);
  const select = byId("database");
  const before = select.value;
  select.replaceChildren(element("option", { value: "", textContent: "any database" }));
  for (const { database } of databases) {
    select.append(element("option", { value: database, textContent: database }));
  }
  select.value = databases.some(({ database }) => database === before) ? before : "";
  show(select, databases.length > 1);

  const examples = byId("examples");
  examples.replaceChildren();
  for (const { database, examples: questions } of databases) {
    for (const question of questions.slice(0, Math.max(2, Math.ceil(6 / databases.length)))) {
      const button = element("button", { type: "button", textContent: question });
      button.addEventListener("click", () => {
        byId("question").value = question;
        if (databases.length > 1) select.value = database;
        submit(question);
      });
      examples.append(button);
    }
  }
  show(examples, examples.childElementCount > 0);
}

function insertIntoQuestion(path) {
  const input = byId("question");
  const name = path.split(".").at(-1).replaceAll("_", " ");
  input.value = input.value ? `${input.value.trimEnd()} ${name} ` : `${name} `;
  input.focus();
}

function focusOnSlash(event) {
  const typing = event.target.closest?.("input, textarea, select");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    byId("question").focus();
    byId("question").select();
  }
}

function toggleSchema() {
  const hidden = !byId("schema").hidden;
  byId("schema").hidden = hidden;
  document.querySelector(".layout").classList.toggle("wide", hidden);
  byId("toggle-schema").setAttribute("aria-expanded", String(!hidden));
}

start();
