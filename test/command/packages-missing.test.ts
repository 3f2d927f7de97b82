import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { ROOT, temporaryFolder } from "../processes.ts";

const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
};

/** What each command runs, and what Pulumi does by its project file. */
const RUNS = {
  ...Object.fromEntries(
    ["tui", "experiment", "report", "local-lambda"].map((name) => [name, scripts[name] ?? ""]),
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
  expect(readFileSync(join(ROOT, "Pulumi.yaml"), "utf8")).toMatch(
    /^ {4}nodeargs: --import \.\/preload\.js$/m,
  );
});
