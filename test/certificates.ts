/** Certificates for servers on this machine, made when they are needed. */

import { generateKeyPairSync, sign } from "node:crypto";
import { isIPv4 } from "node:net";

export interface Certificate {
  key: string;
  cert: string;
}

const DAY_MS = 86_400_000;
const TAG = {
  integer: 0x02,
  bits: 0x03,
  bytes: 0x04,
  id: 0x06,
  text: 0x0c,
  time: 0x17,
  sequence: 0x30,
  set: 0x31,
  dnsName: 0x82,
  ipAddress: 0x87,
  version: 0xa0,
  extensions: 0xa3,
};
const ID = {
  commonName: "550403",
  alternativeNames: "551d11",
  ecdsaWithSha256: "2a8648ce3d040302",
};

/**
 * Makes a certificate that signs itself: https://www.rfc-editor.org/rfc/rfc5280#section-4.1.
 *
 * @param host the only name or IPv4 address it is for
 * @param endsInDays from now; it began to hold thirty days before that
 */
export function certificateFor(host: string, endsInDays = 1): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const end = Date.now() + endsInDays * DAY_MS;
  const algorithm = der(TAG.sequence, idOf(ID.ecdsaWithSha256));
  const commonName = der(TAG.sequence, idOf(ID.commonName), der(TAG.text, host));
  const name = der(TAG.sequence, der(TAG.set, commonName));
  const alternative = isIPv4(host)
    ? der(TAG.ipAddress, Buffer.from(host.split(".").map(Number)))
    : der(TAG.dnsName, host);
  const names = der(TAG.bytes, der(TAG.sequence, alternative));
  const content = der(
    TAG.sequence,
    der(TAG.version, der(TAG.integer, Buffer.of(2))),
    der(TAG.integer, Buffer.of(1)),
    algorithm,
    name,
    der(TAG.sequence, timeOf(end - 30 * DAY_MS), timeOf(end)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(TAG.extensions, der(TAG.sequence, der(TAG.sequence, idOf(ID.alternativeNames), names))),
  );
  const signature = der(TAG.bits, Buffer.of(0), sign("sha256", content, privateKey));
  const whole = der(TAG.sequence, content, algorithm, signature).toString("base64");
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    cert: `-----BEGIN CERTIFICATE-----\n${whole}\n-----END CERTIFICATE-----\n`,
  };
}

/** A value as DER writes it: its tag, its length and its content. */
function der(tag: number, ...parts: (Uint8Array | string)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  const { length } = content;
  const size = length < 128 ? [length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...size), content]);
}

const idOf = (hex: string) => der(TAG.id, Buffer.from(hex, "hex"));

/** `YYMMDDhhmmssZ`. */
const timeOf = (epochMs: number) =>
  der(TAG.time, `${new Date(epochMs).toISOString().slice(2, 19).replaceAll(/\D/g, "")}Z`);
