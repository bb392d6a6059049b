// What persons decide of components. The browser shows it at once; the server keeps it and answers each act by its id.
// An act is kept in the window's storage until then, and sent again after a reload. This view draws nothing itself.

const SEND_AFTER_MS = 60, AGAIN_AFTER_MS = 5000, GONE_AFTER_MS = 3000;
const KEYS = { a: "accept", r: "reject", u: "unsure" };
const RATER = "calscope rater", BLIND = "calscope blind", COOKIE = "calscope_blind";
const DECIDED = { accept: "accepted", reject: "rejected", unsure: "unsure" };
const DISAGREE = "disagree"; // in place of a decision, where raters disagree and nobody settled it
const CHANGES = ["merge", "split", "draw", "delete"]; // of which components there are, not of what they are
const TOO_FEW = "Choose two or more components to merge: Ctrl+click (Cmd+click) rows or outlines.";
const BEING_CHANGED = "The components are being changed. Wait a moment, then decide.";
const NO_NAME = "Enter your name first: it is kept with what you decide.";
const MOST_REMEMBERED = 200; // acts that are taken back at once, without waiting for the server
const LISTED = {
  all: () => true,
  judged: (one) => Boolean(one?.decision),
  "not judged": (one) => !one?.decision,
  unsure: (one) => one?.decision === "unsure",
  "raters disagree": (one) => one?.decision === DISAGREE,
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
      own = kept(`judging ${animal}`, { acts: remembered(sessionStorage, stored(), []), sent: new Set(), n: 0, trouble: "", done: [], undone: [] });
      own.sent.clear(); // what the view before this one told may not have arrived
    }
    told = new Map(isOtherRater() ? [] : Object.entries(data.entries).map(([number, entry]) => [Number(number), entryOf(entry)]));
    if (isOtherRater()) mine.tellServer("rater", { blind: blind() });
    take(data.answers);
    if (data.old) own.trouble = data.old;
    mine.state.judging = judging;
    if (data.preview && data.preview.id === own.asked?.id) judging.showPreview?.(own.asked, data.preview);
    merge();
    if (own.acts.some((act) => !own.sent.has(act.id))) sendSoon();
  }

  const entryOf = ([decision, who, carried, tag, note, why, state = "open", sides = []]) => ({ decision, who, carried, tag, note, why, state, sides });

  // What the server drew for another rater is not shown to who judges blind, not even for a moment.
  const isOtherRater = () => data.blind !== blind();
  const blind = () => (remembered(localStorage, BLIND, false) ? who() : "");

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
      if (error) {
        own.trouble = error;
        Object.assign(own, { done: [], undone: [] });
      } else if (act.shows) continue; // the person was taken there when the key was pressed
      else if (component !== null) linked.choose(animal, component, mine);
    }
    if (!own.acts.length) window.dispatchEvent(new Event("calscope-judged"));
  }

  function merge() {
    merged = new Map([...told].map(([number, one]) => [number, worded(one)]));
    for (const act of own.acts) {
      for (const [action, number, text] of act.said) lay(act, action, number, text);
      for (const [number, entry] of act.shows || []) entry ? merged.set(number, entry) : merged.delete(number);
    }
    linked.arrange(animal, {});
    linked.tell(animal, "judged");
  }

  function lay({ who }, action, number, text) {
    if (number === null || action === "dismiss" || CHANGES.includes(action)) return;
    const one = { decision: "", who: "", carried: false, tag: "", note: "", state: "open", sides: [], ...merged.get(number) };
    const others = one.sides.filter(([rater, , how]) => how === "blind" && rater !== who);
    if (action === "note" || action === "tag") one[action] = text;
    else if (action === "settle") Object.assign(one, text ? decided(text, who, "settled", one.sides) : beside(one.sides));
    else if (action === "clear") Object.assign(one, beside(others));
    else Object.assign(one, beside([[who, action, "in sight"], ...others]));
    merged.set(number, worded(one));
  }

  const decided = (decision, who, state, sides) => ({ decision, who, carried: false, state, sides, why: decision === "unsure" ? "" : `by hand by ${who}` });

  // As the server finds it: where those who decided beside each other differ, nobody is right until it is settled.
  function beside(sides) {
    if (!sides.length) return { ...decided("", "", "open", []), why: "" };
    const [[who, decision]] = sides;
    if (sides.every(([, one]) => one === decision)) return decided(decision, who, "open", sides);
    return { ...decided(DISAGREE, "", "disputed", sides), why: `raters disagree, not settled (${saidBy(sides)})` };
  }

  const saidBy = (sides) => sides.map(([who, decision]) => `${who}: ${decision}`).join(", ");

  function worded(one) {
    const what = one.decision === DISAGREE ? `disagree (${saidBy(one.sides)})` : one.decision && `${DECIDED[one.decision]} by ${one.who}`;
    const parts = [what, one.state === "settled" && "settled", one.carried && "carried over", one.tag, one.note];
    return { ...one, words: parts.filter(Boolean).join(" · ") };
  }

  const isChanging = () => own.acts.some((act) => CHANGES.includes(act.said[0][0]));

  // Gives whether it could be said; where not, the line beside the buttons tells why.
  function say(said, id = randomId()) {
    const isNameless = !data.closed && !who();
    own.trouble = data.closed || (isNameless ? NO_NAME : isChanging() ? BEING_CHANGED : "");
    if (own.trouble) {
      linked.tell(animal, "judged");
      if (isNameless) judging.openName?.();
      return false;
    }
    const act = { id, who: who(), blind: Boolean(blind()), said };
    takeBack(act);
    own.acts.push(act);
    remember(sessionStorage, stored(), own.acts);
    merge();
    window.dispatchEvent(new Event("calscope-judged"));
    sendSoon();
    return true;
  }

  // What is taken back is shown at once where it was done in this window; of anything else the server knows what it was.
  function takeBack(act) {
    const [[action]] = act.said, isBack = action === "undo";
    if (CHANGES.includes(action)) { Object.assign(own, { done: [], undone: [] }); return; }
    if (!isBack && action !== "redo") {
      const before = [...new Set(act.said.map(([, number]) => number))].map((number) => [number, merged.get(number) || null]);
      own.done = [...own.done, { ...act, before }].slice(-MOST_REMEMBERED);
      own.undone = [];
      return;
    }
    const from = isBack ? own.done : own.undone, meant = from.at(-1);
    if (meant?.who !== act.who || meant.said[0][0] === "dismiss") return;
    from.pop();
    (isBack ? own.undone : own.done).push(meant);
    if (isBack) act.shows = meant.before;
    else act.shows = afterAll(meant);
    if (meant.before.length === 1) linked.choose(animal, meant.before[0][0], mine);
  }

  function afterAll(meant) {
    const now = merged;
    merged = new Map(now);
    for (const [action, number, text] of meant.said) lay(meant, action, number, text);
    const shown = meant.before.map(([number]) => [number, merged.get(number)]);
    merged = now;
    return shown;
  }

  // One message at a time: what is decided until it is answered comes with the next one.
  function sendSoon() {
    const waits = own.acts.some((act) => own.sent.has(act.id));
    if (waits && timer) return;
    clearTimeout(timer);
    timer = setTimeout(send, waits ? AGAIN_AFTER_MS : SEND_AFTER_MS);
  }

  // Pages that are not of this machine and come without encryption have no random ids of their own.
  const randomId = () => (crypto.randomUUID ? crypto.randomUUID() : newId());
  const newId = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

  function send() {
    clearTimeout(timer);
    timer = 0;
    own.acts.forEach((act) => own.sent.add(act.id));
    own.n += 1;
    mine.tellServer("acts", { n: own.n, acts: own.acts, of: animal, chosen: linked.untoldChoice(animal) });
    if (own.acts.length) sendSoon(); // again, unless it is answered before
  }

  // What a change would give is asked for, and shown before it is made.
  function change(action, text = "") {
    const numbers = action === "draw" ? [null] : meant();
    if (!numbers.length) return;
    own.trouble = data.closed || data.fixed || (action === "merge" && numbers.length < 2 ? TOO_FEW : "");
    if (own.trouble || isChanging()) { linked.tell(animal, "judged"); return; }
    own.asked = { id: randomId(), action, said: numbers.map((number) => [action, number, text]) };
    if (action === "delete") judging.showPreview?.(own.asked, { said: "It goes, and what it was made from comes back." });
    else {
      judging.showPreview?.(own.asked, null);
      mine.tellServer("ask", { ...own.asked, who: who(), of: animal, n: (own.n += 1) });
    }
  }

  function make(asked) {
    own.asked = null;
    select([]);
    say(asked.said, asked.id);
  }

  function draw(isDrawing = true) {
    if (isDrawing && (data.closed || isChanging())) return;
    own.trouble = isDrawing ? data.fixed : "";
    mine.state.drawing = isDrawing && !data.fixed;
    linked.tell(animal, "judged");
  }

  const meant = () => (mine.state.selected.size ? [...mine.state.selected] : [mine.state.component].filter((number) => number !== null));

  function decide(action) {
    const numbers = meant(), several = mine.state.selected.size > 0, next = following();
    if (!numbers.length) return;
    const said = numbers.map((number) => (isSettling(number) ? ["settle", number, action === "clear" ? "" : action] : [action, number, ""]));
    if (!say(said)) return;
    if (several) select([]);
    else if (looks.next && next !== null && action !== "clear") linked.choose(animal, next, mine);
  }

  // Who sees that raters disagree, or that it was settled, decides for all of them.
  const isSettling = (number) => !blind() && ["disputed", "settled"].includes(merged.get(number)?.state);

  // How likely the verdict on a component is wrong; null where it was judged, or nothing is estimated.
  const doubt = (number) => (isOtherRater() || merged.get(number)?.decision ? null : data.left?.wrong[number] ?? null);

  // The most doubtful one that is listed.
  function mostDoubtful(but = null) {
    const unseen = mine.state.listed.filter((number) => number !== but && doubt(number) !== null);
    return unseen.length ? unseen.reduce((best, number) => (doubt(number) > doubt(best) ? number : best)) : null;
  }

  function goToDoubtful() {
    const next = mostDoubtful(mine.state.component) ?? mostDoubtful();
    if (next !== null) linked.choose(animal, next, mine);
  }

  // The next one of the list as it is before the decision; at its end the last one stays. Where the list is sorted by
  // doubt, which each decision changes, the most doubtful one is next.
  function following() {
    const { listed, component, sort } = mine.state, at = listed.indexOf(component);
    if (data.left && sort[0] === "doubt" && sort[1] < 0) return mostDoubtful(component);
    return at >= 0 && at + 1 < listed.length ? listed[at + 1] : null;
  }

  function select(numbers) {
    mine.state.selected = new Set(numbers);
    if (own.trouble === TOO_FEW) own.trouble = "";
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
    if (name === "escape" && mine.state.drawing) return () => draw(false);
    if (name === "escape" && mine.state.selected.size) return () => select([]);
    if (name === "n") return () => judging.openNote?.();
    if (name === "d" && data.left) return goToDoubtful;
    if (name === "m") return () => change("merge");
    if (name === "x") return () => change("split");
    if (name === "o") return () => draw(!mine.state.drawing);
    if (name === "delete" && mine.state.component in data.made) return () => change("delete");
    return name in KEYS ? () => decide(KEYS[name]) : null;
  }

  const who = () => data.login || remembered(localStorage, RATER, "") || data.who;

  const judging = {
    key, decide, say, select, who, meant, change, make, draw,
    dropPreview() { own.asked = null; },
    of: (number) => merged.get(number),
    isListed: (number) => (LISTED[mine.state.judgedFilter] || LISTED.all)(merged.get(number)),
    filters: () => Object.keys(LISTED).filter((name) => name !== "raters disagree" || name === mine.state.judgedFilter || judging.count(name) > 0),
    count: (name) => [...Array(data.n).keys()].filter((number) => LISTED[name](merged.get(number))).length,
    tags: () => [...new Set([...merged.values()].map((one) => one.tag).filter(Boolean))].sort(),
    callMe(name, isBlind) {
      if (!data.login) remember(localStorage, RATER, name);
      own.trouble = "";
      remember(localStorage, BLIND, isBlind);
      document.cookie = `${COOKIE}=${encodeURIComponent(blind())}; path=/; max-age=${isBlind ? 31536000 : 0}; SameSite=Lax`;
      mine.tellServer("rater", { blind: blind() });
      Object.assign(own, { done: [], undone: [] });
      if (isOtherRater()) { told = new Map(); merge(); }
      linked.tell(animal, "judged");
    },
    get blind() { return blind(); },
    doubt, goToDoubtful,
    showLeft(on) { mine.tellServer("left", { on, n: own.n += 1 }); },
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
