/** What processes listen on, by the system's own list. */

import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface Listener {
  pid: number;
  /** Of IPv4 in dots, of IPv6 as the system writes it. */
  address: string;
  port: number;
}

const LISTENING = "0A";

/** The TCP ports on which any of these processes waits for connections. */
export function listenersOf(pids: readonly number[]): Listener[] {
  const all = [...listening("tcp"), ...listening("tcp6")];
  return pids.flatMap((pid) => {
    const its = new Set(socketsOf(pid));
    return all.flatMap(({ inode, address, port }) =>
      its.has(inode) ? [{ pid, address, port }] : [],
    );
  });
}

function listening(family: "tcp" | "tcp6") {
  const [, ...lines] = readFileSync(`/proc/net/${family}`, "utf8").trimEnd().split("\n");
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state]) => state === LISTENING)
    .map((fields) => {
      const [address = "", port = ""] = (fields[1] ?? "").split(":");
      const octets = Buffer.from(address, "hex").reverse();
      return {
        inode: fields[9] ?? "",
        address: octets.length === 4 ? octets.join(".") : address,
        port: Number.parseInt(port, 16),
      };
    });
}

/** The inodes of a process's sockets. */
function socketsOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((descriptor) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`${folder}/${descriptor}`))?.[1] ?? [];
    } catch {
      // It was closed meanwhile.
      return [];
    }
  });
}
