// What the views over time share: the stretch that is shown, which they keep together, its axis, and the hand that moves
// it. A drag zooms, shift and drag or the wheel move, a double click shows all.

const TIME_DRAG_PX = 4, ASK_SOON_MS = 150, FEWEST_SHOWN = 8;

// Colours of events by their labels, told apart by people who don't see red and green alike, and from the traces.
const EVENT_COLOURS = ["#b5651d", "#00a0a0", "#c05bb0", "#6a6aa8", "#7f7f7f"], EVENT_OPACITY = 0.22, EVENT_TIP_FRAMES = 0.01;
const colourOfEvent = (label) => EVENT_COLOURS[label % EVENT_COLOURS.length];

// The events in a stretch: [first frame, last frame, number of the label].
function eventsIn(mine, [from, to]) {
  return (mine.state.events?.events || []).filter(([start, stop]) => stop >= from && start <= to);
}

function eventLegend(mine) {
  return (mine.state.events?.labels || []).map((label, i) => {
    const one = element("span", "key event", label);
    one.style.setProperty("--colour", colourOfEvent(i));
    return one;
  });
}

// What is said of events at a frame: those that go on there, or begin close by.
function eventsAt(mine, frame, [from, to]) {
  const near = EVENT_TIP_FRAMES * (to - from), labels = mine.state.events?.labels;
  return eventsIn(mine, [frame - near, frame + near]).map(([, , label]) => labels[label]).filter((label, i, all) => all.indexOf(label) === i);
}

function drawEvents(context, mine, time, [left, right, top, bottom]) {
  const x = time.place();
  context.save();
  context.beginPath();
  context.rect(left, top, right - left, bottom - top);
  context.clip();
  for (const [start, stop, label] of eventsIn(mine, time.span())) {
    context.fillStyle = context.strokeStyle = colourOfEvent(label);
    context.globalAlpha = EVENT_OPACITY;
    if (stop > start) context.fillRect(x(start), top, Math.max(x(stop) - x(start), 1), bottom - top);
    context.globalAlpha = 0.9;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x(start), top);
    context.lineTo(x(start), bottom);
    context.stroke();
  }
  context.restore();
}

// `surface` has margins `rim.left` and `rim.right` beside the time axis. `act.draw` draws again, `act.click` and
// `act.hover` are told where the mouse is; where `act.scrolls`, the wheel and the page keys are left to a list.
function makeTimeSpan(mine, surface, rim, act) {
  const band = element("div", "stretch"), cursor = element("div", "moment");
  let data = null, looks = null, drag = null, asking = 0;
  surface.after(band, cursor);
  band.hidden = cursor.hidden = true;

  function take(given) {
    data = given;
    looks = kept(`traces ${data.animal}`, { span: null });
  }

  const inside = () => surface.clientWidth - rim.left - rim.right;
  const last = () => Math.max(data.n_frames - 1, 1);
  const span = () => looks.span || [0, last()];
  const seconds = (frame) => (data.fr_hz ? frame / data.fr_hz : frame);
  const words = (frame) => (data.fr_hz ? `${seconds(frame).toFixed(2)} s` : `frame ${Math.round(frame)}`);
  const place = () => scale(...span(), rim.left, surface.clientWidth - rim.right);

  function ticks() {
    const [low, high] = span().map(seconds), rate = data.fr_hz || 1;
    return niceTicks(low, high, Math.max(inside() / 90, 2)).map((value) => [value * rate, String(value)]);
  }

  function look(wanted) {
    let next = null;
    if (wanted) {
      const long = Math.min(Math.max(wanted[1] - wanted[0], Math.min(FEWEST_SHOWN, last())), last());
      const low = Math.min(Math.max((wanted[0] + wanted[1] - long) / 2, 0), last() - long);
      if (long < last()) next = [low, low + long];
    }
    looks.span = next;
    act.draw();
    askSoon();
  }

  // Only where the whole trace was thinned; a bit more than is shown, so that it can be moved.
  function askSoon() {
    clearTimeout(asking);
    if (!looks.span || (data.whole || data).frames_per_pair === 1) return;
    asking = setTimeout(() => {
      if (!looks.span || has(data.window)) return;
      const [low, high] = looks.span, more = (high - low) / 2;
      mine.tellServer("window", [Math.max(Math.floor(low - more), 0), Math.min(Math.ceil(high + more) + 1, data.n_frames)]);
    }, ASK_SOON_MS);
  }

  // Whether a part holds all that is shown, and not much more.
  function has(part) {
    const [low, high] = span();
    return Boolean(part) && part.start <= low && part.start + part.frames > high && (part.frames_per_pair === 1 || part.frames < 3 * (high - low));
  }

  const partShown = () => (looks.span && data.window && data.window.start <= span()[0] && data.window.start + data.window.frames > span()[1] ? data.window : data.whole);

  function frameAt(event) {
    const [low, high] = span(), at = place().back(event.clientX - surface.getBoundingClientRect().left);
    return Math.min(Math.max(at, low), high);
  }

  function moveBy(frames) {
    if (looks.span) look([looks.span[0] + frames, looks.span[1] + frames]);
  }

  function hover(event) {
    cursor.hidden = !event;
    if (event) cursor.style.left = `${event.clientX - surface.parentElement.getBoundingClientRect().left}px`;
    act.hover?.(event);
  }

  function drawBand(from, to) {
    const edge = surface.parentElement.getBoundingClientRect().left;
    band.hidden = false;
    band.style.left = `${Math.min(from, to) - edge}px`;
    band.style.width = `${Math.abs(to - from)}px`;
  }

  surface.onpointerdown = (event) => {
    if (event.button !== 0) return;
    surface.setPointerCapture(event.pointerId);
    drag = { x: event.clientX, frame: frameAt(event), at: event.clientX, moves: event.shiftKey, far: false };
  };
  surface.onpointermove = (event) => {
    if (!drag) { hover(event); return; }
    drag.far ||= Math.abs(event.clientX - drag.x) > TIME_DRAG_PX;
    if (!drag.far) return;
    const [low, high] = span();
    if (drag.moves) moveBy(((drag.at - event.clientX) / inside()) * (high - low));
    else drawBand(drag.x, event.clientX);
    drag.at = event.clientX;
  };
  surface.onpointerup = (event) => {
    if (drag?.far && !drag.moves) look([drag.frame, frameAt(event)].sort((a, b) => a - b));
    else if (drag && !drag.far) act.click?.(event);
    drag = null;
    band.hidden = true;
  };
  surface.onpointercancel = () => { drag = null; band.hidden = true; };
  surface.onpointerleave = () => { if (!drag) hover(null); };
  surface.ondblclick = () => look(null);
  surface.addEventListener("wheel", (event) => {
    const [low, high] = span(), sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY), turn = sideways ? event.deltaX : event.deltaY;
    if (!event.ctrlKey && (!looks.span || (act.scrolls && !sideways))) return; // the page or the list scrolls on
    event.preventDefault();
    if (!event.ctrlKey) { moveBy((turn / 1000) * (high - low)); return; }
    const at = frameAt(event), factor = Math.exp(turn * 0.01);
    look([at - (at - low) * factor, at + (high - at) * factor]);
  }, { passive: false });

  // Tells whether it was a key for the time axis.
  function key(event) {
    const [low, high] = span(), middle = (low + high) / 2, quarter = (high - low) / 4;
    const closer = () => look([middle - quarter, middle + quarter]);
    const wanted = {
      "+": closer, "=": closer, "-": () => look([middle - 4 * quarter, middle + 4 * quarter]), 0: () => look(null),
      ...(act.scrolls ? {} : { PageUp: () => moveBy(-2 * quarter), PageDown: () => moveBy(2 * quarter) }),
    }[event.key];
    if (!wanted || event.ctrlKey || event.metaKey) return false;
    event.preventDefault();
    wanted();
    return true;
  }

  return {
    take, span, words, place, ticks, look, frameAt, key, partShown, askSoon,
    isWhole: () => !looks.span,
    end: () => clearTimeout(asking),
  };
}
