/** `npm run licences`: writes the page of packages from the lock file. */

import { readFileSync, writeFileSync } from "node:fs";

const ROOT = new URL("..", import.meta.url);
const PAGE = new URL("docs/packages.md", ROOT);

/** What the lock file says of one package. */
export interface Locked {
  version: string;
  license?: string;
  integrity?: string;
  dev?: boolean;
  hasInstallScript?: boolean;
  os?: string[];
  cpu?: string[];
}

/** These state their licence in a file only, which was read. */
export const IN_A_FILE: Record<string, string> = { "node_modules/@logdna/tail-file": "MIT" };

/** What would run at install time, and why it need not. */
const SCRIPTS: Record<string, string> = {
  "aws-lambda-ric":
    "would compile an HTTP client for the Runtime API; a few lines of the embedded Lambda stand in for it",
  esbuild:
    "would check its binary or fetch it; npm installs it as an optional dependency, which the lock file checks",
  protobufjs: "would warn of version ranges that may break things",
};

/** All packages of the lock file by their paths, without the project itself. */
export function lockedPackages(): [path: string, Locked][] {
  const text = readFileSync(new URL("package-lock.json", ROOT), "utf8");
  const { packages } = JSON.parse(text) as { packages: Record<string, Locked> };
  return Object.entries(packages).filter(([path]) => path !== "");
}

export function licenceOf([path, { license = "none" }]: [path: string, Locked]): string {
  return IN_A_FILE[path] ?? license;
}

/** The page, in Markdown. */
export function packagesPage(): string {
  const packages = lockedPackages();
  // What only some platforms need are the binaries of esbuild and of Node.js.
  const everywhere = packages.filter(([, { dev, os, cpu }]) => !dev && !os && !cpu);
  const counts = [...Map.groupBy(everywhere, licenceOf)]
    .map(([licence, { length }]) => ({ licence, count: length }))
    .toSorted((a, b) => b.count - a.count || a.licence.localeCompare(b.licence));
  const scripted = packages.filter(([, { hasInstallScript }]) => hasInstallScript);
  return `# Packages

\`npm ci --omit=dev\` installs ${everywhere.length} packages, and one binary each of esbuild and of Node.js (both MIT) where
there is one for your platform. \`npm run licences\` writes this page from the lock file; a test compares the two.

${counts.map(({ licence, count }) => `\`${licence}\`: ${count}`).join(",\n")}.

All of them allow use, change and distribution. \`CC-BY-3.0\` is a list of exceptions to licences, and
\`Python-2.0\` a parser of arguments.

\`.npmrc\` switches install scripts off: no package runs code on your machine at install time. These
have a script, and work without:

${scripted.map(([path]) => scriptLine(path.replace("node_modules/", ""))).join("\n")}

Versions are exact, and the lock file has a checksum of every package.
`;
}

function scriptLine(name: string): string {
  const reason = SCRIPTS[name];
  if (reason === undefined) throw new Error(`${name} has an install script: say what it would do`);
  return `- \`${name}\` ${reason}.`;
}

if (import.meta.main) writeFileSync(PAGE, packagesPage());
