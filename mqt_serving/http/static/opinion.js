// Below an answer: stars, what is wrong, what should have come out, anything else.

import { byId, element, show } from "./elements.js";
import { say, thanksFor } from "./saying.js";
import { touch } from "./signals.js";

const REASONS = {
  "wrong-collection": "wrong collection",
  "wrong-filter": "wrong filter",
  "wrong-grouping": "wrong grouping",
  "wrong-number": "wrong number",
  "missing-field": "missing field",
  "extra-field": "extra field",
  "too-slow": "too slow",
  unclear: "unclear",
};
const STARS = 5;

let subject = null; // query id of the answer on the page

export function connectOpinion() {
  for (let stars = 1; stars <= STARS; stars += 1) {
    const name = `${stars} of ${STARS}`;
    const radio = element("input", { type: "radio", name: "rating", value: String(stars) });
    radio.setAttribute("aria-label", name);
    radio.addEventListener("change", () => rate(stars));
    byId("stars").append(element("label", { title: name }, radio, "★"));
  }
  for (const [reason, text] of Object.entries(REASONS)) {
    const box = element("input", { type: "checkbox", name: "reason", value: reason });
    byId("reasons").append(element("label", {}, box, text));
  }
  byId("say-more").addEventListener("click", () => openOpinion(byId("opinion").hidden));
  byId("opinion").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
}

/** Empty, for the answer with this id. */
export function resetOpinion(queryId) {
  subject = queryId;
  byId("opinion").reset();
  for (const radio of document.getElementsByName("rating")) radio.checked = false;
  openOpinion(false);
}

export function openOpinion(open = true) {
  show(byId("opinion"), open);
  byId("say-more").setAttribute("aria-expanded", String(open));
}

async function rate(stars) {
  await tell({ rating: stars }, `Thank you: ${stars} of ${STARS}.`);
}

async function send() {
  const reasons = [...document.getElementsByName("reason")].filter((box) => box.checked);
  const said = {
    reasons: reasons.map((box) => box.value),
    expected_answer: byId("expected").value,
    comment: byId("remark").value,
  };
  if (await tell(said, "Thank you. It is noted.")) openOpinion(false);
}

/** Whether it is kept. */
async function tell(said, thanks) {
  const about = subject;
  touch();
  try {
    const receipt = await say(about, said);
    if (about === subject) byId("verdict-status").textContent = thanksFor(receipt, thanks);
    return about === subject;
  } catch (problem) {
    if (about === subject) byId("verdict-status").textContent = problem.message;
    return false;
  }
}
