// One small picture for each point of a sweep; a click opens it. Pictures that stay as they are are not made again.

const views = new WeakMap();
const WORDS_PX = 36;

function element(name, className = "", text = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function makeSheet(root) {
  const sheet = root.querySelector(".sheet");
  let laid = "", told = [], places = [], open = () => {};

  function take(data, setTriggerValue) {
    open = (number) => setTriggerValue("open", number);
    const layout = JSON.stringify([data.heads, data.rows, data.cells.length]);
    if (layout !== laid) lay(data);
    laid = layout;
    sheet.style.height = `${data.height}px`;
    sheet.setAttribute("aria-label", data.label);
    data.cells.forEach((cell, number) => {
      const words = JSON.stringify(cell);
      if (told[number] === words) return;
      told[number] = words;
      const made = cellOf(cell, number);
      places[number].replaceWith(made);
      places[number] = made;
    });
  }

  function lay(data) {
    const across = data.heads.length || fitting(data.cells.length, data.height);
    sheet.style.gridTemplateColumns = `${data.rows.length ? "16px " : ""}repeat(${across}, minmax(62px, 1fr))`;
    told = [];
    places = data.cells.map(() => element("span"));
    const parts = [];
    if (data.heads.length) parts.push(element("span"), ...data.heads.map((head) => element("span", "head", head)));
    places.forEach((place, number) => {
      if (data.rows.length && number % across === 0) parts.push(element("span", "row", data.rows[number / across]));
      parts.push(place);
    });
    sheet.replaceChildren(...parts);
  }

  // The fewest columns with which all pictures are in view; where they never are, as many as can still be made out.
  function fitting(n, height) {
    const width = sheet.clientWidth || 440;
    for (let across = 2; across < 7; across++)
      if (Math.ceil(n / across) * (width / across + WORDS_PX) <= height) return across;
    return Math.max(2, Math.min(7, Math.floor(width / 68)));
  }

  function cellOf(cell, number) {
    const made = element("button", cell.state + (cell.current ? " current" : ""));
    Object.assign(made, { type: "button", title: cell.told, disabled: cell.state !== "done", onclick: () => open(number) });
    if (cell.picture) {
      const image = element("img");
      Object.assign(image, { src: cell.picture, alt: "" });
      made.append(image);
    } else made.append(element("span", "none"));
    made.append(element("span", "", cell.current ? `now · ${cell.line}` : cell.line), element("span", "", cell.counts));
    return made;
  }

  return { take };
}

export default function ({ parentElement: root, data, setTriggerValue }) {
  if (!views.has(root)) views.set(root, makeSheet(root));
  views.get(root).take(data, setTriggerValue);
  return () => views.delete(root);
}
