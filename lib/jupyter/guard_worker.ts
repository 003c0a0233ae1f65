/** The guard's worker: listens to the kernel's outputs and notes in shared memory which marks have come by. */
import { CLOSED, type Listening, RECEIVED, SEEN } from "./guard_memory.ts";
import { ZmtpSocket } from "./zmtp.ts";

const MARK_LIMIT = 512; // bytes; the content of a mark is smaller, so larger ones need no reading
const decoder = new TextDecoder();

async function watch({ hostname, port, prefix, shared }: Listening): Promise<void> {
  try {
    for await (const frames of await ZmtpSocket.connect(hostname, port, "SUB")) {
      Atomics.add(shared, RECEIVED, 1);
      const content = frames.at(-1)!;
      if (content.length > MARK_LIMIT) continue;
      const text = decoder.decode(content);
      const at = text.indexOf(prefix);
      if (at < 0) continue;
      Atomics.store(shared, SEEN, parseInt(text.slice(at + prefix.length)));
      Atomics.notify(shared, SEEN);
    }
  } finally {
    Atomics.store(shared, CLOSED, 1);
    Atomics.notify(shared, SEEN);
  }
}

addEventListener("message", (event) => watch((event as MessageEvent<Listening>).data).catch(() => {}));
