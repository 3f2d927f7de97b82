/** What most programs would do: as many calls of ky at once. */

import ky from "ky";
import { BODY, fireAlone } from "./alone.ts";

await fireAlone(async (url, count) => {
  const startedAt = performance.now();
  const requests = Array.from({ length: count }, () =>
    ky.post(url, { body: BODY, retry: 0, timeout: false }).text(),
  );
  await Promise.all(requests);
  return performance.now() - startedAt;
});
