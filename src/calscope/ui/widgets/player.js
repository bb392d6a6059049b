// Plays frames that lie as tiles on a few images. The film comes as bytes: the length of its head, the head, the images.
// The space bar plays and pauses, the arrow keys go a frame on or back.

const ICONS = {
  play: '<svg viewBox="0 0 14 14"><path d="M2 0.5 L13 7 L2 13.5 Z"/></svg>',
  pause: '<svg viewBox="0 0 14 14"><path d="M2 1 H5.5 V13 H2 Z M8.5 1 H12 V13 H8.5 Z"/></svg>',
};
const SPEEDS = [0.25, 0.5, 1, 2, 4];
const FRAMES_A_SECOND = 15; // where the frame rate is unknown
const SVG = "http://www.w3.org/2000/svg";
const shows = new WeakMap();

function unpack(bytes) {
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  const film = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  let from = 4 + length;
  film.sheets = film.sizes.map((size) => {
    const sheet = new Blob([bytes.slice(from, from + size)], { type: "image/jpeg" });
    from += size;
    return createImageBitmap(sheet);
  });
  return film;
}

function make(name, className, text = "") {
  const element = document.createElement(name);
  element.className = className;
  element.textContent = text;
  return element;
}

function outlineOf(film) {
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("class", "outline");
  drawing.setAttribute("viewBox", `0 0 ${film.width} ${film.height}`);
  for (const points of film.outline) {
    for (const name of ["halo", "line"]) {
      const line = document.createElementNS(SVG, "polyline");
      line.setAttribute("points", points.join(" "));
      line.setAttribute("class", name);
      drawing.append(line);
    }
  }
  return drawing;
}

function addPanels(panels, film) {
  panels.replaceChildren();
  return film.titles.map((title, number) => {
    const panel = make("div", "panel"), canvas = make("canvas", "film");
    canvas.width = film.width;
    canvas.height = film.height;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", title);
    panel.append(canvas, make("span", "tag", title));
    if (film.outline.length) panel.append(outlineOf(film));
    if (number === 0 && film.bar) {
      const scale = make("span", "scale");
      scale.style.width = `${film.bar.percent}%`;
      scale.append(make("span", "length"), make("span", "text", film.bar.text));
      panel.append(scale);
    }
    panels.append(panel);
    return canvas.getContext("2d");
  });
}

function drawCurve(root, film) {
  const box = root.querySelector(".curve");
  box.hidden = root.querySelector(".name").hidden = film.curve.length < 2;
  if (box.hidden) return;
  const top = Math.max(...film.curve) || 1;
  const points = film.curve.map((value, k) => `${(1000 * k) / (film.n - 1)},${96 - (70 * value) / top}`);
  root.querySelector(".curve polyline").setAttribute("points", points.join(" "));
  root.querySelector(".name").textContent = `Curve: ${film.curve_title}, up to ${Number(top.toPrecision(3))} ${film.curve_unit} in this stretch`;
}

function start(root, film, sheets) {
  const find = (selector) => root.querySelector(selector);
  const contexts = addPanels(find(".panels"), film);
  const slider = find(".at"), button = find(".play"), speed = find(".speed"), cursor = find(".cursor");
  const rate = film.fr_hz ? film.fr_hz / film.every : FRAMES_A_SECOND;
  const perSheet = film.across * film.down;
  let at = 0, playing = false, request = 0, since = 0;

  function draw() {
    const sheet = sheets[Math.floor(at / perSheet)], place = at % perSheet;
    const y = Math.floor(place / film.across) * film.tile[0];
    contexts.forEach((context, version) => {
      const x = ((place % film.across) * film.titles.length + version) * film.tile[1];
      context.drawImage(sheet, x, y, film.width, film.height, 0, 0, film.width, film.height);
    });
    const frame = film.frames[at];
    const time = film.fr_hz ? `${(frame / film.fr_hz).toFixed(2)} s · ` : "";
    find(".time").textContent = `${time}frame ${frame}`;
    slider.value = at;
    slider.setAttribute("aria-valuetext", find(".time").textContent);
    const done = `${film.n > 1 ? (100 * at) / (film.n - 1) : 0}%`;
    cursor.style.left = done;
    slider.style.setProperty("--done", done);
  }

  function tick(now) {
    const due = Math.floor(((now - since) / 1000) * rate * Number(speed.value));
    if (due > 0) {
      since += (1000 * due) / (rate * Number(speed.value));
      at = (at + due) % film.n;
      draw();
    }
    request = requestAnimationFrame(tick);
  }

  function play(wanted) {
    playing = wanted && film.n > 1;
    cancelAnimationFrame(request);
    button.innerHTML = playing ? ICONS.pause : ICONS.play;
    button.setAttribute("aria-label", playing ? "Pause" : "Play");
    button.title = playing ? "Pause (space bar)" : "Play (space bar)";
    if (playing) {
      since = performance.now();
      request = requestAnimationFrame(tick);
    }
  }

  function seek(event) {
    const box = find(".curve").getBoundingClientRect();
    const share = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
    at = Math.round(share * (film.n - 1));
    draw();
  }

  slider.max = film.n - 1;
  slider.setAttribute("aria-label", "Frame");
  speed.replaceChildren(...SPEEDS.map((value) => new Option(`${value}×`, value, value === 1, value === 1)));
  speed.title = film.fr_hz ? "Speed; 1× is as fast as it was" : `Speed; 1× is ${FRAMES_A_SECOND} frames a second`;
  button.onclick = () => play(!playing);
  find(".panels").onclick = () => play(!playing);
  slider.oninput = () => { at = Number(slider.value); draw(); };
  find(".curve").onpointerdown = (event) => { event.currentTarget.setPointerCapture(event.pointerId); seek(event); };
  find(".curve").onpointermove = (event) => { if (event.buttons === 1) seek(event); };
  find("figure").onkeydown = (event) => {
    if (event.key !== " " || event.target === button) return;
    event.preventDefault();
    play(!playing);
  };
  drawCurve(root, film);
  draw();
  play(false);
  return () => {
    cancelAnimationFrame(request);
    sheets.forEach((sheet) => sheet.close());
  };
}

export default function ({ data, parentElement }) {
  const film = unpack(data);
  const shown = shows.get(parentElement);
  if (shown && shown.id === film.id) return;
  if (shown) shown.end();
  const mine = { id: film.id, end: () => { mine.ended = true; } };
  shows.set(parentElement, mine);
  Promise.all(film.sheets).then((sheets) => {
    if (mine.ended) sheets.forEach((sheet) => sheet.close());
    else mine.end = start(parentElement, film, sheets);
  });
  return () => {
    mine.end();
    if (shows.get(parentElement) === mine) shows.delete(parentElement);
  };
}
