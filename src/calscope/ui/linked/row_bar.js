// The chosen row of a list that is no list of components, in one line, with the steps to the next. What the server chose
// comes in here.

function makeRowBar(mine) {
  const find = (selector) => mine.root.querySelector(selector);
  let data = null;

  function update(given) {
    data = given;
    find(".bar").setAttribute("aria-label", data.label);
    linked.takeFromServer(mine.animal, data.choice, mine);
    draw();
  }

  function draw() {
    const { component, listed } = mine.state, steps = find(".steps");
    refill(steps,
      button("‹", "Previous in the list (left arrow)", () => linked.step(mine.animal, -1, mine)),
      button("›", "Next in the list (right arrow)", () => linked.step(mine.animal, 1, mine)),
    );
    ["Previous row", "Next row"].forEach((name, i) => {
      steps.childNodes[i].setAttribute("aria-label", name);
      steps.childNodes[i].disabled = listed.length === 0;
    });
    find(".number").textContent = data.names[component] ?? "";
    find(".said").textContent = find(".said").title = data.told[component] ?? "";
  }

  return { update, changed: () => { if (data) draw(); } };
}

export default function (component) {
  return show(component, makeRowBar);
}
