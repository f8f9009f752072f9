// Small helpers. Text only ever enters the page as text.

// Marks of alarm priority as IEC 60601-1-8 has them, so that colour is not all there is.
export const PRIORITY_MARKS = { high: "!!!", medium: "!!", low: "!" };

export const byId = (id) => document.getElementById(id);

export function setText(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

export function make(tag, text = "", attributes = {}) {
  const element = document.createElement(tag);
  element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

// Makes a line smaller until it fits: a name must never be cut off.
export function fit(line) {
  if (!line) return;
  const parts = [...line.querySelectorAll(".big")];
  for (const part of parts) part.style.fontSize = "";
  for (let size = 4.3; size > 1.55 && line.scrollWidth > line.clientWidth + 1; size -= 0.15) {
    for (const part of parts) part.style.fontSize = `${size}rem`;
  }
}

export function segments(container, choices, chosen, onChoose) {
  container.replaceChildren(
    ...choices.map(({ key, label }) => {
      const button = make("button", label, { type: "button", "aria-pressed": String(key === chosen), "data-key": key });
      button.addEventListener("click", () => onChoose(key));
      return button;
    }),
  );
}

// Each on or off by itself; `off` names those that are off.
export function toggles(container, names, off, onChange) {
  container.replaceChildren(
    ...names.map((name) => {
      const on = !off.includes(name);
      const button = make("button", name, { type: "button", "aria-pressed": String(on), "data-key": name });
      button.addEventListener("click", () => onChange(on ? [...off, name] : off.filter((each) => each !== name)));
      return button;
    }),
  );
}
