// The editor for the right query: checks and runs it, shows errors where they are, sends it.

import { run } from "./api.js";
import { byId, element, renderMeaning, renderNotes, show } from "./elements.js";
import { say, thanksFor } from "./saying.js";
import { renderTable } from "./table.js";

let subject = null; // {queryId, question, database, onSent, onEdited}

export function openCorrection(about, query) {
  subject = about;
  byId("corrected").value = query;
  byId("comment").value = "";
  clearFindings();
  show(byId("confirmation"), false);
  show(byId("correction"));
  byId("corrected").focus();
}

export function closeCorrection() {
  show(byId("correction"), false);
  subject = null;
}

export function connectCorrection() {
  byId("try-correction").addEventListener("click", tryOut);
  byId("send-correction").addEventListener("click", send);
  byId("cancel-correction").addEventListener("click", () => {
    closeCorrection();
    byId("question").focus();
  });
  const editor = byId("corrected");
  editor.addEventListener("input", () => {
    clearFindings();
    subject?.onEdited();
  });
  editor.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      tryOut();
    }
  });
}

async function tryOut() {
  await working(async () => {
    const ran = await run(byId("corrected").value, subject.database || null);
    const meaning = byId("corrected-meaning");
    renderMeaning(meaning, `Runs. ${ran.meaning}`);
    show(meaning);
    renderNotes(byId("corrected-notes"), ran.notes);
    const result = byId("corrected-result");
    renderTable(result, ran);
    show(result);
  });
}

async function send() {
  await working(async () => {
    const about = subject;
    const receipt = await say(about.queryId, {
      verdict: "down",
      corrected_query: byId("corrected").value,
      comment: byId("comment").value,
      database: about.database || null,
    });
    closeCorrection();
    confirmReceipt(receipt, about.question);
    about.onSent();
  });
}

function confirmReceipt(receipt, question) {
  const box = byId("confirmation");
  if (receipt.status === "waiting") {
    box.replaceChildren(element("strong", { textContent: thanksFor(receipt) }));
    show(box);
    box.focus();
    return;
  }
  const learns = receipt.status === "held"
    ? `${receipt.reason} Until then the accepted one stays.`
    : receipt.status === "noted"
    ? "It is a follow-up, which means nothing by itself: MQT keeps the correction and does not learn from it."
    : receipt.corrected.learnable
    ? "MQT learns from it: it becomes training data, and this question gets this answer from now on."
    : "This question gets this answer from now on. MQT cannot generalise from it yet.";
  box.replaceChildren(
    element("strong", { textContent: "Thank you. The correction is kept." }),
    element("p", { textContent: `“${question}” means:` }),
    renderMeaning(element("p"), receipt.corrected.meaning),
    element("p", { className: "muted", textContent: learns }),
  );
  show(box);
  box.focus();
}

async function working(action) {
  clearFindings();
  const buttons = ["try-correction", "send-correction"].map(byId);
  buttons.forEach((button) => { button.disabled = true; });
  try {
    await action();
  } catch (problem) {
    showError(problem);
  } finally {
    buttons.forEach((button) => { button.disabled = false; });
  }
}

function showError(problem) {
  const editor = byId("corrected");
  const error = byId("corrected-error");
  error.textContent = problem.message;
  show(error);
  editor.setAttribute("aria-invalid", "true");
  if (problem.line) {
    const at = offsetOf(editor.value, problem.line, problem.column ?? 1);
    editor.focus();
    editor.setSelectionRange(at, Math.min(at + 1, editor.value.length));
    error.append(element("code", { textContent: `\n${pointAt(editor.value, problem)}` }));
  }
}

function clearFindings() {
  byId("corrected").removeAttribute("aria-invalid");
  for (const id of ["corrected-error", "corrected-meaning", "corrected-notes", "corrected-result"]) {
    byId(id).replaceChildren();
    show(byId(id), false);
  }
}

function offsetOf(text, line, column) {
  const before = text.split("\n").slice(0, line - 1);
  return before.reduce((sum, part) => sum + part.length + 1, 0) + column - 1;
}

function pointAt(text, { line, column }) {
  const source = text.split("\n")[line - 1] ?? "";
  return `${source}\n${" ".repeat(Math.max(0, (column ?? 1) - 1))}^`;
}
