// The coded traces of all components, as `all_traces.py` makes them, and what the two views of them share.

const MISSING = 255;

// One part of them: the whole recording, or the stretch that is looked at closely.
function unpackTraces(part) {
  const codes = new Uint8Array(bytes(part.codes)), low = floats(part.low), high = floats(part.high), per = part.frames_per_pair, n = part.values;
  const value = (row, i) => {
    const code = codes[row * n + i];
    return code === MISSING ? NaN : low[row] + (code / (MISSING - 1)) * (high[row] - low[row]);
  };
  return {
    ...part, low, high, n, value,
    // Where value i lies, in frames.
    frame: (i) => part.start + (per === 1 ? i : Math.floor(i / 2) * per + (i % 2 ? 0.75 : 0.25) * (per - 1)),
    // The first of the values that belong to a frame.
    at: (frame) => Math.min(Math.max(per === 1 ? Math.floor(frame - part.start) : 2 * Math.floor((frame - part.start) / per), 0), Math.max(n - 1, 0)),
    // The largest value between two places.
    peak(row, from, to) {
      let most = NaN;
      for (let i = from; i <= to; i += 1) {
        const one = value(row, i);
        if (!(one <= most) && one === one) most = one;
      }
      return most;
    },
  };
}

function drawTimeAxis(context, time, colours, left, right, bottom, title) {
  const x = time.place();
  context.fillStyle = colours.text;
  context.strokeStyle = colours.text;
  context.lineWidth = 1;
  context.font = `11.5px ${colours.font}`;
  context.textAlign = "center";
  for (const [frame, text] of time.ticks()) {
    context.globalAlpha = 0.4;
    context.beginPath();
    context.moveTo(x(frame), bottom);
    context.lineTo(x(frame), bottom + 4);
    context.stroke();
    context.globalAlpha = 1;
    context.fillText(text, x(frame), bottom + 15);
  }
  context.font = `12.5px ${colours.font}`;
  context.fillText(title, (left + right) / 2, bottom + 31);
}

// The hand on rows of traces: a click chooses one, and the value under the mouse is said. `at.row` and `at.part` tell
// the component of an event and the part that is shown; `at.time` and `at.unit` are those of the view.
function makeRowHand(mine, canvas, said, at, nothing = () => "") {
  let pointed = null;
  function say() {
    said.textContent = pointed ? words(...pointed) : nothing();
  }
  function words(number, frame) {
    const part = at.part(), first = part.at(frame), last = part.frames_per_pair === 1 ? first : Math.min(first + 1, part.n - 1);
    return [`component ${number}`, at.time().words(frame), `${short(part.peak(number, first, last))} ${at.unit()}`, ...eventsAt(mine, frame, at.time().span())].join(" · ");
  }
  return {
    say,
    click(event) {
      const number = at.row(event);
      if (number !== null) linked.pick(mine.animal, number, event, mine);
    },
    hover(event) {
      const number = event ? at.row(event) : null;
      pointed = number === null ? null : [number, at.time().frameAt(event)];
      canvas.style.cursor = number === null ? "default" : "pointer";
      say();
    },
  };
}
