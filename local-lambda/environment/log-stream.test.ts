import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { waitUntil } from "../../test/wait-until.ts";
import { LogStream, LogStreams } from "./log-stream.ts";

test("each line knows when it arrived, and the lines alone read as before", async () => {
  const before = Date.now();
  const stream = new LogStream();
  const output = new PassThrough();
  stream.follow(output);
  output.end("one\ntwo");
  await waitUntil("both lines", () => stream.lines.length === 2);
  expect(stream.lines).toEqual(["one", "two"]);
  expect(stream.history.map(({ text }) => text)).toEqual(["one", "two"]);
  for (const { arrivedAt } of stream.history) {
    expect(arrivedAt).toBeGreaterThanOrEqual(before);
    expect(arrivedAt).toBeLessThanOrEqual(Date.now());
  }
});

test("what was listed does not change when more is logged", () => {
  const streams = new LogStreams();
  const stream = new LogStream();
  streams.add("a", stream);
  stream.platform("initStart", {});
  const [listed] = streams.list();
  stream.platform("runtimeDone", {});
  expect(listed?.lines).toHaveLength(1);
  expect(streams.get("a")?.lines).toHaveLength(2);
});

test("the latest thousand of the ended environments are kept, and all of the living ones", () => {
  const streams = new LogStreams();
  for (let index = 0; index < 1_005; index++) streams.add(String(index), new LogStream());
  streams.forgetOld(new Set(["0", "2"]));
  const names = streams.list().map(({ name }) => name);
  expect(names).toHaveLength(1_002);
  expect(names.slice(0, 4)).toEqual(["0", "2", "5", "6"]);
});
