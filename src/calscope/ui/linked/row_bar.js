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
    const { component } = mine.state;
    refill(find(".steps"), ...stepsOf(mine, "row"));
    find(".number").textContent = data.names[component] ?? "";
    find(".said").textContent = find(".said").title = data.told[component] ?? "";
  }

  return { update, changed: () => { if (data) draw(); } };
}

export default function (component) {
  return show(component, makeRowBar);
}
