/** Deno's Jupyter kernel, started and spoken to over the Jupyter protocol (version 5.3), one request at a time. */
import { KernelProcess, type ProcessOptions } from "./kernel_process.ts";
import { DELIMITER, requestFrames, type Sender, signature } from "./messages.ts";
import { type SocketType, ZmtpSocket } from "./zmtp.ts";

/** The content of a Jupyter message. */
export type Content = Record<string, unknown>;
/** Takes the outputs of a cell as they arrive: the message's type and content. */
export type OnOutput = (type: string, content: Content) => void;
/** How a cell ended; `status` "error" comes with `ename`, `evalue` and `traceback`. */
export interface Reply {
  status: "ok" | "error" | "aborted";
  ename?: string;
  evalue?: string;
  traceback?: string[];
}
export interface KernelOptions extends ProcessOptions {
  /** Seconds from its start in which the kernel must answer. Default 60: a cold start on a busy machine. */
  startTimeout?: number;
}

const CLOSED_LIMIT = 10_000; // milliseconds from the end of a connection to the kernel's own
const LONGEST_TIMER = 2 ** 31 - 1; // milliseconds
const guard = new URL("./guard.ts", import.meta.url).href;

/** A request that was not answered in its time. */
class LateError extends Error {}
/** A message that is not signed with the kernel's key. */
class ForeignError extends Error {}

interface Message {
  type: string;
  /** The id of the request that this answers. */
  parent?: string;
  content: Content;
}

export class Kernel {
  readonly #sender: Sender = { key: crypto.randomUUID(), session: crypto.randomUUID() };
  readonly #process: KernelProcess;
  #iopub?: ZmtpSocket;
  #shell?: ZmtpSocket;
  #onMessage: (message: Message) => void = () => {};
  /** Rejects when the kernel dies or says something unreadable; `#failed` is then the reason. */
  readonly #failure = Promise.withResolvers<never>();
  #failed?: Error;

  private constructor(options: KernelOptions, ports: number[]) {
    const [shell_port, iopub_port, stdin_port, control_port, hb_port] = ports;
    const addresses = { shell_port, iopub_port, stdin_port, control_port, hb_port, ip: "127.0.0.1" };
    const signing = { transport: "tcp", signature_scheme: "hmac-sha256", key: this.#sender.key };
    this.#failure.promise.catch(() => {});
    this.#process = new KernelProcess({ ...addresses, ...signing }, options);
    this.#process.death.then((error) => this.#fail(error));
  }

  /**
   * Starts a kernel whose cells end after their outputs (see guard.ts). Tries again when another program takes a port
   * between its choice and the kernel's start.
   */
  static async start(options: KernelOptions, choosePorts = freePorts): Promise<Kernel> {
    for (let attempt = 1;; attempt++) {
      const ports = choosePorts();
      const kernel = new Kernel(options, ports);
      try {
        await kernel.#connect(ports[0], ports[1], options.startTimeout);
        const reply = await kernel.execute(`await import(${JSON.stringify(guard)});`, { silent: true });
        if (reply.status !== "ok") throw new Error(`${reply.ename}: ${reply.evalue}`);
        await kernel.#process.removeConnectionFile();
        return kernel;
      } catch (error) {
        await kernel.stop();
        // What has the port may be another kernel, which is then heard before this one complains.
        const taken = error instanceof ForeignError || (error as Error).message.includes("AddrInUse");
        if (attempt === 3 || !taken) throw error;
      }
    }
  }

  /**
   * Runs one cell; resolves when it has ended and all its outputs have been given to `onOutput`. Rejects when the
   * kernel dies, or after `timeout` seconds; the kernel must then be stopped.
   */
  async execute(
    code: string,
    options: { silent?: boolean; timeout?: number; onOutput?: OnOutput } = {},
  ): Promise<Reply> {
    const { silent = false, timeout = 600, onOutput = () => {} } = options;
    const content = { code, silent, store_history: !silent, user_expressions: {}, allow_stdin: false };
    return await this.#ask("execute_request", content, timeout * 1000, onOutput) as unknown as Reply;
  }

  /** Ends the kernel's process, and all that it holds. */
  async stop(): Promise<void> {
    await this.#process.stop();
    this.#shell?.close();
    this.#iopub?.close();
  }

  async #connect(shellPort: number, iopubPort: number, startTimeout = 60): Promise<void> {
    const late = setTimeout(
      () => this.#fail(new Error(`the kernel did not answer within ${startTimeout} s of its start`)),
      startTimeout * 1000,
    );
    try {
      this.#iopub = await this.#open(iopubPort, "SUB");
      this.#shell = await this.#open(shellPort, "DEALER");
      this.#receive(this.#iopub);
      this.#receive(this.#shell);
      // The kernel drops what it publishes before our subscription is in: ask until an "idle" comes through.
      for (let patience = 50;; patience *= 2) {
        try {
          return void await this.#ask("kernel_info_request", {}, patience);
        } catch (error) {
          if (!(error instanceof LateError)) throw error;
        }
      }
    } finally {
      clearTimeout(late);
    }
  }

  /** Connects as soon as the kernel listens. */
  async #open(port: number, type: SocketType): Promise<ZmtpSocket> {
    for (;;) {
      const connecting = ZmtpSocket.connect("127.0.0.1", port, type);
      try {
        return await Promise.race([connecting, this.#failure.promise]);
      } catch {
        connecting.then((socket) => socket.close(), () => {});
        if (this.#failed) throw this.#failed;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  /** Sends a request; resolves with its reply when both the reply and the "idle" status have come. */
  async #ask(
    type: string,
    content: Content,
    timeout: number,
    onOutput: OnOutput = () => {},
  ): Promise<Content> {
    const id = crypto.randomUUID();
    const done = Promise.withResolvers<Content>();
    let reply: Content | undefined, idle = false;
    this.#onMessage = ({ type, parent, content }) => {
      if (parent !== id) return;
      if (type.endsWith("_reply")) reply = content;
      else if (type !== "status") onOutput(type, content);
      else if (content.execution_state === "idle") idle = true;
      if (reply && idle) done.resolve(reply);
    };
    // The time of a kernel that has just died is not up: it is about to be told what it died of.
    const late = setTimeout(
      () => this.#process.ended || done.reject(new LateError(`no end after ${timeout / 1000} s`)),
      Math.min(timeout, LONGEST_TIMER),
    );
    try {
      // A dying kernel's sockets close before it ends: that nothing can be sent is no cause, and #receive sees to it.
      this.#shell!.send(requestFrames(this.#sender, id, type, content)).catch(() => {});
      return await Promise.race([done.promise, this.#failure.promise]);
    } finally {
      clearTimeout(late);
    }
  }

  async #receive(socket: ZmtpSocket): Promise<void> {
    const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    try {
      for await (const frames of socket) {
        const at = frames.findIndex((frame) =>
          frame.length === DELIMITER.length && decode(frame) === DELIMITER
        );
        const signed = frames.slice(at + 2, at + 6);
        if (at < 0 || signed.length < 4 || signature(this.#sender.key, signed) !== decode(frames[at + 1])) {
          throw new ForeignError("the kernel sent a damaged message");
        }
        const [header, parent, , content] = signed.map((part) => JSON.parse(decode(part)));
        this.#onMessage({ type: header.msg_type, parent: parent?.msg_id, content });
      }
    } catch (error) {
      return this.#fail(error as Error);
    }
    const late = setTimeout(
      () => this.#fail(new Error("the kernel closed its connection without an end")),
      CLOSED_LIMIT,
    );
    await this.#process.death;
    clearTimeout(late);
  }

  #fail(error: Error): void {
    this.#failed ??= error;
    this.#failure.reject(error);
  }
}

/** Five ports that nobody listens to now. */
export function freePorts(): number[] {
  const listeners = Array.from({ length: 5 }, () => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  return listeners.map((listener) => {
    const { port } = listener.addr as Deno.NetAddr;
    listener.close();
    return port;
  });
}
