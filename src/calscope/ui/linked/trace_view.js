// The traces of the chosen component over time, in panels with one time axis. A drag zooms, shift and drag or the wheel
// move, a double click shows all. Neighbours in the list lie ready; the full resolution of a stretch is asked for.

const RIM = { left: 62, right: 10, top: 4, bottom: 36 }, BETWEEN = 10, DRAG_PX = 4, ASK_AFTER_MS = 150, MOST_KEPT = 60, FEWEST_FRAMES = 8;

function makeTraces(mine) {
  const find = (selector) => mine.root.querySelector(selector);
  const plot = find(".plot"), pen = svg("g"), cursor = svg("path", { class: "cursor" }), band = svg("rect", { class: "band" });
  let data = null, looks = null, shown = null, drawn = null, drag = null, asking = 0, pointed = null;

  function update(given) {
    data = given;
    looks = kept(`traces ${data.animal}`, { span: null });
    const known = mine.state.traces;
    for (const [number, lines] of Object.entries(data.components)) {
      known.delete(Number(number));
      known.set(Number(number), lines.map(floats));
    }
    while (known.size > MOST_KEPT) known.delete(known.keys().next().value);
    plot.setAttribute("aria-label", data.label);
    find(".legend").replaceChildren(...data.panels.flatMap((panel) => panel.lines).map((line) => {
      const one = element("span", "key line", line.name);
      one.style.setProperty("--colour", line.colour);
      return one;
    }));
    refill(find(".whole"), button("all frames", "Show all frames (double click on the traces, or 0)", () => look(null)));
    draw();
  }

  const span = () => looks.span || [0, Math.max(data.n_frames - 1, 1)];
  const seconds = (frame) => (data.fr_hz ? frame / data.fr_hz : frame);

  // Where the values of a trace lie: one a frame, or two in each stretch of some frames, its smallest and its largest.
  function framesOf(start, per, values) {
    if (per === 1) return (i) => start + i;
    return (i) => start + Math.floor(i / 2) * per + (i % 2 ? 0.75 : 0.25) * (per - 1);
  }

  function linesToDraw() {
    const fine = data.window, [low, high] = span(), chosen = mine.state.component;
    if (fine && fine.component === chosen && fine.start <= low && fine.start + fine.frames >= high) {
      return { start: fine.start, per: fine.frames_per_pair, lines: fine.lines.map(floats) };
    }
    const lines = mine.state.traces.get(chosen);
    return lines ? { start: 0, per: data.frames_per_pair, lines } : null;
  }

  function draw() {
    const width = find("figure").clientWidth;
    if (!data || !width) return;
    const found = linesToDraw(), isThere = found !== null;
    if (isThere) { shown = mine.state.component; drawn = found; }
    plot.classList.toggle("waiting", !isThere);
    plot.dataset.chosen = isThere ? shown : "";
    plot.dataset.span = span().map((frame) => frame.toFixed(1)).join(" ");
    find(".whole button").disabled = !looks.span;
    say();
    if (!drawn) return;
    const height = Math.max(heightOf(data) - find(".controls").offsetHeight - find("figcaption").offsetHeight - 12, 200);
    plot.setAttribute("width", width);
    plot.setAttribute("height", height);
    plot.style.touchAction = looks.span ? "none" : "pan-y";
    drawPanels(width, height);
  }

  function drawPanels(width, height) {
    const x = scale(...span(), RIM.left, width - RIM.right), from = RIM.top, space = height - RIM.bottom - from - BETWEEN * (data.panels.length - 1);
    const clip = svg("clipPath", { id: "inside" });
    clip.append(svg("rect", { x: RIM.left, y: 0, width: width - RIM.left - RIM.right, height }));
    pen.replaceChildren(clip);
    let top = from, line = 0;
    for (const panel of data.panels) {
      const bottom = top + space * panel.share;
      drawPanel(panel, drawn.lines.slice(line, line + panel.lines.length), x, top, bottom, width);
      line += panel.lines.length;
      top = bottom + BETWEEN;
    }
    drawTime(x, width, height);
    plot.replaceChildren(pen, band, cursor);
  }

  function drawPanel(panel, lines, x, top, bottom, width) {
    const [low, high] = ends(panel, lines), y = scale(low, high, bottom, top);
    pen.append(svg("rect", { class: "panel", x: RIM.left, y: top, width: width - RIM.left - RIM.right, height: bottom - top }));
    for (const value of niceTicks(low, high, Math.max((bottom - top) / 34, 2))) {
      pen.append(svg("path", { class: "grid", d: `M${RIM.left} ${y(value)}H${width - RIM.right}` }));
      pen.append(svg("text", { x: RIM.left - 6, y: y(value) + 4, "text-anchor": "end" }, short(value, 6)));
    }
    const middle = (top + bottom) / 2;
    pen.append(svg("text", { class: "title", x: 12, y: middle, transform: `rotate(-90 12 ${middle})`, "text-anchor": "middle" }, panel.title));
    lines.forEach((values, i) => pen.append(svg("path", {
      class: "trace", d: pathOf(values, x, y), stroke: panel.lines[i].colour, "stroke-width": panel.lines[i].width, "clip-path": "url(#inside)",
    })));
    if (!lines.some((values) => values.some(Number.isFinite))) {
      pen.append(svg("text", { x: (RIM.left + width) / 2, y: middle + 4, "text-anchor": "middle" }, "no values"));
    }
  }

  // The whole trace decides, so that the axis stays where the time axis is zoomed.
  function ends(panel, lines) {
    const whole = mine.state.traces.get(shown), at = data.panels.slice(0, data.panels.indexOf(panel)).reduce((sum, one) => sum + one.lines.length, 0);
    const all = whole ? whole.slice(at, at + panel.lines.length) : lines;
    let low = Infinity, high = -Infinity;
    for (const values of all) for (const value of values) if (Number.isFinite(value)) { low = Math.min(low, value); high = Math.max(high, value); }
    if (low > high) return [0, 1];
    low = Math.min(low, 0);
    const rim = 0.05 * (high - low || 1);
    return [low < 0 ? low - rim : 0, high + rim];
  }

  // NaN is a gap.
  function pathOf(values, x, y) {
    const frame = framesOf(drawn.start, drawn.per, values), [low, high] = span();
    let path = "", mark = "M";
    for (let i = 0; i < values.length; i += 1) {
      const at = frame(i);
      if (at < low - drawn.per || at > high + drawn.per) continue;
      if (!Number.isFinite(values[i])) { mark = "M"; continue; }
      path += `${mark}${x(at).toFixed(1)} ${y(values[i]).toFixed(1)}`;
      mark = "L";
    }
    return path;
  }

  function drawTime(x, width, height) {
    const bottom = height - RIM.bottom, [low, high] = span().map(seconds), rate = data.fr_hz || 1;
    for (const value of niceTicks(low, high, Math.max((width - RIM.left) / 90, 2))) {
      pen.append(svg("text", { x: x(value * rate), y: bottom + 15, "text-anchor": "middle" }, String(value)));
      pen.append(svg("path", { class: "grid", d: `M${x(value * rate)} ${bottom}v4` }));
    }
    pen.append(svg("text", { class: "title", x: (RIM.left + width) / 2, y: height - 4, "text-anchor": "middle" }, data.time_title));
  }

  function say() {
    const chosen = mine.state.component, isThere = chosen === shown && drawn;
    let text = "";
    if (!isThere && chosen !== null) text = `Component ${chosen} is on its way`;
    else if (pointed !== null && drawn) text = valuesAt(pointed);
    find(".said").textContent = text;
  }

  function valuesAt(frame) {
    const names = data.panels.flatMap((panel) => panel.lines.map((line) => line.name));
    const i = drawn.per === 1 ? Math.round(frame - drawn.start) : 2 * Math.floor((frame - drawn.start) / drawn.per);
    const time = data.fr_hz ? `${seconds(frame).toFixed(2)} s` : `frame ${Math.round(frame)}`;
    const told = names.map((name, k) => `${name} ${short(drawn.per === 1 ? drawn.lines[k][i] : Math.max(drawn.lines[k][i], drawn.lines[k][i + 1]))}`);
    return [time, ...told].join(" · ");
  }

  function look(wanted) {
    const last = Math.max(data.n_frames - 1, 1);
    let next = null;
    if (wanted) {
      const long = Math.min(Math.max(wanted[1] - wanted[0], Math.min(FEWEST_FRAMES, last)), last);
      const low = Math.min(Math.max((wanted[0] + wanted[1] - long) / 2, 0), last - long);
      if (long < last) next = [low, low + long];
    }
    looks.span = next;
    draw();
    askSoon();
  }

  // Only where the whole trace was thinned; a bit more than is shown, so that it can be moved.
  function askSoon() {
    clearTimeout(asking);
    if (data.frames_per_pair === 1 || !looks.span) return;
    asking = setTimeout(() => {
      if (!looks.span) return;
      const [low, high] = looks.span, more = (high - low) / 2;
      mine.tellServer("window", [Math.max(Math.floor(low - more), 0), Math.min(Math.ceil(high + more) + 1, data.n_frames)]);
    }, ASK_AFTER_MS);
  }

  function frameAt(event) {
    const place = event.clientX - plot.getBoundingClientRect().left, inside = plot.clientWidth - RIM.left - RIM.right;
    const [low, high] = span();
    return Math.min(Math.max(low + ((place - RIM.left) / inside) * (high - low), low), high);
  }

  function moveBy(frames) {
    if (looks.span) look([looks.span[0] + frames, looks.span[1] + frames]);
  }

  function hover(frame) {
    pointed = frame;
    say();
    if (frame === null || !drawn) { cursor.setAttribute("d", ""); return; }
    const [low, high] = span(), x = RIM.left + ((frame - low) / (high - low)) * (plot.clientWidth - RIM.left - RIM.right);
    cursor.setAttribute("d", `M${x} ${RIM.top}V${plot.clientHeight - RIM.bottom}`);
  }

  function drawBand(from, to) {
    const box = plot.getBoundingClientRect(), [a, b] = [from, to].sort((one, other) => one - other).map((x) => x - box.left);
    for (const [name, value] of Object.entries({ x: a, y: RIM.top, width: b - a, height: plot.clientHeight - RIM.top - RIM.bottom })) band.setAttribute(name, value);
  }

  plot.onpointerdown = (event) => {
    if (event.button !== 0 || !drawn) return;
    plot.setPointerCapture(event.pointerId);
    drag = { x: event.clientX, frame: frameAt(event), at: event.clientX, moves: event.shiftKey, far: false };
  };
  plot.onpointermove = (event) => {
    if (!drag) { hover(frameAt(event)); return; }
    drag.far ||= Math.abs(event.clientX - drag.x) > DRAG_PX;
    if (!drag.far) return;
    const [low, high] = span();
    if (drag.moves) moveBy(((drag.at - event.clientX) / (plot.clientWidth - RIM.left - RIM.right)) * (high - low));
    else drawBand(drag.x, event.clientX);
    drag.at = event.clientX;
  };
  plot.onpointerup = (event) => {
    if (drag?.far && !drag.moves) look([drag.frame, frameAt(event)].sort((a, b) => a - b));
    drag = null;
    band.setAttribute("width", 0);
  };
  plot.onpointercancel = () => { drag = null; band.setAttribute("width", 0); };
  plot.onpointerleave = () => { if (!drag) hover(null); };
  plot.ondblclick = () => look(null);
  plot.addEventListener("wheel", (event) => {
    const [low, high] = span(), turn = Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : event.deltaY;
    if (!event.ctrlKey && !looks.span) return; // the page scrolls on
    event.preventDefault();
    if (!event.ctrlKey) { moveBy((turn / 1000) * (high - low)); return; }
    const at = frameAt(event), factor = Math.exp(turn * 0.01);
    look([at - (at - low) * factor, at + (high - at) * factor]);
  }, { passive: false });
  plot.onkeydown = (event) => {
    const [low, high] = span(), middle = (low + high) / 2, quarter = (high - low) / 4;
    const act = {
      "+": () => look([middle - quarter, middle + quarter]), "=": () => look([middle - quarter, middle + quarter]),
      "-": () => look([middle - 4 * quarter, middle + 4 * quarter]), 0: () => look(null),
      PageUp: () => moveBy(-2 * quarter), PageDown: () => moveBy(2 * quarter),
    }[event.key];
    if (!act || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    act();
  };

  const leave = onResize(find("figure"), draw);
  return {
    update,
    changed: (what) => { if (what === "component" && data) draw(); },
    end: () => { leave(); clearTimeout(asking); },
  };
}

export default function (component) {
  return show(component, makeTraces);
}
