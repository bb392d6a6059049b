"use strict";

// Swipe: the slider lies over the picture; what it says is where the picture is cut.
for (const slider of document.querySelectorAll(".swipe input")) {
  slider.addEventListener("input", () => slider.parentElement.style.setProperty("--at", slider.value + "%"));
}

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 520, RASTER_WIDTH = 1080, LEFT = 52, RIGHT = 6, BOTTOM = 30, MISSING = 255;
const HEIGHTS = [150, 90, 110];

function svgElement(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

function bytes(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

// One byte a value; 0 to 254 span the axis, 255 is a gap.
function tracePath(codes, height) {
  const values = bytes(codes), step = (WIDTH - LEFT - RIGHT) / values.length;
  let path = "", pen = "M";
  values.forEach((value, i) => {
    if (value === MISSING) { pen = "M"; return; }
    path += pen + (LEFT + (i + 0.5) * step).toFixed(1) + " " + (4 + (1 - value / (MISSING - 1)) * (height - 8)).toFixed(1);
    pen = "L";
  });
  return path;
}

function niceStep(span, about) {
  const rough = span / about, power = 10 ** Math.floor(Math.log10(rough));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
}

function addTimeAxis(svg, top, data, width = WIDTH) {
  const seconds = data.fr_hz ? data.frames / data.fr_hz : data.frames, step = niceStep(seconds, width / 85);
  for (let t = 0; t <= seconds; t += step) {
    const x = LEFT + (t / seconds) * (width - LEFT - RIGHT);
    svg.append(svgElement("text", { x, y: top + 13, "text-anchor": "middle" }, String(Number(t.toPrecision(6)))));
  }
  const title = data.fr_hz ? "time (s)" : "frame (frame rate unknown)";
  svg.append(svgElement("text", { x: (LEFT + width) / 2, y: top + 27, "text-anchor": "middle" }, title));
}

function short(value, largest) {
  if (Math.abs(value) < 1e-3 * Math.abs(largest)) return "0";
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

function addPanel(svg, panel, packed, top, height) {
  const group = svgElement("g", { transform: `translate(0 ${top})` });
  group.append(svgElement("rect", { x: LEFT, y: 0, width: WIDTH - LEFT - RIGHT, height: height - 4, fill: "#f8fafc" }));
  group.append(svgElement("text", { x: LEFT - 5, y: 11, "text-anchor": "end" }, short(packed.high, packed.high)));
  group.append(svgElement("text", { x: LEFT - 5, y: height - 6, "text-anchor": "end" }, short(packed.low, packed.high)));
  group.append(svgElement("text", { x: LEFT + 5, y: 12 }, panel.title));
  packed.codes.forEach((codes, i) => {
    const [kind, colour] = panel.lines[i];
    group.append(svgElement("path", { d: tracePath(codes, height - 4), stroke: colour, "data-kind": kind }));
  });
  svg.append(group);
}

function draw(place, data, entry) {
  const heights = data.panels.map((_, i) => HEIGHTS[i]), whole = heights.reduce((sum, h) => sum + h, 0);
  const svg = svgElement("svg", { viewBox: `0 0 ${WIDTH} ${whole + BOTTOM}`, role: "img" });
  let top = 0;
  data.panels.forEach((panel, i) => { addPanel(svg, panel, entry.panels[i], top, heights[i]); top += heights[i]; });
  addTimeAxis(svg, top, data);
  place.replaceChildren(svg);
}

// What the table says of a component: measures, then the reason; its flags stand apart, in sentences.
function describe(row) {
  if (!row) return "";
  const titles = [...row.closest("table").querySelectorAll("th")].map((cell) => cell.textContent);
  const said = new Map(titles.map((title, i) => [title, row.cells[i].textContent]));
  const reason = said.get("reason");
  for (const title of ["reason", "flags", ...(reason ? ["evaluation"] : [])]) said.delete(title);
  const facts = [...said].filter(([, text]) => text && text !== "–").map(([title, text]) => `${title} ${text}`);
  return facts.join(" · ") + (reason ? ". " + reason : "");
}

const LIGHT = [247, 250, 252], DARK = [8, 48, 107], ROW = 7, MOST_ROWS_HEIGHT = 420;

// Activity of one component: the highest of each two thinned values, from 0 at its lowest to 1 at its highest.
function activity(data, entry) {
  const kinds = data.panels.flatMap((panel, i) => panel.lines.map(([kind], j) => [kind, i, j]));
  const [, i, j] = kinds.find(([kind]) => kind === "dff") ?? kinds.find(([kind]) => kind === "denoised") ?? kinds[0];
  const codes = bytes(entry.panels[i].codes[j]), known = codes.filter((code) => code !== MISSING);
  const low = known.reduce((a, b) => Math.min(a, b), MISSING), high = known.reduce((a, b) => Math.max(a, b), 0);
  const isThinned = codes.length < data.frames, step = isThinned ? 2 : 1;
  const share = (code) => (code === MISSING || high <= low ? 0 : (code - low) / (high - low));
  return Array.from({ length: Math.ceil(codes.length / step) }, (_, k) => Math.max(share(codes[step * k]), share(codes[step * k + step - 1] ?? MISSING)));
}

function rasterImage(rows) {
  const canvas = document.createElement("canvas");
  canvas.width = rows[0].length; canvas.height = rows.length;
  const context = canvas.getContext("2d"), image = context.createImageData(canvas.width, canvas.height);
  rows.flat().forEach((value, k) => {
    for (let c = 0; c < 3; c += 1) image.data[4 * k + c] = LIGHT[c] + value * (DARK[c] - LIGHT[c]);
    image.data[4 * k + 3] = 255;
  });
  context.putImageData(image, 0, 0);
  return canvas.toDataURL();
}

const EVENT_COLOURS = ["#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#d55e00", "#8a6d00"], EVENTS_HEIGHT = 10, MOST_LABELS = 12;

// Events over the rows: a strip above them, and lines or bands through them. Those of one label in one place are one.
function addEvents(svg, legend, data, height) {
  const span = RASTER_WIDTH - LEFT - RIGHT, drawn = new Set();
  for (const [start, stop, label] of data.events) {
    const x = LEFT + (start / data.frames) * span, width = Math.min(Math.max(((stop - start) / data.frames) * span, 1.2), RASTER_WIDTH - RIGHT - x);
    const place = `${label} ${x.toFixed(0)} ${width.toFixed(0)}`, fill = EVENT_COLOURS[label % EVENT_COLOURS.length];
    if (drawn.has(place)) continue;
    drawn.add(place);
    const rectangle = { x: x.toFixed(1), width: width.toFixed(1), fill, "data-event": label, class: "event" };
    svg.append(svgElement("rect", { ...rectangle, y: 0, height: EVENTS_HEIGHT - 2 }));
    svg.append(svgElement("rect", { ...rectangle, y: EVENTS_HEIGHT, height: height - EVENTS_HEIGHT, "fill-opacity": stop > start ? 0.22 : 0.6 }));
  }
  data.labels.slice(0, MOST_LABELS).forEach((label, i) => {
    const square = document.createElement("span");
    square.textContent = "■"; square.style.color = EVENT_COLOURS[i % EVENT_COLOURS.length];
    legend.append(square, ` ${label}   `);
  });
  if (data.labels.length > MOST_LABELS) legend.append(`and ${data.labels.length - MOST_LABELS} more`);
}

// A row for each accepted component; a click chooses it. Gives a function that marks the chosen one.
function drawRaster(place, legend, data, byNumber, select) {
  const numbers = data.raster.filter((number) => byNumber.has(number));
  if (!place || !numbers.length || !data.panels.length) return () => {};
  const top = data.events.length ? EVENTS_HEIGHT : 0;
  const height = top + Math.min(Math.max(ROW * numbers.length, 60), MOST_ROWS_HEIGHT), each = (height - top) / numbers.length;
  const svg = svgElement("svg", { viewBox: `0 0 ${RASTER_WIDTH} ${height + BOTTOM}`, role: "img", "aria-label": "Activity of the components" });
  const across = { x: LEFT, width: RASTER_WIDTH - LEFT - RIGHT };
  const rows = numbers.map((number) => activity(data, byNumber.get(number)));
  svg.append(svgElement("image", { ...across, y: top, height: height - top, href: rasterImage(rows), preserveAspectRatio: "none" }));
  addEvents(svg, legend, data, height);
  const mark = svgElement("rect", { ...across, height: each, class: "mark", visibility: "hidden" });
  svg.append(mark);
  for (const [i, anchor] of [[0, top + 9], [numbers.length - 1, height - 2]]) svg.append(svgElement("text", { x: LEFT - 5, y: anchor, "text-anchor": "end" }, String(numbers[i])));
  addTimeAxis(svg, height, data, RASTER_WIDTH);
  place.replaceChildren(svg);
  svg.addEventListener("click", (event) => {
    const box = svg.getBoundingClientRect(), y = ((event.clientY - box.top) / box.height) * (height + BOTTOM);
    if (y < height) select(numbers[Math.min(Math.max(Math.floor((y - top) / each), 0), numbers.length - 1)]);
  });
  return (number) => {
    const at = numbers.indexOf(number);
    mark.setAttribute("visibility", at < 0 ? "hidden" : "visible");
    if (at >= 0) mark.setAttribute("y", top + at * each);
  };
}

function sortBy(table, column) {
  const body = table.tBodies[0], falling = table.dataset.sorted === String(column);
  const key = (row) => { const text = row.cells[column].textContent, number = parseFloat(text); return isNaN(number) ? text : number; };
  const rows = [...body.rows].sort((a, b) => (key(a) > key(b) ? 1 : key(a) < key(b) ? -1 : 0));
  body.append(...(falling ? rows.reverse() : rows));
  table.dataset.sorted = falling ? "" : column;
}

// An animal's outlines, table and trace share one selection.
function link(section) {
  const store = section.querySelector("script.traces");
  if (!store) return;
  const data = JSON.parse(store.textContent), byNumber = new Map(data.components.map((entry) => [entry.component, entry]));
  const image = section.querySelector('img[data-image="corr"]') || section.querySelector("img[data-image]");
  if (image) section.querySelector(".contours image").setAttribute("href", image.src);
  const table = section.querySelector("table.components");
  const markRow = drawRaster(section.querySelector(".raster"), section.querySelector(".events"), data, byNumber, select);
  let chosen = 0;

  function select(number) {
    chosen = number;
    section.querySelectorAll(".selected").forEach((old) => old.classList.remove("selected"));
    section.querySelectorAll(`[data-component="${number}"]`).forEach((now) => now.classList.add("selected"));
    section.querySelector(".flagged").textContent = data.flags[number] ?? "";
    markRow(number);
    section.querySelector(".chosen").textContent = describe(section.querySelector(`tr[data-component="${number}"]`)) || `component ${number}`;
    const path = section.querySelector("path.selected"), entry = byNumber.get(number);
    if (path) path.parentElement.append(path);
    if (entry && data.panels.length) draw(section.querySelector(".plots"), data, entry);
  }

  section.addEventListener("click", (event) => {
    const target = event.target.closest("[data-component]"), step = event.target.closest("[data-step]");
    const heading = event.target.closest("table.components th");
    if (target) select(Number(target.dataset.component));
    if (step) select((chosen + Number(step.dataset.step) + byNumber.size) % byNumber.size);
    if (heading) sortBy(table, heading.cellIndex);
  });
  section.addEventListener("keydown", (event) => {
    const row = event.target.closest("tr[data-component]");
    if (row && event.key === "Enter") select(Number(row.dataset.component));
  });
  const first = section.querySelector("path.accepted") || section.querySelector("path[data-component]");
  if (first) select(Number(first.dataset.component));
}

document.querySelectorAll("section.animal").forEach(link);
