// The line with which a person decides: buttons, what is listed, how many were decided, and who decides.

const BLIND_HELP = "Blind: what others decided, noted or settled is neither shown nor counted on any page, until this is switched off. "
  + "The thresholds' own verdicts stay in sight, as they were for the first rater.";

function makeJudgingBar(mine, line, dialogs) {
  const find = (selector) => line.querySelector(selector), [listing, left] = [".listing", ".left"].map((place) => mine.root.querySelector(place));
  const [note, name, lost, raters, changing] = ["note", "name", "lost", "raters", "changing"].map((kind) => dialogs.querySelector(`dialog.${kind}`));

  function draw() {
    const judging = mine.state.judging;
    line.hidden = listing.hidden = !judging;
    if (!judging) return;
    Object.assign(judging, { openNote, openName, showPreview });
    const several = mine.state.selected.size, filters = judging.filters().map((kind) => [kind, kind === "all" ? "judged or not" : `${kind} (${judging.count(kind)})`]);
    where(find(".decide"), [several, judging.data.closed], () => decisions(several));
    where(listing, [filters, mine.state.judgedFilter], () => [
      picker("", filters, mine.state.judgedFilter, (kind) => { listing.querySelector("select").blur(); linked.listJudged(mine.animal, kind); }),
    ]);
    where(find(".stepping"), [judging.steps, Boolean(judging.data.left)], () => [stepSwitch(), leftSwitch()]);
    drawWords(judging);
    drawLeft(judging);
    line.dataset.pending = judging.pending;
  }

  // A place is drawn anew only where it changed: a button that is replaced while it is pressed would not be clicked.
  function where(place, shown, make) {
    const now = JSON.stringify([mine.animal, shown]);
    if (place.dataset.shown === now) return;
    place.dataset.shown = now;
    refill(place, ...make());
  }

  function decisions(several) {
    const { judging } = mine.state, of = several ? ` all ${several}` : "", decide = (action) => () => judging.decide(action), say = (action) => () => judging.say([[action, null, ""]]);
    const made = [
      act(`Accept${of}`, "Accept (key a)", decide("accept")),
      act(`Reject${of}`, "Reject (key r)", decide("reject")),
      act("Unsure", "Neither: the thresholds decide, and it can be listed (key u)", decide("unsure")),
      act("Clear", "Take the decision away: the thresholds decide again", decide("clear")),
      act("Note", "Write a note and a tag (key n)", openNote),
      act("Change", "Merge, split, draw or delete components (keys m, x, o and Delete)", openChanges),
      act("↶", "Take back what you did last (key z)", say("undo"), "Undo"),
      act("↷", "Do it again (keys Shift and z)", say("redo"), "Redo"),
    ];
    made.forEach((one) => {
      const why = judging.data.closed || (one.textContent === "Change" && judging.data.fixed);
      Object.assign(one, { disabled: Boolean(why), title: why || one.title });
    });
    return made;
  }

  function act(text, title, onclick, label = "") {
    const one = button(text, title, onclick);
    if (label) one.setAttribute("aria-label", label);
    return one;
  }

  function stepSwitch() {
    const judging = mine.state.judging, help = "After a decision the next one in the list is chosen";
    return switchOf("go to next", "next after a decision", help, judging.steps, (on) => { judging.steps = on; });
  }

  function leftSwitch() {
    const judging = mine.state.judging, help = "Say how many wrong verdicts are expected among those nobody judged, and how likely each is wrong";
    return switchOf("what is left", "what is left", help, Boolean(judging.data.left), judging.showLeft);
  }

  function switchOf(text, name, help, checked, onchange) {
    const label = element("label", "picker", ""), box = element("input");
    Object.assign(box, { type: "checkbox", checked });
    box.onchange = () => { onchange(box.checked); box.blur(); }; // the keys decide again
    label.title = help;
    box.setAttribute("aria-label", name);
    label.append(box, text);
    return label;
  }

  // What nobody looked at yet, and the way to the most doubtful of it.
  function drawLeft(judging) {
    const found = judging.data.left;
    left.hidden = !found;
    if (!found) return;
    left.querySelector(".estimate").textContent = found.words;
    left.querySelector(".estimate").title = found.about;
    where(left.querySelector(".next"), [], () => [button("Next doubtful", "The component whose verdict is most likely wrong (key d)", judging.goToDoubtful)]);
  }

  function drawWords(judging) {
    const { data } = judging, told = judging.trouble || data.closed, words = find(".words");
    words.classList.toggle("trouble", Boolean(told));
    const parts = [`${judging.count("judged") - judging.count("unsure") - judging.count("raters disagree")} judged`, ...Object.entries({ unsure: "unsure", "raters disagree": "in dispute", "carried over": "carried over" }).map(([kind, words]) => `${judging.count(kind)} ${words}`)];
    const several = judging.data.closed || !mine.state.selected.size ? [] : [`${mine.state.selected.size} selected (Escape ends it)`];
    const drawing = mine.state.drawing && "Draw around a cell on the map, or click it once (Escape ends it)";
    words.textContent = drawing || told || [...several, parts.filter((part, i) => i === 0 || !part.startsWith("0 ")).join(" · "), ...data.notes].join(" · ");
    words.title = words.textContent;
    const agreements = judging.blind ? [] : data.agreements;
    where(find(".more"), [data.n_lost, data.closed, judging.who(), judging.blind, agreements], () => [
      ...agreements.slice(0, 1).map((one) => button(one.kappa === null ? "two raters" : `kappa ${one.kappa.toFixed(2)}`, `${one.short}. Click for more`, openRaters)),
      ...(data.lost.length ? [button(`${data.n_lost} not carried`, "What was said in other runs and fits no component here", openLost)] : []),
      ...(data.closed && !judging.who() ? [] : [button(judging.who() ? `as ${judging.who()}${judging.blind ? ", blind" : ""}` : "Your name", judging.blind ? BLIND_HELP : "Who decides: change the name, or judge blind as a second rater", openName)]),
    ]);
  }

  function openNote() {
    const judging = mine.state.judging, numbers = judging.meant(), one = judging.of(numbers[0]) || { note: "", tag: "" };
    if (!numbers.length || judging.data.closed) return;
    const title = numbers.length > 1 ? `${numbers.length} components` : `Component ${numbers[0]}`;
    const [text, tag] = open(note, title, [["Note", one.note, judging.data.most.note], ["Tag", one.tag, judging.data.most.tag]], () => {
      const said = [["note", text.value.trim(), one.note], ["tag", tag.value.trim(), one.tag]].filter(([, now, before]) => now !== before);
      if (said.length) judging.say(said.flatMap(([action, now]) => numbers.map((number) => [action, number, now])));
    });
    const tags = element("datalist");
    tags.id = "tags";
    tags.append(...judging.tags().map((known) => new Option(known)));
    tag.setAttribute("list", "tags");
    note.append(tags);
  }

  function openName() {
    const judging = mine.state.judging;
    const [box] = open(name, "Who decides", [["Your name", judging.who(), judging.data.most.who]], () => { if (box.value.trim()) judging.callMe(box.value.trim(), blind.checked); });
    const label = element("label", "picker", ""), blind = element("input");
    Object.assign(blind, { type: "checkbox", checked: Boolean(judging.blind) });
    box.readOnly = Boolean(judging.data.login); // who is logged in judges under no other name
    label.append(blind, "judge blind, as second rater");
    name.querySelector(".box").after(label, element("p", "", BLIND_HELP));
  }

  // What can be done with which components there are.
  function openChanges() {
    const judging = mine.state.judging, several = mine.state.selected.size, { component } = mine.state, kind = judging.data.made[component];
    const row = (label, help, run, isOff) => {
      const line = element("div", "change-row"), one = button(label, help, () => { changing.close(); run(); });
      one.disabled = isOff;
      line.append(one, element("span", "", help));
      return line;
    };
    changing.replaceChildren(
      element("b", "", "Change which components there are"),
      row(several > 1 ? `Merge ${several}` : "Merge", "Several components become one (key m): Ctrl+click rows or outlines first", () => judging.change("merge"), several < 2),
      row("Split", "The chosen component becomes two where two cells share it (key x)", () => judging.change("split"), component === null || several > 0),
      row("Draw", "A component is begun where you draw around a cell on the map, or click it (key o)", () => judging.draw(), false),
      row("Delete", kind ? "The chosen component goes, and what it was made from comes back (key Delete)" : "Only components that were merged, split or drawn by hand; reject the others", () => judging.change("delete"), !kind || several > 0),
      button("Close", "", () => changing.close()));
    showDialog(changing);
  }

  const MAKES = { merge: "Merge", split: "Split", draw: "Keep it", delete: "Delete" };

  // Footprints and traces, now in orange and then in blue; null while they are computed.
  function showPreview(asked, found) {
    const judging = mine.state.judging, form = element("form"), parts = [];
    const numbers = asked.said.map(([, number]) => number).filter((number) => number !== null);
    const title = asked.action === "draw" ? "A new component" : `${MAKES[asked.action]} ${numbers.length > 1 ? "components" : "component"} ${numbers.join(", ")}`;
    const leave = button("Cancel", "", () => changing.close());
    form.append(element("b", "", title));
    if (!found) parts.push(element("p", "", "Computing what it would give …"));
    else if (found.error) parts.push(element("p", "trouble", found.error));
    else if (found.said) parts.push(element("p", "", found.said));
    else parts.push(picturesOf(found, numbers), ...found.traces.map(traceOf));
    form.append(...parts);
    if (found && !found.error) form.append(element("button", "", MAKES[asked.action]));
    form.append(leave);
    form.onsubmit = (event) => {
      event.preventDefault();
      if (!found || found.error) return;
      changing.onclose = null;
      changing.close();
      judging.make(asked);
    };
    changing.onclose = () => judging.dropPreview();
    changing.replaceChildren(form);
    if (!changing.open) showDialog(changing);
    form.querySelector("button")?.focus();
  }

  function picturesOf(found, numbers) {
    const both = element("div", "pictures");
    for (const [name, uri] of [["now", found.now], ["then", found.then]]) {
      const figure = element("figure"), image = element("img");
      Object.assign(image, { src: uri, alt: `Footprints ${name}` });
      figure.append(image, element("figcaption", name, name === "now" && !numbers.length ? "now: none" : name));
      both.append(figure);
    }
    return both;
  }

  function traceOf([label, values, when]) {
    const wide = 440, high = 44, line = element("div", "preview-trace"), drawn = svg("svg", { viewBox: `0 0 ${wide} ${high}`, role: "img", "aria-label": `Raw trace, ${label}` });
    const points = values.map((value, i) => `${((i * wide) / values.length).toFixed(1)},${((1 - value) * (high - 2) + 1).toFixed(1)}`);
    drawn.append(svg("polyline", { points: points.join(" "), class: when }));
    line.append(element("span", "", label), drawn);
    return line;
  }

  // How well raters agree, and what is to be settled.
  function openRaters() {
    const judging = mine.state.judging, parts = judging.data.agreements.flatMap((one) => [element("p", "", one.sentence), disagreements(one)]);
    const list = button("List those to settle", "Lists the components about which raters disagree; the next decision about each settles it", () => { raters.close(); linked.listJudged(mine.animal, "raters disagree"); });
    list.disabled = judging.count("raters disagree") === 0;
    raters.replaceChildren(element("b", "", "How well raters agree"), ...parts, element("p", "", judging.data.what_kappa_is), list, button("Close", "", () => raters.close()));
    showDialog(raters);
  }

  function disagreements({ raters: names, disagreements: found }) {
    const made = element("table", "disagreements");
    if (!found.length) return made;
    for (const [first, ...rest] of [["component", ...names, "settled"], ...found]) {
      const row = element("tr"), cell = element("td");
      cell.append(typeof first === "number" ? button(String(first), "Look at it", () => { raters.close(); linked.choose(mine.animal, first, mine); }) : first);
      row.append(cell, ...rest.map((text) => element("td", "", text)));
      made.append(row);
    }
    return made;
  }

  // Boxes in a window over the page; it is gone when it is saved, or with Escape.
  function open(dialog, title, boxes, save) {
    const form = element("form"), made = boxes.map(([label, value, most]) => boxOf(label, value, most));
    const keep = element("button", "", "Save"), leave = button("Cancel", "", () => dialog.close());
    form.onsubmit = (event) => { // closed here, so that the next key is the page's
      event.preventDefault();
      dialog.close();
      save();
    };
    form.append(element("b", "", title), ...made.map(([label]) => label), keep, leave);
    dialog.replaceChildren(form);
    showDialog(dialog);
    made[0][1].select();
    return made.map(([, box]) => box);
  }

  function boxOf(name, value, most) {
    const label = element("label", "box", `${name} (at most ${most} characters)`), box = element("input");
    Object.assign(box, { value, maxLength: most });
    label.append(box);
    return [label, box];
  }

  function showDialog(dialog) {
    mine.state.judging.dialog = dialog;
    dialog.showModal();
  }

  function openLost() {
    const judging = mine.state.judging, { lost: found, n_lost: n } = judging.data, gone = new Set();
    const title = element("b", "", `${n} not carried over`);
    const rows = found.map((one) => {
      const row = element("div", "lost-row"), image = element("img");
      Object.assign(image, { src: one.picture, alt: "", width: 56, height: 56 });
      const find = button("Find", "Show on the map where it was", () => { lost.close(); linked.lookAt(mine.animal, one); });
      row.append(image, element("span", "", one.words), find, button("Dismiss", "Don't show it any more", () => dismiss(one, row)));
      return row;
    });
    // The others stay in view, to be dismissed one after another.
    const dismiss = (one, row) => {
      const isSaid = judging.say([one.dismiss]);
      gone.add(String(one.dismiss));
      row.remove();
      title.textContent = `${n - gone.size} not carried over`;
      if (!isSaid || gone.size === found.length) lost.close();
    };
    const left = () => judging.data.dismiss_all.filter((said) => !gone.has(String(said)));
    const all = button("Dismiss all", "Don't show any of them", () => { judging.say(left()); lost.close(); });
    const more = element("p", "", n > found.length ? `${n - found.length} more are not shown.` : "");
    const about = element("p", "", "No component of this run is like these, which were judged, merged, split or drawn in other runs. They are kept, and count again where one is found.");
    lost.replaceChildren(title, about, ...rows, more, all, button("Close", "", () => lost.close()));
    showDialog(lost);
  }

  return { draw };
}
