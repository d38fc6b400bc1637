// The page of reviewers: the queue, and a decision with name and reason on each of its items.

import { decideReview, reviewQueue } from "./api.js";
import { byId, element, show } from "./elements.js";

let token = sessionStorage.getItem("mqt-review-token") ?? "";

byId("by").value = localStorage.getItem("mqt-reviewer") ?? "";
byId("by").addEventListener("change", () => localStorage.setItem("mqt-reviewer", byId("by").value));
byId("reviewer").addEventListener("submit", (event) => {
  event.preventDefault();
  token = byId("token").value;
  sessionStorage.setItem("mqt-review-token", token);
  load();
});
load();

async function load() {
  byId("status").textContent = "loading";
  show(byId("problem"), false);
  try {
    const { items, more } = await reviewQueue(token);
    show(byId("token-part"), false);
    byId("items").replaceChildren(...items.map(card));
    byId("status").textContent = items.length ? `${items.length} to decide${more ? `, ${more} more after these` : ""}` : "Nothing waits for a decision.";
  } catch (problem) {
    byId("status").textContent = "";
    byId("items").replaceChildren();
    if (problem.code === "not-allowed") show(byId("token-part"));
    tell(problem);
  }
}

function tell(problem) {
  byId("problem-title").textContent = problem.title;
  byId("problem-detail").textContent = problem.message;
  show(byId("problem"));
}

const KINDS = {
  held: "Contradicts another correction",
  disputed: "People disagree, so it is not learned",
  stale: "No longer fits the data, so it answers nothing",
  question: "Uncertain answer",
};

function card(item) {
  const query = element("textarea", {
    className: "code", rows: 6, spellcheck: false, value: item.query, "aria-label": "Query",
  });
  const reason = element("input", { type: "text", maxLength: 1000, "aria-label": "Reason" });
  const node = element("li", { className: "card review-item" });
  const decide = (action) => act(node, item, action, reason.value, query.value);
  const button = (action, label, className = "") =>
    element("button", { type: "button", className: `${action} ${className}`, textContent: label, onclick: () => decide(action) });
  node.dataset.id = item.id;
  node.append(
    element("p", { className: "eyebrow", textContent: KINDS[item.kind] }),
    element("h3", { textContent: item.question }),
    element("p", { className: "muted", textContent: about(item) }),
    ...(item.kind === "stale" ? [element("p", { textContent: item.reason })] : []),
    ...(item.instead_of ? [
      element("p", { textContent: item.kind === "disputed" ? "Also accepted:" : "Accepted now:" }),
      element("pre", { className: "code instead-of" }, element("code", { textContent: item.instead_of })),
      element("p", { textContent: `${item.kind === "disputed" ? "Answers now, by" : "Proposed by"} ${item.author || "somebody"}:` }),
    ] : []),
    query,
    element("label", {}, "Why", reason),
    element("div", { className: "buttons" },
      button("accept", "Accept", "primary"), button("edit", "Accept as edited"), button("reject", "Reject", "plain")),
    element("p", { className: "error", role: "alert", hidden: true }),
  );
  return node;
}

function about({ database, asked, uncertainty, disagreement, gain }) {
  const percent = (share) => `${Math.round(share * 100)} %`;
  return `${database}: asked ${asked} times, ${percent(uncertainty)} uncertain, ${percent(disagreement)} disagreement, gain ${gain.toFixed(2)}`;
}

async function act(node, item, action, reason, query) {
  const buttons = node.querySelectorAll("button");
  const error = node.querySelector(".error");
  buttons.forEach((button) => { button.disabled = true; });
  show(error, false);
  try {
    const body = { action, reason, by: byId("by").value };
    if (action === "edit") body.query = query;
    const decided = await decideReview(item.id, body, token);
    node.replaceChildren(element("p", { className: "decided", role: "status", textContent: `“${item.question}”: ${decided.status}` }));
  } catch (problem) {
    error.textContent = problem.message;
    show(error);
    buttons.forEach((button) => { button.disabled = false; });
  }
}
