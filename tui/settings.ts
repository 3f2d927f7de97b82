/** What is kept between starts: the plan as it was typed, and the target. */

import { renameSync } from "node:fs";
import { join } from "node:path";
import Conf from "conf";
import envPaths from "env-paths";
import { rootMessage } from "../experiment/core/errors.ts";
import type { PlanInput } from "../experiment/core/plan-input.ts";
import { namedDataFolder } from "../experiment/records/data-folder.ts";

export interface KeptSettings {
  plan?: PlanInput;
  /** As `--target` takes it. */
  target?: string;
  model?: string;
}

const FILE_NAME = "settings";

export class Settings {
  readonly #conf: Conf<KeptSettings> | undefined;
  /** What went wrong on opening, for the user; absent when nothing did. */
  readonly notice: string | undefined;

  /** Opens the settings; a file that cannot be read is put aside, and defaults are used. */
  constructor() {
    const cwd = namedDataFolder() ?? envPaths("lambda-concurrency-test", { suffix: "" }).config;
    try {
      this.#conf = openFile(cwd);
    } catch (error) {
      const file = join(cwd, `${FILE_NAME}.json`);
      try {
        renameSync(file, `${file}.bak`);
        this.#conf = openFile(cwd);
        this.notice = `The settings could not be read and were renamed to ${file}.bak.`;
      } catch {
        this.notice = `The settings in ${file} cannot be used: ${rootMessage(error)}.`;
      }
    }
  }

  get kept(): KeptSettings {
    return this.#conf?.store ?? {};
  }

  /** Keeps settings beside those that are there; returns what went wrong, if anything did. */
  keep(settings: KeptSettings): string | undefined {
    try {
      this.#conf?.set({ ...this.kept, ...settings });
      return undefined;
    } catch (error) {
      return `The settings could not be kept: ${rootMessage(error)}.`;
    }
  }
}

function openFile(cwd: string): Conf<KeptSettings> {
  // Without defaults nothing is written before there is something to keep. Clearing an invalid
  // file, as conf would, would lose what the user may still want to look at. A schema would be
  // compiled at every start, which takes as long as all of the screen's own modules.
  const conf = new Conf<KeptSettings>({
    cwd,
    configName: FILE_NAME,
    projectName: "lambda-concurrency-test",
    clearInvalidConfig: false,
  });
  if (!isSettings(conf.store)) throw new Error("it holds something else");
  return conf;
}

/** Whether everything that is kept is text; what the texts mean their own parsers know. */
function isSettings({ plan = {}, target = "", model = "" }: KeptSettings): boolean {
  const isPlan = typeof plan === "object" && plan !== null && !Array.isArray(plan);
  const texts: unknown[] = isPlan ? [...Object.values(plan), target, model] : [undefined];
  return texts.every((text) => typeof text === "string");
}
