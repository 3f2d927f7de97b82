/** An answer's `globalData` on one line. */

import { printableName } from "../../basics/printable.ts";
import type { GlobalData } from "../../handler/contract.ts";

/** Names that are shown of a long list: the latest say who shared or preceded whom. */
const SHOWN = 6;

/** A part of the text; one that quotes a client's name says whose. */
export interface GlobalDataPart {
  text: string;
  client?: string;
}

/** Such as `{ counter: 2, client: "Dean", clients: ["Mario", "Dean"] }`. */
export function globalDataText(data: GlobalData): string {
  return globalDataParts(data)
    .map(({ text }) => text)
    .join("");
}

/** The same in parts, so that names can be coloured. */
export function globalDataParts(data: GlobalData): GlobalDataPart[] {
  const { counter, client, clients, dropped = 0 } = data;
  const latest = clients.slice(-SHOWN);
  const earlier = clients.length - latest.length + dropped;
  const names = latest.flatMap((name, index) => [{ text: index > 0 ? ", " : "" }, quote(name)]);
  return [
    { text: `{ counter: ${counter}, client: ` },
    quote(client),
    { text: `, clients: [${earlier > 0 ? `… ${earlier} earlier, ` : ""}` },
    ...names,
    { text: "] }" },
  ];
}

function quote(client: string): GlobalDataPart {
  return { text: `"${printableName(client)}"`, client };
}
