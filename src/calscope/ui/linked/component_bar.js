// Which components are listed, the one that is chosen and why it was accepted or rejected, and the steps to the next.
// What the server chose comes in here; the other views' data don't depend on it, and so are not sent again.

const MOST_LIT = 20;

function makeBar(mine) {
  const find = (selector) => mine.root.querySelector(selector);
  const judgingBar = makeJudgingBar(mine, find(".judge"), find(".dialogs"));
  let data = null;

  function update(given) {
    data = given;
    find(".bar").setAttribute("aria-label", data.label);
    for (const [number, footprint] of Object.entries(data.footprints)) mine.state.footprints.set(Number(number), footprint);
    for (const [number, picture] of Object.entries(data.lit)) mine.state.lit.set(Number(number), picture);
    while (mine.state.lit.size > MOST_LIT) mine.state.lit.delete(mine.state.lit.keys().next().value);
    linked.tell(mine.animal, "footprints");
    linked.takeFromServer(mine.animal, data.choice, mine);
    draw();
  }

  function draw() {
    const { filter, component, rows } = mine.state;
    const options = Object.entries(counts(rows)).map(([name, count]) => [name, `${name} (${count})`]);
    refill(find(".filters"), choiceOf(options, filter, (name) => linked.list(mine.animal, name, mine)));
    refill(find(".steps"), ...stepsOf(mine, "component"));
    find(".number").textContent = component === null ? "none chosen" : `Component ${component}`;
    const badge = find(".badge"), isKnown = rows && component !== null, verdict = isKnown ? rows.value("evaluation", component) : "";
    badge.textContent = verdict;
    badge.className = `badge ${verdict}`;
    find(".said").textContent = isKnown ? rows.value("reason", component) : "";
    find(".said").title = find(".said").textContent;
    drawFlags(component);
    judgingBar.draw();
  }

  // A word for each flag of the chosen one; the sentences are in a window that a click opens, and in the hover.
  function drawFlags(component) {
    const { flags } = mine.state, own = flags && component !== null ? flags.of(component) : [];
    const told = flags && component !== null ? flags.told(component) : [];
    anew(find(".flags"), [component, told], () => own.map((kind, i) => {
      const chip = button(flags.word(kind), told[i], () => openFlags(component, told), "flag");
      chip.setAttribute("aria-label", `Flag: ${flags.word(kind)}. What it means`);
      return chip;
    }));
    const filters = flags ? flags.filters().map((name, i) => [name, i ? `${name} (${flags.count(name)})` : name]) : [];
    anew(find(".flagging"), [filters, mine.state.flagFilter], () => (flags ? [flagPicker(filters)] : []));
  }

  function flagPicker(filters) {
    const made = picker("", filters, mine.state.flagFilter, (name) => { find(".flagging select").blur(); linked.listFlagged(mine.animal, name); });
    made.querySelector("select").setAttribute("aria-label", "Flags");
    return made;
  }

  // Only where it changed: what is replaced while it is pressed or open would not be clicked, or would close.
  function anew(place, shown, make) {
    const now = JSON.stringify([mine.animal, shown]);
    if (place.dataset.shown === now) return;
    place.dataset.shown = now;
    refill(place, ...make());
  }

  function openFlags(component, told) {
    const dialog = find("dialog.told"), close = button("Close", "", () => dialog.close());
    dialog.replaceChildren(element("b", "", `Flags of component ${component}`), ...told.map((one) => element("p", "", one)),
      element("p", "", "Flags reject nothing by themselves."), close);
    dialog.showModal();
  }

  // What was decided a moment ago counts before the server has heard of it.
  function counts(rows) {
    if (!rows || !("accepted" in data.counts)) return data.counts;
    const accepted = [...Array(rows.n).keys()].filter((k) => rows.verdict(k)).length;
    tellRow({ animal: data.name, accepted, of: rows.n });
    return { all: rows.n, accepted, rejected: rows.n - accepted };
  }

  // The row of animals counts along, without waiting for the server.
  function tellRow(counted) {
    if (JSON.stringify(counted) === JSON.stringify(window.calscopeCounted ?? null)) return;
    window.calscopeCounted = counted;
    window.dispatchEvent(new Event("calscope-counted"));
  }

  function end() {
    if (data && window.calscopeCounted?.animal === data.name) tellRow(null);
  }

  return { update, end, changed: () => { if (data) draw(); } };
}

export default function (component) {
  return show(component, makeBar);
}
