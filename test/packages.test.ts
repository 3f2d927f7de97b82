/** What reaches a user through npm: how much, under which licences, and that none of it runs unasked. */

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import {
  IN_A_FILE,
  type Locked,
  licenceOf,
  lockedPackages,
  packagesPage,
} from "../docs/list-packages.ts";
import { ROOT, temporaryFolder } from "./processes.ts";

const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const manifest = JSON.parse(read("package.json")) as Record<string, Record<string, string>>;

/** Allow use, change and distribution, in this form. */
const ALLOWED = [
  ...["MIT", "ISC", "Apache-2.0", "BlueOak-1.0.0", "BSD-3-Clause", "BSD-2-Clause", "0BSD"],
  ...["(BSD-3-Clause AND Apache-2.0)", "(MIT OR CC0-1.0)", "CC-BY-3.0", "CC0-1.0", "Python-2.0"],
];

test("every package that reaches a user has a licence that allows it, in the lock file and as installed", () => {
  for (const [path, locked] of lockedPackages().filter(([, { dev }]) => !dev)) {
    expect(ALLOWED, path).toContain(licenceOf([path, locked]));
    if (!existsSync(join(ROOT, path, "package.json"))) continue;
    const { version, license } = JSON.parse(read(`${path}/package.json`)) as Locked;
    expect({ version, license }, path).toEqual({
      version: locked.version,
      license: locked.license,
    });
  }
  for (const [path, licence] of Object.entries(IN_A_FILE)) {
    expect(read(`${path}/LICENSE`)).toMatch(new RegExp(`^The ${licence} License`));
  }
});

test("the page of packages is what `npm run licences` writes", () => {
  expect(read("docs/packages.md")).toBe(packagesPage());
});

test("no package runs a script at install time", () => {
  expect(read(".npmrc")).toMatch(/^ignore-scripts=true$/m);
});

test("every version is exact, and what comes is checked by its sum", () => {
  const { dependencies, devDependencies, optionalDependencies } = manifest;
  const versions = { ...dependencies, ...devDependencies, ...optionalDependencies };
  for (const version of Object.values(versions)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  expect(lockedPackages().filter(([, { integrity }]) => integrity === undefined)).toEqual([]);
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
