/** A real browser without a window, driven over its DevTools protocol. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, onTestFinished } from "vitest";
import { temporaryFolder } from "../processes.ts";
import { waitUntil } from "../wait-until.ts";
import { chromiumOnPath } from "./chromium-on-path.ts";

/** `describe`, skipped where there is no browser. */
export const describePage = describe.skipIf(chromiumOnPath() === undefined);

export type Scheme = "light" | "dark";

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--hide-scrollbars",
  "--remote-debugging-port=0",
];

interface Message {
  id?: number;
  method?: string;
  params?: { entry?: { level: string; text: string }; exceptionDetails?: { text: string } };
  result?: Record<string, unknown>;
  error?: { message: string };
}

/** One page of a browser that ends with the test. */
export class Page {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (message: Message) => void>();
  /** What the browser complained about. */
  readonly complaints: string[] = [];
  readonly #events: string[] = [];
  #sent = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#take(JSON.parse(String(data))));
  }

  /** Starts a browser with an empty page. */
  static async open(): Promise<Page> {
    const folder = temporaryFolder();
    const browser = spawn(
      chromiumOnPath() ?? "",
      [...FLAGS, `--user-data-dir=${folder}`, "about:blank"],
      // What it leaves behind goes with the folder.
      { stdio: "ignore", detached: true, env: { ...process.env, TMPDIR: folder } },
    );
    onTestFinished(async () => {
      // The browser's own processes are in its group.
      if (browser.exitCode === null && browser.pid) {
        process.kill(-browser.pid, "SIGKILL");
        await once(browser, "exit");
      }
    });
    const portFile = join(folder, "DevToolsActivePort");
    const port = await waitUntil("the browser to listen", () => {
      // It is there before it is written to.
      const text = existsSync(portFile) ? readFileSync(portFile, "utf8") : "";
      return /^(\d+)\n/.exec(text)?.[1];
    });
    const target = await waitUntil("the browser's page", async () => {
      const response = await fetch(`http://127.0.0.1:${port}/json/list`);
      const targets = (await response.json()) as { type: string; webSocketDebuggerUrl: string }[];
      return targets.find(({ type }) => type === "page")?.webSocketDebuggerUrl;
    });
    const socket = new WebSocket(target);
    await once(socket, "open");
    const page = new Page(socket);
    for (const domain of ["Page", "Runtime", "Log", "Network"]) await page.send(`${domain}.enable`);
    return page;
  }

  async send(method: string, params: object = {}): Promise<Record<string, unknown>> {
    this.#sent += 1;
    const id = this.#sent;
    const answer = new Promise<Message>((resolve) => this.#waiting.set(id, resolve));
    this.#socket.send(JSON.stringify({ id, method, params }));
    const { result, error } = await answer;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  }

  /** Loads a file as its reader would see it. */
  async load(path: string, scheme: Scheme, width = 1_100): Promise<void> {
    const features = [{ name: "prefers-color-scheme", value: scheme }];
    await this.send("Emulation.setEmulatedMedia", { features });
    const metrics = { width, height: 900, deviceScaleFactor: 1, mobile: false };
    await this.send("Emulation.setDeviceMetricsOverride", metrics);
    this.#events.length = 0;
    await this.send("Page.navigate", { url: pathToFileURL(path).href });
    await waitUntil("the page to load", () => this.#events.includes("Page.loadEventFired"));
  }

  /** How many requests the browser made for what was loaded last, the page itself included. */
  get requests(): number {
    return this.#events.filter((event) => event === "Network.requestWillBeSent").length;
  }

  /** Makes the window as high as the page, so that all of it is drawn. */
  async showWhole(): Promise<void> {
    const [width, height] = await this.evaluate<[number, number]>(
      "[innerWidth, document.documentElement.scrollHeight]",
    );
    const metrics = { width, height, deviceScaleFactor: 1, mobile: false };
    await this.send("Emulation.setDeviceMetricsOverride", metrics);
  }

  /** The value of an expression in the page. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = (await this.send("Runtime.evaluate", {
      expression,
      returnByValue: true,
    })) as { result: { value: T }; exceptionDetails?: object };
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
    return result.value;
  }

  #take({ id, method, params, ...rest }: Message): void {
    if (id !== undefined) this.#waiting.get(id)?.(rest);
    if (method !== undefined) this.#events.push(method);
    if (method === "Log.entryAdded") this.complaints.push(params?.entry?.text ?? "");
    if (method === "Runtime.exceptionThrown") {
      this.complaints.push(params?.exceptionDetails?.text ?? "");
    }
  }
}
