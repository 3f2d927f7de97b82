/** What reaches a user through npm: how much, under which licences, and that none of it runs unasked. */

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { ROOT, temporaryFolder } from "./processes.ts";

interface Locked {
  version: string;
  license?: string;
  integrity?: string;
  dev?: boolean;
  hasInstallScript?: boolean;
  os?: string[];
  cpu?: string[];
}

const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const manifest = JSON.parse(read("package.json")) as Record<string, Record<string, string>>;
const lock = JSON.parse(read("package-lock.json")) as { packages: Record<string, Locked> };
const all = Object.entries(lock.packages).filter(([path]) => path !== "");
/** What `npm ci --omit=dev` installs on one platform or another. */
const forUsers = all.filter(([, { dev }]) => !dev);
/** On every platform. */
const everywhere = forUsers.filter(([, { os, cpu }]) => !os && !cpu);

/** Allow use, change and distribution, in this form. */
const ALLOWED = [
  ...["MIT", "ISC", "Apache-2.0", "BlueOak-1.0.0", "BSD-3-Clause", "BSD-2-Clause", "0BSD"],
  ...["(BSD-3-Clause AND Apache-2.0)", "(MIT OR CC0-1.0)", "CC-BY-3.0", "CC0-1.0", "Python-2.0"],
];
/** State it in a file, which was read. */
const IN_A_FILE: Record<string, string> = { "node_modules/@logdna/tail-file": "MIT" };

const licenceOf = ([path, { license = "none" }]: [string, Locked]) => IN_A_FILE[path] ?? license;

test("every package that reaches a user has a licence that allows it, in the lock file and as installed", () => {
  for (const locked of forUsers) {
    const [path, { license, version }] = locked;
    expect(ALLOWED, path).toContain(licenceOf(locked));
    if (!existsSync(join(ROOT, path, "package.json"))) continue;
    const installed = JSON.parse(read(`${path}/package.json`)) as Locked;
    expect({ version: installed.version, license: installed.license }, path).toEqual({
      version,
      license,
    });
  }
  for (const [path, licence] of Object.entries(IN_A_FILE)) {
    expect(read(`${path}/LICENSE`)).toMatch(new RegExp(`^The ${licence} License`));
  }
});

test("the page of packages counts them by licence, and the README in all", () => {
  const rows = read("docs/packages.md").matchAll(/^\| `([^`]+)` +\| (\d+) +\|$/gm);
  const stated = Object.fromEntries(Array.from(rows, ([, licence, count]) => [licence, count]));
  const counted = Map.groupBy(everywhere, licenceOf);
  expect(stated).toEqual(
    Object.fromEntries([...counted].map(([licence, { length }]) => [licence, `${length}`])),
  );
  expect(read("README.md").replaceAll(/\s+/g, " ")).toContain(
    `\`npm ci --omit=dev\` installs ${everywhere.length} packages`,
  );
});

test("none of them runs a script at install time, and those that would are known", () => {
  expect(read(".npmrc")).toMatch(/^ignore-scripts=true$/m);
  const scripted = all.filter(([, { hasInstallScript }]) => hasInstallScript);
  const names = scripted.map(([path]) => path.replace("node_modules/", ""));
  expect(names).toEqual(["aws-lambda-ric", "esbuild", "protobufjs"]);
  for (const name of names) expect(read("docs/packages.md")).toMatch(`| \`${name}\``);
});

test("every version is exact, and what comes is checked by its sum", () => {
  const { dependencies, devDependencies, optionalDependencies } = manifest;
  const stated = { ...dependencies, ...devDependencies, ...optionalDependencies };
  for (const version of Object.values(stated)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  expect(all.filter(([, { integrity }]) => integrity === undefined)).toEqual([]);
});

/** What each command runs, and what Pulumi does by its project file. */
const RUNS = {
  ...Object.fromEntries(
    ["tui", "experiment", "report", "local-lambda"].map((name) => [
      name,
      manifest.scripts?.[name] ?? "",
    ]),
  ),
  "pulumi up": "node --import ./preload.js index.ts",
};

test.each(Object.entries(RUNS))(
  "where the packages are not installed, %s says how they are",
  (_, command) => {
    const [, ...args] = command.replace(/^exec /, "").split(" ");
    const folder = temporaryFolder();
    for (const file of ["preload.js", "package.json", args.at(-1) ?? ""]) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      cpSync(join(ROOT, file), join(folder, file));
    }
    const before = readdirSync(folder);
    const ran = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
    expect(ran).toMatchObject({
      status: 1,
      stdout: "",
      stderr: "The packages are not installed. Run: npm ci\n",
    });
    expect(readdirSync(folder)).toEqual(before);
  },
);

test("Pulumi preloads what says so", () => {
  expect(read("Pulumi.yaml")).toMatch(/^ {4}nodeargs: --import \.\/preload\.js$/m);
});
