// The schema browser: databases, collections, fields; a field puts its name into the question.

import { byId, element } from "./elements.js";

export function renderSchema(databases, onPick) {
  const several = databases.length > 1;
  const tree = byId("schema-tree");
  tree.replaceChildren();
  for (const { database, collections } of databases) {
    if (several) tree.append(element("h3", { textContent: database }));
    for (const schema of collections) tree.append(collection(schema, onPick));
  }
  const filter = byId("schema-filter");
  filter.oninput = () => applyFilter(tree, filter.value.trim().toLowerCase());
  applyFilter(tree, filter.value.trim().toLowerCase());
}

function collection(schema, onPick) {
  const summary = element("summary", {}, schema.collection);
  summary.append(element("span", { textContent: schema.document_count.toLocaleString() }));
  const list = element("ul");
  for (const field of schema.fields) list.append(fieldItem(field, onPick));
  const details = element("details", {}, summary, list);
  details.dataset.name = schema.collection.toLowerCase();
  return details;
}

function fieldItem(field, onPick) {
  const button = element("button", { type: "button", title: `Put ${field.path} into the question` }, field.path);
  button.append(element("span", { textContent: typeOf(field) }));
  button.addEventListener("click", () => onPick(field.path));
  const item = element("li", {}, button);
  item.dataset.name = field.path.toLowerCase();
  const samples = field.samples.slice(0, 4).join(", ");
  if (samples) item.append(element("p", { textContent: `e.g. ${samples}` }));
  return item;
}

function typeOf(field) {
  const kinds = Object.entries(field.types).sort((a, b) => b[1] - a[1]).map(([name]) => name);
  const main = kinds.find((kind) => kind !== "null" && kind !== "array") ?? kinds[0] ?? "";
  return field.arrays.length && field.arrays.at(-1) === field.path ? `${main}[]` : main;
}

function applyFilter(tree, text) {
  for (const details of tree.querySelectorAll("details")) {
    const whole = details.dataset.name.includes(text);
    let any = false;
    for (const item of details.querySelectorAll("li")) {
      const fits = whole || item.dataset.name.includes(text);
      item.hidden = !fits;
      any ||= fits;
    }
    details.hidden = !whole && !any;
    if (text) details.open = any && !whole;
  }
}
