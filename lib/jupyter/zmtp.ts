/**
 * A ZMTP 3.0 client socket (RFC 23, NULL security) over `Deno.connect`: enough to talk with a Jupyter kernel on this
 * machine, so that notebooks need neither Python nor a native ZeroMQ.
 */

/** A kernel's sockets are asked through a DEALER and listened to through a SUB. */
export type SocketType = "DEALER" | "SUB";

const MORE = 1, LONG = 2, COMMAND = 4;
const encoder = new TextEncoder();

export class ZmtpSocket {
  readonly #connection: Deno.TcpConn;
  readonly #buffer = new Uint8Array(1 << 16);
  #unread: Uint8Array = this.#buffer.subarray(0, 0);
  #sending: Promise<unknown> = Promise.resolve();

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  /**
   * Connects and shakes hands; a SUB socket subscribes to everything. Throws `Deno.errors.ConnectionRefused` when nobody
   * listens, another error when the other side closes at once.
   */
  static async connect(hostname: string, port: number, type: SocketType): Promise<ZmtpSocket> {
    const connection = await Deno.connect({ hostname, port });
    const socket = new ZmtpSocket(connection);
    try {
      connection.setNoDelay(true);
      await socket.#shakeHands(type);
      return socket;
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  async #shakeHands(type: SocketType): Promise<void> {
    const greeting = new Uint8Array(64);
    greeting.set([0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 0]);
    greeting.set(encoder.encode("NULL"), 12);
    await this.#write(greeting);
    const answer = await this.#read(64);
    await this.#write(frame(ready(type), COMMAND));
    if (!answer || !await this.#readFrame()) {
      throw new Deno.errors.UnexpectedEof("the connection ended in the middle of its handshake");
    }
    if (type === "SUB") await this.#write(frame(Uint8Array.of(1), 0));
  }

  /** Sends one message; messages sent at once follow one another, never interleave. */
  send(parts: string[]): Promise<void> {
    const bytes = concatenate(
      parts.map((part, i) => frame(encoder.encode(part), i < parts.length - 1 ? MORE : 0)),
    );
    const sent = this.#sending.then(() => this.#write(bytes));
    this.#sending = sent.catch(() => {});
    return sent;
  }

  /** The messages that arrive, each a list of frames, until the other side closes. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array[]> {
    for (let parts: Uint8Array[] = [];;) {
      const next = await this.#readFrame();
      if (!next) return;
      if (next.flags & COMMAND) continue;
      parts.push(next.body);
      if (next.flags & MORE) continue;
      yield parts;
      parts = [];
    }
  }

  close(): void {
    try {
      this.#connection.close();
    } catch {
      // The other side closed first.
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length;) done += await this.#connection.write(bytes.subarray(done));
  }

  async #readFrame(): Promise<{ flags: number; body: Uint8Array } | null> {
    const flags = (await this.#read(1))?.[0];
    if (flags === undefined) return null;
    const size = await this.#read(flags & LONG ? 8 : 1);
    if (!size) return null;
    const length = size.length === 1 ? size[0] : Number(new DataView(size.buffer).getBigUint64(0));
    const body = await this.#read(length);
    return body && { flags, body };
  }

  /** The next `length` bytes, or null when the connection ends before. */
  async #read(length: number): Promise<Uint8Array<ArrayBuffer> | null> {
    const bytes = new Uint8Array(length);
    for (let done = 0;;) {
      const ready = this.#unread.subarray(0, length - done);
      bytes.set(ready, done);
      done += ready.length;
      this.#unread = this.#unread.subarray(ready.length);
      if (done === length) return bytes;
      const count = await this.#connection.read(this.#buffer).catch(() => null);
      if (count === null) return null;
      this.#unread = this.#buffer.subarray(0, count);
    }
  }
}

/** The READY command with its one property, the socket's type. */
function ready(type: SocketType): Uint8Array {
  const value = encoder.encode(type);
  return concatenate([
    Uint8Array.of(5),
    encoder.encode("READY"),
    Uint8Array.of(11),
    encoder.encode("Socket-Type"),
    Uint8Array.of(0, 0, 0, value.length),
    value,
  ]);
}

function frame(body: Uint8Array, flags: number): Uint8Array {
  if (body.length < 256) return concatenate([Uint8Array.of(flags, body.length), body]);
  const head = new Uint8Array(9);
  head[0] = flags | LONG;
  new DataView(head.buffer).setBigUint64(1, BigInt(body.length));
  return concatenate([head, body]);
}

function concatenate(parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let done = 0;
  for (const part of parts) {
    bytes.set(part, done);
    done += part.length;
  }
  return bytes;
}
