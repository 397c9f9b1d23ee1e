// Small things that every view is made of.
import { html, useEffect, useRef, useState } from "../lib/html.js";
import { store, useStore } from "../lib/html.js";
import { WORDS, exactly, follows, millis, relative, standing } from "../lib/format.js";
import { useNow } from "../lib/live.js";
import { Icon } from "./icons.js";

export function Status({ of: name, pill, children }) {
  return html`<span class=${`status status-${name}${pill ? " pill" : ""}`}><${Icon} name=${name} />${children ?? WORDS[name] ?? name}</span>`;
}

/** A job's status, and a warning beside it where some of its units failed. */
export function JobStatus({ job, pill }) {
  const failed = job.status === "completed" && job.counts.failed;
  if (follows(job)) return html`<${Status} of="pending" pill=${pill}>Waits for a job<//>`;
  if (failed) return html`<${Status} of="warning" pill=${pill}>Completed, ${failed} failed<//>`;
  return html`<${Status} of=${standing(job)} pill=${pill} />`;
}

/** A bar of what succeeded, what failed and what is left. */
export function Progress({ job, tall }) {
  const { succeeded, failed, total } = job.counts;
  const share = (units) => (total ? (units / total) * 100 : 0);
  const good = { completed: "good", waiting_review: "drafted", cancelled: "dim", failed: "dim", timed_out: "dim" }[job.status] ?? (standing(job) === "running" ? "done" : "still");
  const bad = total && failed ? Math.max(0.6, share(failed)) : 0;
  const label = `${succeeded} of ${total} units succeeded, ${failed} failed`;
  return html`<svg class=${`bar${tall ? " tall" : ""}`} viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label=${label}>
    <rect class=${good} x="0" y="0" width=${share(succeeded)} height="6" />
    <rect class="bad" x=${Math.min(share(succeeded), 100 - bad)} y="0" width=${bad} height="6" />
  </svg>`;
}

/** A time, as how long ago it is; the exact one on hovering. */
export function When({ at }) {
  const now = useNow(5000);
  if (!at) return html`<span class="muted">–</span>`;
  return html`<time datetime=${new Date(millis(at)).toISOString()} title=${exactly(at)} class="nowrap">${relative(at, Math.max(now, Date.now()))}</time>`;
}

/** `barred`: why the caller may not do this; then it is shown, does nothing and says so. */
export function Button({ icon, kind = "", small, square, label, barred, children, ...more }) {
  const look = `button ${kind}${small ? " small" : ""}${square ? " square" : ""}`;
  const not = barred ? { "aria-disabled": "true", title: barred, onClick: () => say(barred, "failed") } : {};
  return html`<button type="button" class=${look} aria-label=${label} title=${label} ...${more} ...${not}>${icon && html`<${Icon} name=${icon} />`}${children}</button>`;
}

export function Note({ of: name = "info", children }) {
  const tone = name === "info" ? "" : ` status-${name}`;
  return html`<div class=${`note${tone}`}><${Icon} name=${name} />${html`<div class="grow">${children}</div>`}</div>`;
}

export function Empty({ icon, title, children }) {
  return html`<div class="empty"><${Icon} name=${icon} /><h2>${title}</h2>${html`<p>${children}</p>`}</div>`;
}

export function Panel({ title, side, flush, children, id }) {
  return html`<section class=${`panel${flush ? " flush" : ""}`} aria-labelledby=${id}>
    ${title && html`<header><h2 id=${id} class="grow">${title}</h2>${side}</header>`}
    <div class="body">${children}</div>
  </section>`;
}

/** A view's title; `busy` while it has nothing to show yet. */
export function Head({ title, sub, crumb, children }) {
  useEffect(() => {
    document.title = typeof title === "string" ? `${title} · Fermata` : "Fermata";
  }, [title]);
  return html`<header class="head">
    <div class="titles">${crumb}<h1>${title}</h1>${sub && html`<div class="sub">${sub}</div>`}</div>
    ${children && html`<div class="actions">${children}</div>`}
  </header>`;
}

/** What could not be read, and why. */
export function Trouble({ error }) {
  if (!error) return null;
  const text = error.status === 403 ? "Your key may not see this. It needs another scope." : error.message;
  return html`<${Note} of="failed"><p role="alert">${text}</p><//>`;
}

export function Json({ value }) {
  return html`<pre class="json" tabindex="0">${typeof value === "string" ? value : JSON.stringify(value, null, 2)}</pre>`;
}

export function Copy({ text, label }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard?.writeText(text);
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return html`<${Button} small square kind="quiet" icon=${done ? "check" : "copy"} label=${done ? "Copied" : label} onClick=${copy} />`;
}

const toasts = store([]);

/** Tell what was done, or why it was not; screen readers say it. */
export function say(text, tone = "completed") {
  const toast = { text, tone };
  toasts.set([...toasts.get(), toast].slice(-3));
  setTimeout(() => toasts.set(toasts.get().filter((one) => one !== toast)), tone === "failed" ? 9000 : 4500);
}

export function Toasts() {
  const shown = useStore(toasts);
  return html`<div class="toasts" role="status" aria-live="polite">
    ${shown.map((one) => html`<div class=${`toast status-${one.tone}`}><${Icon} name=${one.tone} /><span>${one.text}</span></div>`)}
  </div>`;
}

/** A dialog; the browser keeps the focus in it and gives it back. */
export function Dialog({ title, onClose, wide, children }) {
  const element = useRef(null);
  useEffect(() => {
    const dialog = element.current;
    dialog.showModal();
    return () => dialog.close();
  }, []);
  const onBackdrop = (event) => { if (event.target === element.current) onClose(); };
  return html`<dialog ref=${element} class=${wide ? "wide" : ""} aria-label=${title} onCancel=${(event) => { event.preventDefault(); onClose(); }} onMouseDown=${onBackdrop}>${children}</dialog>`;
}

/** A dialog that asks before something is done; `act(values)` does it, may throw, and answers true where there is more to ask. */
export function Ask({ title, verb, danger, onClose, act, children }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const submit = async (event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      const more = await act(new FormData(event.target));
      if (more === true) setBusy(false);
      else onClose();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return html`<${Dialog} title=${title} onClose=${onClose}>
    <form onSubmit=${submit}>
      <h2>${title}</h2>
      ${children}
      <${Trouble} error=${error} />
      <div class="ends">
        <${Button} onClick=${onClose}>Keep as it is<//>
        <button class=${`button primary${danger ? " danger" : ""}`} disabled=${busy}>${busy ? "Working…" : verb}</button>
      </div>
    </form>
  <//>`;
}

export function Field({ label, hint, name, children }) {
  return html`<div class="field"><label for=${name}>${label}</label>${children}${hint && html`<div class="hint" id=${`${name}-hint`}>${hint}</div>`}</div>`;
}
