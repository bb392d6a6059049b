"use strict";

// Swipe: the slider lies over the picture; what it says is where the picture is cut.
for (const slider of document.querySelectorAll(".swipe input")) {
  slider.addEventListener("input", () => slider.parentElement.style.setProperty("--at", slider.value + "%"));
}

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 520, LEFT = 52, RIGHT = 6, BOTTOM = 30, MISSING = 255;
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

function addTimeAxis(svg, top, data) {
  const seconds = data.fr_hz ? data.frames / data.fr_hz : data.frames, step = niceStep(seconds, 6);
  for (let t = 0; t <= seconds; t += step) {
    const x = LEFT + (t / seconds) * (WIDTH - LEFT - RIGHT);
    svg.append(svgElement("text", { x, y: top + 13, "text-anchor": "middle" }, String(Number(t.toPrecision(6)))));
  }
  const title = data.fr_hz ? "time (s)" : "frame (frame rate unknown)";
  svg.append(svgElement("text", { x: (LEFT + WIDTH) / 2, y: top + 27, "text-anchor": "middle" }, title));
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

function describe(row) {
  if (!row) return "";
  const titles = [...row.closest("table").querySelectorAll("th")].map((cell) => cell.textContent);
  const cells = [...row.cells].map((cell) => cell.textContent), reason = cells.pop();
  titles.pop();
  return titles.map((title, i) => `${title} ${cells[i]}`).join(" · ") + (reason ? ". " + reason : "");
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
  let chosen = 0;

  function select(number) {
    chosen = number;
    section.querySelectorAll(".selected").forEach((old) => old.classList.remove("selected"));
    section.querySelectorAll(`[data-component="${number}"]`).forEach((now) => now.classList.add("selected"));
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
