// The line with which a person decides: buttons, what is listed, how many were decided, and who decides.

function makeJudgingBar(mine, line, dialogs) {
  const find = (selector) => line.querySelector(selector), listing = mine.root.querySelector(".listing");
  const [note, name, lost] = ["note", "name", "lost"].map((kind) => dialogs.querySelector(`dialog.${kind}`));

  function draw() {
    const judging = mine.state.judging;
    line.hidden = listing.hidden = !judging;
    if (!judging) return;
    judging.openNote = openNote;
    const several = mine.state.selected.size, filters = judging.filters().map((kind) => [kind, kind === "all" ? "judged or not" : `${kind} (${judging.count(kind)})`]);
    where(find(".decide"), [several, judging.data.closed], () => decisions(several));
    where(listing, [filters, mine.state.judgedFilter], () => [
      picker("", filters, mine.state.judgedFilter, (kind) => { listing.querySelector("select").blur(); linked.listJudged(mine.animal, kind); }),
    ]);
    where(find(".stepping"), [judging.steps], () => [stepSwitch()]);
    drawWords(judging);
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
    const of = several ? ` all ${several}` : "", decide = (action) => () => mine.state.judging.decide(action), say = (action) => () => mine.state.judging.say([[action, null, ""]]);
    const made = [
      act(`Accept${of}`, "Accept (key a)", decide("accept")),
      act(`Reject${of}`, "Reject (key r)", decide("reject")),
      act("Unsure", "Neither: the thresholds decide, and it can be listed (key u)", decide("unsure")),
      act("Clear", "Take the decision away: the thresholds decide again", decide("clear")),
      act("Note", "Write a note and a tag (key n)", openNote),
      act("↶", "Take back what you did last (key z)", say("undo"), "Undo"),
      act("↷", "Do it again (keys Shift and z)", say("redo"), "Redo"),
    ];
    made.forEach((one) => { one.disabled = Boolean(mine.state.judging.data.closed); });
    return made;
  }

  function act(text, title, onclick, label = "") {
    const one = button(text, title, onclick);
    if (label) one.setAttribute("aria-label", label);
    return one;
  }

  function stepSwitch() {
    const label = element("label", "picker", ""), box = element("input");
    box.type = "checkbox";
    box.checked = mine.state.judging.steps;
    box.onchange = () => { mine.state.judging.steps = box.checked; box.blur(); }; // the keys decide again
    label.title = "After a decision the next one in the list is chosen";
    box.setAttribute("aria-label", "next after a decision");
    label.append(box, "go to next");
    return label;
  }

  function drawWords(judging) {
    const { data } = judging, told = judging.trouble || data.closed, words = find(".words");
    words.classList.toggle("trouble", Boolean(told));
    const parts = [`${judging.count("judged") - judging.count("unsure")} judged`, ...["unsure", "carried over"].map((kind) => `${judging.count(kind)} ${kind}`)];
    const several = judging.data.closed || !mine.state.selected.size ? [] : [`${mine.state.selected.size} selected (Escape ends it)`];
    words.textContent = told || [...several, parts.filter((part, i) => i === 0 || !part.startsWith("0 ")).join(" · "), ...data.notes].join(" · ");
    words.title = words.textContent;
    where(find(".more"), [data.n_lost, judging.who()], () => [
      ...(data.lost.length ? [button(`${data.n_lost} not carried`, "Judgements of other runs that fit no component here", openLost)] : []),
      button(`as ${judging.who()}`, "Who decides: change the name", openName),
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
    const [box] = open(name, "Who decides", [["Your name", judging.who(), judging.data.most.who]], () => { if (box.value.trim()) judging.callMe(box.value.trim()); });
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
    const judging = mine.state.judging, { lost: found, n_lost: n } = judging.data;
    const rows = found.map((one) => {
      const row = element("div", "lost-row"), image = element("img");
      Object.assign(image, { src: one.picture, alt: "", width: 56, height: 56 });
      row.append(image, element("span", "", one.words), button("Dismiss", "Don't show it any more", () => { judging.say([one.dismiss]); lost.close(); }));
      return row;
    });
    const all = button("Dismiss all", "Don't show any of them", () => { judging.say(judging.data.dismiss_all); lost.close(); });
    const more = element("p", "", n > found.length ? `${n - found.length} more are not shown.` : "");
    const about = element("p", "", "No component of this run is like these, which were judged in other runs. They are kept, and count again where one is found.");
    lost.replaceChildren(element("b", "", `${n} not carried over`), about, ...rows, more, all, button("Close", "", () => lost.close()));
    showDialog(lost);
  }

  return { draw };
}
