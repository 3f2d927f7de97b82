/** What a careful program would do: an undici Pool whose connections were opened by a first round. */

import { Pool } from "undici";
import { BODY, fireAlone } from "./alone.ts";

await fireAlone(async (url, count) => {
  const pool = new Pool(url.origin, { connections: count, pipelining: 1 });
  const post = async () => {
    const { body } = await pool.request({ path: "/", method: "POST", body: BODY });
    await body.text();
  };
  const all = () => Promise.all(Array.from({ length: count }, post));
  await all();
  const startedAt = performance.now();
  await all();
  const firingMs = performance.now() - startedAt;
  await pool.close();
  return firingMs;
});
