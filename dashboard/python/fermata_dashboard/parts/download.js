// Files to keep: fetched a page at a time and put together, since a single answer holds a few megabytes.
import { html, useState } from "../lib/html.js";
import { headersFor } from "../lib/api.js";
import { Button, say } from "./basics.js";

const NEXT = /<([^>]+)>;\s*rel="?next"?/;

async function pages(address, told) {
  const parts = [];
  for (let next = address; next; ) {
    const answer = await fetch(next, { credentials: "same-origin", redirect: "manual", headers: headersFor("GET") });
    if (answer.type === "opaqueredirect") return null; // it lies elsewhere as a whole
    if (!answer.ok) throw new Error((await answer.json().catch(() => null))?.detail ?? `The server answered ${answer.status}.`);
    parts.push(await answer.blob());
    told(parts.length);
    next = NEXT.exec(answer.headers.get("Link") ?? "")?.[1];
  }
  return new Blob(parts);
}

/** Buttons that save what a route tells, in each of these formats. */
export function Downloads({ path, query = {}, name, formats = { csv: "CSV", jsonl: "JSON Lines" } }) {
  const [busy, setBusy] = useState(null);
  const save = async (format) => {
    const given = new URLSearchParams(Object.entries({ ...query, format }).filter(([, value]) => value));
    const address = `${path}?${given}`;
    try {
      setBusy({ format, count: 0 });
      const file = await pages(address, (count) => setBusy({ format, count }));
      const link = document.createElement("a");
      link.href = file ? URL.createObjectURL(file) : address;
      link.download = `${name}.${format}`.replace(/[^\w.-]+/g, "-");
      link.click();
      if (file) setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    } catch (error) {
      say(error.message, "failed");
    }
    setBusy(null);
  };
  return html`<span class="downloads">${Object.entries(formats).map(([format, title]) => html`<${Button} small icon="download" disabled=${busy !== null} onClick=${() => save(format)}>${busy?.format === format && busy.count > 1 ? `Page ${busy.count}…` : title}<//>`)}</span>`;
}
