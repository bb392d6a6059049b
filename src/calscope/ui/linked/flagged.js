// The flags of all components; this view draws nothing itself.

function makeFlagged(mine) {
  const ANY = "flagged or not", NONE = "no flag", SOME = "any flag";

  function update({ kinds, told, sentences, names }) {
    const word = (kind) => names[kind]?.[0] ?? kind;
    const filters = { [ANY]: () => true, [SOME]: (k) => kinds[k].length > 0, [NONE]: (k) => kinds[k].length === 0 };
    for (const kind of Object.keys(names)) if (kinds.some((own) => own.includes(kind))) filters[word(kind)] = (k) => kinds[k].includes(kind);
    mine.state.flags = {
      n: kinds.length,
      of: (number) => kinds[number] ?? [],
      word,
      means: (kind) => names[kind]?.[1] ?? "",
      words: (number) => (kinds[number] ?? []).map(word).join(" · "),
      told: (number) => (told[number] ?? []).map((at) => sentences[at]),
      filters: () => Object.keys(filters),
      count: (name) => kinds.filter((_, k) => filters[name](k)).length,
      isListed: (number) => (filters[mine.state.flagFilter] ?? filters[ANY])(number),
    };
    linked.arrange(mine.animal, {});
    linked.tell(mine.animal, "flags");
  }

  return { update, changed() {}, end() { mine.state.flags = null; } };
}

export default function (component) {
  return show(component, makeFlagged);
}
