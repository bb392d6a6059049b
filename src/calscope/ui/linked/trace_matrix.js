// Correlations of the listed components with each other. A click chooses a pair, on the diagonal one; the wheel zooms,
// a drag moves, a double click shows all.

const MATRIX_RIM = { left: 40, right: 8, top: 6, bottom: 22 }, NO_VALUE = 255, MOST_CODE = 254, MATRIX_DRAG_PX = 4, FEWEST_CELLS = 6, SHARE = 0.998;
const POSITIVE = [31, 119, 180], NEGATIVE = [255, 127, 14];

function makeMatrix(mine) {
  const find = (selector) => mine.root.querySelector(selector);
  const canvas = find("canvas"), image = document.createElement("canvas");
  let data = null, looks = null, codes = null, centers = null, rows = [], most = 1, request = 0, size = [0, 0], drag = null, pointed = null, pair = null;

  function update(given) {
    data = given;
    looks = kept("matrix", { order: "similarity", whole: false });
    codes = new Uint8Array(bytes(data.codes));
    centers = floats(data.centers);
    canvas.setAttribute("aria-label", data.label);
    addControls();
    arrange();
  }

  function addControls() {
    const orders = Object.keys(data.orders).map((name) => [name, name]), ranges = [["own", "own"], ["whole", "−1 to 1"]];
    const focused = [...find(".pickers").querySelectorAll("select")].indexOf(mine.root.activeElement);
    find(".pickers").replaceChildren(
      picker("Sorted by", orders, looks.order, (order) => { looks.order = order; arrange(); }),
      picker("Range", ranges, looks.whole ? "whole" : "own", (range) => { looks.whole = range === "whole"; paint(); draw(); }));
    find(".pickers").querySelectorAll("select")[focused]?.focus({ preventScroll: true });
    refill(find(".whole"), button("all", "Show all components (double click on the picture, or 0)", () => look(null)));
  }

  function arrange() {
    const listed = new Set(mine.state.listed), now = data.orders[looks.order].filter((number) => listed.has(number));
    if (String(now) === String(rows) && image.width === rows.length) { paint(); return; }
    rows = now;
    looks.view = null;
    paint();
    draw();
  }

  // Below the diagonal each row holds those before it.
  function codeOf(a, b) {
    if (a === b) return MOST_CODE;
    const [low, high] = a < b ? [a, b] : [b, a];
    return codes[(high * (high - 1)) / 2 + low];
  }

  const valueOf = (code) => (2 * code) / MOST_CODE - 1;

  // The picture of the pairs, a pixel each; a range of their own leaves out the highest few.
  function paint() {
    const n = rows.length, histogram = new Uint32Array(MOST_CODE + 1), { back } = coloursOf(find("figure"));
    for (let i = 0; i < n; i += 1) for (let j = 0; j < i; j += 1) { const code = codeOf(rows[i], rows[j]); if (code !== NO_VALUE) histogram[code] += 1; }
    most = looks.whole ? 1 : ownRange(histogram);
    find(".low").textContent = `r ${short(-most, 2).replace("-", "−")}`;
    find(".high").textContent = short(most, 2);
    image.width = image.height = Math.max(n, 1);
    const context = image.getContext("2d"), pixels = context.createImageData(image.width, image.height), ground = rgbOf(back), colours = paletteOf(ground);
    find(".ramp").style.background = `linear-gradient(90deg, rgb(${NEGATIVE}), rgb(${ground}), rgb(${POSITIVE}))`;
    for (let i = 0; i < n; i += 1) for (let j = 0; j < n; j += 1) pixels.data.set(colours[codeOf(rows[i], rows[j])], 4 * (i * n + j));
    context.putImageData(pixels, 0, 0);
  }

  function ownRange(histogram) {
    const strong = new Float64Array(MOST_CODE / 2 + 1);
    histogram.forEach((count, code) => { strong[Math.abs(code - MOST_CODE / 2)] += count; });
    const all = strong.reduce((a, b) => a + b, 0);
    let sum = 0, k = 0;
    while (k < MOST_CODE / 2 && sum + strong[k] < SHARE * all) { sum += strong[k]; k += 1; }
    return Math.max((2 * k) / MOST_CODE, 0.05);
  }

  function paletteOf(ground) {
    const mixed = (colour, share) => [...colour.map((part, i) => Math.round(ground[i] + (part - ground[i]) * share)), 255];
    const found = Array.from({ length: MOST_CODE + 1 }, (_, code) => {
      const value = valueOf(code);
      return mixed(value < 0 ? NEGATIVE : POSITIVE, Math.min(Math.abs(value) / most, 1));
    });
    found[NO_VALUE] = [128, 128, 128, 255];
    return found;
  }

  function rgbOf(colour) {
    const probe = document.createElement("canvas").getContext("2d");
    probe.fillStyle = colour || "#fff";
    probe.fillRect(0, 0, 1, 1);
    return [...probe.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  }

  const side = () => Math.max(Math.min(size[0] - MATRIX_RIM.left - MATRIX_RIM.right, size[1] - MATRIX_RIM.top - MATRIX_RIM.bottom), 40);
  const view = () => looks.view || { x: 0, y: 0, span: Math.max(rows.length, 1) };

  function look(wanted) {
    const n = Math.max(rows.length, 1);
    looks.view = null;
    if (wanted) {
      const span = Math.min(Math.max(wanted.span, FEWEST_CELLS), n), inside = (at) => Math.min(Math.max(at, 0), n - span);
      if (span < n) looks.view = { x: inside(wanted.x), y: inside(wanted.y), span };
    }
    draw();
  }

  function draw() {
    cancelAnimationFrame(request);
    request = requestAnimationFrame(drawNow);
  }

  function drawNow() {
    const width = find("figure").clientWidth;
    if (!data || !width) return;
    const high = isNarrow() ? Math.min(width, window.innerHeight - 150) : heightOf(data, find("figure")) - find(".controls").offsetHeight - find("figcaption").offsetHeight - 14;
    size = [width, Math.max(high, 200)];
    const context = sharpen(canvas, ...size), colours = coloursOf(find("figure")), { left, top } = MATRIX_RIM, { x, y, span } = view();
    canvas.style.touchAction = looks.view ? "none" : "pan-y";
    // Where many pairs share a pixel it has their mean.
    context.imageSmoothingEnabled = span > side();
    context.imageSmoothingQuality = "high";
    if (rows.length) context.drawImage(image, x, y, span, span, left, top, side(), side());
    context.strokeStyle = colours.text;
    context.globalAlpha = 0.3;
    context.strokeRect(left - 0.5, top - 0.5, side() + 1, side() + 1);
    context.globalAlpha = 1;
    drawMarks(context, colours);
    drawNames(context, colours);
    find(".whole button").disabled = !looks.view;
    canvas.dataset.chosen = mine.state.component ?? "";
    canvas.dataset.rows = rows.join(" ");
    canvas.dataset.view = [x, y, span].map((value) => value.toFixed(2)).join(" ");
    say();
  }

  // Row and column of the chosen one, and of the other of its pair.
  function drawMarks(context, colours) {
    const { left, top } = MATRIX_RIM, { x, y, span } = view(), cell = side() / span;
    const own = rows.indexOf(mine.state.component), other = pair === null ? -1 : rows.indexOf(pair);
    context.save();
    context.beginPath();
    context.rect(left, top, side(), side());
    context.clip();
    context.strokeStyle = colours.chosen;
    context.lineWidth = 1.5;
    if (own >= 0) context.strokeRect(left - 2, top + (own - y) * cell - 0.75, side() + 4, cell + 1.5);
    const column = other >= 0 ? other : own;
    if (column >= 0) context.strokeRect(left + (column - x) * cell - 0.75, top - 2, cell + 1.5, side() + 4);
    context.restore();
    const middle = top + (own + 0.5 - y) * cell;
    if (own < 0 || middle < top || middle > top + side()) return;
    context.fillStyle = colours.text;
    context.font = `bold 12px ${colours.font}`;
    context.textAlign = "right";
    context.fillText(mine.state.component, left - 5, middle + 4);
  }

  function drawNames(context, colours) {
    const { left, top } = MATRIX_RIM;
    context.fillStyle = colours.text;
    context.font = `12.5px ${colours.font}`;
    context.textAlign = "center";
    if (rows.length) context.fillText(`${rows.length} components, by ${looks.order}`, left + side() / 2, top + side() + 16);
    else context.fillText("No component is listed", left + side() / 2, top + 24);
  }

  function cellAt(event) {
    const box = canvas.getBoundingClientRect(), { x, y, span } = view(), factor = span / side();
    const column = x + (event.clientX - box.left - MATRIX_RIM.left) * factor, row = y + (event.clientY - box.top - MATRIX_RIM.top) * factor;
    const isOut = [column - x, row - y].some((at) => at < 0 || at >= span);
    return isOut || !rows.length ? null : [row, column];
  }

  function numbersAt(event) {
    const at = cellAt(event);
    return at && at.map((place) => rows[Math.min(Math.floor(place), rows.length - 1)]);
  }

  function words(a, b) {
    const apart = Math.hypot(...[0, 1].map((axis) => (centers[2 * a + axis] - centers[2 * b + axis]) * (data.dxy_um ? data.dxy_um[axis] : 1)));
    const code = codeOf(a, b), r = code === NO_VALUE ? "not defined: a trace is constant or holds gaps" : valueOf(code).toFixed(2).replace("-", "−");
    return `components ${a} and ${b} · r ${r} · ${apart.toFixed(0)} ${data.dxy_um ? "µm" : "px"} apart`;
  }

  function say() {
    const shown = pointed || (pair !== null && mine.state.component !== null ? [mine.state.component, pair] : null);
    find(".said").textContent = shown && shown[0] !== shown[1] ? words(...shown) : `correlation of ${data.kind}${data.averaged ? `, ${data.averaged}` : ""}`;
  }

  function pick(event) {
    const found = numbersAt(event);
    if (!found) return;
    const [row, column] = found;
    linked.choose(mine.animal, row, mine);
    pair = row === column ? null : column;
    mine.state.judging?.select(pair === null ? [] : [row, column]);
    draw();
  }

  canvas.onpointerdown = (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    drag = { start: [event.clientX, event.clientY], at: [event.clientX, event.clientY], far: false };
  };
  canvas.onpointermove = (event) => {
    if (!drag) {
      pointed = numbersAt(event);
      canvas.style.cursor = pointed ? "pointer" : "default";
      say();
      return;
    }
    drag.far ||= Math.hypot(event.clientX - drag.start[0], event.clientY - drag.start[1]) > MATRIX_DRAG_PX;
    if (!drag.far) return;
    const { x, y, span } = view(), factor = span / side();
    look({ x: x - (event.clientX - drag.at[0]) * factor, y: y - (event.clientY - drag.at[1]) * factor, span });
    drag.at = [event.clientX, event.clientY];
  };
  canvas.onpointerup = (event) => {
    if (drag && !drag.far) pick(event);
    drag = null;
  };
  canvas.onpointercancel = () => { drag = null; };
  canvas.onpointerleave = () => { pointed = null; if (data) say(); };
  canvas.ondblclick = () => look(null);
  canvas.addEventListener("wheel", (event) => {
    const at = cellAt(event);
    if (!at || (event.deltaY > 0 && !looks.view)) return; // the page scrolls on
    event.preventDefault();
    zoom(at, Math.exp(Math.sign(event.deltaY) * Math.min(Math.abs(event.deltaY), 120) * 0.002));
  }, { passive: false });

  function zoom([row, column], factor) {
    const { x, y, span } = view(), next = span * factor;
    look({ x: column - ((column - x) * next) / span, y: row - ((row - y) * next) / span, span: next });
  }

  canvas.onkeydown = (event) => {
    const { x, y, span } = view(), middle = [y + span / 2, x + span / 2];
    const act = { "+": () => zoom(middle, 1 / 1.5), "=": () => zoom(middle, 1 / 1.5), "-": () => zoom(middle, 1.5), 0: () => look(null) }[event.key];
    if (!act || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    act();
  };
  const leave = onResize(find("figure"), draw);
  return {
    update,
    changed(what) {
      if (!data) return;
      if (what === "list") arrange();
      if (what === "component" && !mine.state.selected.has(pair)) pair = null;
      if (what === "selected" && !mine.state.selected.size) pair = null;
      draw();
    },
    end: () => { leave(); cancelAnimationFrame(request); },
  };
}

export default function (component) {
  return show(component, makeMatrix);
}
