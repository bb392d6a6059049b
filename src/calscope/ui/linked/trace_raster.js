// All listed components by time, a row each, with their mean above. A click chooses the row.

const RASTER_RIM = { left: 46, right: 12 }, MEAN_PX = 54, GAP_PX = 8, RASTER_AXIS_PX = 38, FRAMED_PX = 5;

function makeRaster(mine) {
  const find = (selector) => mine.root.querySelector(selector);
  const canvas = find("canvas"), image = document.createElement("canvas");
  let data = null, looks = null, whole = null, near = null, own = null, palette = null, rows = [], request = 0, size = [0, 0], painted = "";
  const hand = makeRowHand(mine, canvas, find(".said"), { row: rowAt, part: () => shownPart(), time: () => time, unit: () => data.unit });
  const time = makeTimeSpan(mine, canvas, RASTER_RIM, { draw, click: hand.click, hover: hand.hover });

  function update(given) {
    data = given;
    looks = kept("raster", { order: "similarity", shared: false });
    time.take(data);
    whole = unpackTraces(data.whole);
    near = data.window && unpackTraces(data.window);
    own = { low: floats(data.own_low), high: floats(data.own_high) };
    palette = new Uint8Array(bytes(data.palette));
    canvas.setAttribute("aria-label", data.label);
    find(".ramp").style.background = `linear-gradient(90deg, ${[0, 64, 128, 192, 255].map((code) => `rgb(${palette.slice(3 * code, 3 * code + 3)})`)})`;
    painted = "";
    addControls();
    arrange();
    time.askSoon();
  }

  function addControls() {
    find(".events").replaceChildren(...eventLegend(mine));
    const orders = Object.keys(data.orders).map((name) => [name, name]), ranges = [["own", "own"], ["shared", "shared"]];
    const focused = [...find(".pickers").querySelectorAll("select")].indexOf(mine.root.activeElement);
    find(".pickers").replaceChildren(
      picker("Sorted by", orders, looks.order, (order) => { looks.order = order; arrange(); }),
      picker("Range", ranges, looks.shared ? "shared" : "own", (range) => { looks.shared = range === "shared"; addControls(); draw(); }));
    find(".pickers").querySelectorAll("select")[focused]?.focus({ preventScroll: true });
    refill(find(".whole"), button("all frames", "Show all frames (double click on the picture, or 0)", () => time.look(null)));
    find(".low").textContent = looks.shared ? short(data.shared[0]) : "own 5th";
    find(".high").textContent = looks.shared ? `${short(data.shared[1])} ${data.unit}` : `99.8th percentile of ${data.kind}`;
  }

  function arrange() {
    const listed = new Set(mine.state.listed);
    rows = data.orders[looks.order].filter((number) => listed.has(number));
    painted = "";
    draw();
  }

  const inner = () => ({ left: RASTER_RIM.left, right: size[0] - RASTER_RIM.right, top: MEAN_PX + GAP_PX, bottom: size[1] - RASTER_AXIS_PX });
  const shownPart = () => (time.partShown() === data.window ? near : whole);

  function draw() {
    cancelAnimationFrame(request);
    request = requestAnimationFrame(drawNow);
  }

  function drawNow() {
    const width = find("figure").clientWidth;
    if (!data || !width) return;
    size = [width, Math.max(heightOf(data, find("figure")) - find(".controls").offsetHeight - find("figcaption").offsetHeight - 14, 200)];
    const context = sharpen(canvas, ...size), colours = coloursOf(find("figure")), { left, right, top, bottom } = inner();
    canvas.style.touchAction = time.isWhole() ? "pan-y" : "none";
    drawMean(context, colours);
    paint(right - left, bottom - top);
    context.imageSmoothingEnabled = false;
    if (rows.length) context.drawImage(image, left, top, right - left, bottom - top);
    drawEvents(context, mine, time, [left, right, 0, bottom]);
    drawChosen(context, colours);
    drawRowNames(context, colours);
    drawTimeAxis(context, time, colours, left, right, bottom, data.time_title);
    find(".whole button").disabled = time.isWhole();
    canvas.dataset.rows = rows.join(" ");
    canvas.dataset.events = eventsIn(mine, time.span()).length;
    canvas.dataset.chosen = mine.state.component ?? "";
    canvas.dataset.span = time.span().map((frame) => frame.toFixed(1)).join(" ");
    hand.say();
  }

  // One picture pixel has the largest value of what falls on it, so that peaks stay.
  function paint(wide, high) {
    const part = shownPart(), [from, to] = time.span(), columns = Math.max(Math.min(Math.round(wide), part.n), 1), lines = Math.max(Math.min(Math.round(high), rows.length), 1);
    const id = [part === near, from, to, columns, lines, looks.shared].join(" ");
    if (id === painted || !rows.length) return;
    painted = id;
    image.width = columns;
    image.height = lines;
    const context = image.getContext("2d"), pixels = context.createImageData(columns, lines), edges = columnEdges(part, from, to, columns);
    const bright = new Int16Array(columns * lines).fill(-1);
    rows.forEach((number, row) => {
      const line = Math.floor((row * lines) / rows.length) * columns, code = codeOf(number);
      for (let i = 0; i < columns; i += 1) bright[line + i] = Math.max(bright[line + i], code(part.peak(number, edges[i][0], edges[i][1])));
    });
    bright.forEach((code, i) => {
      if (code >= 0) pixels.data.set([palette[3 * code], palette[3 * code + 1], palette[3 * code + 2], 255], 4 * i);
    });
    context.putImageData(pixels, 0, 0);
  }

  function columnEdges(part, from, to, columns) {
    const edge = (i) => from + (i * (to - from)) / columns, pair = part.frames_per_pair > 1 ? 1 : 0;
    return Array.from({ length: columns }, (_, i) => {
      const first = part.at(edge(i)), next = part.at(edge(i + 1));
      return [first, Math.min(Math.max(next - 1, first + pair), part.n - 1)];
    });
  }

  function codeOf(number) {
    const [low, high] = looks.shared ? data.shared : [own.low[number], own.high[number]];
    return (value) => (Number.isFinite(value) ? Math.min(Math.max(Math.floor((255 * (value - low)) / (high - low)), 0), 255) : -1);
  }

  function drawMean(context, colours) {
    const means = mine.state.means?.kind === data.kind ? mine.state.means.of : null;
    if (!means) return; // on their way
    const { left, right } = inner(), mean = means[mine.state.filter] || means.all, per = mean.frames_per_pair, [from, to] = time.span();
    const low = mean.values.reduce((a, b) => (b < a ? b : a), Infinity), high = mean.values.reduce((a, b) => (b > a ? b : a), -Infinity);
    const x = time.place(), y = scale(low, high, MEAN_PX - 4, 16), frame = (i) => (per === 1 ? i : Math.floor(i / 2) * per + (i % 2 ? 0.75 : 0.25) * (per - 1));
    context.save();
    context.beginPath();
    context.rect(left, 0, right - left, MEAN_PX);
    context.clip();
    context.beginPath();
    let isOn = false;
    mean.values.forEach((value, i) => {
      const isShown = Number.isFinite(value) && frame(i) >= from - per && frame(i) <= to + per;
      if (isShown) context[isOn ? "lineTo" : "moveTo"](x(frame(i)), y(value));
      isOn = isShown;
    });
    context.strokeStyle = colours.text;
    context.lineWidth = 1.2;
    context.stroke();
    context.restore();
    context.fillStyle = colours.text;
    context.font = `11.5px ${colours.font}`;
    context.textAlign = "right";
    if (low > high) return;
    context.fillText(short(high, 2), left - 6, 13);
    context.fillText(short(low, 2), left - 6, MEAN_PX - 1);
    context.textAlign = "left";
    context.globalAlpha = 0.75;
    context.fillText(`mean, ${data.unit}`, left + 4, 12);
    context.globalAlpha = 1;
  }

  function drawChosen(context, colours) {
    const at = rows.indexOf(mine.state.component);
    if (at < 0) return;
    const { left, right, top, bottom } = inner(), y = scale(0, rows.length, top, bottom), high = y(at + 1) - y(at);
    const middle = (y(at) + y(at + 1)) / 2;
    context.fillStyle = context.strokeStyle = colours.chosen;
    context.lineWidth = 2;
    if (high > FRAMED_PX) context.strokeRect(left, middle - high / 2 - 1, right - left, high + 2); // a lower one would be hidden
    for (const [tip, back] of [[left - 1, left - 8], [right + 1, right + 8]]) {
      context.beginPath();
      context.moveTo(tip, middle);
      context.lineTo(back, middle - 5);
      context.lineTo(back, middle + 5);
      context.fill();
    }
    context.fillStyle = colours.text;
    context.font = `bold 12px ${colours.font}`;
    context.textAlign = "right";
    context.fillText(mine.state.component, left - 11, middle + 4);
  }

  function drawRowNames(context, colours) {
    const { left, top, bottom } = inner(), text = `${rows.length} components, by ${looks.order}`;
    context.save();
    context.translate(12, (top + bottom) / 2);
    context.rotate(-Math.PI / 2);
    context.textAlign = "center";
    context.fillStyle = colours.text;
    context.font = `12.5px ${colours.font}`;
    context.fillText(text, 0, 0);
    context.restore();
    if (!rows.length) {
      context.textAlign = "left";
      context.fillText("No component is listed", left + 8, top + 20);
    }
  }

  function rowAt(event) {
    const { top, bottom } = inner(), y = event.clientY - canvas.getBoundingClientRect().top;
    return y < top || y >= bottom ? null : rows[Math.floor(((y - top) / (bottom - top)) * rows.length)] ?? null;
  }

  // Up and down go through the rows as they stand here.
  function step(by) {
    const at = rows.indexOf(mine.state.component), next = at < 0 ? 0 : Math.min(Math.max(at + by, 0), rows.length - 1);
    linked.choose(mine.animal, rows[next] ?? null, mine);
  }

  canvas.onkeydown = (event) => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key], ends = { Home: rows[0], End: rows.at(-1) };
    if (time.key(event) || (!by && !(event.key in ends))) return;
    event.preventDefault();
    if (by) step(by);
    else linked.choose(mine.animal, ends[event.key] ?? null, mine);
  };
  const leave = onResize(find("figure"), draw);
  return {
    update,
    changed(what) {
      if (!data) return;
      if (what === "events") addControls();
      if (what === "list") arrange();
      draw();
    },
    end: () => { leave(); time.end(); cancelAnimationFrame(request); },
  };
}

export default function (component) {
  return show(component, makeRaster);
}
