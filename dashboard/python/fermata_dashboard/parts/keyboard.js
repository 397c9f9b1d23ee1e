// Shortcuts: single keys, wherever nobody types.
import { html, store, useLayoutEffect, useStore } from "../lib/html.js";
import { Button, Dialog } from "./basics.js";

export const help = store(false);

const typing = (target) => target.closest?.("input, textarea, select, [contenteditable]") || target.closest?.("dialog");

/** Have these keys do something while a component is there: `{j: act, k: act}`. `on`: a view's come before the page's. */
export function useKeys(keys, deps, on = document) {
  useLayoutEffect(() => {  // what is drawn can be acted upon
    const listen = (event) => {
      if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
      const act = keys[event.key];
      if (!act) return;
      event.preventDefault();
      act(event);
    };
    on.addEventListener("keydown", listen);
    return () => on.removeEventListener("keydown", listen);
  }, deps);
}

const ROW = "main tbody tr, main .cards > li, main .drafts > li, main .found > li";
const ENTRY = "a[href], button:not([aria-disabled=true]):not(:disabled), input:not(:disabled)";
const rowOf = (element) => element?.closest?.(ROW);

/** From row to row of whatever list a view has. */
function walk(step) {
  const rows = [...document.querySelectorAll(ROW)].filter((row) => row.querySelector(ENTRY));
  const at = rows.indexOf(rowOf(document.activeElement));
  const row = rows[at < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, at + step))];
  const entry = row?.querySelector("a[href], button.cell") ?? row?.querySelector(ENTRY);
  entry?.focus();
  row?.scrollIntoView({ block: "nearest" });
}

/** What the row in hand offers under a name: a tick, or what `data-act` says. */
const within = (selector) => rowOf(document.activeElement)?.querySelector(selector)?.click();

/** The keys that mean the same in every view, unless it has a meaning of its own for them. */
export function usePageKeys(more) {
  useKeys({
    ...more,
    "/": () => document.querySelector("main input[type=search], main .filters input")?.focus(),
    j: () => walk(1), k: () => walk(-1),
    x: () => within("input[type=checkbox]:not(:disabled)"),
    p: () => within("[data-act=pause]"), r: () => within("[data-act=resume]"),
  }, [], window);
}

const KEYS = [
  ["/", "Search"], ["j", "Next row"], ["k", "Row before"], ["Enter", "Open the row"], ["x", "Choose the row"],
  ["p", "Pause"], ["r", "Resume"], ["n", "Start a job"], ["g", "Go to the jobs"], ["?", "This list"],
];

export function Help() {
  const shown = useStore(help);
  if (!shown) return null;
  const close = () => help.set(false);
  return html`<${Dialog} title="Keyboard" onClose=${close}><div class="inside">
    <h2>Keyboard</h2>
    <dl class="facts">${KEYS.map(([key, what]) => html`<dt><kbd>${key}</kbd></dt><dd>${what}</dd>`)}</dl>
    <div class="ends"><${Button} onClick=${close}>Close<//></div>
  </div><//>`;
}
