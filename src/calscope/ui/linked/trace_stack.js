// Traces of the listed components under each other. Only the rows in view are drawn; a click chooses.

const STACK_RIM = { left: 46, right: 10 }, AXIS_PX = 38, LANES_PX = [14, 22, 32, 48, 72], LANE = 2, LANE_PART = 0.86;

function makeStack(mine) {
  const find = (selector) => mine.root.querySelector(selector);
  const scroller = find(".scroller"), body = find(".body"), canvas = find("canvas");
  let data = null, looks = null, whole = null, near = null, common = [0, 1], request = 0, drawn = 0;
  const hand = makeRowHand(mine, canvas, find(".said"), { row: rowAt, part: () => shownPart(), time: () => time, unit: () => data.unit }, whatIsShown);
  const time = makeTimeSpan(mine, canvas, STACK_RIM, { draw, click: hand.click, hover: hand.hover, scrolls: true });

  function update(given) {
    data = given;
    looks = kept("stack", { shared: false, lane: LANE });
    time.take(data);
    whole = unpackTraces(data.whole);
    near = data.window && unpackTraces(data.window);
    common = [Math.min(...finite(whole.low)), Math.max(...finite(whole.high))];
    scroller.setAttribute("aria-label", data.label);
    addControls();
    fit();
    bringIntoView();
    time.askSoon();
  }

  const finite = (values) => [...values].filter(Number.isFinite);

  function addControls() {
    find(".events").replaceChildren(...eventLegend(mine));
    refill(find(".ranges"), choiceOf([[false, "own range"], [true, "shared range"]], looks.shared, (shared) => { looks.shared = shared; addControls(); draw(); }));
    const lower = button("−", "Lower rows", () => setLane(-1)), higher = button("+", "Higher rows", () => setLane(1));
    lower.disabled = looks.lane === 0;
    higher.disabled = looks.lane === LANES_PX.length - 1;
    lower.setAttribute("aria-label", "Lower rows");
    higher.setAttribute("aria-label", "Higher rows");
    refill(find(".whole"), lower, higher, button("all frames", "Show all frames (double click on the traces, or 0)", () => time.look(null), "back"));
  }

  function setLane(by) {
    looks.lane = Math.min(Math.max(looks.lane + by, 0), LANES_PX.length - 1);
    addControls();
    fit();
    bringIntoView();
  }

  const lane = () => LANES_PX[looks.lane];

  function fit() {
    if (!data || !find("figure").clientWidth) return;
    const height = Math.max(heightOf(data, find("figure")) - find(".controls").offsetHeight - find("figcaption").offsetHeight - 14, 160);
    scroller.style.height = `${height}px`;
    body.style.height = `${mine.state.listed.length * lane() + AXIS_PX}px`;
    draw();
  }

  function draw() {
    cancelAnimationFrame(request);
    request = requestAnimationFrame(drawNow);
  }

  function drawNow() {
    if (!data || !scroller.clientWidth) return;
    const width = scroller.clientWidth, height = scroller.clientHeight, bottom = height - AXIS_PX, { listed, component } = mine.state;
    const context = sharpen(canvas, width, height), colours = coloursOf(scroller);
    const first = Math.floor(scroller.scrollTop / lane()), last = Math.min(Math.ceil((scroller.scrollTop + bottom) / lane()), listed.length);
    context.save();
    context.beginPath();
    context.rect(0, 0, width, bottom);
    context.clip();
    drawn = 0;
    for (let row = first; row < last; row += 1) drawLane(context, colours, listed[row], row * lane() - scroller.scrollTop, width, listed[row] === component);
    context.restore();
    drawEvents(context, mine, time, [STACK_RIM.left, width - STACK_RIM.right, 0, bottom]);
    drawTimeAxis(context, time, colours, STACK_RIM.left, width - STACK_RIM.right, bottom, data.time_title);
    find(".whole .back").disabled = time.isWhole();
    scroller.dataset.events = eventsIn(mine, time.span()).length;
    scroller.dataset.chosen = component ?? "";
    scroller.dataset.rows = `${first} ${last}`;
    scroller.dataset.span = time.span().map((frame) => frame.toFixed(1)).join(" ");
    scroller.dataset.points = drawn;
    hand.say();
  }

  function drawLane(context, colours, number, top, width, isChosen) {
    if (isChosen) {
      context.globalAlpha = 0.18;
      context.fillStyle = colours.chosen;
      context.fillRect(0, top, width, lane());
    }
    const verdict = verdictOf(mine.state, number, data.accepted[number]), style = getComputedStyle(scroller);
    const own = verdict === null ? colours.text : style.getPropertyValue(verdict ? "--accepted" : "--rejected");
    context.globalAlpha = 1;
    context.fillStyle = colours.text;
    context.font = `${isChosen ? "bold " : ""}11.5px ${colours.font}`;
    context.textAlign = "right";
    context.fillText(number, STACK_RIM.left - 8, top + lane() / 2 + 4);
    drawTrace(context, own, number, top, isChosen);
  }

  function drawTrace(context, colour, number, top, isChosen) {
    const [low, high] = looks.shared ? common : [whole.low[number], whole.high[number]], part = shownPart(), x = time.place();
    const y = scale(low, high, top + lane() * LANE_PART, top + lane() * (1 - LANE_PART)), [from, to] = time.span();
    let isOn = false;
    context.beginPath();
    for (let i = part.at(from); i <= Math.min(part.at(to) + 2, part.n - 1); i += 1) {
      const value = part.value(number, i);
      if (!Number.isFinite(value)) { isOn = false; continue; }
      if (isOn) context.lineTo(x(part.frame(i)), y(value));
      else context.moveTo(x(part.frame(i)), y(value));
      isOn = true;
      drawn += 1;
    }
    context.strokeStyle = colour;
    context.lineWidth = isChosen ? 1.6 : 1;
    context.stroke();
  }

  const shownPart = () => (time.partShown() === data.window ? near : whole);

  function rowAt(event) {
    const y = event.clientY - canvas.getBoundingClientRect().top;
    const row = Math.floor((y + scroller.scrollTop) / lane());
    return y < scroller.clientHeight - AXIS_PX ? mine.state.listed[row] ?? null : null;
  }

  function whatIsShown() {
    const range = looks.shared ? `all from ${short(common[0])} to ${short(common[1])} ${data.unit}` : "each in its own range";
    return `${mine.state.listed.length} traces, ${data.kind} (${range})`;
  }

  function bringIntoView() {
    const at = mine.state.listed.indexOf(mine.state.component), shown = scroller.clientHeight - AXIS_PX;
    if (at < 0 || shown <= 0) return;
    const top = at * lane();
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    else if (top + lane() > scroller.scrollTop + shown) scroller.scrollTop = top + lane() - shown;
  }

  scroller.onscroll = draw;
  scroller.onkeydown = (event) => { time.key(event); }; // false would keep the key from the other views
  const leave = onResize(find("figure"), fit);
  return {
    update,
    changed(what) {
      if (!data) return;
      if (what === "events") addControls();
      if (what === "list") fit();
      if (what === "component" || what === "list") bringIntoView();
      draw();
    },
    end: () => { leave(); time.end(); cancelAnimationFrame(request); },
  };
}

export default function (component) {
  return show(component, makeStack);
}
