// The traces of the chosen component over time, in panels with one time axis. Neighbours in the list lie ready; the full
// resolution of a stretch is asked for.

const RIM = { left: 62, right: 10, top: 4, bottom: 36 }, BETWEEN = 10, MOST_KEPT = 60, LETTER_PX = 6, NUMBER_PX = 13;

function makeTraces(mine) {
  const find = (selector) => mine.root.querySelector(selector);
  const plot = find(".plot"), pen = svg("g"), time = makeTimeSpan(mine, plot, RIM, { draw, hover }), { span } = time;
  let data = null, shown = null, drawn = null, pointed = null;

  function update(given) {
    data = given;
    time.take(data);
    const known = mine.state.traces, lines = JSON.stringify(data.panels);
    if (mine.state.lines !== lines) { // other traces of each component, such as that of the truth
      mine.state.lines = lines;
      known.clear();
      drawn = null;
    }
    for (const [number, traces] of Object.entries(data.components)) {
      known.delete(Number(number));
      known.set(Number(number), traces.map(floats));
    }
    for (const [number, marks] of Object.entries(data.marks ?? {})) mine.state.marks.set(Number(number), marks);
    while (known.size > MOST_KEPT) known.delete(known.keys().next().value);
    plot.setAttribute("aria-label", data.label);
    refill(find(".whole"), button("all frames", "Show all frames (double click on the traces, or 0)", () => time.look(null)));
    draw();
  }

  const marksOfShown = () => mine.state.marks.get(shown) ?? [];

  // The lines, and what is marked on this component's traces.
  function addLegend() {
    const kinds = new Set(marksOfShown().map(([kind]) => kind));
    const marks = Object.entries(data.mark_kinds ?? {}).filter(([kind]) => kinds.has(kind)).map(([, [name, colour]]) => ["key band", name, colour]);
    const lines = data.panels.flatMap((panel) => panel.lines).map(({ name, colour }) => ["key line", name, colour]);
    find(".legend").replaceChildren(...[...lines, ...marks].map(([look, name, colour]) => {
      const one = element("span", look, name);
      one.style.setProperty("--colour", colour);
      return one;
    }));
  }

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
    else if (mine.state.component === null) shown = drawn = null; // those of an earlier choice are not of this one
    addLegend();
    plot.classList.toggle("waiting", !isThere);
    plot.dataset.chosen = isThere ? shown : "";
    plot.dataset.span = span().map((frame) => frame.toFixed(1)).join(" ");
    find(".whole button").disabled = time.isWhole();
    find(".events").replaceChildren(...eventLegend(mine));
    say();
    if (!drawn) { pen.replaceChildren(); return; }
    const height = Math.max(heightOf(data, find("figure")) - find(".controls").offsetHeight - find("figcaption").offsetHeight - 12, 104);
    plot.setAttribute("width", width);
    plot.setAttribute("height", height);
    plot.style.touchAction = time.isWhole() ? "pan-y" : "none";
    drawPanels(width, height);
  }

  function drawPanels(width, height) {
    const x = time.place(), from = RIM.top, space = height - RIM.bottom - from - BETWEEN * (data.panels.length - 1);
    const clip = svg("clipPath", { id: "inside" });
    clip.append(svg("rect", { x: RIM.left, y: 0, width: width - RIM.left - RIM.right, height }));
    pen.replaceChildren(clip);
    let top = from, line = 0;
    const middles = [];
    for (const panel of data.panels) {
      const bottom = top + space * panel.share;
      drawPanel(panel, drawn.lines.slice(line, line + panel.lines.length), x, top, bottom, width);
      middles.push((top + bottom) / 2);
      line += panel.lines.length;
      top = bottom + BETWEEN;
    }
    drawTitles(middles);
    drawTime(x, width, height);
    plot.replaceChildren(pen);
  }

  function drawPanel(panel, lines, x, top, bottom, width) {
    const [low, high] = ends(panel, lines), y = scale(low, high, bottom, top);
    pen.append(svg("rect", { class: "panel", x: RIM.left, y: top, width: width - RIM.left - RIM.right, height: bottom - top }));
    drawMarks(x, top, bottom);
    const ticks = niceTicks(low, high, Math.max((bottom - top) / 34, 2));
    const every = ticks.length > 1 ? Math.ceil(NUMBER_PX / Math.abs(y(ticks[1]) - y(ticks[0]))) : 1; // a low panel has room for few
    for (const value of ticks.filter((_, i) => i % every === 0)) {
      pen.append(svg("path", { class: "grid", d: `M${RIM.left} ${y(value)}H${width - RIM.right}` }));
      pen.append(svg("text", { x: RIM.left - 6, y: y(value) + 4, "text-anchor": "end" }, short(value, 6)));
    }
    addEvents(x, top, bottom);
    lines.forEach((values, i) => pen.append(svg("path", {
      class: "trace", d: pathOf(values, x, y), stroke: panel.lines[i].colour, "stroke-width": panel.lines[i].width, "clip-path": "url(#inside)",
    })));
    if (!lines.some((values) => values.some(Number.isFinite))) {
      pen.append(svg("text", { x: (RIM.left + width) / 2, y: (top + bottom) / 2 + 4, "text-anchor": "middle" }, "no values"));
    }
  }

  function addEvents(x, top, bottom) {
    for (const [start, stop, label] of eventsIn(mine, span())) {
      const colour = colourOfEvent(label), high = bottom - top, own = { fill: colour, "clip-path": "url(#inside)", y: top, height: high };
      if (stop > start) pen.append(svg("rect", { ...own, x: x(start), width: Math.max(x(stop) - x(start), 1), "fill-opacity": EVENT_OPACITY }));
      pen.append(svg("rect", { ...own, class: "at-event", x: x(start) - 0.5, width: 1, "fill-opacity": 0.9 }));
    }
  }

  // Stretches of frames that a flag rests on, at least as wide as can be seen.
  function drawMarks(x, top, bottom) {
    for (const [kind, start, stop] of marksOfShown()) {
      const from = x(start), wide = Math.max(x(stop) - from, 2);
      pen.append(svg("rect", { class: "mark", x: from, width: wide, y: top, height: bottom - top, fill: data.mark_kinds[kind][1], "clip-path": "url(#inside)" }));
    }
    plot.dataset.marks = marksOfShown().length;
  }

  // Upright titles of the panels; none where the panels are so low that two would lie over each other: the legend names the lines.
  function drawTitles(middles) {
    const titles = data.panels.map((panel) => panel.title), half = (i) => (titles[i].length * LETTER_PX) / 2;
    if (middles.some((middle, i) => i && middle - middles[i - 1] < half(i) + half(i - 1))) return;
    middles.forEach((middle, i) => pen.append(svg("text", {
      class: "title", x: 12, y: middle, transform: `rotate(-90 12 ${middle})`, "text-anchor": "middle",
    }, titles[i])));
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
    const bottom = height - RIM.bottom;
    for (const [frame, text] of time.ticks()) {
      pen.append(svg("text", { x: x(frame), y: bottom + 15, "text-anchor": "middle" }, text));
      pen.append(svg("path", { class: "grid", d: `M${x(frame)} ${bottom}v4` }));
    }
    pen.append(svg("text", { class: "title", x: (RIM.left + width) / 2, y: height - 4, "text-anchor": "middle" }, data.time_title));
  }

  function say() {
    const chosen = mine.state.component, isThere = chosen === shown && drawn;
    let text = "";
    if (!isThere && chosen !== null) text = data.labels ? "These traces are on their way" : `Component ${chosen} is on its way`;
    else if (pointed !== null && drawn) text = valuesAt(pointed);
    find(".said").textContent = text;
  }

  function valuesAt(frame) {
    const names = data.panels.flatMap((panel) => panel.lines.map((line) => line.name));
    const i = drawn.per === 1 ? Math.round(frame - drawn.start) : 2 * Math.floor((frame - drawn.start) / drawn.per);
    const told = names.map((name, k) => `${name} ${short(drawn.per === 1 ? drawn.lines[k][i] : Math.max(drawn.lines[k][i], drawn.lines[k][i + 1]))}`);
    return [time.words(frame), ...told, ...eventsAt(mine, frame, span())].join(" · ");
  }

  function hover(event) {
    pointed = event ? time.frameAt(event) : null;
    say();
  }

  plot.onkeydown = (event) => { time.key(event); }; // false would keep the key from the other views
  const leave = onResize(find("figure"), draw);
  return {
    update,
    changed: (what) => { if ((what === "component" || what === "events") && data) draw(); },
    end: () => { leave(); time.end(); },
  };
}

export default function (component) {
  return show(component, makeTraces);
}
