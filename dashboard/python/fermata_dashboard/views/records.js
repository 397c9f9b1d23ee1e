// Tables that imports have filled.
import { html } from "../lib/html.js";
import { usePages } from "../lib/pages.js";
import { go, to } from "../lib/router.js";
import { Button, Empty, Head, Trouble } from "../parts/basics.js";
import { Downloads } from "../parts/download.js";

export function Records({ name, query }) {
  const table = name ?? "records", workspace = query.get("workspace") ?? "";
  const { rows, more, error } = usePages(`/api/v1/records/${encodeURIComponent(table)}`, { workspace, limit: 100 }, "records");
  const columns = [...new Set((rows ?? []).flatMap((row) => Object.keys(row.values)))];
  const submit = (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    go(to(`/records/${encodeURIComponent(form.get("table").trim() || "records")}`, { workspace: form.get("workspace").trim() }));
  };
  const cell = (value) => (value === null || value === undefined ? html`<span class="muted">–</span>` : typeof value === "object" ? html`<code>${JSON.stringify(value)}</code>` : String(value));
  return html`<${Head} title="Records" sub=${html`What imports have put into the table <b>${table}</b>.`}>${rows?.length > 0 && html`<${Downloads} path=${`/api/v1/records/${encodeURIComponent(table)}`} query=${{ workspace }} name=${table} />`}<//>
    <form class="filters" onSubmit=${submit}><div class="line"><input class="pick" name="table" aria-label="Table" value=${table} pattern="[A-Za-z0-9_\\-]{1,64}" /><input class="pick" name="workspace" aria-label="Workspace" placeholder="Workspace: default" value=${workspace} /><button class="button">Show</button></div></form>
    <${Trouble} error=${error} />
    ${rows && !rows.length && html`<${Empty} icon="records" title="This table is empty"><a href=${to("/start", { kind: "csv_import" })}>Import a CSV file</a>, or name another table.<//>`}
    ${rows?.length > 0 && html`<div class="panel flush"><div class="body scroll" tabindex="0" role="group" aria-label=${`Table ${table}`}><table><thead><tr><th>Key</th>${columns.map((column) => html`<th>${column}</th>`)}</tr></thead>
      <tbody>${rows.map((row) => html`<tr key=${row.key}><td class="mono muted nowrap">${row.key}</td>${columns.map((column) => html`<td class=${typeof row.values[column] === "number" ? "num" : "break"}>${cell(row.values[column])}</td>`)}</tr>`)}</tbody></table></div>
      ${more && html`<div class="more"><${Button} onClick=${more}>Show more<//></div>`}</div>`}`;
}
