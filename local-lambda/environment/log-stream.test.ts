import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { waitUntil } from "../../test/wait-until.ts";
import { LogStream, LogStreams } from "./log-stream.ts";

test("what a process writes is read line by line, and the last one needs no line break", async () => {
  const told: string[] = [];
  const stream = new LogStream((text) => told.push(text));
  const output = new PassThrough();
  stream.follow(output);
  output.write("one\ntw");
  output.end("o");
  await waitUntil("both lines", () => stream.lines.length === 2);
  expect(stream.lines).toEqual(["one", "two"]);
  expect(told).toEqual(["one", "two"]);
});

test("lines that were read do not change when more is logged", () => {
  const stream = new LogStream(() => {});
  stream.platform("initStart", {});
  const { lines } = stream;
  stream.platform("runtimeDone", {});
  expect(lines).toHaveLength(1);
  expect(stream.lines).toHaveLength(2);
});

test("of the ended environments the latest thousand are kept, of the living ones all", () => {
  const streams = new LogStreams();
  const names = Array.from({ length: 1_005 }, (_, index) => String(index));
  for (const name of names) streams.add(name, new LogStream(() => {}));
  streams.forgetOld(new Set(["0", "2"]));
  const kept = names.filter((name) => streams.get(name));
  expect(kept).toHaveLength(1_002);
  expect(kept.slice(0, 4)).toEqual(["0", "2", "5", "6"]);
});
