/**
 * The guard's worker: listens to the kernel's outputs and notes in shared memory which marks have come by. It knows
 * thereby which cell runs, hears of Stop while the kernel's thread computes, and finds cells that fail without a word.
 */
import { ASKED, STOPPED } from "../stop.ts";
import { ANSWERED, type Asking, CLOSED, ENDED, type Listening, RECEIVED, SEEN } from "./guard_memory.ts";
import { requestFrames } from "./messages.ts";
import { reasonUnread } from "./unread_cell.ts";
import { ZmtpSocket } from "./zmtp.ts";

const HEADER = 2, PARENT = 3, CONTENT = 5; // frames of a message
const MARK_LIMIT = 512; // bytes; the content of a mark is smaller, so larger ones need no reading
const PATIENCE = 500; // milliseconds in which a thread that awaits answers

/** The cell that runs. */
interface Cell {
  /** Of the request; of the cell in which the guard was imported it is not known. */
  id?: string;
  /** Its number, which silent requests do not raise, and its text. */
  number: number;
  code: string;
  /** Whether a mark has come behind its outputs, as one does unless the kernel did not run it to its end. */
  marked: boolean;
  /** Stop was pressed twice. */
  interrupted?: boolean;
}
let cell: Cell | undefined = { number: 0, code: "", marked: true };

const decoder = new TextDecoder();
const ask = (asking: Asking) => postMessage(asking);

async function watch({ hostname, iopubPort, prefix, shared, stopMemory }: Listening): Promise<void> {
  let last = 0;
  try {
    for await (const frames of await ZmtpSocket.connect(hostname, iopubPort, "SUB")) {
      Atomics.add(shared, RECEIVED, 1);
      const read = (k: number) => JSON.parse(decoder.decode(frames[k]));
      const type = read(HEADER).msg_type;
      if (type === "execute_input") {
        const { execution_count, code } = read(CONTENT);
        cell = { id: read(PARENT).msg_id, number: execution_count, code, marked: false };
      } else if (type === "update_display_data" && frames[CONTENT].length <= MARK_LIMIT) {
        const text = decoder.decode(frames[CONTENT]);
        const at = text.indexOf(prefix);
        if (at < 0) continue;
        if (cell && read(PARENT).msg_id === cell.id) cell.marked = true;
        Atomics.store(shared, SEEN, parseInt(text.slice(at + prefix.length)));
        Atomics.notify(shared, SEEN);
      } else if (type === "status" && cell && read(CONTENT).execution_state === "idle") {
        const { msg_id, msg_type } = read(PARENT);
        if (msg_type !== "execute_request" || cell.id && msg_id !== cell.id) continue;
        const isNew = cell.number > Math.max(last, Atomics.load(shared, ENDED));
        if (!cell.marked && isNew) report(cell);
        last = Math.max(last, cell.number);
        cell = undefined;
        Atomics.store(stopMemory, STOPPED, 0);
      }
    }
  } finally {
    Atomics.store(shared, CLOSED, 1);
    Atomics.notify(shared, SEEN);
  }
}

/**
 * Stop. Pressed once it ends what the library does, at its next step (`lib/stop.ts`). Pressed again it ends synchronous
 * code, as far as Deno can: a cell that has begun to await would hang for good, and is left to itself.
 */
async function stop({ hostname, controlPort, key, shared, stopMemory }: Listening): Promise<void> {
  const running = cell;
  if (!running) return;
  const again = Atomics.exchange(stopMemory, STOPPED, 1);
  if (!again || Atomics.load(stopMemory, ASKED) > 0) return;
  const answers = Atomics.load(shared, ANSWERED);
  ask("answer");
  await new Promise((resolve) => setTimeout(resolve, PATIENCE));
  if (Atomics.load(shared, ANSWERED) > answers || cell !== running) return;
  running.interrupted = true;
  Atomics.store(stopMemory, STOPPED, 0);
  const socket = await ZmtpSocket.connect(hostname, controlPort, "DEALER");
  const sender = { key, session: crypto.randomUUID() };
  await socket.send(requestFrames(sender, crypto.randomUUID(), "interrupt_request", {}));
  for await (const _reply of socket) break;
  socket.close();
}

/** Has the kernel's thread say what the kernel does not. */
async function report({ number, code, interrupted }: Cell): Promise<void> {
  const { ename, evalue } = interrupted
    ? { ename: "Stopped", evalue: "Stop was pressed twice." }
    : await reasonUnread(code);
  const words = `cell [${number}]: ${evalue}`;
  ask({ ename, evalue: words, traceback: `${ename} in ${words}`.split("\n") });
}

addEventListener("message", (event) => {
  const listening = (event as MessageEvent<Listening>).data;
  Deno.addSignalListener("SIGINT", () => stop(listening).catch(() => {}));
  watch(listening).catch(() => {});
});
