/** A headless Chromium, driven through its DevTools protocol. */
import { exists } from "../../lib/files.ts";

const names = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/** The path of a Chromium, where there is one: `CHROMIUM` in the environment names another. */
export async function findChromium(): Promise<string | undefined> {
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  const paths = [
    Deno.env.get("CHROMIUM") ?? "",
    ...folders.flatMap((folder) => names.map((name) => `${folder}/${name}`)),
  ];
  for (const path of paths) if (path && await exists(path)) return path;
}

interface Answer {
  id?: number;
  method?: string;
  // deno-lint-ignore no-explicit-any
  params?: any;
  result?: unknown;
  error?: { message: string };
}

export interface PageOptions {
  width?: number;
  height?: number;
  dark?: boolean;
}

export class Browser {
  private constructor(
    readonly process: Deno.ChildProcess,
    readonly profile: string,
    readonly address: string,
  ) {}

  static async open(chromium: string): Promise<Browser> {
    const profile = await Deno.makeTempDir();
    const process = new Deno.Command(chromium, {
      // deno-fmt-ignore
      args: [
        "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions",
        "--disable-background-networking", "--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank",
      ],
      // Its other temporary files shall go with the profile.
      env: { TMPDIR: profile },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    let said = "";
    const decoder = new TextDecoder();
    const reader = process.stderr.getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`Chromium ended before it could be driven: ${said}`);
      said += decoder.decode(value, { stream: true });
      const port = said.match(/DevTools listening on ws:\/\/([^/]+)\//);
      if (!port) continue;
      // What else it says must be read, or it waits at a full pipe.
      (async () => {
        while (!(await reader.read()).done);
      })();
      return new Browser(process, profile, port[1]);
    }
  }

  async page(url: string, options: PageOptions = {}): Promise<Page> {
    const response = await fetch(`http://${this.address}/json/new?about:blank`, { method: "PUT" });
    const { webSocketDebuggerUrl } = await response.json();
    return await Page.open(webSocketDebuggerUrl, url, options);
  }

  async close(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.process.status;
    // Its children write there for a moment longer.
    for (let tries = 50;; tries--) {
      try {
        return await Deno.remove(this.profile, { recursive: true });
      } catch (error) {
        if (tries === 0) throw error;
        await new Promise((on) => setTimeout(on, 100));
      }
    }
  }
}

/** A page, with what it asked for and complained about. */
export class Page {
  readonly complaints: string[] = [];
  readonly requests: string[] = [];
  #next = 1;
  readonly #waiting = new Map<number, (answer: Answer) => void>();

  private constructor(readonly socket: WebSocket) {
    socket.addEventListener("message", ({ data }) => this.#take(JSON.parse(data)));
  }

  static async open(socketUrl: string, url: string, options: PageOptions): Promise<Page> {
    const { width = 1200, height = 900, dark = false } = options;
    const socket = new WebSocket(socketUrl);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve, { once: true });
      socket.addEventListener("error", reject, { once: true });
    });
    const page = new Page(socket);
    for (const domain of ["Page", "Runtime", "Log", "Network", "DOM"]) await page.send(`${domain}.enable`);
    const mobile = width < 600;
    await page.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile });
    await page.send("Emulation.setTouchEmulationEnabled", { enabled: mobile });
    await page.send("Emulation.setEmulatedMedia", {
      features: [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }],
    });
    await page.send("Page.navigate", { url });
    return page;
  }

  #take({ id, method, params, ...answer }: Answer): void {
    if (id !== undefined) {
      this.#waiting.get(id)?.(answer);
      this.#waiting.delete(id);
    }
    if (method === "Runtime.exceptionThrown") {
      const { text, exception } = params.exceptionDetails;
      this.complaints.push(exception?.description ?? text);
    }
    if (method === "Runtime.consoleAPICalled" && ["error", "warning"].includes(params.type)) {
      this.complaints.push(params.args.map((arg: { value?: unknown }) => String(arg.value)).join(" "));
    }
    if (method === "Log.entryAdded" && params.entry.level === "error") {
      this.complaints.push(params.entry.text);
    }
    if (method === "Network.requestWillBeSent") this.requests.push(params.request.url);
  }

  send(method: string, params: object = {}): Promise<unknown> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(
        id,
        ({ error, result }) => error ? reject(new Error(`${method}: ${error.message}`)) : resolve(result),
      );
      this.socket.send(JSON.stringify({ id, method, params }));
    });
  }

  /** The value of an expression in the page; of a promise, what it resolves to. */
  async value<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    }) as { result: { value: T }; exceptionDetails?: { text: string; exception?: { description?: string } } };
    if (!exceptionDetails) return result.value;
    throw new Error(`${expression}: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`);
  }

  /** Waits until an expression is true; throws after so many seconds. */
  async until(expression: string, seconds = 120): Promise<void> {
    for (const end = Date.now() + 1000 * seconds; Date.now() < end;) {
      if (await this.value<boolean>(`Boolean(${expression})`)) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const said = this.complaints.join("\n") || "no complaint";
    throw new Error(`After ${seconds} s this is still not so: ${expression} (${said})`);
  }

  /** A key, such as `Tab`, `Enter`, `ArrowRight` or a character. */
  async press(key: string): Promise<void> {
    const codes: Record<string, number> = {
      Tab: 9,
      Enter: 13,
      Escape: 27,
      " ": 32,
      ArrowLeft: 37,
      ArrowUp: 38,
      ArrowRight: 39,
      ArrowDown: 40,
    };
    const text = key === "Enter" ? "\r" : key.length === 1 ? key : undefined;
    const event = { key, code: key === " " ? "Space" : key, windowsVirtualKeyCode: codes[key], text };
    await this.send("Input.dispatchKeyEvent", { type: "keyDown", ...event });
    await this.send("Input.dispatchKeyEvent", { type: "keyUp", ...event });
  }

  /** A stroke with the mouse, from touch to lift. */
  async drag(points: [x: number, y: number][]): Promise<void> {
    const mouse = (type: string, [x, y]: [number, number]) =>
      this.send("Input.dispatchMouseEvent", { type, x, y, button: "left", buttons: 1, clickCount: 1 });
    await mouse("mousePressed", points[0]);
    for (const point of points.slice(1)) await mouse("mouseMoved", point);
    await mouse("mouseReleased", points.at(-1)!);
  }

  /** A stroke with a finger, on a page as narrow as a phone. */
  async swipe(points: [x: number, y: number][]): Promise<void> {
    const touch = (type: string, touchPoints: { x: number; y: number }[]) =>
      this.send("Input.dispatchTouchEvent", { type, touchPoints });
    await touch("touchStart", [{ x: points[0][0], y: points[0][1] }]);
    for (const [x, y] of points.slice(1)) await touch("touchMove", [{ x, y }]);
    await touch("touchEnd", []);
  }

  /** What the page is like when it is printed: an A4 page's width between margins, print's styles, paper's colours. */
  async print(): Promise<void> {
    await this.send("Emulation.setEmulatedMedia", { media: "print" });
    await this.send("Emulation.setDeviceMetricsOverride", {
      width: 718,
      height: 1047,
      deviceScaleFactor: 1,
      mobile: false,
    });
  }

  async picture(path: string): Promise<void> {
    const { data } = await this.send("Page.captureScreenshot", {
      captureBeyondViewport: true,
    }) as { data: string };
    await Deno.writeFile(path, Uint8Array.fromBase64(data));
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.socket.addEventListener("close", () => resolve(), { once: true });
      this.socket.close();
    });
  }
}
