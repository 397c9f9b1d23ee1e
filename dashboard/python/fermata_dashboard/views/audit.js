// Who did what, and whether the log is as it was written.
import { html, useState } from "../lib/html.js";
import { get } from "../lib/api.js";
import { count, exactly, many, moment } from "../lib/format.js";
import { usePages } from "../lib/pages.js";
import { go, jobAddress, to } from "../lib/router.js";
import { Button, Empty, Head, Note, Status, Trouble } from "../parts/basics.js";
import { Downloads } from "../parts/download.js";

const FIELDS = [["user", "Person"], ["action", "Action, as jobs.pause"], ["target", "Target: an id or a family"]];

/** Verify a chain over as many calls as it takes. */
async function verified(chain) {
  let last = 0, hash = "", checked = 0;
  for (;;) {
    const answer = await get("/api/v1/audit/verification", { chain, last, hash });
    checked += answer.checked;
    if (!answer.intact || answer.whole) return { ...answer, checked, chain };
    ({ last, hash } = answer);
  }
}

export function Audit({ query }) {
  const filter = Object.fromEntries(["user", "action", "target", "outcome", "from", "to"].map((name) => [name, query.get(name)]));
  const day = (text, time) => (/^\d{4}-\d\d-\d\d$/.test(text ?? "") ? `${text}T${time}Z` : text);
  const asked = { ...filter, from: day(filter.from, "00:00:00"), to: day(filter.to, "23:59:59") };
  const { rows, more, error } = usePages("/api/v1/audit", { ...asked, limit: 200 }, "records");
  const [proof, setProof] = useState(null);
  const put = (changes) => go(to("/audit", { ...filter, ...changes }), { replace: true });
  const verify = async () => {
    setProof("checking");
    try {
      setProof(await Promise.all([verified("done"), verified("refused")]));
    } catch (failure) {
      setProof(failure);
    }
  };
  return html`<${Head} title="Audit" sub="Each change, and each one that was refused, leaves a record here.">
      <${Downloads} path="/api/v1/audit" query=${asked} name="audit" formats=${{ jsonl: "Export" }} />
      <${Button} kind="primary" icon="audit" disabled=${proof === "checking"} onClick=${verify}>${proof === "checking" ? "Checking…" : "Verify the log"}<//>
    <//>
    <div role="status" class="stack proofs">${proof instanceof Error && html`<${Trouble} error=${proof} />`}${Array.isArray(proof) && proof.map((one) => (one.intact
      ? html`<${Note} of="completed"><b>What was ${one.chain} is as it was written.</b> ${many(one.checked, "record")} checked${one.anchored ? `, the newest that is anchored elsewhere is no. ${count(one.anchored)}` : ""}. ${one.hash && html`<span class="mono small break">${one.hash.slice(0, 16)}…</span>`}<//>`
      : html`<${Note} of="failed"><b>Record no. ${one.broken_at} of what was ${one.chain} does not fit.</b> Somebody has changed or removed something.<//>`))}</div>
    <form class="filters" role="search" aria-label="Audit" onSubmit=${(event) => event.preventDefault()}><div class="line">
      ${FIELDS.map(([name, label]) => html`<input class="pick" aria-label=${label} placeholder=${label} value=${filter[name] ?? ""} onChange=${(event) => put({ [name]: event.target.value.trim() })} />`)}
      <select class="pick" aria-label="Outcome" value=${filter.outcome ?? ""} onChange=${(event) => put({ outcome: event.target.value })}><option value="">Done and refused</option><option value="done">Done</option><option value="refused">Refused</option></select>
      <label class="inline">From <input class="pick" type="date" value=${(filter.from ?? "").slice(0, 10)} onChange=${(event) => put({ from: event.target.value })} /></label>
      <label class="inline">to <input class="pick" type="date" value=${(filter.to ?? "").slice(0, 10)} onChange=${(event) => put({ to: event.target.value })} /></label></div></form>
    <${Trouble} error=${error} />
    ${rows && !rows.length && html`<${Empty} icon="audit" title="No record matches"><a href=${to("/audit")}>Show all</a>.<//>`}
    ${rows?.length > 0 && html`<div class="panel flush"><div class="body scroll" tabindex="0" role="group" aria-label="Records"><table><thead><tr><th>When</th><th>Who</th><th>What</th><th>On what</th><th>Outcome</th></tr></thead>
      <tbody>${rows.map((row) => html`<tr key=${`${row.chain}${row.number}`} class=${row.chain === "refused" ? "bad" : ""}><td class="nowrap" title=${exactly(row.at)}>${moment(row.at)}</td><td>${row.user}</td><td class="mono">${row.action}</td>
        <td class="mono break">${/^[a-z]+:./.test(row.target) ? html`<a href=${jobAddress(row.target)}>${row.target}</a>` : row.target}</td>
        <td><${Status} of=${row.outcome === "done" ? "completed" : "failed"}>${row.outcome === "done" ? "Done" : "Refused"}<//>${row.outcome !== "done" && html`<div class="small muted break">${row.outcome.replace(/^refused: /, "")}</div>`}</td></tr>`)}</tbody></table></div>
      ${more && html`<div class="more"><${Button} onClick=${more}>Show later ones<//></div>`}</div>`}`;
}
