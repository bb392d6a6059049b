// The last states as small pictures to go back to, and what can be done with the one that is shown.

const views = new WeakMap();
const TYPING = "input:not([type=range]):not([type=checkbox]), textarea, select";

function element(name, className = "", text = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function makeStates(root) {
  const acts = root.querySelector(".acts"), states = root.querySelector(".states");
  let data = null, act = () => {};

  function take(given, setTriggerValue) {
    data = given;
    act = (what, state = null) => setTriggerValue("act", { what, state });
    const last = data.states.length - 1;
    [
      one("Undo", "The values before the last change (Ctrl+Z)", () => act("undo"), data.at <= 0),
      one("Redo", "The values after the one that was undone (Ctrl+Shift+Z)", () => act("redo"), data.at >= last),
      one("Hold this", "Keep what is shown, to compare what comes with it (H)", () => act("hold"), !data.can_hold),
      one("Let go", "Compare with nothing any more", () => act("drop"), !data.holds),
    ].forEach(putAt(acts));
    const before = states.scrollLeft;
    data.states.map(stateOf).forEach(putAt(states));
    while (states.children.length > data.states.length) states.lastElementChild.remove();
    bringIntoView(states.children[data.at], before);
  }

  // What looks as before stays: a click is lost where its button is replaced between press and release.
  const putAt = (place) => (made, i) => {
    const before = place.children[i];
    if (!before) place.append(made);
    else if (!before.isEqualNode(made)) before.replaceWith(made);
  };

  // The strip alone is scrolled, never the page.
  function bringIntoView(chosen, before) {
    if (!chosen) return;
    const left = chosen.offsetLeft - states.offsetLeft;
    states.scrollLeft = Math.max(left + chosen.offsetWidth - states.clientWidth, Math.min(before, left));
  }

  function one(text, title, onclick, isOff) {
    const made = element("button", "", text);
    Object.assign(made, { type: "button", title, onclick, disabled: isOff });
    return made;
  }

  function stateOf(state, i) {
    const made = element("button", state.held ? "state held" : "state");
    Object.assign(made, { type: "button", title: state.told, onclick: () => act("go", i) });
    made.setAttribute("role", "option");
    made.setAttribute("aria-selected", String(i === data.at));
    if (state.picture) {
      const image = element("img");
      Object.assign(image, { src: state.picture, alt: "" });
      made.append(image);
    } else made.append(element("span", "none"));
    made.append(element("span", "", state.held ? `held · ${state.line}` : state.line), element("span", "", state.counts));
    return made;
  }

  function onkey(event) {
    const at = event.composedPath()[0], key = event.key.toLowerCase();
    if (!data || (at instanceof Element && (at.closest(TYPING) || at.isContentEditable))) return;
    const isUndo = (event.ctrlKey || event.metaKey) && key === "z";
    const what = isUndo ? (event.shiftKey ? "redo" : "undo") : key === "h" && !event.ctrlKey && !event.metaKey && !event.altKey ? "hold" : "";
    if (!what) return;
    event.preventDefault();
    act(what);
  }

  window.addEventListener("keydown", onkey);
  return { take, end: () => window.removeEventListener("keydown", onkey) };
}

export default function ({ parentElement: root, data, setTriggerValue }) {
  if (!views.has(root)) views.set(root, makeStates(root));
  views.get(root).take(data, setTriggerValue);
  return () => { views.get(root)?.end(); views.delete(root); };
}
