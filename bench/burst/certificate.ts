/** A certificate for the server of the bench, good for a day and for this machine alone. */

import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** Paths of files. */
export interface Certificate {
  key: string;
  certificate: string;
}

/**
 * Makes one in a folder.
 *
 * @throws Error where `openssl` is missing
 */
export function makeCertificate(folder: string): Certificate {
  const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
  const files = ["-keyout", key, "-out", certificate];
  execFileSync("openssl", ["req", "-x509", ...curve, "-days", "1", ...names, ...files], {
    stdio: "ignore",
  });
  return { key, certificate };
}
