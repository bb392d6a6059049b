// One measure of the components against another, with the thresholds as lines. A click chooses the nearest one.

const RIM = { left: 46, right: 12, top: 22, bottom: 40 }, LETTER_PX = 6.4, LABEL_PX = 13, NEAR_PX = 14, SIZE_PX = 4.2, RING_PX = 7, DRAG_PX = 5;
const MARKERS = {
  disc: (x, y, r) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`,
  triangle: (x, y, r) => `M${x} ${y - 1.25 * r}L${x + 1.15 * r} ${y + 0.85 * r}H${x - 1.15 * r}Z`,
  diamond: (x, y, r) => `M${x} ${y - 1.35 * r}L${x + 1.35 * r} ${y}L${x} ${y + 1.35 * r}L${x - 1.35 * r} ${y}Z`,
};

function makeScatter(mine) {
  const find = (selector) => mine.root.querySelector(selector);
  const plot = find(".plot"), tip = find(".tip"), legend = find(".legend"), over = svg("g"), line = svg("path", { class: "lasso" });
  let lasso = null, wasDrawn = false;
  let data = null, measures = {}, looks = null, groups = [], groupOf = [], places = [], packed = "", rim = RIM.right;

  function update(given) {
    data = given;
    looks = kept("scatter", { pair: 0 });
    const text = data.measures.map((measure) => measure.values).join();
    if (text !== packed) {
      packed = text;
      measures = Object.fromEntries(data.measures.map((measure) => [measure.name, floats(measure.values)]));
    }
    plot.setAttribute("aria-label", data.label);
    regroup();
  }

  // What persons decided is laid over what the thresholds did.
  function regroup() {
    const byHand = { true: [], false: [] };
    const left = data.groups.map((group) => {
      const own = group.name === "accepted", moved = (number) => verdictOf(mine.state, number, own) !== own;
      group.members.filter(moved).forEach((number) => byHand[!own].push(number));
      return { ...group, members: group.members.filter((number) => !moved(number)) };
    });
    left[0].members.push(...byHand.true);
    // Where the rejected are told apart by what the thresholds say of them, these are none of those.
    if (data.groups.length === 2) left[1].members.push(...byHand.false);
    const apart = data.groups.length > 2 && byHand.false.length ? [{ ...data.groups[1], name: "rejected: by hand", members: byHand.false }] : [];
    groups = [...left, ...apart];
    groupOf = [];
    groups.forEach((group) => group.members.forEach((number) => { groupOf[number] = group; }));
    addControls();
    draw();
  }

  const isJudged = (number) => ["accept", "reject"].includes(mine.state.judging?.of(number)?.decision);

  function addControls() {
    looks.pair = Math.min(looks.pair, data.pairs.length - 1);
    const pairs = data.pairs.map((pair, i) => [i, pair.join(" and ")]);
    refill(find(".axes"), choiceOf(pairs, looks.pair, (i) => { looks.pair = i; addControls(); draw(); }));
    legend.replaceChildren(...groups.map((group, i) => {
      const one = element("span", "key"), sign = svg("svg", { width: 12, height: 12 });
      sign.append(marker(MARKERS[group.marker](6, 6, SIZE_PX), group));
      const name = i > 1 ? group.name.replace("rejected: ", "") : group.name;
      one.append(sign, `${name} (${group.members.length})`);
      return one;
    }));
  }

  function marker(d, group) {
    const look = group.marker === "diamond"
      ? { fill: "none", stroke: group.colour, "stroke-width": 1.8 }
      : { fill: group.colour, "fill-opacity": 0.85, stroke: "var(--st-background-color)", "stroke-width": 0.6 };
    return svg("path", { d, ...look });
  }

  const axis = (i) => data.measures.find((measure) => measure.name === data.pairs[looks.pair][i]);

  // From what is drawn and the thresholds; from 0 where all is positive.
  function ends(measure, numbers) {
    if (measure.ends) return measure.ends;
    const values = [...numbers.map((k) => measures[measure.name][k]), ...measure.thresholds.map((one) => one.value)];
    const low = Math.min(0, ...values), high = Math.max(...values, low + 1e-6), rim = 0.04 * (high - low);
    return [low < 0 ? low - rim : 0, high + rim];
  }

  function draw() {
    const width = find("figure").clientWidth, up = axis(0), right = axis(1);
    if (!data || !width) return;
    const height = Math.max(heightOf(data, find("figure")) - find(".controls").offsetHeight - find("figcaption").offsetHeight - 12, 160);
    const numbers = groupOf.map((_, k) => k).filter((k) => isDrawn(k, up, right));
    // The thresholds' names stand beside the plot, where no point lies.
    rim = Math.max(RIM.right, ...up.thresholds.map(({ text }) => LETTER_PX * text.length + 6));
    // The axes stay as they are whatever is listed.
    const x = scale(...ends(right, numbers), RIM.left, width - rim);
    const y = scale(...ends(up, numbers), height - RIM.bottom, RIM.top);
    places = [];
    const listed = numbers.filter(listedOf(mine.state));
    listed.forEach((k) => { places[k] = [x(measures[right.name][k]), y(measures[up.name][k])]; });
    plot.setAttribute("width", width);
    plot.setAttribute("height", height);
    plot.replaceChildren();
    addAxes(x, y, right, up, width, height);
    for (const group of groups) {
      const drawn = group.members.filter((k) => places[k]);
      plot.append(marker(drawn.map((k) => MARKERS[group.marker](...places[k].map((at) => Number(at.toFixed(1))), SIZE_PX)).join(""), group));
    }
    plot.dataset.points = listed.length; // for tests
    const rings = listed.filter(isJudged).map((k) => MARKERS.disc(...places[k].map((at) => Number(at.toFixed(1))), RING_PX));
    plot.append(svg("path", { class: "by-hand", d: rings.join("") }));
    addThresholds(x, y, right, up, width, height);
    plot.append(over);
    mark();
    say(up, right);
  }

  const isDrawn = (k, up, right) => Number.isFinite(measures[up.name][k]) && Number.isFinite(measures[right.name][k]);

  function addAxes(x, y, right, up, width, height) {
    const bottom = height - RIM.bottom;
    for (const value of niceTicks(x.back(RIM.left), x.back(width - rim), 6)) {
      plot.append(svg("path", { class: "grid", d: `M${x(value)} ${RIM.top}V${bottom}` }));
      plot.append(svg("text", { x: x(value), y: bottom + 15, "text-anchor": "middle" }, String(value)));
    }
    for (const value of niceTicks(y.back(bottom), y.back(RIM.top), 6)) {
      plot.append(svg("path", { class: "grid", d: `M${RIM.left} ${y(value)}H${width - rim}` }));
      plot.append(svg("text", { x: RIM.left - 6, y: y(value) + 4, "text-anchor": "end" }, String(value)));
    }
    plot.append(svg("text", { x: (RIM.left + width) / 2, y: height - 6, "text-anchor": "middle", class: "title" }, right.title));
    const at = (RIM.top + bottom) / 2;
    plot.append(svg("text", { x: 12, y: at, transform: `rotate(-90 12 ${at})`, "text-anchor": "middle", class: "title" }, up.title));
  }

  function addThresholds(x, y, right, up, width, height) {
    const lines = [
      ...up.thresholds.map((one) => ({ ...one, d: `M${RIM.left} ${y(one.value)}H${width - rim}` })),
      ...right.thresholds.map((one) => ({ ...one, d: `M${x(one.value)} ${RIM.top}V${height - RIM.bottom}` })),
    ];
    for (const { d, colour, dashes } of lines) plot.append(svg("path", { d, stroke: colour, "stroke-dasharray": dashes, class: "threshold" }));
    const beside = apart(up.thresholds.map(({ value }) => y(value) + 4), up.thresholds.map(() => LABEL_PX));
    up.thresholds.forEach(({ text }, i) => plot.append(svg("text", { x: width - rim + 4, y: beside[i], class: "label" }, text)));
    const wide = right.thresholds.map(({ text }) => LETTER_PX * text.length + 4);
    const above = apart(right.thresholds.map(({ value }, i) => Math.min(x(value), width - wide[i] / 2)), wide);
    right.thresholds.forEach(({ text }, i) => plot.append(svg("text", { x: above[i], y: RIM.top - 8, "text-anchor": "middle", class: "label" }, text)));
  }

  // Moves labels of these sizes so far that none lies over its neighbour; the last one stays.
  function apart(places, sizes) {
    const moved = [...places], order = [...places.keys()].sort((a, b) => places[b] - places[a]);
    order.slice(1).forEach((k, i) => { moved[k] = Math.min(moved[k], moved[order[i]] - (sizes[k] + sizes[order[i]]) / 2); });
    return moved;
  }

  function mark() {
    const number = mine.state.component, at = places[number], group = groupOf[number];
    const selected = [...mine.state.selected].filter((k) => places[k]);
    over.replaceChildren(svg("path", { class: "selected", d: selected.map((k) => MARKERS.disc(...places[k], RING_PX + 1.5)).join("") }));
    plot.dataset.chosen = at ? number : "";
    if (!at) return;
    over.append(svg("circle", { cx: at[0], cy: at[1], r: 9, class: "chosen" }));
    over.append(marker(MARKERS[group.marker](at[0], at[1], SIZE_PX + 1.2), group));
    const isRight = at[0] > plot.clientWidth - 60;
    over.append(svg("text", { x: at[0] + (isRight ? -13 : 13), y: at[1] + 5, "text-anchor": isRight ? "end" : "start", class: "number" }, number));
  }

  function say(up, right) {
    const without = [up, right].map((measure) => [groupOf.filter((_, k) => !Number.isFinite(measures[measure.name][k])).length, measure.name]);
    find(".said").textContent = without.filter(([n]) => n)
      .map(([n, name]) => `${n} ${n === 1 ? "has" : "have"} no ${name} and ${n === 1 ? "is" : "are"} not drawn.`).join(" ");
  }

  function nearest(event) {
    const [x, y] = place(event);
    let best = null, least = NEAR_PX;
    places.forEach((at, k) => {
      const far = Math.hypot(at[0] - x, at[1] - y);
      if (far <= least) { least = far; best = k; }
    });
    return best;
  }

  // A line that is drawn around points selects them, for a decision on all of them at once.
  function place(event) {
    const box = plot.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  function drawLasso(event) {
    const at = place(event), [x, y] = lasso[0];
    if (lasso.length === 1 && Math.hypot(at[0] - x, at[1] - y) < DRAG_PX) return;
    lasso.push(at);
    tip.hidden = true;
    line.setAttribute("d", `M${lasso.map((point) => point.map((value) => value.toFixed(1)).join(" ")).join("L")}Z`);
    if (!line.parentNode) plot.append(line);
  }

  function endLasso(event) {
    const { judging, selected } = mine.state, around = lasso;
    lasso = null;
    line.remove();
    if (!judging || around.length < 3) return;
    const found = [...places.keys()].filter((k) => places[k] && isWithin(around, ...places[k]));
    judging.select(event.shiftKey ? [...selected, ...found] : found);
    wasDrawn = true;
  }

  function isWithin(corners, x, y) {
    let inside = false;
    corners.forEach(([a, b], i) => {
      const [c, d] = corners[(i + corners.length - 1) % corners.length];
      if (b > y !== d > y && x < ((c - a) * (y - b)) / (d - b) + a) inside = !inside;
    });
    return inside;
  }

  function hover(event) {
    const k = event ? nearest(event) : null;
    tip.hidden = k === null;
    plot.style.cursor = k === null ? "default" : "pointer";
    if (k === null) return;
    const said = data.measures.map(({ name }) => `${name} ${Number.isFinite(measures[name][k]) ? short(measures[name][k]) : "not measured"}`);
    tip.textContent = [`component ${k}, ${groupOf[k].name}`, ...said].join(" · ");
    const [x, y] = places[k], wide = plot.clientWidth;
    tip.style.left = `${Math.max(Math.min(x + 12, wide - tip.offsetWidth - 2), 0)}px`;
    tip.style.top = `${y < 40 ? y + 14 : y - 34}px`;
  }

  plot.onclick = (event) => {
    const k = wasDrawn ? null : nearest(event);
    wasDrawn = false;
    if (k !== null) linked.pick(mine.animal, k, event, mine);
  };
  plot.onpointerdown = (event) => {
    wasDrawn = false;
    if (!mine.state.judging || event.button !== 0 || event.pointerType === "touch") return;
    lasso = [place(event)];
    plot.setPointerCapture(event.pointerId);
  };
  plot.onpointermove = (event) => (lasso ? drawLasso(event) : hover(event));
  plot.onpointerup = (event) => { if (lasso) endLasso(event); };
  plot.onpointercancel = () => { lasso = null; line.remove(); };
  plot.onpointerleave = () => hover(null);
  const leave = onResize(find("figure"), () => data && draw());
  function changed(what) {
    if (!data) return;
    if (what === "component" || what === "selected") mark();
    if (what === "list" || what === "rows") draw();
    if (what === "judged") regroup();
  }
  return { update, changed, end: leave };
}

export default function (component) {
  return show(component, makeScatter);
}
