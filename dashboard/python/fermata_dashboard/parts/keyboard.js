// Shortcuts: single keys, wherever nobody types.
import { html, store, useEffect, useStore } from "../lib/html.js";
import { Button, Dialog } from "./basics.js";

export const help = store(false);

const typing = (target) => target.closest?.("input, textarea, select, [contenteditable]") || target.closest?.("dialog");

/** Have these keys do something while a component is there: `{j: act, k: act}`. */
export function useKeys(keys, deps) {
  useEffect(() => {
    const listen = (event) => {
      if (event.metaKey || event.ctrlKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
      const act = keys[event.key];
      if (!act) return;
      event.preventDefault();
      act(event);
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, deps);
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
