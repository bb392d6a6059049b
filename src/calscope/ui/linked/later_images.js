// Images of the map that come when they are looked at; this view draws nothing itself.

function makeLater(mine) {
  return {
    update({ images }) {
      mine.state.later = { ...mine.state.later, ...images };
      linked.tell(mine.animal, "field");
    },
    changed() {},
  };
}

export default function (component) {
  return show(component, makeLater);
}
