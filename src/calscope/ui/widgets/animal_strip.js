// All animals of the project in one row: a click, the arrow keys or a digit chooses the one that the page shows.

const strips = new WeakMap();
let judgedTimer = 0; // outlasts a new drawing of the row, which may not know of the last decision yet
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
  if (animal.picture) {
    const picture = make("img", "picture");
    picture.src = animal.picture;
    picture.alt = "";
    picture.draggable = false;
    button.append(picture);
  }
  const words = make("span", "words");
  words.append(make("span", "name", animal.name), make("span", "line"));
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
  fill(button, animal, number);
  return button;
}

// What the page that shows an animal counts is newer than what the server knew when it drew the row.
function fill(button, animal, number) {
  const now = window.calscopeCounted, isCounted = animal.counts && now?.animal === animal.value && now.of === animal.counts[1];
  const counted = (text) => (isCounted ? text.replace(animal.counts.join(" of "), `${now.accepted} of ${now.of}`) : text);
  button.querySelector(".line").textContent = counted(animal.line);
  button.title = `${animal.name}: ${counted(animal.told)} (key ${number})`;
}

// Where the animals are the same their tiles stay, and take over how the new ones look: while a run goes on they are drawn
// again and again, and a click is lost where its tile is replaced between press and release.
function show(row, tiles) {
  const stay = row.children.length === tiles.length && tiles.every((now, k) => now.dataset.animal === row.children[k].dataset.animal);
  if (!stay) row.replaceChildren(...tiles);
  else tiles.forEach((now, k) => {
    const { className, title, onclick } = now;
    Object.assign(row.children[k], { className, title, onclick }).replaceChildren(...now.childNodes);
  });
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
  show(row, data.animals.map((animal, k) => {
    const button = tile(animal, k);
    button.dataset.animal = animal.value;
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
  // The server is asked for counts of what was decided by hand when nothing more was decided for a while.
  const onJudged = () => {
    clearTimeout(judgedTimer);
    judgedTimer = setTimeout(() => setTriggerValue("judged", true), JUDGED_AFTER_MS);
  };
  const onCounted = () => data.animals.forEach((animal, k) => fill(row.children[k], animal, k));
  window.addEventListener("calscope-judged", onJudged);
  window.addEventListener("calscope-counted", onCounted);
  const letGo = () => {
    document.removeEventListener("keydown", onKey);
    window.removeEventListener("calscope-judged", onJudged);
    window.removeEventListener("calscope-counted", onCounted);
  };
  strips.set(parentElement, letGo);
  return () => {
    clearTimeout(judgedTimer);
    letGo();
  };
}
