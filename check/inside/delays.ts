/**
 * Makes what a handler waits for end late, each time by another few milliseconds, so that waits of
 * every length interleave with those of other requests. What ends late on this machine may end late
 * anywhere: nothing happens that could not happen, and what one socket or one promise chain says stays
 * in its order.
 *
 * Delayed are timers, what sockets receive, and files by promise and by callback. Left as they are:
 * `setImmediate`, intervals, and what blocks.
 */

import fs from "node:fs";
import fsPromises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import net from "node:net";
import timers from "node:timers";
import timersPromises from "node:timers/promises";
import { promisify } from "node:util";
import { seededRandom } from "../../basics/seeded-random.ts";

/** The most that something ends late, in milliseconds; most is far less late. */
const MOST_MS = 8;

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Begins to delay, for all code that is loaded from here on.
 *
 * @param port of connections that are left alone, since no handler uses them
 */
export function delayWaits(seed: number, port?: number): void {
  const random = seededRandom(seed);
  const lateMs = () => MOST_MS * random() ** 2;
  delayTimers(lateMs);
  delaySockets(lateMs, port);
  delayFiles(lateMs);
  // So that what ES modules import is replaced, too.
  syncBuiltinESMExports();
}

/** Taken before it is replaced. */
const { setTimeout: startTimer } = timers;
const wait = (ms: number) => new Promise<void>((resolve) => void startTimer(resolve, ms));

function delayTimers(lateMs: () => number): void {
  const { setTimeout: promised } = timersPromises;
  const later = (ms: unknown) => (Number(ms) > 0 ? Number(ms) : 1) + lateMs();
  const ours = Object.assign(
    (callback: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) =>
      startTimer(callback, later(ms), ...args),
    startTimer,
  );
  const promisedOurs: typeof promised = (ms, ...rest) => promised(later(ms), ...rest);
  Object.defineProperty(ours, promisify.custom, { value: promisedOurs });
  Object.assign(timers, { setTimeout: ours });
  Object.assign(globalThis, { setTimeout: ours });
  Object.assign(timersPromises, { setTimeout: promisedOurs });
}

/** What arrives is handed on later, in its order; the end of a stream comes in the same way. */
function delaySockets(lateMs: () => number, port: number | undefined): void {
  const { push } = net.Socket.prototype;
  const last = new WeakMap<net.Socket, Promise<void>>();
  net.Socket.prototype.push = function (this: net.Socket, ...args: Parameters<typeof push>) {
    if (port !== undefined && this.remotePort === port) return Reflect.apply(push, this, args);
    const before = last.get(this) ?? Promise.resolve();
    const handedOn = Promise.all([before, wait(lateMs())]).then(() => {
      if (!this.destroyed) Reflect.apply(push, this, args);
    });
    last.set(this, handedOn);
    return true;
  };
}

function delayFiles(lateMs: () => number): void {
  const promised: Record<string, unknown> = { ...fsPromises };
  for (const [name, original] of Object.entries(promised)) {
    // `watch` and `glob` give what is iterated, and no promise.
    if (typeof original !== "function" || name === "watch" || name === "glob") continue;
    Object.assign(fsPromises, { [name]: delayedPromise(original as AnyFunction, lateMs) });
    // `access` of the promises has a namesake with a callback.
    const withCallback: unknown = Reflect.get(fs, name);
    if (typeof withCallback !== "function") continue;
    Object.assign(fs, { [name]: delayedCallback(withCallback as AnyFunction, lateMs) });
  }
  for (const name of ["read", "write", "close"] as const) {
    Object.assign(fs, { [name]: delayedCallback(fs[name] as AnyFunction, lateMs) });
  }
}

function delayedPromise(original: AnyFunction, lateMs: () => number): AnyFunction {
  return async function (...args) {
    try {
      return await Reflect.apply(original, this, args);
    } finally {
      await wait(lateMs());
    }
  };
}

function delayedCallback(original: AnyFunction, lateMs: () => number): AnyFunction {
  const ours: AnyFunction = function (...args) {
    const callback = args.at(-1);
    if (typeof callback !== "function") return Reflect.apply(original, this, args);
    const late = (...results: unknown[]) => {
      startTimer(() => Reflect.apply(callback, undefined, results), lateMs());
    };
    return Reflect.apply(original, this, [...args.slice(0, -1), late]);
  };
  // Such as the promise that `promisify` makes of it.
  return Object.defineProperties(ours, Object.getOwnPropertyDescriptors(original));
}
