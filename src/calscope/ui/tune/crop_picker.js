// The crop on the field, and its stretch on the recording: both are dragged, or moved with the arrow keys.

const views = new WeakMap();
const FIELD_PX = 300, TIME_PX = 34, NEAR_PX = 12, BLUE = "#49b0ff";

function makePicker(root) {
  const find = (selector) => root.querySelector(selector);
  const field = find(".field"), time = find(".time"), image = new Image();
  let data = null, crop = null, stamp = "", tell = () => {}, grip = null;

  image.onload = () => draw();

  function take(given, setStateValue) {
    data = given;
    tell = setStateValue;
    if (image.src !== data.picture) image.src = data.picture;
    const text = JSON.stringify(data.crop);
    if (text !== stamp && !grip) { stamp = text; crop = { ...data.crop }; }
    draw();
  }

  const scaleOfField = () => FIELD_PX / Math.max(data.rows, data.columns);
  const scaleOfTime = () => FIELD_PX / data.frames;

  function draw() {
    if (!data || !crop) return;
    const s = scaleOfField(), sharp = window.devicePixelRatio || 1;
    const paper = fit(field, data.columns * s, data.rows * s, sharp);
    if (image.complete && image.naturalWidth) paper.drawImage(image, 0, 0, data.columns * s, data.rows * s);
    box(paper, crop.left * s, crop.top * s, (crop.right - crop.left) * s, (crop.bottom - crop.top) * s);
    const t = scaleOfTime(), strip = fit(time, FIELD_PX, TIME_PX, sharp);
    strip.fillStyle = "#444";
    strip.fillRect(0, TIME_PX / 2 - 2, FIELD_PX, 4);
    box(strip, crop.start * t, 4, (crop.stop - crop.start) * t, TIME_PX - 8);
    const seconds = (frame) => data.fr_hz ? `${(frame / data.fr_hz).toFixed(1)} s` : `frame ${frame}`;
    find(".said").textContent = `${crop.bottom - crop.top} × ${crop.right - crop.left} px at row ${crop.top}, column ${crop.left}; ${seconds(crop.start)} to ${seconds(crop.stop)} (${crop.stop - crop.start} frames)`;
    field.dataset.crop = JSON.stringify(crop);
  }

  function fit(canvas, wide, high, sharp) {
    canvas.style.width = `${wide}px`;
    canvas.style.height = `${high}px`;
    canvas.width = Math.round(wide * sharp);
    canvas.height = Math.round(high * sharp);
    const paper = canvas.getContext("2d");
    paper.setTransform(sharp, 0, 0, sharp, 0, 0);
    return paper;
  }

  function box(paper, x, y, wide, high) {
    paper.fillStyle = "rgb(73 176 255 / 18%)";
    paper.fillRect(x, y, wide, high);
    paper.strokeStyle = BLUE;
    paper.lineWidth = 2;
    paper.strokeRect(x + 1, y + 1, wide - 2, high - 2);
  }

  const clamp = (value, low, high) => Math.min(Math.max(Math.round(value), low), high);

  // Moves one pair of ends, or one of the two, and keeps them inside and far enough apart.
  function shift([low, high], by, which, size, least) {
    if (which === "low") return [clamp(low + by, 0, high - least), high];
    if (which === "high") return [low, clamp(high + by, low + least, size)];
    const start = clamp(low + by, 0, size - (high - low));
    return [start, start + high - low];
  }

  const near = (a, b) => Math.abs(a - b) < NEAR_PX;
  const endOf = (at, low, high) => near(at, high) ? "high" : near(at, low) ? "low" : "both";

  function place(event, canvas) {
    const outline = canvas.getBoundingClientRect();
    return [event.clientX - outline.left, event.clientY - outline.top];
  }

  field.onpointerdown = (event) => {
    const s = scaleOfField(), [x, y] = place(event, field);
    const ends = [endOf(y, crop.top * s, crop.bottom * s), endOf(x, crop.left * s, crop.right * s)];
    grip = { at: [x, y], from: { ...crop }, ends: ends.includes("both") ? ["both", "both"] : ends };
    field.setPointerCapture(event.pointerId);
  };
  field.onpointermove = (event) => {
    if (!grip) return;
    const s = scaleOfField(), [x, y] = place(event, field), { from, ends } = grip;
    [crop.top, crop.bottom] = shift([from.top, from.bottom], (y - grip.at[1]) / s, ends[0], data.rows, data.least_px);
    [crop.left, crop.right] = shift([from.left, from.right], (x - grip.at[0]) / s, ends[1], data.columns, data.least_px);
    draw();
  };
  time.onpointerdown = (event) => {
    const t = scaleOfTime(), [x] = place(event, time);
    grip = { at: [x], from: { ...crop }, ends: [endOf(x, crop.start * t, crop.stop * t)] };
    time.setPointerCapture(event.pointerId);
  };
  time.onpointermove = (event) => {
    if (!grip) return;
    const { from, ends } = grip;
    [crop.start, crop.stop] = shift([from.start, from.stop], (place(event, time)[0] - grip.at[0]) / scaleOfTime(), ends[0], data.frames, data.least_frames);
    draw();
  };
  field.onpointerup = time.onpointerup = letGo;
  field.onpointercancel = time.onpointercancel = letGo;

  function letGo() {
    if (!grip) return;
    grip = null;
    stamp = JSON.stringify(crop);
    tell("crop", { ...crop });
  }

  field.onkeydown = (event) => {
    const by = { ArrowLeft: [0, -8], ArrowRight: [0, 8], ArrowUp: [-8, 0], ArrowDown: [8, 0] }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    [crop.top, crop.bottom] = shift([crop.top, crop.bottom], by[0], "both", data.rows, data.least_px);
    [crop.left, crop.right] = shift([crop.left, crop.right], by[1], "both", data.columns, data.least_px);
    grip = {};
    draw();
    letGo();
  };
  time.onkeydown = (event) => {
    const by = { ArrowLeft: -50, ArrowRight: 50 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    [crop.start, crop.stop] = shift([crop.start, crop.stop], by, "both", data.frames, data.least_frames);
    grip = {};
    draw();
    letGo();
  };

  return take;
}

export default function ({ parentElement: root, data, setStateValue }) {
  if (!views.has(root)) views.set(root, makePicker(root));
  views.get(root)(data, setStateValue);
  return () => views.delete(root);
}
