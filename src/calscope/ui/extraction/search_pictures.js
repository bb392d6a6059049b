// A close-up with rings, the patches and the seeds, over the field. What lies over a picture is drawn anew with each value; the
// picture itself stays. The wheel looks closer at a place, a drag moves, a double click shows all; the field's two
// pictures do so together.

const SVG = "http://www.w3.org/2000/svg", MOST_ZOOM = 20, STEP = 1.2, views = new WeakMap();

function element(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text) made.append(element("title", {}));
  if (text) made.firstChild.textContent = text;
  return made;
}

function makePicture(look, others) {
  const figure = document.createElement("figure");
  figure.innerHTML = `<figcaption></figcaption><div class="frame" tabindex="0" role="img">
    <svg preserveAspectRatio="none"><image preserveAspectRatio="none"/><g></g></svg>
    <span class="scale"><span class="length"></span><span class="text"></span></span></div>`;
  const find = (selector) => figure.querySelector(selector);
  const frame = find(".frame"), svg = find("svg"), image = find("image"), over = find("g");
  let data = null, grip = null;
  frame.title = "The wheel looks closer, a drag moves, a double click shows all";

  function take(given) {
    data = given;
    find("figcaption").textContent = find("figcaption").title = data.title;
    find(".scale .text").textContent = data.bar.text;
    frame.style.aspectRatio = `${data.columns} / ${data.rows}`;
    for (const [key, value] of Object.entries({ x: -0.5, y: -0.5, width: data.columns, height: data.rows })) image.setAttribute(key, value);
    if (image.getAttribute("href") !== data.picture) image.setAttribute("href", data.picture);
    over.replaceChildren(...data.lines.map(line), ...data.dots.flatMap(dots));
    frame.setAttribute("aria-label", data.label);
    show();
  }

  const line = (given) => element("path", {
    d: given.path,
    fill: given.fill || "none",
    stroke: given.width_px ? given.colour : "none",
    "stroke-width": given.width_px,
    "stroke-dasharray": given.dotted ? "2 3" : "none",
  });

  const dots = (given) => given.places_px.map(([y, x]) => element("circle", {
    cx: x, cy: y, fill: given.colour, stroke: given.edge, "stroke-width": 1, "data-across": given.across_px,
  }, `y ${y}, x ${x}: ${given.name}`));

  // Draws the part that is looked at; dots keep their size on the screen.
  function show() {
    const wide = data.columns / look.zoom, high = data.rows / look.zoom;
    const left = look.x * data.columns - wide / 2 - 0.5, top = look.y * data.rows - high / 2 - 0.5;
    svg.setAttribute("viewBox", `${left} ${top} ${wide} ${high}`);
    svg.classList.toggle("closer", look.zoom > 1);
    const pixel = wide / (frame.clientWidth || 1);
    for (const dot of over.querySelectorAll("circle")) dot.setAttribute("r", (Number(dot.dataset.across) / 2) * pixel);
    const bar = find(".scale"), percent = data.bar.percent * look.zoom;
    bar.style.width = `${percent}%`;
    bar.hidden = percent > 90;
  }

  // Looks at a place, as a share of the picture's width and height; no further out than the picture.
  function lookAt(x, y, zoom) {
    look.zoom = Math.min(Math.max(zoom, 1), MOST_ZOOM);
    const edge = 0.5 / look.zoom;
    look.x = Math.min(Math.max(x, edge), 1 - edge);
    look.y = Math.min(Math.max(y, edge), 1 - edge);
    others.forEach((other) => other.show());
  }

  function share(event) {
    const box = frame.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }

  function zoomAt([x, y], by) {
    const zoom = Math.min(Math.max(look.zoom * by, 1), MOST_ZOOM), kept = 1 / look.zoom - 1 / zoom;
    lookAt(look.x + (x - 0.5) * kept, look.y + (y - 0.5) * kept, zoom);
  }

  frame.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoomAt(share(event), event.deltaY < 0 ? STEP : 1 / STEP);
  }, { passive: false });
  frame.onpointerdown = (event) => {
    if (event.button !== 0 || look.zoom === 1) return;
    grip = { at: share(event), x: look.x, y: look.y };
    frame.setPointerCapture(event.pointerId);
  };
  frame.onpointermove = (event) => {
    if (!grip) return;
    const [x, y] = share(event);
    lookAt(grip.x - (x - grip.at[0]) / look.zoom, grip.y - (y - grip.at[1]) / look.zoom, look.zoom);
  };
  frame.onpointerup = frame.onpointercancel = () => { grip = null; };
  frame.ondblclick = () => lookAt(0.5, 0.5, 1);
  frame.onkeydown = (event) => {
    const by = { "+": STEP, "-": 1 / STEP, 0: 0 }[event.key];
    if (by === undefined) return;
    event.stopPropagation();
    zoomAt([0.5, 0.5], by);
  };

  return { figure, take, show };
}

function makeRow(root) {
  const row = root.querySelector(".row"), whole = () => ({ x: 0.5, y: 0.5, zoom: 1 });
  const near = [], field = [], looks = [whole(), whole()];
  near.push(makePicture(looks[0], near));
  for (let i = 0; i < 2; i++) field.push(makePicture(looks[1], field));
  const pictures = [...near, ...field];
  row.replaceChildren(...pictures.map((picture) => picture.figure));
  let of = null;
  const watch = new ResizeObserver(() => { if (of) pictures.forEach((picture) => picture.show()); });
  watch.observe(row);

  function take(data) {
    if (of !== data.of) looks.forEach((look) => Object.assign(look, whole()));
    of = data.of;
    row.style.maxWidth = `calc(max(100vh - 17rem, 16rem) * ${(3 * data.pictures[1].columns) / data.pictures[1].rows})`;
    pictures.forEach((picture, i) => picture.take({ ...data.pictures[i], label: `${data.pictures[i].title}. ${data.label}` }));
  }
  return { take, stop: () => watch.disconnect() };
}

export default function ({ parentElement: root, data }) {
  if (!views.has(root)) views.set(root, makeRow(root));
  views.get(root).take(data);
  return () => { views.get(root)?.stop(); views.delete(root); };
}
