/// <reference lib="dom" />
/** The program of the page on which a character network goes on with the reader's text. */
import { type LiveData, openModel } from "../model.ts";
import { Reader } from "../reader.ts";
import { byId } from "./dom.ts";
import { TextPage } from "./text_page.ts";

declare global {
  /** Put here by the data's scripts. */
  var gravesLive: LiveData;
  /** For tests and the curious. */
  var textPage: TextPage;
}

async function start(): Promise<void> {
  try {
    const model = await openModel(globalThis.gravesLive, "char-modern");
    globalThis.textPage = new TextPage(await Reader.begin(model));
    await globalThis.textPage.read();
  } catch (error) {
    byId("status").textContent = `The network cannot be opened: ${(error as Error).message}`;
  }
}

start();
