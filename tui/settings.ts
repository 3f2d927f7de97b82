/** What is kept between starts: the plan as it was typed, and the target. */

import { existsSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import type Conf from "conf";
import { asSentence, rootMessage } from "../experiment/core/errors.ts";
import type { PlanInput } from "../experiment/core/plan/plan-input.ts";
import { hasHome, makeFolder, settingsFolder } from "../experiment/records/data-folder.ts";

export interface KeptSettings {
  plan?: PlanInput;
  /** As `--target` takes it. */
  target?: string;
  model?: string;
}

const FILE_NAME = "settings";
/** In bytes; a plan as it was typed is far smaller. */
const MOST_BYTES = 1 << 20;

export class Settings {
  readonly #conf: Conf<KeptSettings> | undefined;
  /** Why nothing can be read or kept, where that is so. */
  readonly #obstacle: string | undefined;
  /** What went wrong on opening, for the user; absent when nothing did. */
  readonly notice: string | undefined;

  private constructor(conf: Conf<KeptSettings> | undefined, problem: Problem = {}) {
    this.#conf = conf;
    this.#obstacle = problem.obstacle;
    this.notice = problem.notice;
  }

  /** Opens the settings; a file that cannot be read is put aside, and defaults are used. */
  static async open(): Promise<Settings> {
    let file = "the settings";
    try {
      const cwd = settingsFolder();
      file = join(cwd, `${FILE_NAME}.json`);
      return await Settings.#openIn(cwd, file);
    } catch (error) {
      const obstacle = asSentence(rootMessage(error));
      const notice = `The settings in ${file} cannot be used: ${obstacle}`;
      return new Settings(undefined, { obstacle, notice });
    }
  }

  static async #openIn(cwd: string, path: string): Promise<Settings> {
    try {
      ensureReadable(path);
      return new Settings(await openFile(cwd));
    } catch (error) {
      const aside = freeName(`${path}.bak`);
      renameSync(path, aside);
      const why = asSentence(rootMessage(error));
      const notice = `The settings could not be read and were renamed to ${aside}: ${why}`;
      return new Settings(await openFile(cwd), { notice });
    }
  }

  get kept(): KeptSettings {
    return this.#conf?.store ?? {};
  }

  /** Keeps settings beside those that are there; returns what went wrong, if anything did. */
  keep(settings: KeptSettings): string | undefined {
    try {
      if (!this.#conf) throw new Error(this.#obstacle);
      // It is read once more, so that what another one has kept meanwhile stays.
      ensureReadable(this.#conf.path);
      this.#conf.set({ ...this.kept, ...settings });
      return undefined;
    } catch (error) {
      return `The settings could not be kept: ${asSentence(rootMessage(error))}`;
    }
  }
}

interface Problem {
  obstacle?: string;
  notice?: string;
}

/** A pipe would be waited for, and what has no end would be read until the memory is full. */
function ensureReadable(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found && !found.isFile()) throw new Error("it is no file");
  if (found && found.size > MOST_BYTES) throw new Error("it is larger than settings are");
}

/** The name, or the first of its kind that is not taken: what was put aside before stays. */
function freeName(path: string): string {
  let name = path;
  for (let copy = 2; existsSync(name); copy++) name = `${path}-${copy}`;
  return name;
}

async function openFile(cwd: string): Promise<Conf<KeptSettings>> {
  // Without defaults nothing is written before there is something to keep. Clearing an invalid
  // file, as conf would, would lose what the user may still want to look at. A schema would be
  // compiled at every start, which takes as long as all of the screen's own modules.
  const { default: Conf } = await loadConf(cwd);
  // Only its owner can read what is kept, as with records: it may hold an address that is a secret.
  makeFolder(cwd);
  const conf = new Conf<KeptSettings>({
    cwd,
    configName: FILE_NAME,
    configFileMode: 0o600,
    projectName: "lambda-concurrency-test",
    clearInvalidConfig: false,
  });
  if (!isSettings(conf.store)) throw new Error("it holds something else");
  return conf;
}

/** It asks for a home folder on loading, and fails where there is none, though it needs none here. */
function loadConf(cwd: string): Promise<typeof import("conf")> {
  if (!hasHome()) process.env.HOME = cwd;
  return import("conf");
}

/** Whether everything that is kept is text; what the texts mean their own parsers know. */
function isSettings({ plan = {}, target = "", model = "" }: KeptSettings): boolean {
  const isPlan = typeof plan === "object" && plan !== null && !Array.isArray(plan);
  const texts: unknown[] = isPlan ? [...Object.values(plan), target, model] : [undefined];
  return texts.every((text) => typeof text === "string");
}
