// Building the page from text only: nothing here or elsewhere turns a string into markup.

export const byId = (id) => document.getElementById(id);

export function element(name, properties = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in node) node[key] = value;
    else node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

export function show(node, visible = true) {
  node.hidden = !visible;
}

/** Explanations mark names of the data with backticks: show those as code. */
export function renderMeaning(target, text) {
  target.classList.add("meaning");
  const parts = text.split("`");
  // An odd number of backticks means that one belongs to the text.
  if (parts.length % 2 === 0) {
    target.replaceChildren(text);
    return target;
  }
  target.replaceChildren(
    ...parts.map((part, index) => (index % 2 ? element("code", { textContent: part }) : part)),
  );
  return target;
}

/** What is worth knowing about a query, one item a note; nothing at all when there is none. */
export function renderNotes(list, notes) {
  list.replaceChildren(...notes.map((note) => renderMeaning(element("li"), note)));
  show(list, notes.length > 0);
}
