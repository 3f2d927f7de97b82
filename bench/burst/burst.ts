/** How closely together the requests of a burst arrive, and how long firing it takes. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { certificateFor } from "../../test/certificates.ts";
import { type Comparison, compare, type Figure, median } from "../figures.ts";
import { interleave } from "../interleave.ts";
import type { Report } from "../report.ts";
import { TemporaryFolder } from "../temporary-folder.ts";
import { ArrivalsServer } from "./arrivals.ts";
import type { Arrivals } from "./arrivals-server.ts";
import {
  bareSockets,
  type Contender,
  type Fired,
  isInstalled,
  ours,
  PEERS,
  plainKy,
  undiciPool,
} from "./contenders.ts";

type Sample = Fired & Arrivals;
type Samples = Record<string, Sample[]>;

const SIZES = [5, 100, 1_000, 5_000];
const TLS_SIZES = [100, 1_000];
/** Where those that are known to be far off take part. */
const FAR_SIZES = [1_000, 5_000];
const FAR = ["hey", "k6", "autocannon", "ky"];

/** Of skews: ours may be so many times theirs. */
const AGAINST_BARE = 1.4;
const AGAINST_BARE_TLS = 1.2;
const AGAINST_FAR = 0.5;
const AGAINST_OHA: Readonly<Record<number, number>> = { 100: 1, 1000: 1, 5000: 0.85 };
const AGAINST_OHA_TLS: Readonly<Record<number, number>> = { 1000: 0.2 };
/** Of the time of firing: ours may be so many times a Pool's. */
const AGAINST_POOL: Readonly<Record<number, number>> = { 1000: 1.25, 5000: 1.5 };

/**
 * Measures bursts over TCP and over TLS.
 *
 * @throws Error when no independent peer is installed
 */
export async function benchBurst(report: Report): Promise<void> {
  const installed = PEERS.filter(isInstalled);
  for (const { name, install } of PEERS.filter((peer) => !installed.includes(peer))) {
    report.note(`${name} is missing: ${install}`);
  }
  if (installed.length === 0) {
    throw new Error("No other program to compare with is installed; one of them is needed.");
  }
  const peers = Object.fromEntries(installed.map(({ name, fire }) => [name, fire]));
  await benchOverTcp(report, { ...peers, ky: plainKy });
  await benchOverTls(report, peers);
}

type Contenders = Readonly<Record<string, Contender>>;

async function benchOverTcp(report: Report, peers: Contenders): Promise<void> {
  await using server = await ArrivalsServer.start();
  for (const count of SIZES) {
    const far = FAR_SIZES.includes(count) ? FAR : [];
    const samples = await measure(server, count, {
      ours,
      "bare sockets": bareSockets,
      ...(count in AGAINST_POOL && { "undici Pool": undiciPool }),
      ...pick(peers, ["oha", ...far]),
    });
    const what = `burst of ${count}`;
    report.add(skew(what, samples, "bare sockets", AGAINST_BARE));
    if (samples.oha) report.add(skew(what, samples, "oha", AGAINST_OHA[count]));
    for (const name of far) {
      if (samples[name]) report.add(skew(what, samples, name, AGAINST_FAR));
    }
    const pool = samples["undici Pool"];
    if (pool) report.add(firing(what, samples, "undici Pool", AGAINST_POOL[count]));
    if (samples.oha) report.add(whole(what, samples, "oha"));
    report.add(trials(what, samples, count));
    report.note(busy(what, samples));
  }
}

async function benchOverTls(report: Report, peers: Contenders): Promise<void> {
  using folder = new TemporaryFolder();
  const files = { key: join(folder.path, "key.pem"), certificate: join(folder.path, "cert.pem") };
  const { key, cert } = certificateFor("localhost");
  writeFileSync(files.key, key);
  writeFileSync(files.certificate, cert);
  await using server = await ArrivalsServer.start(files);
  for (const count of TLS_SIZES) {
    const contenders = { ours, "bare sockets": bareSockets, ...pick(peers, ["oha"]) };
    const samples = await measure(server, count, contenders, files.certificate);
    const what = `burst of ${count} over TLS`;
    report.add(skew(what, samples, "bare sockets", AGAINST_BARE_TLS));
    if (samples.oha) report.add(skew(what, samples, "oha", AGAINST_OHA_TLS[count]));
    report.add(trials(what, samples, count));
    report.note(busy(what, samples));
  }
}

async function measure(
  server: ArrivalsServer,
  count: number,
  contenders: Contenders,
  certificate?: string,
): Promise<Samples> {
  const turn = (contender: Contender) => async (): Promise<Sample> => {
    let fired: Fired | undefined;
    const arrivals = await server.measure(count, async () => {
      fired = await contender({ url: server.url, count, certificate });
    });
    if (!fired) throw new Error("The contender has not said how it went.");
    return { ...fired, ...arrivals };
  };
  const entries = Object.entries(contenders).map(([name, contender]) => [name, turn(contender)]);
  return interleave(Object.fromEntries(entries));
}

function pick(all: Contenders, names: readonly string[]): Contenders {
  return Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
}

const skew = (what: string, samples: Samples, against: string, target?: number) =>
  comparison(`skew, ${what}`, samples, against, "skewMs", target);

const firing = (what: string, samples: Samples, against: string, target?: number) =>
  comparison(`firing, ${what}`, samples, against, "firingMs", target);

const whole = (what: string, samples: Samples, against: string) =>
  comparison(`whole program, ${what}`, samples, against, "wholeMs");

function comparison(
  benchmark: string,
  samples: Samples,
  against: string,
  key: "skewMs" | "firingMs" | "wholeMs",
  target?: number,
): Figure {
  const values = (name: string) => (samples[name] ?? []).map((sample) => sample[key]);
  const compared: Comparison = {
    benchmark,
    against,
    ours: values("ours"),
    theirs: values(against),
    unit: "ms",
    ...(target !== undefined && { target }),
  };
  return compare(compared);
}

/** All but the first request of a burst must have run beside another, in every round. */
function trials(what: string, samples: Samples, count: number): Figure {
  const ours = (samples.ours ?? []).map((sample) => sample.trials);
  const figure = compare({
    benchmark: `trials, ${what}`,
    against: "all but one",
    ours,
    theirs: [count - 1],
    unit: "trials",
    target: 1,
  });
  return { ...figure, met: ours.every((value) => value === count - 1) };
}

/** The server was not what was measured: while the floor's burst arrived, it had time left. */
function busy(what: string, samples: Samples): string {
  const share = median((samples["bare sockets"] ?? []).map((sample) => sample.busy));
  return `the server was busy ${Math.round(100 * share)} % of the ${what} from bare sockets`;
}
