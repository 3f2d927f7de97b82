/** An answer's `globalData` on one line. */

import type { GlobalData } from "../../handler/contract.ts";
import { printable } from "./printable.ts";

/** Names that are shown of a long list: the latest say who shared or preceded whom. */
const SHOWN = 6;

/** Such as `{ counter: 2, client: "Dean", clients: ["Mario", "Dean"] }`. */
export function globalDataText({ counter, client, clients, dropped = 0 }: GlobalData): string {
  const latest = clients.slice(-SHOWN);
  const earlier = clients.length - latest.length + dropped;
  const names = latest.map(quote);
  if (earlier > 0) names.unshift(`… ${earlier} earlier`);
  return `{ counter: ${counter}, client: ${quote(client)}, clients: [${names.join(", ")}] }`;
}

function quote(text: string): string {
  return `"${printable(text)}"`;
}
