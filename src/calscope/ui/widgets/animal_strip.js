// All animals of the project in one row: a click, the arrow keys or a digit chooses the one that the page shows.

const strips = new WeakMap();
const JUDGED_AFTER_MS = 1500;

function make(name, className, text) {
  const element = document.createElement(name);
  element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

// The first tile stands for all animals; its key is 0.
function tile(animal, number) {
  const button = make("button", `animal ${animal.state}`);
  button.type = "button";
  button.setAttribute("role", "radio");
  button.title = `${animal.name}: ${animal.told} (key ${number})`;
  if (animal.picture) {
    const picture = make("img", "picture");
    picture.src = animal.picture;
    picture.alt = "";
    picture.draggable = false;
    button.append(picture);
  }
  const words = make("span", "words");
  words.append(make("span", "name", animal.name), make("span", "line", animal.line));
  if (animal.n_steps) {
    const steps = make("span", "steps");
    for (let k = 0; k < animal.n_steps; k++) {
      steps.append(make("span", k < animal.n_done ? "done" : k === animal.n_done ? "next" : ""));
    }
    const reached = make("span", "reached");
    if (animal.tried) reached.append(make("span", "step tried", animal.step)); // it takes the place of the marks
    else reached.append(steps, make("span", "step", animal.step));
    words.append(reached);
  }
  button.append(words);
  return button;
}

function isTyping(event) {
  const target = event.composedPath()[0];
  return target.isContentEditable || (["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName) && target.type !== "range");
}

export default function ({ data, parentElement, setTriggerValue }) {
  const row = parentElement.querySelector(".strip");
  const choose = (name) => {
    mark(name);
    setTriggerValue("chosen", name);
  };
  const mark = (name) => {
    [...row.children].forEach((button, k) => {
      const is = data.animals[k].value === name;
      button.setAttribute("aria-checked", is);
      button.tabIndex = is ? 0 : -1;
      if (is) button.scrollIntoView({ block: "nearest", inline: "nearest" });
    });
  };
  row.replaceChildren(...data.animals.map((animal, k) => {
    const button = tile(animal, k);
    button.onclick = () => choose(animal.value);
    return button;
  }));
  mark(data.chosen);
  row.onkeydown = (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const at = [...row.children].findIndex((button) => button.tabIndex === 0);
    const next = Math.min(Math.max(at + step, 0), row.children.length - 1);
    row.children[next].focus();
    if (next !== at) choose(data.animals[next].value);
  };
  strips.get(parentElement)?.();
  const onKey = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
    const animal = /^[0-9]$/.test(event.key) && data.animals[Number(event.key)];
    if (animal) choose(animal.value);
  };
  document.addEventListener("keydown", onKey);
  // Counts of what was decided by hand are asked for when nothing more was decided for a while.
  let timer = 0;
  const onJudged = () => {
    clearTimeout(timer);
    timer = setTimeout(() => setTriggerValue("judged", true), JUDGED_AFTER_MS);
  };
  window.addEventListener("calscope-judged", onJudged);
  const leave = () => {
    clearTimeout(timer);
    document.removeEventListener("keydown", onKey);
    window.removeEventListener("calscope-judged", onJudged);
  };
  strips.set(parentElement, leave);
  return leave;
}
