// The mean traces that the raster draws; this view draws nothing itself.

function makeMeans(mine) {
  return {
    update({ kind, means }) {
      mine.state.means = { kind, of: Object.fromEntries(Object.entries(means).map(([name, mean]) => [name, { ...mean, values: floats(mean.values) }])) };
      linked.tell(mine.animal, "means");
    },
    changed() {},
  };
}

export default function (component) {
  return show(component, makeMeans);
}
