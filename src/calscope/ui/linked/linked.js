// What the linked views share. This text stands before each view's own, so every view has its own copy of the functions;
// the store alone is one for all of them, on the window: the chosen component of each animal, and the order of the list.

const REPORT_AFTER_MS = 150;
const NEAR = 3; // neighbours in the list, each way, whose traces the server sends along
const TYPING = "input, select, textarea, [contenteditable]:not([contenteditable=false]), [role=slider], [role=tab], "
  + "[role=radio], [role=spinbutton], [role=combobox], [role=listbox], [role=menu], [data-testid^=stDataFrame] *";

const linked = (window.calscopeLinked ??= makeStore());

function makeStore() {
  const animals = new Map(), events = new EventTarget();
  const filter = { chosen: "all", untold: null, judged: "all", flagged: "flagged or not" }; // one for all animals
  let lastUsed = "";

  function state(animal) {
    if (!animals.has(animal)) {
      animals.set(animal, {
        component: null, stamp: -1, session: "", n: 0, rows: null, listed: [], sort: ["component", 1],
        reporters: new Map(), timer: 0, traces: new Map(), marks: new Map(), footprints: new Map(), lit: new Map(), field: null,
        later: null, events: null, judging: null, flags: null, selected: new Set(), means: null,
        get filter() { return filter.chosen; },
        get judgedFilter() { return filter.judged; },
        get flagFilter() { return filter.flagged; },
      });
    }
    return animals.get(animal);
  }

  function tell(animal, what) {
    events.dispatchEvent(new CustomEvent(animal, { detail: { what } }));
  }

  // A view joins when it is mounted; what it gives back takes it out again.
  function join(animal, view, changed) {
    const here = state(animal), listen = (event) => changed(event.detail.what);
    here.reporters.set(view, view.report);
    events.addEventListener(animal, listen);
    if (here.reporters.size === 1 && !mounted(lastUsed)) lastUsed = animal;
    return () => {
      events.removeEventListener(animal, listen);
      here.reporters.delete(view);
    };
  }

  const mounted = (animal) => animals.has(animal) && animals.get(animal).reporters.size > 0;

  // Each choice has a number; an older one never replaces a newer one, whichever way it came.
  function choose(animal, component, view) {
    const here = state(animal);
    lastUsed = animal;
    if (component === here.component || component === null) return;
    here.component = component;
    here.stamp += 1;
    tell(animal, "component");
    reportSoon(animal, view);
  }

  // A click chooses. With Ctrl, Cmd or Shift it adds to what is chosen or takes away; the chosen one is one of these then.
  function pick(animal, number, { shiftKey, ctrlKey, metaKey }, view) {
    const { judging, selected, component } = state(animal), isMore = judging && (shiftKey || ctrlKey || metaKey);
    const others = isMore ? judging.meant().filter((one) => one !== number) : [];
    const meant = selected.has(number) && others.length ? others : [...others, number];
    if (meant.length > 1) judging.select(meant);
    else if (selected.size) judging?.select([]);
    if (!isMore || !meant.includes(component)) choose(animal, meant.at(-1), view);
  }

  // The server's choice counts where it is newer, or where another session begins, which counts anew.
  function takeFromServer(animal, choice, view) {
    const here = state(animal);
    here.n = choice.n;
    if (choice.session !== here.session || choice.stamp > here.stamp) {
      Object.assign(here, { component: choice.component, stamp: choice.stamp, session: choice.session });
      tell(animal, "component");
    } else if (choice.stamp < here.stamp && !here.timer && here.reported !== here.stamp) {
      reportSoon(animal, view); // the page was left before the server had heard of it
    }
    takeFilter(choice.filter);
    arrange(animal, {});
  }

  // What the server says of the filter counts once it has heard of what was chosen here.
  function takeFilter(name) {
    if (filter.untold === null) filter.chosen = name;
    else if (filter.untold === name) filter.untold = null;
  }

  function list(animal, name, view) {
    filter.chosen = filter.untold = name;
    view.tellServer("filter", name);
    arrange(animal, {});
    reportSoon(animal, view);
  }

  function listJudged(animal, name) {
    filter.judged = name;
    arrange(animal, {});
    tell(animal, "judged");
  }

  function listFlagged(animal, name) {
    filter.flagged = name;
    arrange(animal, {});
    tell(animal, "flags");
  }

  function reportSoon(animal, view) {
    const here = state(animal);
    clearTimeout(here.timer);
    here.timer = setTimeout(() => {
      here.timer = 0;
      const report = here.reporters.get(view) || here.reporters.values().next().value;
      if (!report || here.component === null) return;
      report(choiceOf(here));
    }, REPORT_AFTER_MS);
  }

  function choiceOf(here) {
    here.reported = here.stamp;
    return { component: here.component, stamp: here.stamp, near: near(here) };
  }

  // The choice that the server has not heard of yet, to go along with another message: each has the page run again.
  function untoldChoice(animal) {
    const here = state(animal);
    if (!here.timer || here.component === null) return null;
    clearTimeout(here.timer);
    here.timer = 0;
    return choiceOf(here);
  }

  function near(here) {
    const at = here.listed.indexOf(here.component);
    if (at < 0) return here.listed.slice(0, NEAR);
    return here.listed.slice(Math.max(at - NEAR, 0), at + NEAR + 1).filter((number) => number !== here.component);
  }

  // The list that the arrow keys walk through: filtered, and in the table's order.
  function arrange(animal, wanted) {
    const here = Object.assign(state(animal), wanted);
    const listed = here.rows ? here.rows.arranged(here.filter, here.sort) : [...Array(here.n).keys()];
    if (String(listed) === String(here.listed)) return;
    here.listed = listed;
    tell(animal, "list");
    if (Object.keys(wanted).length && here.session) reportSoon(animal);
  }

  function step(animal, by, view) {
    const { listed, component } = state(animal);
    if (!listed.length) return;
    let at = listed.indexOf(component);
    if (at < 0) { // from one that is not listed to the next that is
      at = component === null ? (by > 0 ? -1 : 0) : listed.findIndex((number) => number > component);
      if (at < 0) at = listed.length;
      if (by > 0 && component !== null) at -= 1;
    }
    choose(animal, listed[(((at + by) % listed.length) + listed.length) % listed.length], view);
  }

  // A place on the map where no component is.
  function lookAt(animal, place) {
    state(animal).place = place;
    tell(animal, "place");
  }

  function active() {
    return mounted(lastUsed) ? lastUsed : [...animals.keys()].find(mounted);
  }

  // Before the page around it, which would run everything again at an r.
  window.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || isTyping(event)) return;
    const animal = viewAt(event)?.animal || active();
    if (!animal || !state(animal).judging?.key(event)) return;
    event.preventDefault();
    event.stopPropagation();
  }, { capture: true });

  function isTyping(event) {
    const at = event.composedPath()[0];
    return at instanceof Element && Boolean(at.closest(TYPING) || at.isContentEditable);
  }

  window.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || isTyping(event)) return;
    const view = viewAt(event), animal = view?.animal || active();
    if (!animal || !walk(animal, event.key, view)) return;
    event.preventDefault();
  });

  function viewAt(event) {
    const path = event.composedPath();
    return [...animals.values()].flatMap((here) => [...here.reporters.keys()]).find((view) => path.includes(view.root));
  }

  // Left and right step anywhere on the page; up, down, Home and End, with which a page scrolls, in every view alike.
  function walk(animal, key, view) {
    const { listed } = state(animal), by = { ArrowLeft: -1, ArrowRight: 1, ...(view && { ArrowUp: -1, ArrowDown: 1 }) }[key];
    const ends = view && listed.length ? { Home: listed[0], End: listed.at(-1) } : {};
    if (by) step(animal, by, view);
    else if (key in ends) choose(animal, ends[key], view);
    return Boolean(by) || key in ends;
  }

  return { state, join, choose, pick, takeFromServer, untoldChoice, list, listJudged, listFlagged, arrange, step, lookAt, tell, kept: new Map() };
}

// Streamlit calls a view's function each time that its data changed, with the same element, and what the last call gave
// back when the view goes.
const views = new WeakMap();

function show({ parentElement: root, data: bytes, setStateValue }, make) {
  const data = JSON.parse(new TextDecoder().decode(bytes));
  let mine = views.get(root);
  if (!mine) views.set(root, (mine = { root }));
  mine.tellServer = setStateValue;
  mine.report = (choice) => mine.tellServer("component", choice);
  if (mine.animal !== data.animal) {
    mine.leave?.();
    mine.animal = data.animal;
    mine.state = linked.state(data.animal);
    mine.view ??= make(mine);
    mine.leave = linked.join(data.animal, mine, (what) => mine.view.changed(what));
  }
  mine.view.update(data);
  return () => {
    mine.leave();
    mine.view.end?.();
    views.delete(root);
  };
}

// Also where something above a view comes or goes: that moves the end of the window nearer or away.
function onResize(element, draw) {
  const seen = new ResizeObserver(() => draw());
  seen.observe(element);
  const page = element.getRootNode().host?.closest("[data-testid=stMainBlockContainer]");
  if (page) seen.observe(page);
  window.addEventListener("resize", draw);
  return () => {
    seen.disconnect();
    window.removeEventListener("resize", draw);
  };
}

// Heights are given for the smallest screen; on a higher one pictures are higher. They end where the window ends, unless
// they would be too low then. On a narrow page views stand under each other.
const SCREEN_PX = 720, NARROW_PX = 1100, LOWEST = 0.75, END_PX = 6;
const isNarrow = () => window.innerWidth <= NARROW_PX;

function heightOf(data, figure) {
  if (isNarrow()) return Math.max(0.36 * window.innerHeight, LOWEST * data.height);
  const wanted = data.height * Math.max(window.innerHeight / SCREEN_PX, 1), room = window.innerHeight - topOf(figure) - END_PX;
  return room < LOWEST * data.height ? wanted : Math.min(wanted, room);
}

// Where an element begins on the page that is not scrolled.
function topOf(element) {
  const scrolled = document.querySelector("[data-testid=stMain]")?.scrollTop || 0;
  return element.getBoundingClientRect().top + scrolled;
}

// What was set by hand and should last while the page is open: zoom, layer, axes.
function kept(key, start) {
  if (!linked.kept.has(key)) linked.kept.set(key, start);
  return linked.kept.get(key);
}

// Tells of each component whether it is in the list; all are where there is none.
function listedOf(here) {
  if (!here.rows) return () => true;
  const listed = new Set(here.listed), { n } = here.rows;
  return (number) => number >= n || listed.has(number);
}

// The verdict that counts: what a person decided, else that of the thresholds; null where none was evaluated.
function verdictOf(here, number, accepted) {
  const decision = here.judging?.of(number)?.decision;
  if (accepted === null || (decision !== "accept" && decision !== "reject")) return accepted;
  return decision === "accept";
}

function element(name, className = "", text = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function button(text, title, onclick, className = "") {
  const made = element("button", className, text);
  made.type = "button";
  made.title = title;
  made.onclick = onclick;
  return made;
}

// Puts new buttons into a place; one that had the focus keeps it. Where they look as those before, these stay and do what
// the new ones would: a click is lost where its button is replaced between press and release.
function refill(place, ...children) {
  if (looksAs(place, children)) {
    const buttons = children.flatMap((one) => [one, ...one.querySelectorAll("*")]);
    place.querySelectorAll("*").forEach((one, i) => { one.onclick = buttons[i].onclick; });
    return;
  }
  const focused = [...place.querySelectorAll("button")].indexOf(place.getRootNode().activeElement);
  place.replaceChildren(...children);
  if (focused >= 0) place.querySelectorAll("button")[focused]?.focus({ preventScroll: true });
}

// Whether a place looks as it would with these elements in it. What can be typed or chosen in boxes is no part of that.
function looksAs(place, children) {
  const isBox = (one) => one.matches("input, select") || one.querySelector("input, select");
  return place.childNodes.length === children.length && children.every((one, i) => !isBox(one) && one.isEqualNode(place.childNodes[i]));
}

// The steps to the one before and after in the list.
function stepsOf(mine, kind) {
  return [["‹", "Previous", "left", -1], ["›", "Next", "right", 1]].map(([text, name, arrow, by]) => {
    const one = button(text, `${name} in the list (${arrow} arrow)`, () => linked.step(mine.animal, by, mine));
    one.setAttribute("aria-label", `${name} ${kind}`);
    one.disabled = mine.state.listed.length === 0;
    return one;
  });
}

// A row of buttons of which one is pressed.
function choiceOf(options, chosen, onchoose) {
  const group = element("span", "choice");
  group.setAttribute("role", "group");
  options.forEach(([value, text, title = ""]) => {
    const one = button(text, title, () => onchoose(value));
    one.setAttribute("aria-pressed", String(value === chosen));
    group.append(one);
  });
  return group;
}

// A list to choose from, with its name before it.
function picker(name, options, chosen, onchoose) {
  const label = element("label", "picker", name), select = element("select");
  select.append(...options.map(([value, text]) => new Option(text, value, value === chosen, value === chosen)));
  select.onchange = () => onchoose(select.value);
  label.append(select);
  return label;
}

const SVG = "http://www.w3.org/2000/svg";

function svg(name, attributes = {}, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

function bytes(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)).buffer;
}

const floats = (base64) => new Float32Array(bytes(base64));

function niceStep(span, about) {
  const rough = span / about, power = 10 ** Math.floor(Math.log10(rough));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999);
}

function niceTicks(low, high, about) {
  const step = niceStep(Math.max(high - low, 1e-12), about), ticks = [];
  for (let k = Math.ceil(low / step - 1e-6); k * step <= high + 1e-6 * step; k += 1) ticks.push(Number((k * step).toPrecision(12)));
  return ticks.length < 2 && about < 40 ? niceTicks(low, high, 2 * about) : ticks;
}

// Position of a value between two places.
function scale(low, high, from, to) {
  const factor = (to - from) / (high - low || 1);
  const at = (value) => from + (value - low) * factor;
  at.back = (place) => low + (place - from) / factor;
  return at;
}

function short(value, digits = 3) {
  if (!Number.isFinite(value)) return "–";
  return Math.abs(value) >= 100 && Math.abs(value) < 1e6 ? String(Math.round(value)) : String(Number(value.toPrecision(digits)));
}
