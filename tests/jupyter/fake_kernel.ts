/**
 * A kernel that dies as it is told: WHEN DELAY CONNECTION_FILE. At the moment WHEN it closes its sockets and DELAY
 * milliseconds later exits with code 7 and "the cause" on stderr; without a delay ("never") it lives on.
 * WHEN is "connection", "kernel_info" (at the first such request), "guard" or "cell" (at the first or second
 * execute_request), or "silent": it then shakes hands and answers nothing.
 */
import { createHmac } from "node:crypto";

const [when, delay, connectionFile] = Deno.args;
const { key, shell_port, iopub_port } = JSON.parse(await Deno.readTextFile(connectionFile));
const encoder = new TextEncoder();
const open = new Set<Deno.TcpConn>();
const deadlyExecution = when === "guard" ? 1 : when === "cell" ? 2 : Infinity;
let executed = 0;
let iopub: Deno.TcpConn | undefined;

function die(): void {
  for (const connection of open) connection.close();
  for (const listener of listeners) listener.close();
  if (delay === "never") return void setInterval(() => {}, 1000);
  setTimeout(() => {
    console.error("the cause");
    Deno.exit(7);
  }, Number(delay));
}

/** The frames of a short ZMTP message or command. */
function frames(parts: string[], command = false): Uint8Array<ArrayBuffer> {
  const bytes = parts.flatMap((part, i) => {
    const body = encoder.encode(part);
    const flags = command ? 4 : i < parts.length - 1 ? 1 : 0;
    if (body.length > 255) throw new Error("A fake kernel's frames are short.");
    return [flags, body.length, ...body];
  });
  return Uint8Array.from(bytes);
}

function message(type: string, parent: string, content: object): Uint8Array<ArrayBuffer> {
  const parts = [{ msg_type: type }, { msg_id: parent }, {}, content].map((part) => JSON.stringify(part));
  const hmac = createHmac("sha256", key);
  for (const part of parts) hmac.update(part);
  return frames(["<IDS|MSG>", hmac.digest("hex"), ...parts]);
}

async function serve(connection: Deno.TcpConn, type: string): Promise<void> {
  open.add(connection);
  if (when === "connection") return die();
  const greeting = new Uint8Array(64);
  greeting.set([0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 0, ...encoder.encode("NULL")]);
  await connection.write(greeting);
  const property = `\x0bSocket-Type\0\0\0${String.fromCharCode(type.length)}${type}`;
  await connection.write(frames([`\x05READY${property}`], true));
  if (type === "XPUB") iopub = connection;
  let text = "";
  for await (const bytes of connection.readable) {
    text += new TextDecoder("latin1").decode(bytes);
    for (const [, id, request] of text.matchAll(/"msg_id":"([^"]+)","msg_type":"(\w+)_request"/g)) {
      if (request === when || request === "execute" && ++executed === deadlyExecution) return die();
      if (when === "silent") continue;
      await iopub!.write(message("status", id, { execution_state: "idle" }));
      await connection.write(message(`${request}_reply`, id, { status: "ok" }));
    }
    text = text.slice(text.lastIndexOf('_request"') + 1);
  }
}

const listeners = [[shell_port, "ROUTER"], [iopub_port, "XPUB"]].map(([port, type]) => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port });
  (async () => {
    for await (const connection of listener) serve(connection, type).catch(() => {});
  })().catch(() => {});
  return listener;
});
