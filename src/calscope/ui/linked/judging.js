// What persons decide of components. The browser shows it at once; the server keeps it and answers each act by its id.
// An act is kept in the window's storage until then, and sent again after a reload. This view draws nothing itself.

const SEND_AFTER_MS = 60, AGAIN_AFTER_MS = 5000, GONE_AFTER_MS = 3000;
const KEYS = { a: "accept", r: "reject", u: "unsure" };
const RATER = "calscope rater";
const DECIDED = { accept: "accepted", reject: "rejected", unsure: "unsure" };
const LISTED = {
  all: () => true,
  judged: (one) => Boolean(one?.decision),
  "not judged": (one) => !one?.decision,
  unsure: (one) => one?.decision === "unsure",
  "carried over": (one) => Boolean(one?.carried),
  "with note or tag": (one) => Boolean(one?.note || one?.tag),
};

function makeJudging(mine) {
  let data = null, animal = "", told = new Map(), merged = new Map(), own = null, timer = 0, gone = 0;
  const looks = kept("judging", { next: remembered(localStorage, "calscope next", true) });

  function update(given) {
    const isNew = given.animal !== animal;
    data = given;
    clearTimeout(gone);
    if (isNew) {
      animal = data.animal;
      own = kept(`judging ${animal}`, { acts: remembered(sessionStorage, stored(), []), sent: new Set(), n: 0, trouble: "" });
      own.sent.clear(); // what the view before this one told may not have arrived
    }
    told = new Map(Object.entries(data.entries).map(([number, [decision, who, carried, tag, note, why]]) => [Number(number), { decision, who, carried, tag, note, why }]));
    take(data.answers);
    mine.state.judging = judging;
    merge();
    if (own.acts.some((act) => !own.sent.has(act.id))) sendSoon();
  }

  const stored = () => `calscope acts ${animal}`;

  function remembered(storage, name, start) {
    try { return JSON.parse(storage.getItem(name)) ?? start; } catch { return start; }
  }

  function remember(storage, name, value) {
    try { storage.setItem(name, JSON.stringify(value)); } catch { /* it lasts as long as the page then */ }
  }

  // An act that the server could not keep is told, and what it showed goes back.
  function take(answers) {
    const answered = own.acts.filter((act) => act.id in answers);
    if (!answered.length) return;
    own.acts = own.acts.filter((act) => !(act.id in answers));
    clearTimeout(timer);
    timer = 0;
    remember(sessionStorage, stored(), own.acts);
    for (const act of answered) {
      const { error, component } = answers[act.id];
      if (error) own.trouble = error;
      else if (component !== null) linked.choose(animal, component, mine);
    }
    if (!own.acts.length) window.dispatchEvent(new Event("calscope-judged"));
  }

  function merge() {
    merged = new Map([...told].map(([number, one]) => [number, worded(one)]));
    for (const act of own.acts) for (const [action, number, text] of act.said) lay(act.who, action, number, text);
    linked.arrange(animal, {});
    linked.tell(animal, "judged");
  }

  function lay(who, action, number, text) {
    if (number === null || action === "dismiss") return;
    const one = { decision: "", who: "", carried: false, tag: "", note: "", ...merged.get(number) };
    if (action === "note" || action === "tag") one[action] = text;
    else if (action === "clear") Object.assign(one, { decision: "", who: "", carried: false, why: "" });
    else Object.assign(one, { decision: action, who, carried: false, why: action === "unsure" ? "" : `by hand by ${who}` });
    merged.set(number, worded(one));
  }

  function worded(one) {
    const parts = [one.decision && `${DECIDED[one.decision]} by ${one.who}`, one.carried && "carried over", one.tag, one.note];
    return { ...one, words: parts.filter(Boolean).join(" · ") };
  }

  function say(said) {
    if (data.closed) { own.trouble = data.closed; linked.tell(animal, "judged"); return; }
    own.trouble = "";
    own.acts.push({ id: crypto.randomUUID ? crypto.randomUUID() : newId(), who: who(), said });
    remember(sessionStorage, stored(), own.acts);
    merge();
    window.dispatchEvent(new Event("calscope-judged"));
    sendSoon();
  }

  // One message at a time: what is decided until it is answered comes with the next one.
  function sendSoon() {
    const waits = own.acts.some((act) => own.sent.has(act.id));
    if (waits && timer) return;
    clearTimeout(timer);
    timer = setTimeout(send, waits ? AGAIN_AFTER_MS : SEND_AFTER_MS);
  }

  // Pages that are not of this machine and come without encryption have no random ids of their own.
  const newId = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

  function send() {
    clearTimeout(timer);
    timer = 0;
    own.acts.forEach((act) => own.sent.add(act.id));
    own.n += 1;
    mine.tellServer("acts", { n: own.n, acts: own.acts });
    if (own.acts.length) sendSoon(); // again, unless it is answered before
  }

  const meant = () => (mine.state.selected.size ? [...mine.state.selected] : [mine.state.component].filter((number) => number !== null));

  function decide(action) {
    const numbers = meant(), several = mine.state.selected.size > 0, next = following();
    if (!numbers.length) return;
    if (several) select([]);
    say(numbers.map((number) => [action, number, ""]));
    if (!several && looks.next && next !== null && action !== "clear") linked.choose(animal, next, mine);
  }

  // The next one of the list as it is before the decision; at its end the last one stays.
  function following() {
    const { listed, component } = mine.state, at = listed.indexOf(component);
    return at >= 0 && at + 1 < listed.length ? listed[at + 1] : null;
  }

  function select(numbers) {
    mine.state.selected = new Set(numbers);
    linked.tell(animal, "selected");
  }

  function key(event) {
    const name = event.key.toLowerCase(), act = actOf(name, event.shiftKey);
    if (!act || judging.dialog?.open) return false;
    if (!event.repeat || name === "z") act();
    return true;
  }

  function actOf(name, isShifted) {
    if (name === "z") return () => say([[isShifted ? "redo" : "undo", null, ""]]);
    if (isShifted) return null;
    if (name === "escape" && mine.state.selected.size) return () => select([]);
    if (name === "n") return () => judging.openNote?.();
    return name in KEYS ? () => decide(KEYS[name]) : null;
  }

  const who = () => remembered(localStorage, RATER, "") || data.who;

  const judging = {
    key, decide, say, select, who, meant,
    of: (number) => merged.get(number),
    isListed: (number) => (LISTED[mine.state.judgedFilter] || LISTED.all)(merged.get(number)),
    filters: () => Object.keys(LISTED),
    count: (name) => [...Array(data.n).keys()].filter((number) => LISTED[name](merged.get(number))).length,
    tags: () => [...new Set([...merged.values()].map((one) => one.tag).filter(Boolean))].sort(),
    callMe(name) { remember(localStorage, RATER, name); linked.tell(animal, "judged"); },
    get data() { return data; },
    get pending() { return own.acts.length; },
    get trouble() { return own.trouble; },
    get steps() { return looks.next; },
    set steps(value) { looks.next = value; remember(localStorage, "calscope next", value); },
  };
  return {
    update,
    changed() {},
    // The page may take the view out for a moment and make it anew; what is decided meanwhile the new one sends.
    end() {
      if (timer) send();
      gone = setTimeout(() => { if (mine.state.judging === judging) mine.state.judging = null; }, GONE_AFTER_MS);
    },
  };
}

export default function (component) {
  return show(component, makeJudging);
}
