// The list of components. Only the rows in view are drawn; the order that it is in is the one the arrow keys walk through.

const ROW_PX = 28, SPARE_ROWS = 6;

// Sorts and filters; other views ask it through the store. What persons decided is laid over what the thresholds did.
function makeRows({ n, accepted, columns, ignores_filter: ignoresFilter }, here) {
  const judged = (k) => here.judging?.of(k), verdict = (k) => verdictOf(here, k, accepted[k]);
  const laidOver = {
    evaluation: (k, own) => ({ true: "accepted", false: "rejected" }[verdict(k)] ?? own),
    reason: (k, own) => judged(k)?.why || own,
    "by hand": (k) => judged(k)?.words || "",
    doubt: (k) => here.judging?.doubt(k) ?? null,
    flags: (k) => here.flags?.words(k) || "",
  };
  const valueOf = (column, k) => (laidOver[column.name] ? laidOver[column.name](k, column.values?.[k]) : column.values ? column.values[k] : k);
  // Where that column has words of its own, its order is still that of the numbers.
  const keyOf = (column) => [...Array(n).keys()].map((k) => keyAt(column, k));
  const keyAt = (column, k) => (column.name === "component" ? k : column.name === "flags" ? here.flags?.of(k).length ?? 0 : valueOf(column, k));
  const compare = (a, b) => (typeof a === "string" ? a.localeCompare(b) : a - b);
  return {
    columns, verdict, valueOf, n,
    value(name, number) {
      const column = columns.find((one) => one.name === name);
      return column && number < n ? valueOf(column, number) : undefined;
    },
    arranged(filter, [by, direction]) {
      const keys = keyOf(columns.find((column) => column.name === by) || columns[0]);
      const isListed = (k) => (filter === "all" || verdict(k) === (filter === "accepted")) && (here.judging?.isListed(k) ?? true) && (here.flags?.isListed(k) ?? true);
      const wanted = [...Array(n).keys()].filter((k) => ignoresFilter || isListed(k));
      // What was not measured is last, whichever way the list is sorted.
      return wanted.sort((a, b) => (keys[a] === null) - (keys[b] === null) || (keys[a] === null ? a - b : direction * compare(keys[a], keys[b])) || a - b);
    },
  };
}

function makeTable(mine) {
  const find = (selector) => mine.root.querySelector(selector);
  const scroller = find(".scroller"), head = find(".head"), body = find(".body");
  let data = null, request = 0;

  function update(given) {
    if (given.id !== data?.id) {
      data = given;
      mine.state.rows = makeRows(data, mine.state);
      scroller.setAttribute("aria-label", data.label);
      scroller.style.maxHeight = `${data.height}px`;
      const widths = (columns) => columns.map((column) => column.width).join(" ");
      scroller.style.setProperty("--columns", widths(data.columns));
      scroller.style.setProperty("--fewer", widths(data.columns.filter((column) => column.spare !== "place")));
      scroller.style.setProperty("--few", widths(data.columns.filter((column) => !column.spare)));
      linked.arrange(mine.animal, {});
      linked.tell(mine.animal, "rows");
    }
    addHead();
    draw();
  }

  function addHead() {
    const [by, direction] = mine.state.sort;
    refill(head, ...data.columns.map((column) => {
      const sorted = column.name === by, cell = element("span", classOf(column));
      cell.setAttribute("role", "columnheader");
      cell.setAttribute("aria-sort", sorted ? (direction > 0 ? "ascending" : "descending") : "none");
      const one = button(column.title + (sorted ? (direction > 0 ? " ▲" : " ▼") : ""), column.help, () => sortBy(column, sorted ? -direction : column.first));
      cell.append(one);
      return cell;
    }));
  }

  const classOf = ({ kind, spare }) => `cell ${kind}${spare ? " spare" : ""}${spare === "place" ? " place" : ""}`;

  function sortBy(column, direction) {
    linked.arrange(mine.animal, { sort: [column.name, direction] });
    addHead();
    bringIntoView();
    draw();
  }

  function draw() {
    cancelAnimationFrame(request);
    request = requestAnimationFrame(drawNow);
  }

  function drawNow() {
    const { listed, component } = mine.state;
    const first = Math.max(Math.floor(scroller.scrollTop / ROW_PX) - SPARE_ROWS, 0);
    const last = Math.min(first + Math.ceil(scroller.clientHeight / ROW_PX) + 2 * SPARE_ROWS, listed.length);
    body.style.height = `${listed.length * ROW_PX}px`;
    showRows(listed.slice(first, last).map((number, i) => rowOf(number, first + i, number === component)));
    scroller.setAttribute("aria-rowcount", listed.length + 1);
    scroller.setAttribute("aria-activedescendant", component === null ? "" : `row${component}`);
    scroller.dataset.chosen = component ?? "";
  }

  // A row that is there already stays, and takes over how the new one looks: a click is lost where its row is replaced
  // between press and release.
  function showRows(rows) {
    const before = new Map([...body.children].map((row) => [row.id, row])), wanted = rows.map((row) => (before.has(row.id) ? renewed(before.get(row.id), row) : row));
    for (const row of before.values()) if (!wanted.includes(row)) row.remove();
    wanted.forEach((row, i) => { if (body.children[i] !== row) body.insertBefore(row, body.children[i] ?? null); });
  }

  function renewed(row, now) {
    for (const name of now.getAttributeNames()) row.setAttribute(name, now.getAttribute(name));
    const cells = [...now.children];
    if (cells.length !== row.children.length) row.replaceChildren(...cells);
    else cells.forEach((cell, i) => { if (!cell.isEqualNode(row.children[i])) row.children[i].replaceWith(cell); });
    return row;
  }

  function rowOf(number, at, isChosen) {
    const { selected } = mine.state, isSelected = selected.has(number), isApart = isChosen && selected.size > 0 && !isSelected;
    const row = element("div", `row${isChosen ? " chosen" : ""}${isSelected ? " selected" : ""}${isApart ? " apart" : ""}`);
    row.style.top = `${at * ROW_PX}px`;
    row.dataset.component = number;
    row.id = `row${number}`;
    row.setAttribute("role", "row");
    row.setAttribute("aria-rowindex", at + 2);
    row.setAttribute("aria-selected", String(selected.size ? isSelected : isChosen));
    row.append(...data.columns.map((column) => cellOf(column, number)));
    return row;
  }

  function cellOf(column, number) {
    const text = textOf(column, number), cell = element("span", classOf(column), briefly(column, number, text));
    cell.setAttribute("role", "gridcell");
    if (column.kind === "text" || column.kind === "judged") cell.title = text;
    if (column.name === "flags") cell.title = (mine.state.flags?.told(number) ?? []).join("\n");
    if (column.kind === "verdict" && (text === "accepted" || text === "rejected")) cell.classList.add(text);
    return cell;
  }

  // Short where the values stand beside it; what a person decided has no short form.
  const briefly = (column, number, text) => (column.brief && text === column.values[number] ? column.brief[number] : text);

  function textOf(column, number) {
    const value = mine.state.rows.valueOf(column, number);
    if (column.name === "component" && !column.values) return String(value);
    if (column.kind !== "number") return value;
    return value === null ? "–" : value.toFixed(column.digits);
  }

  function bringIntoView() {
    const at = mine.state.listed.indexOf(mine.state.component), shown = scroller.clientHeight - head.offsetHeight;
    if (at < 0 || shown <= 0) return;
    const top = at * ROW_PX;
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    else if (top + ROW_PX > scroller.scrollTop + shown) scroller.scrollTop = top + ROW_PX - shown;
  }

  scroller.onscroll = draw;
  body.onclick = (event) => {
    const row = event.target.closest("[data-component]");
    if (row) pick(Number(row.dataset.component), event);
  };
  body.onmousedown = (event) => { if (event.shiftKey) event.preventDefault(); }; // it would select text

  // With Shift all from the chosen one to this one, for a decision on all of them.
  function pick(number, event) {
    const { judging, component, listed } = mine.state, ends = [listed.indexOf(component), listed.indexOf(number)];
    if (judging && event.shiftKey && ends[0] >= 0) judging.select(listed.slice(Math.min(...ends), Math.max(...ends) + 1));
    else linked.pick(mine.animal, number, event, mine);
  }

  const leave = onResize(scroller, () => data && draw());
  return {
    update,
    changed() {
      if (!data) return;
      bringIntoView();
      draw();
    },
    end() {
      leave();
      cancelAnimationFrame(request);
    },
  };
}

export default function (component) {
  return show(component, makeTable);
}
