// Which components are listed, the one that is chosen and why it was accepted or rejected, and the steps to the next.
// What the server chose comes in here; the other views' data don't depend on it, and so are not sent again.

function makeBar(mine) {
  const find = (selector) => mine.root.querySelector(selector);
  const judgingBar = makeJudgingBar(mine, find(".judge"), find(".dialogs"));
  let data = null;

  function update(given) {
    data = given;
    find(".bar").setAttribute("aria-label", data.label);
    for (const [number, footprint] of Object.entries(data.footprints)) mine.state.footprints.set(Number(number), footprint);
    linked.tell(mine.animal, "footprints");
    linked.takeFromServer(mine.animal, data.choice, mine);
    draw();
  }

  function draw() {
    const { filter, component, rows, listed } = mine.state;
    const options = Object.entries(counts(rows)).map(([name, count]) => [name, `${name} (${count})`]);
    refill(find(".filters"), choiceOf(options, filter, (name) => linked.list(mine.animal, name, mine)));
    refill(find(".steps"),
      button("‹", "Previous in the list (left arrow)", () => linked.step(mine.animal, -1, mine)),
      button("›", "Next in the list (right arrow)", () => linked.step(mine.animal, 1, mine)),
    );
    ["Previous component", "Next component"].forEach((name, i) => {
      find(".steps").childNodes[i].setAttribute("aria-label", name);
      find(".steps").childNodes[i].disabled = listed.length === 0;
    });
    find(".number").textContent = component === null ? "No component is chosen" : `Component ${component}`;
    const badge = find(".badge"), isKnown = rows && component !== null, verdict = isKnown ? rows.value("evaluation", component) : "";
    badge.textContent = verdict;
    badge.className = `badge ${verdict}`;
    find(".said").textContent = isKnown ? rows.value("reason", component) : "";
    find(".said").title = find(".said").textContent;
    judgingBar.draw();
  }

  // What was decided a moment ago counts before the server has heard of it.
  function counts(rows) {
    if (!rows || !("accepted" in data.counts)) return data.counts;
    const accepted = [...Array(rows.n).keys()].filter((k) => rows.verdict(k)).length;
    return { all: rows.n, accepted, rejected: rows.n - accepted };
  }

  return { update, changed: () => { if (data) draw(); } };
}

export default function (component) {
  return show(component, makeBar);
}
