/// <reference lib="dom" />
/** The program of the page on which the synthesis network writes. */
import { type LiveData, openModel } from "../model.ts";
import { byId } from "./dom.ts";
import { Hand } from "./hand.ts";
import { PenPage } from "./pen_page.ts";

declare global {
  /** Put here by the data's scripts. */
  var gravesLive: LiveData;
  /** For tests and the curious. */
  var penPage: PenPage, hand: Hand;
}

/** Opens the network and begins; readers who wish for little motion begin themselves. */
async function start(): Promise<void> {
  try {
    globalThis.penPage = new PenPage(await openModel(globalThis.gravesLive, "synthesis"));
    globalThis.hand = new Hand(globalThis.penPage);
    await globalThis.penPage.begin(!matchMedia("(prefers-reduced-motion: reduce)").matches);
  } catch (error) {
    byId("status").textContent = `The network cannot be opened: ${(error as Error).message}`;
  }
}

start();
