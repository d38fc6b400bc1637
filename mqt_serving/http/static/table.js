// Rows as a table, or as one big figure when there is just one value.

import { element } from "./elements.js";

export function renderTable(target, { columns, rows, truncated }, preview = false) {
  if (rows.length === 0) {
    target.replaceChildren(element("p", { className: "muted", textContent: "Nothing in the data matches." }));
    return;
  }
  if (rows.length === 1 && columns.length === 1 && isPlain(rows[0][columns[0]])) {
    const value = rows[0][columns[0]];
    const figure = element("p", { className: "single", title: exact(value) }, text(value));
    figure.append(element("small", { textContent: columns[0] }));
    target.replaceChildren(figure);
    return;
  }
  const head = element("tr");
  for (const name of columns) {
    const numeric = rows.every((row) => typeof row[name] === "number");
    head.append(element("th", { scope: "col", textContent: name, className: numeric ? "number" : "" }));
  }
  const body = element("tbody");
  for (const row of rows) {
    const line = element("tr");
    for (const name of columns) line.append(cell(row[name]));
    body.append(line);
  }
  const table = element("table", {}, element("thead", {}, head), body);
  if (truncated) {
    const rest = preview ? "" : "; more match. Narrow the question to see the rest";
    const note = `The first ${rows.length} rows${rest}.`;
    table.prepend(element("caption", { textContent: note }));
  }
  target.replaceChildren(table);
}

export function describeCount({ row_count: count, truncated }) {
  return `${truncated ? "first " : ""}${count.toLocaleString()} ${count === 1 ? "row" : "rows"}`;
}

/** The rows as comma-separated values, for spreadsheets. */
export function csvOf({ columns, rows }) {
  const lines = [columns, ...rows.map((row) => columns.map((name) => row[name]))];
  return lines.map((line) => line.map(csvCell).join(",")).join("\r\n") + "\r\n";
}

function csvCell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value !== "string") return quoted(isPlain(value) ? String(value) : JSON.stringify(value));
  // A spreadsheet would run text that begins like a formula; numbers that come as text are none.
  return quoted(/^[=+@\t\r]|^-(?![\d.]+$)/.test(value) ? `'${value}` : value);
}

function quoted(text) {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function cell(value) {
  if (value === null || value === undefined) {
    return element("td", { className: "nothing", textContent: value === null ? "null" : "none" });
  }
  if (isPlain(value)) {
    const className = typeof value === "number" ? "number" : "";
    return element("td", { className, textContent: text(value), title: exact(value) });
  }
  const code = element("code", { textContent: JSON.stringify(value, null, 1) });
  return element("td", {}, code);
}

function text(value) {
  if (value === null || value === undefined) return "none";
  // No thousands separators in tables: a year or a number plate is not a quantity.
  return rounded(String(value));
}

// An average has up to 34 digits: people get four decimals, and the rest on hovering.
function rounded(written) {
  return /^-?\d{1,12}\.\d{5,}$/.test(written) ? String(Number(Number(written).toFixed(4))) : written;
}

function exact(value) {
  const written = String(value);
  return rounded(written) === written ? "" : written;
}

function isPlain(value) {
  return value === null || typeof value !== "object";
}
