/** What is kept between starts: the plan as it was typed, and the target. */

import { existsSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import type { PlanInput } from "../experiment/core/plan/plan-input.ts";
import { hasHome, makeFolder, settingsFolder } from "../experiment/records/data-folder.ts";
import { errorWords } from "../experiment/reports/error-words.ts";

export interface KeptSettings {
  plan?: PlanInput;
  /** As `--target` takes it. */
  target?: string;
  /** As `--model` takes it; absent: the target's first. */
  model?: string | undefined;
}

export interface Settings {
  /** As they were when they were opened. */
  kept: KeptSettings;
  /** What went wrong on opening, for the user; absent when nothing did. */
  notice?: string | undefined;
  /**
   * Keeps settings beside those that are there, and forgets those that are `undefined`; returns what
   * went wrong, if anything did.
   */
  keep(settings: KeptSettings): string | undefined;
}

/** In bytes; a plan as it was typed is far smaller. */
const MOST_BYTES = 1 << 20;

/** Opens the settings; a file that cannot be read is put aside, and defaults are used. */
export async function openSettings(): Promise<Settings> {
  let path = "the settings";
  try {
    const folder = settingsFolder();
    path = join(folder, "settings.json");
    // It asks for a home folder on loading, and fails where there is none, though it needs none.
    if (!hasHome()) process.env.HOME = folder;
    const { default: Conf } = await import("conf");
    // Only its owner can read what is kept, as with records: it may hold an address that is a secret.
    makeFolder(folder);
    const open = () => {
      ensureReadable(path);
      // Without defaults nothing is written before there is something to keep. Clearing an invalid
      // file, as conf would, would lose what the user may still want to look at. A schema would be
      // compiled at every start, which takes as long as all of the screen's own modules.
      const conf = new Conf<KeptSettings>({
        cwd: folder,
        configName: "settings",
        configFileMode: 0o600,
        projectName: "lambda-concurrency-test",
        clearInvalidConfig: false,
      });
      if (!isSettings(conf.store)) throw new Error("it holds something else");
      return conf;
    };
    const { opened: conf, notice } = openOrPutAside(path, open);
    const keep = (settings: KeptSettings) => {
      try {
        // Conf reads the file once more, so that what another one has kept meanwhile stays.
        ensureReadable(path);
        conf.store = { ...conf.store, ...settings };
        return undefined;
      } catch (error) {
        return notKept(error);
      }
    };
    return { kept: conf.store, notice, keep };
  } catch (error) {
    const notice = `The settings in ${path} cannot be used: ${reasonOf(error)}`;
    return { kept: {}, notice, keep: () => notKept(error) };
  }
}

/** A pipe would be waited for, and what has no end would be read until the memory is full. */
function ensureReadable(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found && !found.isFile()) throw new Error("it is no file");
  if (found && found.size > MOST_BYTES) throw new Error("it is larger than settings are");
}

/** Whether everything that is kept is text; what the texts mean their own parsers know. */
function isSettings({ plan = {}, target = "", model = "" }: KeptSettings): boolean {
  const isPlan = typeof plan === "object" && plan !== null && !Array.isArray(plan);
  const texts: unknown[] = isPlan ? [...Object.values(plan), target, model] : [undefined];
  return texts.every((text) => typeof text === "string");
}

/** Opens a file, or another one in its place: what was put aside before stays. */
function openOrPutAside<T>(path: string, open: () => T): { opened: T; notice?: string } {
  try {
    return { opened: open() };
  } catch (error) {
    let aside = `${path}.bak`;
    for (let copy = 2; existsSync(aside); copy++) aside = `${path}.bak-${copy}`;
    renameSync(path, aside);
    const notice = `The settings could not be read and were renamed to ${aside}: ${reasonOf(error)}`;
    return { opened: open(), notice };
  }
}

function reasonOf(error: unknown): string {
  return errorWords(error, "screen").message;
}

function notKept(error: unknown): string {
  return `The settings could not be kept: ${reasonOf(error)}`;
}
