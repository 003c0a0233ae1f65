/** Requests to a Jupyter kernel, signed (messaging protocol 5.3). */
import { createHmac } from "node:crypto";

/** The frame behind which a message's signature and its four parts stand. */
export const DELIMITER = "<IDS|MSG>";

/** Who sends: the key that the connection file gives, and a name for the session. */
export interface Sender {
  key: string;
  session: string;
}

/** The frames of a request. */
export function requestFrames(
  { key, session }: Sender,
  id: string,
  type: string,
  content: unknown,
): string[] {
  const about = { session, username: "graves", date: new Date().toISOString(), version: "5.3" };
  const parts = [{ msg_id: id, msg_type: type, ...about }, {}, {}, content].map((part) =>
    JSON.stringify(part)
  );
  return [DELIMITER, signature(key, parts), ...parts];
}

/** The signature of a message's header, parent's header, metadata and content. */
export function signature(key: string, parts: (string | Uint8Array)[]): string {
  const hmac = createHmac("sha256", key);
  for (const part of parts) hmac.update(part);
  return hmac.digest("hex");
}
