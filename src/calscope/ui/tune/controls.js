// The parameters that are tried. A value is told when it is let go; each change has a number, so that neither browser nor
// server takes older values for newer ones.

const views = new WeakMap();

function element(name, className = "", text = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

const asText = (value) => value === null ? "" : Array.isArray(value) ? (value[0] === value[1] ? String(value[0]) : value.join(", ")) : String(value);
const isSame = (a, b) => JSON.stringify(a) === JSON.stringify(b);

// A number, or two for a pair; null where the text is empty and may be; undefined where it is neither.
function parsed(row, text) {
  if (!text.trim()) return row.none ? null : undefined;
  const numbers = text.split(/[,\s]+/).filter(Boolean).map(Number);
  if (numbers.some((n) => !Number.isFinite(n) || n < row.low || n > row.high || (row.whole && !Number.isInteger(n)))) return undefined;
  if (row.pair) return numbers.length === 1 ? [numbers[0], numbers[0]] : numbers.length === 2 ? numbers : undefined;
  return numbers.length === 1 ? numbers[0] : undefined;
}

function makeControls(root) {
  const place = root.querySelector(".controls"), parts = new Map();
  let values = {}, stamp = 0, session = "", drawn = "", tell = () => {};

  function take(data, setStateValue) {
    tell = setStateValue;
    if (data.session !== session || data.stamp >= stamp) {
      ({ session, stamp } = data);
      values = { ...data.values };
    }
    const layout = JSON.stringify(data.groups);
    if (layout !== drawn) {
      drawn = layout;
      build(data.groups);
    }
    show();
  }

  function change(name, value) {
    if (isSame(values[name], value)) { show(); return; }
    values[name] = value;
    stamp += 1;
    show();
    tell("values", { values, stamp, session });
  }

  function build(groups) {
    parts.clear();
    place.replaceChildren(...groups.flatMap((group) => [element("h6", "", group.title), ...group.rows.map(rowOf)]));
  }

  function rowOf(row) {
    const made = element("div", row.kind === "choice" ? "row choice" : "row");
    const update = row.kind === "bool" ? addSwitch(made, row) : row.kind === "choice" ? addChoice(made, row) : addNumber(made, row);
    parts.set(row.name, { row, made, update });
    return made;
  }

  function addName(made, row) {
    const name = element("span", "name");
    name.append(element("span", "label", row.label));
    name.title = row.help;
    if (row.proposed) {
      const chip = element("button", "proposed", `take ${row.proposed.value === null ? row.none : asText(row.proposed.value)}`);
      chip.type = "button";
      chip.title = row.proposed.reason;
      chip.onclick = () => change(row.name, row.proposed.value);
      name.append(chip);
    }
    made.append(name);
  }

  function addSwitch(made, row) {
    const label = element("label", "switch"), box = element("input");
    box.type = "checkbox";
    box.setAttribute("aria-label", row.label);
    box.onchange = () => change(row.name, box.checked);
    label.append(box);
    addName(label, row);
    made.append(label);
    return (value) => { box.checked = value; };
  }

  function addChoice(made, row) {
    addName(made, row);
    const box = element("select");
    box.setAttribute("aria-label", row.label);
    row.choices.forEach(([value, text]) => { const one = element("option", "", text); one.value = JSON.stringify(value); box.append(one); });
    box.onchange = () => change(row.name, JSON.parse(box.value));
    made.append(box);
    return (value) => { box.value = JSON.stringify(value); };
  }

  function addNumber(made, row) {
    addName(made, row);
    const slider = element("input"), box = element("input");
    Object.assign(slider, { type: "range", min: row.from, max: row.to, step: row.step });
    Object.assign(box, { type: "text", inputMode: "decimal", placeholder: row.none });
    slider.setAttribute("aria-label", `${row.label}, slider`);
    box.setAttribute("aria-label", row.label);
    const ofSlider = () => { const value = Number(slider.value); return row.pair ? [value, value] : value; };
    slider.oninput = () => { box.value = asText(ofSlider()); box.classList.remove("wrong"); };
    slider.onchange = () => change(row.name, ofSlider());
    box.onchange = () => {
      const value = parsed(row, box.value);
      box.classList.toggle("wrong", value === undefined);
      box.title = value === undefined ? `Allowed: ${row.allowed}.` : "";
      if (value !== undefined) change(row.name, value);
    };
    box.onkeydown = (event) => { if (event.key === "Enter") box.blur(); };
    made.append(slider, box);
    return (value) => {
      if (root.activeElement !== box && document.activeElement !== box) { box.value = asText(value); box.classList.remove("wrong"); }
      slider.value = value === null ? row.to : Array.isArray(value) ? Math.max(...value) : value;
    };
  }

  function show() {
    for (const { row, made, update } of parts.values()) {
      update(values[row.name]);
      made.classList.toggle("changed", !isSame(values[row.name], row.default));
      const chip = made.querySelector(".proposed");
      if (chip) chip.hidden = isSame(values[row.name], row.proposed.value);
    }
  }

  return take;
}

export default function ({ parentElement: root, data, setStateValue }) {
  if (!views.has(root)) views.set(root, makeControls(root));
  views.get(root)(data, setStateValue);
  return () => views.delete(root);
}
