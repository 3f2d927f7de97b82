/** How long a request takes where everything is warm already. */

import { Pool } from "undici";

/** The shortest that the handler takes, in milliseconds. */
const REQUEST = JSON.stringify({ client: "x", holdMs: 1, steps: 1 });
const REQUESTS = 1_000;

/**
 * Sends requests, so many in flight at once, after as many that warm everything up.
 *
 * @returns time over requests, in milliseconds
 */
export async function msPerRequest(url: URL, concurrency: number): Promise<number> {
  const pool = new Pool(url.origin, { connections: concurrency, pipelining: 1 });
  try {
    await send(pool, concurrency, 2 * concurrency);
    const startedAt = performance.now();
    await send(pool, concurrency, REQUESTS);
    return (performance.now() - startedAt) / REQUESTS;
  } finally {
    await pool.close();
  }
}

async function send(pool: Pool, concurrency: number, requests: number): Promise<void> {
  let left = requests;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      const { statusCode, body } = await pool.request({ path: "/", method: "POST", body: REQUEST });
      const text = await body.text();
      if (statusCode !== 200) throw new Error(`${statusCode} ${text}`);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}
