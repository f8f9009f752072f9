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

const LARGEST_REM = 4.3;
const SIZES_REM = Array.from({ length: 19 }, (_, n) => LARGEST_REM - 0.15 * n);

// Makes a line smaller until it fits: a name must never be cut off. Few steps: each costs a layout.
export function fit(line) {
  if (!line) return;
  const parts = [...line.querySelectorAll(".big")];
  const give = (size) => { for (const part of parts) part.style.fontSize = size; };
  const fits = () => line.scrollWidth <= line.clientWidth + 1;
  give("");
  if (fits()) return;
  let [low, high] = [0, SIZES_REM.length - 1]; // the answer is not before low and not after high
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    give(`${SIZES_REM[middle]}rem`);
    if (fits()) high = middle;
    else low = middle + 1;
  }
  give(`${SIZES_REM[low]}rem`);
}

export function segments(container, choices, chosen, onChoose, onPress = () => {}) {
  container.replaceChildren(
    ...choices.map(({ key, label }) => {
      const button = make("button", label, { type: "button", "aria-pressed": String(key === chosen), "data-key": key });
      button.addEventListener("pointerdown", () => onPress(key)); // a finger lifts some 0.1 s later
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

const NO_FRAME_MS = 100;

// When what has just been changed is on its way to the screen. A page in the background has no frames.
export function frameShown() {
  return new Promise((resolve) => {
    const late = setTimeout(resolve, NO_FRAME_MS);
    requestAnimationFrame(() => setTimeout(() => { clearTimeout(late); resolve(); }));
  });
}
