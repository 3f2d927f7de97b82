/** Handlers that are safe where requests share a process, or not, by construction. */

import type { CheckVerdict } from "../check/reports/report.ts";

/** Ways to wait. What differs is how long, and for what. */
const WAITS = [
  "await sleep(1)",
  "await sleep(7)",
  "await sleep(30)",
  "await readFile(import.meta.filename)",
  "await new Promise((resolve) => setTimeout(resolve, 12))",
  "await promisify(setTimeout)(4)",
  "await new Promise((resolve) => readFileLater(import.meta.filename, resolve))",
  "await overSocket()",
];

const HEAD = `
  import { AsyncLocalStorage } from "node:async_hooks";
  import { readFile as readFileLater } from "node:fs";
  import { readFile, unlink, writeFile } from "node:fs/promises";
  import { once } from "node:events";
  import { connect, createServer } from "node:net";
  import { tmpdir } from "node:os";
  import { setTimeout as sleep } from "node:timers/promises";
  import { promisify } from "node:util";
  import { brotliCompressSync, gzipSync } from "node:zlib";
  let server;
  async function overSocket() {
    if (!server) {
      server = createServer((socket) => socket.on("error", () => {}).pipe(socket)).unref();
      await once(server.listen(0, "127.0.0.1"), "listening");
    }
    if (!server.listening) await once(server, "listening");
    const socket = connect(server.address().port, "127.0.0.1");
    socket.end("hello");
    for await (const _ of socket);
  }
  const userOf = (event) => JSON.parse(event.body).user;
  const tokenOf = (user) => [{ alg: "HS256" }, { sub: user, jti: crypto.randomUUID() }]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".") + ".c2lnbmVk";
  const bytes = (content, headers = {}) => {
    return { statusCode: 200, headers, body: content.toString("base64"), isBase64Encoded: true };
  };`;

/** Ways to send the user, encoded; some of them are another text each time. */
const ENCODED = {
  "percent-encoded, in a place that differs each time": `
    const key = encodeURIComponent(user);
    return { statusCode: 302, headers: { location: "/" + key + "?signature=" + crypto.randomUUID() } };`,
  "a token that differs each time": `return { token: tokenOf(user), type: "Bearer" };`,
  "packed by gzip": `
    const packed = gzipSync(JSON.stringify({ user, padding: "x".repeat(500) }));
    return bytes(packed, { "content-encoding": "gzip" });`,
  "packed by brotli": `return bytes(brotliCompressSync("<p>" + user), { "content-encoding": "br" });`,
  "a packed file": `return bytes(gzipSync(user + ",1,2"));`,
  "bytes that are no text": `
    return bytes(Buffer.concat([Buffer.from([0, 255, 137]), Buffer.from(user), Buffer.from([254])]));`,
  "escaped for HTML": `return { page: user.replace("@", "&#64;") + " " + crypto.randomUUID(), status: "paid" };`,
  "in capitals": `return { user: user.toUpperCase(), id: crypto.randomUUID() };`,
};

function encodedFamilies(): Record<string, readonly [verdicts: CheckVerdict[], source: string]> {
  return Object.fromEntries(
    Object.entries(ENCODED).flatMap(([name, answer]) => [
      [
        `a global, ${name}`,
        [
          ["mixed"],
          `let user; export const handler = async (event) => { user = userOf(event); WAIT; ${answer} };`,
        ],
      ],
      [
        `an own variable, ${name}`,
        [
          ["unchanged"],
          `export const handler = async (event) => { const user = userOf(event); WAIT; ${answer} };`,
        ],
      ],
    ]),
  );
}

/** By name: the verdict that its construction implies, and the handler, which may WAIT. */
export const FAMILIES: Record<string, readonly [verdicts: CheckVerdict[], source: string]> = {
  ...encodedFamilies(),
  "a global": [
    ["mixed"],
    `let user; export const handler = async (event) => { user = userOf(event); WAIT; return { user }; };`,
  ],
  "requests in flight by the wrong key": [
    ["mixed"],
    `const inFlight = {};
     const load = async (event) => { WAIT; return userOf(event); };
     export const handler = async (event) => {
       inFlight[event.rawPath] ??= load(event).finally(() => delete inFlight[event.rawPath]);
       return { user: await inFlight[event.rawPath] };
     };`,
  ],
  "a global beside a counter": [
    ["mixed"],
    `let user; let count = 0;
     export const handler = async (event) => {
       user = userOf(event); WAIT; count += 1;
       return "hello " + user + ", request " + count; };`,
  ],
  "a global of what is looked up": [
    ["mixed"],
    `const NAMES = { "ana@example.com": "Anne Alpha", "barbara@example.com": "Betty Beta" };
     let name;
     export const handler = async (event) => {
       name = NAMES[userOf(event)]; WAIT; return { page: Math.random() + " of " + name }; };`,
  ],
  "what is looked up": [
    ["unchanged"],
    `const NAMES = { "ana@example.com": "Anne Alpha", "barbara@example.com": "Betty Beta" };
     export const handler = async (event) => {
       const name = NAMES[userOf(event)]; WAIT; return { page: Math.random() + " of " + name }; };`,
  ],
  "a connection that the first request closes": [
    ["failed"],
    `let isOpen = true;
     export const handler = async (event) => {
       if (!isOpen) throw new Error("closed");
       WAIT; isOpen = false; return userOf(event); };`,
  ],
  "a cache by the wrong key": [
    ["mixed"],
    `const cache = {};
     export const handler = async (event) => {
       WAIT;
       return { user: (cache[event.rawPath] ??= userOf(event)) };
     };`,
  ],
  "a shared buffer": [
    ["mixed"],
    `const buffer = Buffer.alloc(100);
     export const handler = async (event) => {
       const length = buffer.write(userOf(event));
       WAIT;
       return buffer.subarray(0, length).toString();
     };`,
  ],
  "a variable of the environment": [
    ["mixed"],
    `export const handler = async (event) => {
       process.env.WHO = userOf(event);
       WAIT;
       return { statusCode: 200, headers: { "x-user": process.env.WHO } };
     };`,
  ],
  "a client that keeps the token": [
    ["mixed"],
    `const client = { get: async () => { WAIT; return client.token; } };
     export const handler = async (event) => {
       client.token = userOf(event);
       return { statusCode: 200, cookies: ["user=" + (await client.get())], body: "fine" };
     };`,
  ],
  "middleware that keeps the event": [
    ["mixed"],
    `const keep = (inner) => { let kept; return async (event) => {
       kept = event; WAIT; return inner(kept); }; };
     export const handler = keep(async (event) => "hello " + userOf(event));`,
  ],
  "storage that follows a request, of one object": [
    ["mixed"],
    `const storage = new AsyncLocalStorage(); const store = {};
     const whose = async () => { WAIT; return storage.getStore().user; };
     export const handler = async (event) => storage.run(store, () => {
       store.user = userOf(event); return whose(); });`,
  ],
  "a global, once something was served": [
    ["mixed"],
    `let isWarm = false; let user;
     export const handler = async (event) => {
       const own = userOf(event);
       if (isWarm) { user = own; WAIT; return { user }; }
       WAIT; isWarm = true; return { user: own };
     };`,
  ],
  "storage that a request enters": [
    ["unchanged"],
    `const storage = new AsyncLocalStorage();
     export const handler = async (event) => {
       storage.enterWith(userOf(event)); WAIT; return { user: storage.getStore() }; };`,
  ],
  "storage that follows a request": [
    ["unchanged"],
    `const storage = new AsyncLocalStorage();
     const whose = async () => { WAIT; return storage.getStore().user; };
     export const handler = async (event) => storage.run({ user: userOf(event) }, whose);`,
  ],
  "a resource for one at a time": [
    ["failed"],
    `let isBusy = false;
     export const handler = async (event) => {
       if (isBusy) throw new Error("busy");
       isBusy = true;
       try { WAIT; return userOf(event); } finally { isBusy = false; }
     };`,
  ],
  "a file with one name": [
    ["mixed", "failed"],
    `const path = tmpdir() + "/work";
     export const handler = async (event) => {
       await writeFile(path, userOf(event));
       WAIT;
       const user = await readFile(path, "utf8");
       await unlink(path);
       return { user };
     };`,
  ],
  "a note to whom it is busy, of words that another gets alone": [
    ["changed"],
    `const NOTES = { "ana@example.com": "a blue chair", "barbara@example.com": "welcome" };
     let isBusy = false;
     export const handler = async (event) => {
       if (isBusy) return { note: "take a chair and wait" };
       isBusy = true;
       try { WAIT; return { note: NOTES[userOf(event)] }; } finally { isBusy = false; }
     };`,
  ],
  "an error while another writes, of words that it gets": [
    ["changed"],
    `let isWriting = false;
     const pause = async () => { WAIT; };
     export const handler = async (event) => {
       if (userOf(event) === "ana@example.com") {
         isWriting = true; await pause(); isWriting = false;
         return { note: "a blue chair" };
       }
       const wasWriting = isWriting;
       await pause();
       const isRefused = wasWriting || isWriting;
       return isRefused ? { statusCode: 423, body: "a chair is made" } : { note: "welcome" };
     };`,
  ],
  "how many are there": [
    ["changed"],
    `let inside = 0;
     export const handler = async (event) => {
       inside += 1; WAIT; const most = inside; inside -= 1; return { user: userOf(event), most };
     };`,
  ],
  "a counter": [
    ["history"],
    `let counter = 0;
     export const handler = async (event) => {
       counter += 1; WAIT; return { user: userOf(event), counter }; };`,
  ],
  "a connection that is opened once": [
    ["unchanged"],
    `let connection;
     const open = async () => { WAIT; return { ask: async (what) => { WAIT; return what; } }; };
     export const handler = async (event) => {
       connection ??= open(); return (await connection).ask(userOf(event)); };`,
  ],
  "random ids and the time": [
    ["unchanged"],
    `export const handler = async (event) => {
       WAIT;
       const at = new Date();
       return { user: userOf(event), id: crypto.randomUUID(), seconds: Math.floor(at / 1000),
         day: at.toISOString().slice(0, 10), [crypto.randomUUID()]: 1 };
     };`,
  ],
  "a choice of three": [
    ["unchanged"],
    `export const handler = async (event) => {
       WAIT; return { user: userOf(event), pick: ["a", "b", "c"][Math.floor(Math.random() * 3)] }; };`,
  ],
  "a rare choice among all users": [
    ["unchanged", "inconclusive"],
    `const users = ["ana@example.com", "barbara@example.com"];
     export const handler = async (event) => {
       WAIT;
       const isRare = Math.random() < 0.15;
       return { user: userOf(event), pick: isRare ? users[Math.floor(Math.random() * 2)] : "none" };
     };`,
  ],
  "what all have in common": [
    ["unchanged"],
    `export const handler = async (event) => {
       WAIT; return { user: userOf(event), all: ["ana@example.com", "barbara@example.com"] }; };`,
  ],
  "no waiting": [
    ["inconclusive"],
    `let user; export const handler = async (event) => { user = userOf(event); await 1; return user; };`,
  ],
};

/** A handler as an ES module, in which each WAIT is one that is drawn. */
export function handlerSource(source: string, random: () => number): string {
  const drawn = () => WAITS[Math.floor(random() * WAITS.length)] ?? "";
  return `${HEAD}\n${source.replaceAll("WAIT", drawn)}`;
}
